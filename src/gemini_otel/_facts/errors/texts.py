"""Reads an error out of any text: of an exception, a span's status, a log.

In the order of evidence: a body of the service; how a websocket closed; a code beside a word that shows it is the API's; the
class of an exception where a traceback or a log writes one. A code or a class elsewhere in a text is ignored.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors import causes
from gemini_otel._facts.errors.bodies import LONGEST, Said, complete, said_in, said_loosely
from gemini_otel._facts.errors.delays import delay_in
from gemini_otel._facts.errors.kinds import HTTP_CODES, error_kind
from gemini_otel._facts.errors.layout import plain
from gemini_otel._facts.errors.masking import mask

_LONGEST_MESSAGE = 4_000
_ABNORMAL = 1006  # RFC 6455, section 7.4.1
_STATUS = "|".join(HTTP_CODES)
_VERTEX = re.compile(r"vertex.?ai(?:.?beta)?exception|langchain_google_vertexai")

_API_CLASSES = "|".join((*causes.CODE_OF_CLASS, *causes.STATUS_OF_CLASS, *causes.UNTOLD_API_ERRORS))
_GOOGLE = r"https?://[\w.-]{0,100}googleapis\.com/"

# How clients write a code and the service's message: "429 RESOURCE_EXHAUSTED. ...", "Error code: 429 - ...".
_CODED = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        rf"\b(?P<code>[45]\d\d) (?P<status>{_STATUS})\b[.:]? ?(?P<message>.*)",
        r"\b(?P<code>[45]\d\d) (?P<status>[A-Z][A-Za-z -]{3,40})(?=\. \{)(?P<message>.*)",
        r"\bError code: (?P<code>[45]\d\d)\b(?: - )?(?P<message>.*)",
        r"\bstatus_code: ?(?P<code>[45]\d\d)\b(?P<message>.*)",
        (
            rf"\b[Ee]rror (?:[Cc]ode: )?(?P<code>[45]\d\d),?\sMessage: (?P<message>.{{0,4000}}?), Status: (?P<status>{_STATUS})"
            r"(?:, Details: (?P<details>.*))?"
        ),
        r"\b[Ee]rror (?:[Cc]ode: )?(?P<code>[45]\d\d),?\sMessage: (?P<message>.*)",
        r"\bgoogleapi: (?:Error|got HTTP response code) (?P<code>[45]\d\d)(?:: | with body: ?)(?P<message>.*)",
        r"(?<![\w.:])(?P<code>[45]\d\d) (?P<message>[A-Z*'`][^\n]{2,1000} \[(?:links|reason|violations|field_violations) ?[{:].*)",
        rf"\"name\": ?\"(?:{_API_CLASSES})\",\s{{0,40}}\"message\": ?\"(?P<code>[45]\d\d) (?P<message>.*)",
        # HTTP clients write the code and the address, and not the body.
        rf"\b(?P<code>[45]\d\d) (?:Client|Server) Error: [\w ,'-]{{0,60}} for url: {_GOOGLE}(?P<message>)",
        rf"\b(?:Client|Server) error '(?P<code>[45]\d\d) [\w ,-]{{2,60}}' for url '{_GOOGLE}(?P<message>)",
        rf"\bClientResponseError: (?P<code>[45]\d\d), message='[^'\n]{{0,100}}', url='?{_GOOGLE}(?P<message>)",
        rf"\bHTTP (?P<code>[45]\d\d) \((?P<status>{_STATUS})\): (?P<message>.*)",
        rf"\bStatusRuntimeException: (?P<status>{_STATUS})\b:? ?(?P<message>[^\n]*)",
        r"\brpc error: code = (?P<name>[A-Z][A-Za-z]{1,30}) desc = (?P<message>[^\n]*)",
        rf"\bStatusCode\.(?P<status>{_STATUS})\b.{{0,40}}?details = \"(?P<message>[^\"]*)",
    )
)
_STATUS_BEHIND = re.compile(rf"\([Ss]tatus:\s{{0,20}}({_STATUS})\)")
_CODE = re.compile(r"(?<!\d)[45]\d\d(?!\d)|StatusCode\.|StatusRuntime|rpc error|[Ss]tatus:")
# A bare number is a code only behind the name of something that calls the API.
_CLIENT = re.compile(
    r"\b(?:\w{0,40}(?:Google|Gemini|VertexAI|Vertex_ai)\w{0,40}|litellm\.\w{1,60}|google\.(?:api_core|genai)[\w.]{1,80}|ModelHTTPError"
    rf"|{_API_CLASSES})\b"
    r"[^\n]{0,200}?(?<![\w.:])\[?(?P<code>[45]\d\d)\b(?: [A-Z][A-Za-z ]{1,40}\])?:?\s(?P<message>\S.*)",
    re.DOTALL,
)
_CLOSES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:received|sent|CLOSE) (?P<code>[14]\d{3}) \([a-z][a-z ,/]{2,60}\)[ ]?(?P<reason>[^;\n]{0,400})",
        r"\b(?P<code>1\d{3}) None\.(?: (?P<reason>[^\n]{0,400}))?",
        r"\b[Cc]lose[ds]?\b.{0,60}?\b[Cc]ode:? ?(?P<code>1\d{3})\b(?:,? ?[Rr]eason:? ?\"?(?P<reason>[^\n\"]{1,400}))?",
        r"\b[Ff]ailed \((?P<code>10[01]\d)\): (?P<reason>[^\n]{1,400})",
        r"\bClose\(code=(?P<code>1\d{3}), reason='(?P<reason>[^'\n]{0,400})",
        r"\bwebsocket: close (?P<code>1\d{3})(?: \([a-z ,/]{2,60}\))?(?:: (?P<reason>[^\n]{1,400}))?",
    )
)
# The details behind a message, as google-api-core writes them and as Go does: `quota_id: "..."`, `quotaId:... quotaValue:50`.
_PROTO_FIELD = re.compile(
    r"\b(quota_id|quota_metric|quota_value|seconds|reason): ?(?:\"([^\"\n]{1,300})\"|(\d{1,18})\b)"
    r"|\b(quotaId|quotaMetric|quotaValue|retryDelay|reason):([\w./-]{1,300})"
)
_OF_GO = {
    "quotaId": "quota_id",
    "quotaMetric": "quota_metric",
    "quotaValue": "quota_value",
    "retryDelay": "seconds",
}
_CLOSE_CODE = re.compile(r"(?<!\d)[14]\d{3}(?:\s{1,80}\(| None|\)|\b,? ?[Rr]eason|(?=[\s,.;]))")
_NO_FRAME = "no close frame received"
# A class as the last line of a traceback has it, or as a log has it behind its own words.
_AT_THE_START = re.compile(r"^(?:[A-Za-z_]\w{0,60}\.){0,8}([A-Za-z_]\w{0,60})(?:: ?(.*)|\s*)$", re.MULTILINE)
_IN_A_LINE = re.compile(
    r"(?<![\w.\"'(=])(?:((?:[a-z_]\w{0,60}\.){1,8})([A-Z]\w{0,60})|([A-Z]\w{0,50}(?:Error|Exception|Timeout)))(?:: |\()"
    r"|\w{1,30}Exception ([A-Z]\w{0,50}Error) - |\braised? (?:(?:[a-z_]\w{0,60}\.){0,8})([A-Z]\w{0,60})\b"
)
_ADDRESSED = re.compile(r"googleapis|generative|gemini|genai", re.IGNORECASE)
_TRACEBACK = "Traceback (most recent call last)"
_CALM = re.compile(r"\b(?:DEBUG|INFO|TRACE|NOTICE)\b")


class Raised(NamedTuple):
    """An exception that a text names, and the text from there on."""

    name: str
    text: str


def read_text(text: str, exception: str = "", *, vertex: bool = False) -> ErrorFacts | None:
    """The error in a text; `exception` is the class of the exception that it belongs to, if known. None if there is no
    error.
    """
    text = plain(text[:LONGEST])
    vertex = vertex or _is_of_vertex(text.lower())
    said = _said(f"{exception}: {text}" if exception else text)
    if said is not None and (said.code is not None or said.status is not None):
        return facts_of(said, vertex=vertex)
    closed = _closed(text)
    if closed is not None:
        code, reason = closed
        return close_facts(code, reason, vertex=vertex)
    raised = Raised(exception, text) if exception else _raised(text)
    return _facts_of_class(raised, vertex) or _facts_of_node(text)


def _is_of_vertex(text: str) -> bool:
    return "aiplatform.googleapis" in text or ("vertex" in text and _VERTEX.search(text) is not None)


def facts_of(said: Said, *, vertex: bool, type_: str | None = None) -> ErrorFacts:
    """The facts of an error that the service described."""
    code = said.code if said.code is not None else HTTP_CODES.get((said.status or "").upper())
    delay = said.retry_delay if said.retry_delay is not None else delay_in(said.message, code)
    return ErrorFacts(
        type=type_ or (str(code) if code is not None else said.status or "unknown"),
        code=code,
        status=said.status,
        reason=said.reason,
        kind=error_kind(
            code=code,
            status=said.status,
            reason=said.reason,
            quota_id=said.quota_id,
            quota_limit=said.quota_limit,
            quota_metric=said.quota_metric,
            retry_delay=delay,
            message=said.message,
            vertex=vertex,
        ),
        message=mask(said.message) if said.message else None,
        raw_message=said.message,
        quota_id=said.quota_id,
        quota_metric=said.quota_metric,
        quota_limit=said.quota_limit,
        retry_delay=delay,
    )


def close_facts(code: int, reason: str | None, *, vertex: bool) -> ErrorFacts:
    """The facts of a websocket that ended."""
    return ErrorFacts(
        type=str(code),
        kind=error_kind(code=code, message=reason, vertex=vertex),
        message=mask(reason) if reason else None,
        raw_message=reason,
    )


def _said(text: str) -> Said | None:
    body = said_in(text)
    if body is not None and body.code is not None and body.status is not None:
        return body
    coded = _coded(text)
    if body is None:
        return coded
    if coded is None:
        return body if body.code is not None or body.status is not None else None
    # A body may lack the code that the client wrote before it, and the client's code may be a gateway's.
    return body.beside(coded._replace(status=coded.status if body.code is None else None))


def _coded(text: str) -> Said | None:
    if _CODE.search(text) is None:
        return None
    for pattern in _CODED:
        if (match := pattern.search(text)) is not None:
            found = match.groupdict()
            status = found.get("status") or _status_of(found.get("name") or "")
            code = int(found["code"]) if found.get("code") else HTTP_CODES.get(status or "")
            if code is not None:
                return _behind(code, status, found["message"], found.get("details") or "")
    if (match := _STATUS_BEHIND.search(text)) is not None:
        before = text[max(0, match.start() - _LONGEST_MESSAGE) : match.start()].rpartition("\n")[2]
        return Said(HTTP_CODES[match[1]], match[1], before.strip() or None)
    match = _CLIENT.search(text)
    return None if match is None else _behind(int(match["code"]), None, match["message"])


def _status_of(name: str) -> str | None:
    """`RESOURCE_EXHAUSTED` for Go's ResourceExhausted."""
    return _HUMP.sub("_", name).upper() or None


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _behind(code: int, status: str | None, message: str, details: str = "") -> Said:
    """The text behind a code, to the end of its paragraph; the fields of a body if a body follows."""
    body = said_loosely(message) if "{" in message[:200] else None
    message = message[:_LONGEST_MESSAGE].strip().partition("\n\n")[0]
    if body is not None:
        return body._replace(code=code, status=status or body.status)
    said = Said(code, status, None if not message or message[0] in "{[" else message)
    return _with_details(said, details[:_LONGEST_MESSAGE] or message)


def _with_details(said: Said, details: str) -> Said:
    """Adds the fields behind the message: `[violations { quota_id: "..." }, retry_delay { seconds: 29 }]`."""
    fields: dict[str, str] = {}
    ids: list[str] = []
    for match in _PROTO_FIELD.finditer(details):
        name, value = match[1] or _OF_GO.get(match[4], match[4]), match[2] or match[3] or match[5]
        fields.setdefault(name, value)
        ids += [value] if name == "quota_id" else []
    limit, delay = fields.get("quota_value"), fields.get("seconds", "").removesuffix("s")
    return complete(
        said._replace(
            quota_id=next((each for each in ids if "PerDay" in each), fields.get("quota_id")),
            quota_metric=fields.get("quota_metric"),
            quota_limit=int(limit) if limit and limit.isdecimal() else None,
            retry_delay=float(delay) if delay and delay.isdecimal() else None,
            reason=fields.get("reason"),
        )
    )


def _closed(text: str) -> tuple[int, str | None] | None:
    if _CLOSE_CODE.search(text) is None and _NO_FRAME not in text:
        return None
    if "\n" in text:
        return _close_in(text) or _close_in(
            " ".join(text.split())
        )  # the lines may be broken by a narrow terminal
    return _close_in(text)


def _close_in(text: str) -> tuple[int, str | None] | None:
    match = next((match for match in (pattern.search(text) for pattern in _CLOSES) if match), None)
    reason = (match["reason"] or "").strip() or None if match is not None else None
    if _NO_FRAME in text:
        return _ABNORMAL, reason
    return None if match is None else (int(match["code"]), reason)


def _raised(text: str) -> Raised | None:
    """The last exception that a traceback or a line of a log names."""
    found: Raised | None = None
    if _TRACEBACK in text or "\n" not in text.strip():
        for match in _AT_THE_START.finditer(text):
            raised = Raised(match[1], text[match.start() :])
            if _says_something(raised) and (match[2] is not None or _TRACEBACK in text):
                found = raised
    if found is None:
        for match in _IN_A_LINE.finditer(text):
            name = match[2] or match[3] or match[4] or match[5]
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            raised = Raised(name, text[match.start() :])
            if _says_something(raised) and not _CALM.search(line):
                found = raised
    return found


def _says_something(raised: Raised) -> bool:
    """Whether the class or the words have a meaning here: any program raises KeyError and RuntimeError."""
    if raised.name in causes.EVERYWHERE or _is_not_the_sdks(raised):
        return causes.kind_of_text(*raised) is not None
    return (
        raised.name in causes.CLASSES
        or raised.name in causes.CODE_OF_CLASS
        or raised.name in causes.STATUS_OF_CLASS
    )


def _is_not_the_sdks(raised: Raised) -> bool:
    """Whether it is not the SDK's exception of this name."""
    return (
        raised.name in causes.REFUSED_BY_SDK.classes
        and re.search(causes.NOT_OF_THE_SDK, raised.text) is not None
    )


def _facts_of_node(text: str) -> ErrorFacts | None:
    """The cause of a connection error of Node.js, if the text shows that the connection was to the API."""
    if _ADDRESSED.search(text) is None:
        return None
    for cause in causes.CAUSES:
        if cause.node_codes is not None and (match := re.search(cause.node_codes, text)) is not None:
            return ErrorFacts(type=match[0], kind=cause.kind)
    return None


def _facts_of_class(raised: Raised | None, vertex: bool) -> ErrorFacts | None:
    """The facts of a class: an API client's class stands for a code, any other for the cause of its class and words."""
    if raised is None:
        return None
    name = raised.name.rpartition(".")[2]
    if (code := causes.CODE_OF_CLASS.get(name)) is not None:
        return facts_of(_behind(code, None, _words_of(raised)), vertex=vertex, type_=raised.name)
    if (status := causes.STATUS_OF_CLASS.get(name)) is not None:
        said = _behind(HTTP_CODES[status], status, _words_of(raised))
        return facts_of(said, vertex=vertex, type_=raised.name)
    return ErrorFacts(type=raised.name, kind=causes.kind_of_text(raised.name, raised.text))


def _words_of(raised: Raised) -> str:
    """The exception's message, without its name and without the traceback that follows in a log."""
    _, _, words = raised.text.partition(f"{raised.name}: ")
    return (words or raised.text).partition(f"\n{_TRACEBACK}")[0]
