"""Maps exceptions that did not come from the API to causes: by the last part of the class name, and by fixed words of their texts.

httpx, httpx2, aiohttp, requests and the built-in exceptions name them alike.
"""

from __future__ import annotations

import re
from typing import NamedTuple

NO_CONNECTION_FREE = ("PoolTimeout",)
TIMEOUT = (
    "timeout",  # gemini.error.kind of any other class of this sort
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
)
NO_TRUST = (
    "SSLError",
    "SSLCertVerificationError",
    "CertificateError",
    "ClientConnectorCertificateError",
    "ClientConnectorSSLError",
    "ClientSSLError",
    "tls",  # gemini.error.kind where one of these is the cause of another class
)
UNREACHABLE = (
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
    "unreachable",  # gemini.error.kind of any other class of this sort
)
# The words in lower case are values of gemini.error.kind, for a class that wraps another.
BAD_URL = (
    "bad_url",
    "UnsupportedProtocol",
    "InvalidURL",
    "InvalidURI",
    "InvalidUrlClientError",
    "NonHttpUrlClientError",
    "InvalidUrlRedirectClientError",
    "NonHttpUrlRedirectClientError",
    "TooManyRedirects",
)
BAD_HEADER = ("bad_header", "LocalProtocolError", "UnicodeEncodeError")
NO_FILE = ("FileNotFoundError", "PermissionError", "IsADirectoryError", "NotADirectoryError")
DISCONNECTED = (
    "connection",  # gemini.error.kind of any other class of this sort
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
)
CATCH_ALL = (
    "APIConnectionError",
)  # for whatever went wrong below: gemini.error.kind says more, where it is there
LIVE_INTERACTION = "APIWebSocketError"  # for all that ends one: its code or its words say what
CANCELLED = ("CancelledError", "Cancelled")
UNREADABLE = (
    "bad_response",
    "UnknownApiResponseError",
    "JSONDecodeError",
    "UnicodeDecodeError",
    "DecodingError",
    "ClientResponseError",  # of aiohttp: the answer is no HTTP
)
INTERRUPTED = ("ContinuationInterruptedError",)
OWN_TOOL = ("UnsupportedFunctionError", "FunctionInvocationError", "UnknownFunctionCallArgumentError")
CREDENTIALS = (
    "credentials",  # gemini.error.kind of any other class of google-auth
    "DefaultCredentialsError",
    "RefreshError",
    "MutualTLSChannelError",
    "GoogleAuthError",
)
REFUSED_BY_SDK = ("ValidationError", "ValueError", "TypeError")

TOO_MANY_FILES = ("too_many_files",)
CLOSED = ("client_closed",)
OTHER_LOOP = ("closed_loop",)
OTHER_BACK_END = ("other_back_end",)
# The caller's program read the parts of a reply that has none.
NO_PARTS = "no_parts"

# Of gemini.error.kind: those that say more than any class, and all.
CLEAR_KINDS = (
    "tls",
    "unreachable",
    "bad_url",
    "bad_header",
    "bad_response",
    "credentials",
    *TOO_MANY_FILES,
    *CLOSED,
    *OTHER_LOOP,
    *OTHER_BACK_END,
)
KNOWN_KINDS = ("timeout", "connection", *CLEAR_KINDS)
KNOWN = frozenset(
    (
        *(*BAD_URL, *BAD_HEADER, *NO_FILE, *TOO_MANY_FILES),
        *(*NO_CONNECTION_FREE, *TIMEOUT, *NO_TRUST, *UNREACHABLE, *DISCONNECTED, *CANCELLED, *UNREADABLE),
        *(*INTERRUPTED, *OWN_TOOL, *CREDENTIALS, *REFUSED_BY_SDK, *CLOSED, *OTHER_LOOP, *OTHER_BACK_END),
    )
)
# What a text may name as the class of an exception.
CLASSES = KNOWN.difference(KNOWN_KINDS)
# Classes that mean something only together with known words.
EVERYWHERE = frozenset(("OSError", "RuntimeError", "KeyError", "AttributeError", LIVE_INTERACTION))

# Other clients of the same API (google-api-core, openai, litellm) name the status by an exception class of its own.
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
# Classes of API errors that do not say which.
UNTOLD_API_ERRORS = (
    "ClientError",
    "ServerError",
    "APIError",
    "APIStatusError",
    "GoogleAPIError",
    "GoogleAPICallError",
)


class Words(NamedTuple):
    """A cause that only the text of an exception tells: fixed words of the SDK, a transport or Python itself."""

    kind: str
    classes: tuple[str, ...]
    pattern: str


_NOT_CONNECTED = (*UNREACHABLE, "OSError")
WORDS = (
    Words("tls", _NOT_CONNECTED, r"\[SSL: "),
    Words("too_many_files", _NOT_CONNECTED, r"Too many open files"),
    Words("proxy_auth", _NOT_CONNECTED, r"407 Proxy Authentication Required"),
    Words("unreachable", ("OSError",), r"Multiple exceptions: |Network is unreachable|No route to host"),
    Words("client_closed", ("RuntimeError",), r"client has been closed|Session is closed"),
    Words(
        "closed_loop",
        ("RuntimeError",),
        r"Event loop is closed|attached to a different loop|bound to a different event loop",
    ),
    Words("bad_response", ("ValueError",), r"Upload status is not finalized"),
    Words("bad_response", ("KeyError",), r"Upload URL was not returned"),
    Words(
        "other_back_end",
        ("ValueError",),
        r"only supported in (?:the )?(?:Gemini|Vertex)|not supported in (?:the )?(?:Gemini (?:API|Developer|Enterprise)|Vertex AI)",
    ),
    Words("timeout", (LIVE_INTERACTION,), r"Timed out establishing live interaction"),
    Words(
        "bad_response",
        (LIVE_INTERACTION,),
        r"server frames must contain|server events must have an event_type",
    ),
    Words(
        NO_PARTS,
        ("TypeError", "AttributeError"),
        r"Cannot read properties of (?:undefined|null) \(reading '(?:\d|parts|content|text|candidates|functionCalls?)'\)"
        r"|'NoneType' object is not (?:iterable|subscriptable)|'NoneType' object has no attribute '(?:parts|content|text|"
        r"strip|candidates|function_calls?|inline_data|split|startswith|replace)'|object of type 'NoneType' has no len",
    ),
)


# What Node.js says of connections, in codes that have one meaning each.
NODE_CODES = (
    (
        "tls",
        r"\b(?:CERT_HAS_EXPIRED|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\w{0,12}|UNABLE_TO_(?:VERIFY|GET)_\w{4,30})\b",
    ),
    (
        "unreachable",
        r"\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)\b",
    ),
    ("timeout", r"\b(?:ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(?:HEADERS|BODY)_TIMEOUT)\b"),
    ("connection", r"\b(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)\b"),
)
# Texts of a TypeError or a ValueError that is not the SDK's: JavaScript's, raised for connections and mistakes of the program, and
# google-adk's for a tool that the model made up.
NOT_OF_THE_SDK = r"not found in the tools_dict|fetch failed|Failed to fetch|Load failed|NetworkError when|is not a (?:function|constructor)|Cannot read propert|\n +at "


def kind_of_text(name: str, text: str) -> str | None:
    """The cause that the text of an exception tells, where its class does not."""
    if name.startswith("google.auth."):
        return "credentials"
    short = name.rpartition(".")[2]
    return next(
        (row.kind for row in WORDS if short in row.classes and re.search(row.pattern, text[:4000])), None
    )
