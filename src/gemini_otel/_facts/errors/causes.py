"""The meaning of exceptions that did not come from the API: one row of CAUSES for each cause, for live exceptions and for
texts alike.

Classes are recognised by the last part of their name, because httpx, httpx2, aiohttp, requests and the built-in exceptions
use the same names.
"""

from __future__ import annotations

import errno
import re
from typing import NamedTuple

# The SDK's class for everything that ends a live interaction; its code or its words say why.
LIVE_INTERACTION = "APIWebSocketError"
# For any failure below the HTTP client: `gemini.error.kind` says more, if it is set.
CATCH_ALL = ("APIConnectionError",)


class Words(NamedTuple):
    """Fixed words of the SDK, a transport or Python itself that show the cause of an exception of these classes."""

    classes: tuple[str, ...]
    pattern: str


class Cause(NamedTuple):
    """A cause, and how it is recognised.

    `kind` is its value of `gemini.error.kind`; for a cause without one, only the class is recorded. `errnos` are those of an
    OSError, `statuses` the HTTP statuses with which a proxy refuses a connection, `node_codes` the codes of Node.js that
    have no other meaning. If `module` is set, every exception of that module has this cause.
    """

    kind: str | None
    classes: tuple[str, ...] = ()
    words: tuple[Words, ...] = ()
    errnos: tuple[int, ...] = ()
    statuses: tuple[int, ...] = ()
    node_codes: str | None = None
    module: str | None = None
    classes_say_more: bool = False  # than the kind
    # Part of the hints for connections; other causes are found by status, or do not belong to a call.
    has_entry: bool = True

    @property
    def values(self) -> tuple[str, ...]:
        """The kind and the classes: the values for which a hint is given."""
        return self.classes if self.kind is None else (self.kind, *self.classes)


_NO_TRUST = (
    "SSLError",
    "SSLCertVerificationError",
    "CertificateError",
    "ClientConnectorCertificateError",
    "ClientConnectorSSLError",
    "ClientSSLError",
)
_NOT_REACHED = (
    "ConnectError",
    "ConnectionRefusedError",
    "ClientConnectorError",
    "ClientConnectorDNSError",
    "ClientProxyConnectionError",
    "ClientHttpProxyError",
    "ProxyError",
    "gaierror",
    "NewConnectionError",
    "NameResolutionError",
)
# httpx raises one class for every failure to connect.
_NOT_CONNECTED = (*_NOT_REACHED, "OSError")

TLS = Cause(
    "tls",
    _NO_TRUST,
    (Words(_NOT_CONNECTED, r"\[SSL: "),),
    node_codes=r"\b(?:CERT_HAS_EXPIRED|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\w{0,12}|UNABLE_TO_(?:VERIFY|GET)_\w{4,30})\b",
)
TOO_MANY_FILES = Cause(
    "too_many_files",
    words=(Words(_NOT_CONNECTED, r"Too many open files"),),
    errnos=(errno.EMFILE, errno.ENFILE),
)
PROXY_AUTH = Cause(
    "proxy_auth",
    words=(Words(_NOT_CONNECTED, r"407 Proxy Authentication Required"),),
    statuses=(407,),
    has_entry=False,
)
UNREACHABLE = Cause(
    "unreachable",
    _NOT_REACHED,
    (Words(("OSError",), r"Multiple exceptions: |Network is unreachable|No route to host"),),
    errnos=(errno.ENETUNREACH, errno.EHOSTUNREACH),
    node_codes=r"\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)\b",
)
NO_CONNECTION_FREE = Cause(None, ("PoolTimeout",))
TIMEOUT = Cause(
    "timeout",
    (
        "TimeoutError",
        "Timeout",
        "TimeoutException",
        "ReadTimeout",
        "WriteTimeout",
        "ConnectTimeout",
        "ReadTimeoutError",
        "ServerTimeoutError",
        "SocketTimeoutError",
        "ConnectionTimeoutError",
        "APITimeoutError",
    ),
    (Words((LIVE_INTERACTION,), r"Timed out establishing live interaction"),),
    node_codes=r"\b(?:ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(?:HEADERS|BODY)_TIMEOUT)\b",
    classes_say_more=True,
)
DISCONNECTED = Cause(
    "connection",
    (
        "RemoteProtocolError",
        "ReadError",
        "WriteError",
        "CloseError",
        "NetworkError",
        "TransportError",
        "ServerDisconnectedError",
        "ServerConnectionError",
        "ClientConnectionError",
        "ClientConnectionResetError",
        "ClientOSError",
        "ClientPayloadError",
        "ConnectionError",
        "ConnectionResetError",
        "ConnectionAbortedError",
        "BrokenPipeError",
        "ChunkedEncodingError",
        "IncompleteRead",
        "IncompleteReadError",
        "APIConnectionError",
    ),
    node_codes=r"\b(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)\b",
    classes_say_more=True,
)
BAD_URL = Cause(
    "bad_url",
    (
        "UnsupportedProtocol",
        "InvalidURL",
        "InvalidURI",
        "InvalidUrlClientError",
        "NonHttpUrlClientError",
        "InvalidUrlRedirectClientError",
        "NonHttpUrlRedirectClientError",
        "TooManyRedirects",
    ),
)
BAD_HEADER = Cause("bad_header", ("LocalProtocolError", "UnicodeEncodeError"))
UNREADABLE = Cause(
    "bad_response",
    (
        "UnknownApiResponseError",
        "JSONDecodeError",
        "UnicodeDecodeError",
        "DecodingError",
        "ClientResponseError",  # aiohttp: the answer is not HTTP
    ),
    (
        Words(("ValueError",), r"Upload status is not finalized"),
        Words(("KeyError",), r"Upload URL was not returned"),
        Words((LIVE_INTERACTION,), r"server frames must contain|server events must have an event_type"),
    ),
)
CREDENTIALS = Cause(
    "credentials",
    ("DefaultCredentialsError", "RefreshError", "MutualTLSChannelError", "GoogleAuthError"),
    module="google.auth.",  # its TransportError is about the server that issues tokens
)
CLOSED = Cause(
    "client_closed", words=(Words(("RuntimeError",), r"client has been closed|Session is closed"),)
)
OTHER_LOOP = Cause(
    "closed_loop",
    words=(
        Words(
            ("RuntimeError",),
            r"Event loop is closed|attached to a different loop|bound to a different event loop",
        ),
    ),
)
OTHER_BACK_END = Cause(
    "other_back_end",
    words=(
        Words(
            ("ValueError",),
            r"only supported in (?:the )?(?:Gemini|Vertex)|not supported in (?:the )?(?:Gemini (?:API|Developer|Enterprise)|Vertex AI)",
        ),
    ),
)
# The SDK's messages for a client that cannot be made; no other library uses these words.
NO_KEY = Cause(
    "no_key",
    words=(
        Words(
            ("ValueError",),
            r"No API key was provided\. Please pass|Missing key inputs argument!|Project (?:and location )?or API key must be set when",
        ),
    ),
)
CLIENT_ARGUMENTS = Cause(
    "client_arguments",
    words=(
        Words(
            ("ValueError",),
            r"API key are mutually exclusive in the client|Gemini API does not support project/location"
            r"|enterprise and vertexai flags have conflicting values",
        ),
    ),
)
# The program read the parts of a reply that has none.
NO_PARTS = Cause(
    "no_parts",
    words=(
        Words(
            ("TypeError", "AttributeError"),
            r"Cannot read properties of (?:undefined|null) \(reading '(?:\d|parts|content|text|candidates|functionCalls?)'\)"
            r"|'NoneType' object is not (?:iterable|subscriptable)|'NoneType' object has no attribute '(?:parts|content|text|"
            r"strip|candidates|function_calls?|inline_data|split|startswith|replace)'|object of type 'NoneType' has no len",
        ),
    ),
    has_entry=False,
)
NO_FILE = Cause(None, ("FileNotFoundError", "PermissionError", "IsADirectoryError", "NotADirectoryError"))
CANCELLED = Cause(None, ("CancelledError", "Cancelled"))
INTERRUPTED = Cause(None, ("ContinuationInterruptedError",))
OWN_TOOL = Cause(
    None, ("UnsupportedFunctionError", "FunctionInvocationError", "UnknownFunctionCallArgumentError")
)
REFUSED_BY_SDK = Cause(None, ("ValidationError", "ValueError", "TypeError"))

# If several fit an exception, the first one counts.
CAUSES = (
    *(TLS, TOO_MANY_FILES, PROXY_AUTH, UNREACHABLE),
    *(NO_CONNECTION_FREE, TIMEOUT, DISCONNECTED, BAD_URL, BAD_HEADER, UNREADABLE, CREDENTIALS),
    *(CLOSED, OTHER_LOOP, NO_KEY, CLIENT_ARGUMENTS, OTHER_BACK_END, NO_PARTS),
    *(NO_FILE, CANCELLED, INTERRUPTED, OWN_TOOL, REFUSED_BY_SDK),
)

_WITH_ENTRY = tuple(cause for cause in CAUSES if cause.has_entry)
# Values of gemini.error.kind: those that say more than any class, and all.
CLEAR_KINDS = frozenset(cause.kind for cause in _WITH_ENTRY if cause.kind and not cause.classes_say_more)
KNOWN_KINDS = frozenset(cause.kind for cause in _WITH_ENTRY if cause.kind)
KNOWN = frozenset(value for cause in _WITH_ENTRY for value in cause.values)
# What a text may name as the class of an exception.
CLASSES = KNOWN.difference(KNOWN_KINDS)
# Classes that mean something only with known words.
EVERYWHERE = frozenset(("OSError", "RuntimeError", "KeyError", "AttributeError", LIVE_INTERACTION))
# Classes of live exceptions of the SDK, asyncio or httpx whose text is one of the fixed words known here.
SPEAKING = frozenset(("RuntimeError", "ValueError", "KeyError", LIVE_INTERACTION))
# The exceptions that may be the reason for a failure to connect: their classes, and the errnos of an OSError.
_BEHIND = tuple(cause for cause in CAUSES if any(words.classes is _NOT_CONNECTED for words in cause.words))
NOT_CONNECTED = frozenset((*_NOT_REACHED, *(name for cause in _BEHIND for name in cause.classes)))
ERRNOS = frozenset(number for cause in CAUSES for number in cause.errnos)

# Other clients of the same API (google-api-core, openai, litellm) have one exception class for each status.
CODE_OF_CLASS = {
    "InvalidArgument": 400,
    "BadRequest": 400,
    "BadRequestError": 400,
    "ContextWindowExceededError": 400,
    "Unauthenticated": 401,
    "AuthenticationError": 401,
    "PermissionDenied": 403,
    "Forbidden": 403,
    "PermissionDeniedError": 403,
    "NotFound": 404,
    "NotFoundError": 404,
    "Aborted": 409,
    "AlreadyExists": 409,
    "ConflictError": 409,
    "ResourceExhausted": 429,
    "TooManyRequests": 429,
    "RateLimitError": 429,
    "InternalServerError": 500,
    "MethodNotImplemented": 501,
    "BadGateway": 502,
    "ServiceUnavailable": 503,
    "ServiceUnavailableError": 503,
    "DeadlineExceeded": 504,
    "GatewayTimeout": 504,
}
STATUS_OF_CLASS = {"FailedPrecondition": "FAILED_PRECONDITION", "OutOfRange": "OUT_OF_RANGE"}
# Classes of API errors that stand for no particular status.
UNTOLD_API_ERRORS = (
    "ClientError",
    "ServerError",
    "APIError",
    "APIStatusError",
    "GoogleAPIError",
    "GoogleAPICallError",
)

# Texts of a TypeError or a ValueError that is not the SDK's: JavaScript raises them for connections and programming errors,
# and google-adk for a tool that the model made up.
NOT_OF_THE_SDK = r"not found in the tools_dict|fetch failed|Failed to fetch|Load failed|NetworkError when|is not a (?:function|constructor)|Cannot read propert|\n +at "


def kind_of_class(name: str) -> str | None:
    """The cause that the class of a live exception alone shows."""
    return next(
        (cause.kind for cause in CAUSES if name in cause.classes and cause.module is None and cause.kind),
        None,
    )


def kind_of_module(name: str) -> str | None:
    """The cause that all exceptions of a module have, by the qualified class name of one."""
    return next((cause.kind for cause in CAUSES if cause.module and name.startswith(cause.module)), None)


def kind_of_text(name: str, text: str) -> str | None:
    """The cause that the text of an exception shows, if its class does not."""
    if (kind := kind_of_module(name)) is not None:
        return kind
    short, text = name.rpartition(".")[2], text[:4000]
    for cause in CAUSES:
        if any(short in words.classes and re.search(words.pattern, text) for words in cause.words):
            return cause.kind
    return None


def kind_of_client(text: str) -> str | None:
    """The cause in the SDK's message for a client that cannot be made, whatever text comes before it."""
    of_client = ((cause, words) for cause in (NO_KEY, CLIENT_ARGUMENTS) for words in cause.words)
    return next((cause.kind for cause, words in of_client if re.search(words.pattern, text[:4000])), None)


def why_not_connected(name: str, number: object, status: object, text: str) -> str | None:
    """Why there is no connection, from the class, errno, HTTP status and text of an exception below."""
    for cause in _BEHIND:
        begins = any(text.startswith(f"{refused} ") for refused in cause.statuses)
        if name in cause.classes or number in cause.errnos or status in cause.statuses or begins:
            return cause.kind
    return None
