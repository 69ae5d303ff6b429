"""Calls that ended with an exception that is not an answer of the API: timeouts, connections, and exceptions of the SDK
itself.
"""

from __future__ import annotations

from gemini_otel._facts.errors import causes
from gemini_otel._facts.names import (
    ERROR_REASON,
    ERROR_STATUS,
    ERROR_TYPE,
    HTTP_RESEND_COUNT,
    HTTP_STATUS_CODE,
    INTERACTION_STATUS,
    OUTCOME,
    PROVIDER_NAME,
    REQUEST_MODEL,
    REQUEST_STREAM,
    RESOURCE_STATE,
    RESPONSE_TIME_TO_FIRST_CHUNK,
    SERVER_ADDRESS,
    TIMEOUT,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._failure import FAILURE, HAVE_ENTRIES, SET_RETRIES, class_name, read_failure
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import on, otherwise, text, where

_EXCEPTION = f"exception {{{ERROR_TYPE}}}"
_AFTER = f"timeout {{{TIMEOUT}}} s"
_RESENDS = f"resent {{{HTTP_RESEND_COUNT}}} times"
_MODEL = f"model {{{REQUEST_MODEL}}}"
_SERVER = f"server {{{SERVER_ADDRESS}}}"


def _streamed(attributes: Attributes) -> bool:
    return attributes.get(REQUEST_STREAM) is True


def _cancelled(attributes: Attributes) -> bool:
    """Whether the caller's own task was cancelled. A 499 of the service is a failure, and a job may have been cancelled
    earlier.
    """
    if attributes.get(OUTCOME) == "cancelled":
        told = text(attributes, RESOURCE_STATE) or text(attributes, INTERACTION_STATUS)
        return read_failure(attributes) != "cancelled" and not told[-100:].upper().endswith("CANCELLED")
    named = attributes.get(ERROR_TYPE)
    if not isinstance(named, str) or not named.endswith(causes.CANCELLED.classes):
        return False
    return class_name(attributes) in causes.CANCELLED.classes


HINTS = (
    Hint(
        id="net.pool_timeout",
        severity="error",
        retry="yes",
        summary="No connection of the client's pool became free in time.",
        cause="More calls run at the same time than the pool has connections, or streams were left open.",
        remedy=(
            "Limit how many calls run at the same time, or raise the pool's limits (http_options.client_args of google-genai).",
            "Read streams to the end, or close them.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.NO_CONNECTION_FREE.values),
        evidence=(_EXCEPTION, _AFTER),
    ),
    Hint(
        id="net.timeout",
        severity="error",
        retry="yes",
        summary="No answer came within the time that the client allows.",
        cause="A timeout of the client ran out, while connecting or while waiting for the model. Long prompts and thinking "
        "take minutes.",
        remedy=(
            "Raise the client's timeout: http_options.timeout of google-genai, in milliseconds.",
            "Stream the answer, so that the first words arrive early.",
            "Lower thinking, or ask for less.",
            "Retry with backoff.",
            SET_RETRIES,
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, *causes.TIMEOUT.values),
        evidence=(_EXCEPTION, _AFTER, f"first chunk after {{{RESPONSE_TIME_TO_FIRST_CHUNK}}} s", _RESENDS),
    ),
    Hint(
        id="net.tls",
        severity="error",
        retry="no",
        summary="The connection could not be secured.",
        cause="Either the server's certificate was not accepted, as behind a company proxy that inspects traffic, or what listens at that "
        "address does not speak TLS.",
        remedy=(
            "Give the client the proxy's root certificate, for example with SSL_CERT_FILE.",
            "Check the clock and the base URL.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.TLS.values),
        evidence=(_EXCEPTION, _SERVER),
    ),
    Hint(
        id="net.unreachable",
        severity="error",
        retry="yes",
        summary="The service could not be reached.",
        cause="No connection was made. Name resolution, a proxy, a firewall or a wrong base URL may be the reason.",
        remedy=(
            "Check that this machine reaches the server, and the proxy settings HTTPS_PROXY and NO_PROXY.",
            "Check the base URL that the client was given.",
            "Retry with backoff if it works at other times.",
        ),
        reference=links.FORUM,
        when=on(FAILURE, *causes.UNREACHABLE.values),
        evidence=(_EXCEPTION, _SERVER, _RESENDS),
    ),
    Hint(
        id="net.too_many_files",
        severity="error",
        retry="after_change",
        summary="No connection could be opened: the process has too many files open.",
        cause="Each client keeps its own connections. Clients that are made for each request, and streams that are left "
        "open, use up what a process may open.",
        remedy=(
            "Make one client, and share it.",
            "Close clients and streams that are done with.",
            "If so many connections are meant, raise the limit (ulimit -n).",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.TOO_MANY_FILES.values),
        evidence=(_EXCEPTION, _SERVER),
    ),
    Hint(
        id="net.bad_url",
        severity="error",
        retry="no",
        summary="The address that the client was given leads nowhere.",
        cause="It does not begin with https://, is malformed, or redirects in circles: http_options.base_url, "
        "GOOGLE_GEMINI_BASE_URL, or a proxy's address in HTTPS_PROXY.",
        remedy=("Write the address in full, with https:// and without a path.",),
        reference=links.SDK,
        when=on(FAILURE, *causes.BAD_URL.values),
        evidence=(_EXCEPTION, _SERVER),
    ),
    Hint(
        id="net.bad_header",
        severity="error",
        retry="no",
        summary="The request could not be written.",
        cause="A header or the address has a character that HTTP does not allow. An API key that was copied with an invisible character is the "
        "usual reason.",
        remedy=("Look at repr() of the key, and copy it again.", "Check http_options.headers."),
        reference=links.API_KEY,
        when=on(FAILURE, *causes.BAD_HEADER.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="stream.disconnected",
        severity="error",
        retry="yes",
        summary="The connection broke while the stream was open.",
        cause="A proxy, the network or the service may have closed it before the answer was complete.",
        remedy=(
            "Keep what has arrived, and ask again for the rest.",
            "Look for proxies with an idle limit below the model's thinking time.",
        ),
        reference=links.FORUM,
        when=on(FAILURE, *causes.DISCONNECTED.values, also=_streamed),
        evidence=(_EXCEPTION, f"first chunk after {{{RESPONSE_TIME_TO_FIRST_CHUNK}}} s", _RESENDS),
    ),
    Hint(
        id="net.disconnected",
        severity="error",
        retry="yes",
        summary="The connection broke before the answer arrived.",
        cause="A proxy, the network or the service may have closed it. Connections that stay silent for more than a minute are often "
        "closed on the way.",
        remedy=(
            "Stream the answer, so that the connection is not silent.",
            "Retry with backoff.",
            SET_RETRIES,
            "Look for proxies with an idle limit.",
        ),
        reference=links.FORUM,
        when=on(FAILURE, *causes.DISCONNECTED.values),
        evidence=(_EXCEPTION, _RESENDS),
    ),
    Hint(
        id="net.bad_response",
        severity="error",
        retry="yes",
        summary="The answer could not be read.",
        cause="What arrived is not what the SDK expects of the API: it may have been cut off on the way, written by a proxy, or be newer than the "
        "SDK.",
        remedy=(
            "Retry once.",
            "If it persists, look at the raw answer: a gateway may have put its own page there.",
            "Upgrade the SDK.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.UNREADABLE.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="stream.continuation_interrupted",
        severity="error",
        retry="resume",
        summary="A long answer broke off between two of its parts.",
        cause="The answer is made in several requests, and a later one failed. What was made so far is not lost.",
        remedy=(
            "Resume with the continuation_token of the exception.",
            "See the exception's cause for the real error.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.INTERRUPTED.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="sdk.client_closed",
        severity="error",
        retry="after_change",
        summary="The client was closed before this call.",
        cause="close() or aclose() was called, a with block was left, or nothing held the client any more. A closed client makes "
        "no more requests.",
        remedy=(
            "Keep one client for as long as calls are made, and close it after the last one.",
            "Make a new client where the old one cannot be kept.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.CLOSED.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="sdk.closed_loop",
        severity="error",
        retry="after_change",
        summary="The asynchronous client belongs to an event loop that is closed, or to another one.",
        cause="Its connections stay bound to the loop of the first call. Each asyncio.run() makes a new loop; so do some web "
        "frameworks, notebooks and test runners.",
        remedy=(
            "Make all calls of a client in one event loop.",
            "Make the client inside the coroutine that asyncio.run() runs, and leave it with `async with`.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.OTHER_LOOP.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="sdk.other_back_end",
        severity="error",
        retry="no",
        summary="The method or setting exists on the other back end only.",
        cause="google-genai refuses what the back end of this client does not have: the Gemini API and Vertex AI, which the SDK calls Gemini "
        "Enterprise Agent Platform, differ. No request was sent.",
        remedy=(
            "Read the exception: it names the method or the setting, and where it is supported.",
            "Leave it out, or make the client for the other back end: vertexai=True, or an API key.",
            "Check GOOGLE_GENAI_USE_VERTEXAI, which decides where the client does not.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.OTHER_BACK_END.values),
        evidence=(_EXCEPTION, f"provider {{{PROVIDER_NAME}}}"),
    ),
    Hint(
        id="sdk.tool_failed",
        severity="error",
        retry="after_change",
        summary="A Python function given as a tool could not be called.",
        cause="The SDK could not describe the function, or could not call it with the arguments that the model chose.",
        remedy=(
            "Give the parameters plain types with annotations.",
            "Return errors from the function as data, so that the model can react.",
            "Coroutines and MCP sessions need the asynchronous client.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(FAILURE, *causes.OWN_TOOL.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="auth.credentials",
        severity="error",
        retry="no",
        summary="Google credentials are missing, could not be refreshed or lack something.",
        cause="Application default credentials may be missing, expired or revoked, or be those of a user without a quota project.",
        remedy=(
            "Run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS.",
            "To use an API key instead, make the client without vertexai.",
        ),
        reference=links.CLOUD_ERRORS,
        when=on(FAILURE, *causes.CREDENTIALS.values, "quota_project", "token_scope"),
        evidence=(
            _EXCEPTION,
            f"HTTP {{{HTTP_STATUS_CODE}}} {{{ERROR_STATUS}}}",
            f"reason {{{ERROR_REASON}}}",
        ),
    ),
    Hint(
        id="auth.no_key",
        severity="error",
        retry="no",
        summary="The client has nothing to identify itself with.",
        cause="google-genai found no API key, neither as an argument nor in the environment; for Vertex AI, it found no project "
        "either. No request was sent.",
        remedy=(
            "For the Gemini API, set GEMINI_API_KEY or GOOGLE_API_KEY, or make the client with api_key=...",
            "For Vertex AI, make the client with vertexai=True, project=... and location=...",
            "If the variable is set, check that this process sees it: a .env file has to be loaded before the client is made.",
        ),
        reference=links.API_KEY,
        when=on(FAILURE, *causes.NO_KEY.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="sdk.client_arguments",
        severity="error",
        retry="no",
        summary="Arguments of the client contradict each other.",
        cause="google-genai refuses some combinations of api_key, credentials, project, location, vertexai and enterprise. No request was "
        "sent.",
        remedy=(
            "For the Gemini API, give api_key alone.",
            "For Vertex AI, give vertexai=True with project and location, and leave api_key out.",
            "Read the exception: it names what does not go together.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.CLIENT_ARGUMENTS.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="file.unreadable",
        severity="error",
        retry="no",
        summary="A file of this machine could not be read.",
        cause="The path does not exist, is a directory, or may not be read. The call needed the file before it could send anything.",
        remedy=("Check the path, and the directory that the program runs in.",),
        reference=links.FILES,
        when=on(FAILURE, *causes.NO_FILE.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="sdk.invalid_request",
        severity="error",
        retry="no",
        summary="A value was refused as invalid before the call was done.",
        cause="The SDK raises this where an argument has a wrong type or value, or is not supported by the back end in use. Code that it calls, "
        "such as a tool or a schema, may raise it too.",
        remedy=(
            "Read the exception: it mostly names the argument.",
            "Check whether the setting exists on the Gemini API or on Vertex AI only.",
        ),
        reference=links.SDK,
        when=on(FAILURE, *causes.REFUSED_BY_SDK.values),
        evidence=(_EXCEPTION,),
    ),
    Hint(
        id="net.cancelled",
        severity="warning",
        retry="yes",
        summary="The calling task was cancelled before the answer was complete.",
        cause="The application cancelled the task, or a timeout around the call did, such as asyncio.timeout or wait_for.",
        remedy=(
            "If this was not meant, look for a timeout around the call or a client that went away.",
            "Give long answers more time, or stream them.",
        ),
        reference=links.API_ERRORS,
        when=where(_cancelled, outcomes=frozenset({"cancelled", "error"})),
        evidence=(f"first chunk after {{{RESPONSE_TIME_TO_FIRST_CHUNK}}} s", _EXCEPTION, _MODEL),
    ),
)

CATCH_ALL = (
    Hint(
        id="error.exception",
        severity="error",
        retry="no",
        summary="The call ended with an exception that this catalogue does not know.",
        cause="Its class says nothing that is known here. It may come from the SDK, a transport, code that they call, or a client that wraps "
        "an answer of the service.",
        remedy=(
            "Read the exception, its traceback and the exception that it was raised from.",
            "Upgrade the SDK, and report it if it persists.",
        ),
        reference=links.SDK,
        when=otherwise(FAILURE, HAVE_ENTRIES),
        evidence=(_EXCEPTION,),
    ),
)
