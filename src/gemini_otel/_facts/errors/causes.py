"""Exceptions that are no answer of the API, sorted by what they mean: the last part of the class name.

httpx, httpx2, aiohttp, requests and the built-in exceptions name them alike.
"""

from __future__ import annotations

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
LIVE_INTERACTION = ("APIWebSocketError",)  # for all that ends one: its code or its words say what
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
)
KNOWN_KINDS = ("timeout", "connection", *CLEAR_KINDS)
KNOWN = frozenset(
    (
        *(*BAD_URL, *BAD_HEADER, *NO_FILE, *TOO_MANY_FILES),
        *(*NO_CONNECTION_FREE, *TIMEOUT, *NO_TRUST, *UNREACHABLE, *DISCONNECTED, *CANCELLED, *UNREADABLE),
        *(*INTERRUPTED, *OWN_TOOL, *CREDENTIALS, *REFUSED_BY_SDK, *CLOSED, *OTHER_LOOP),
    )
)
