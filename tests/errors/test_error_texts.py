"""One error of the service in every envelope that it was met in: each is read as the same."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from google.genai import errors
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from gemini_otel import HintSpanProcessor, explain
from gemini_otel._commands.logs import progress, read_errors
from gemini_otel._facts.errors.bodies import said_by, said_in
from gemini_otel._facts.errors.exceptions import read_error
from gemini_otel._facts.errors.quotas import limit_in, metric_in
from gemini_otel._facts.errors.texts import read_text

MESSAGE = 'You used up "all" of it: it\'s no more than {this}.\nSee the docs.'
BODY: dict[str, Any] = {
    "error": {
        "code": 429,
        "message": MESSAGE,
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [
                    {"quotaMetric": "a", "quotaId": "APerMinute"},
                    {"quotaMetric": "b", "quotaId": "BPerDay", "quotaValue": "50"},
                ],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "8.5s"},
        ],
    }
}
JSON, PRETTY = json.dumps(BODY), json.dumps(BODY, indent=2)


def _stamped(text: str) -> str:
    return "\n".join(f"2026-01-12T04:51:59.070{n:04}Z   {line}" for n, line in enumerate(text.splitlines()))


ENVELOPES = {
    "JSON": JSON,
    "pretty JSON": PRETTY,
    "a list": f"[{JSON}]",
    "Python's repr": repr(BODY),
    "bytes": repr(PRETTY.encode()),
    "the SDK": f"429 RESOURCE_EXHAUSTED. {BODY}",
    "openai": f"Error code: 429 - {[BODY]}",
    "pydantic-ai": f"status_code: 429, model_name: gemini-2.5-flash, body: {BODY}",
    "litellm": f"litellm.RateLimitError: litellm.RateLimitError: GeminiException - {PRETTY}. Received Model Group=x",
    "litellm, bytes": f"litellm.APIConnectionError: VertexAIException - {PRETTY.encode()!r}",
    "escaped once": json.dumps({"error": {"message": JSON, "code": 429, "status": "Too Many Requests"}}),
    "escaped twice": json.dumps({"log": json.dumps({"error": {"message": PRETTY, "code": 500}})}),
    "a JSON log line": json.dumps(
        {"severity": "ERROR", "textPayload": f"ClientError: 429 RESOURCE_EXHAUSTED. {BODY}"}
    ),
    "below headers": f"HTTP/2 429\ncontent-type: application/json\ndate: Mon, 12 Jan 2026 04:51:59 GMT\n\n{PRETTY}",
    "with time stamps": _stamped(PRETTY),
    "in colours": f"\x1b[31mERROR\x1b[0m \x1b[1mClientError\x1b[0m: 429 RESOURCE_EXHAUSTED. {BODY}",
    "in a sentence": f"Attempt 3 of 3 failed with {JSON}; giving up.",
    "a traceback": f'Traceback (most recent call last):\n  File "a.py", line 1, in f\ngoogle.genai.errors.ClientError: 429 RESOURCE_EXHAUSTED. {BODY}\n',
}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_any_envelope(envelope: str) -> None:
    """Code, status, reason, message, quota and delay are those of the bare body."""
    bare, found = said_by(BODY), said_in(ENVELOPES[envelope])
    assert found == bare
    facts = read_text(ENVELOPES[envelope])
    assert facts is not None
    assert (facts.type, facts.kind, facts.quota_limit) == ("429", "daily_quota", 50)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_standard_input_in_any_envelope(envelope: str) -> None:
    """`explain` counts one error in each of them."""
    (hit,) = read_errors(io.StringIO(ENVELOPES[envelope] + "\n").readline)
    assert (hit.hints[0].id, hit.times) == ("http.429.rate_day", 1)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("written", [JSON, repr(BODY), json.dumps({"x": JSON})])
def test_cut_off(written: str, kept: float) -> None:
    """What is left of a body is read."""
    said = said_in(written[: int(len(written) * kept)])
    assert said is not None
    assert said.code == 429


@pytest.mark.parametrize(
    ("text", "type_", "kind"),
    [
        (
            "google.api_core.exceptions.NotFound: 404 models/x is not found for API version v1beta",
            "404",
            "model_not_found",
        ),
        (
            "Invalid argument provided to Gemini: 400 Request contains an invalid argument.",
            "400",
            "invalid_argument",
        ),
        (
            "ChatGoogleGenerativeAIError: Invalid argument provided to Gemini: 400 Request contains an invalid argument.",
            "400",
            "invalid_argument",
        ),
        (
            "send message fail: Error 400, Message: contents is not specified, Status: INVALID_ARGUMENT, Details: []",
            "400",
            "empty_contents",
        ),
        (
            "[API Error: Request had insufficient authentication scopes. (Status: PERMISSION_DENIED)]",
            "403",
            "token_scope",
        ),
        ('<_InactiveRpcError: status = StatusCode.UNAVAILABLE\n details = "try again"', "503", "overloaded"),
        (
            "Gemini HTTP 400 (INVALID_ARGUMENT): * GenerateContentRequest.model: unexpected model name format",
            "400",
            "model_not_found",
        ),
        (
            (
                "google.api_core.exceptions.ResourceExhausted: 429 You exceeded your current quota.\n"
                '* Quota exceeded for metric: a.googleapis.com/b, limit: 0 [violations {\n quota_metric: "a.googleapis.com/b"\n'
                ' quota_id: "GenerateRequestsPerDay"\n}\n, retry_delay {\n  seconds: 29\n}\n]'
            ),
            "429",
            "zero_quota",
        ),
        (
            "received 1011 (internal error) The service is currently unavailable.; then sent 1011",
            "1011",
            "overloaded",
        ),
        (
            "google.genai.errors.APIError: 1007 None. Request contains an invalid argument.",
            "1007",
            "live_invalid_argument",
        ),
        ("no close frame received or sent", "1006", "live_lost"),
        (
            "sent 1011 (internal error) keepalive ping timeout; no close frame received",
            "1006",
            "live_keepalive",
        ),
        ("CLOSE 1008 (policy violation) The operation was aborted. [125 bytes]", "1008", "live_time_limit"),
        ("httpx.ReadTimeout: timed out", "ReadTimeout", None),
        ("it failed as it raised httpx.ReadTimeout", "ReadTimeout", None),
        ("httpx.ReadTimeout", None, None),
        ("RuntimeError: Event loop is closed", "RuntimeError", "closed_loop"),
        ("ValueError: retrieval parameter is not supported in Gemini API.", "ValueError", "other_back_end"),
        ("TypeError: 'NoneType' object is not iterable", "TypeError", "no_parts"),
        ("next poll in 30 s (Timeout 60)", None, None),
        ("INFO the settings: Timeout: 60, ValueError: none", None, None),
        ("wrote 503 rows and 429 files in 1011 (about) ms", None, None),
        ("KeyError: 'price'", None, None),
        ("", None, None),
    ],
)
def test_texts_without_a_body(text: str, type_: str | None, kind: str | None) -> None:
    """A code counts beside a word that makes it one, a class where a log writes one; other words are nothing."""
    facts = read_text(text)
    assert (type_, kind) == (None, None) if facts is None else (facts.type, facts.kind) == (type_, kind)


def test_an_exception_that_wraps_the_error() -> None:
    """The error is found in what an exception was raised from, or while handling what."""
    error = errors.ClientError(429, BODY)
    caused, handled = ValueError("x"), ValueError("x")
    caused.__cause__, handled.__context__ = error, error
    outer = KeyError("y")
    outer.__cause__ = caused
    for wrapping in (caused, handled, outer):
        assert explain(wrapping)[0].id == "http.429.rate_day"
    handled.__suppress_context__ = True
    assert explain(handled)[0].id == "sdk.invalid_request"
    caused.__cause__ = caused
    assert explain(caused)[0].id == "sdk.invalid_request"
    assert explain(Exception(f"litellm.RateLimitError: {JSON}"))[0].id == "http.429.rate_day"


@pytest.mark.parametrize(
    ("lines", "limit"),
    [
        ([("a", 0), ("a", 0)], 0),
        ([("a", 0), ("b", 20)], 0),
        ([("b", 0), ("a", 20)], 20),
        ([("a", 0), ("a", 20)], None),
        ([("b", 0)], 0),
        ([], None),
    ],
)
def test_limit_of_the_quota_that_was_hit(lines: list[tuple[str, int]], limit: int | None) -> None:
    """The lines of that quota count, and all of them have to agree."""
    message = "You exceeded it.\n" + "\n".join(
        f"* Quota exceeded for metric: x.googleapis.com/{m}, limit: {n}, model: y" for m, n in lines
    )
    assert limit_in(message, "x.googleapis.com/a") == limit
    assert metric_in(message) == (f"x.googleapis.com/{lines[0][0]}" if lines else None)


def test_a_message_of_any_length_takes_the_same_time() -> None:
    """Of 10 MB no more is read than of 200 kB: the times are about equal, where they were a hundredfold."""
    words = "".join(f"{number:07d} word\n" for number in range(770_000))

    def seconds(length: int) -> float:
        message = words[:length]
        body = {
            "error": {"code": 400, "status": "INVALID_ARGUMENT", "message": message, "details": [message]}
        }
        error = errors.ClientError(400, body)
        times = []
        for _ in range(5):
            begun = time.thread_time()
            read_error(error)
            times.append(time.thread_time() - begun)
        return min(times)

    assert seconds(10_000_000) < 5 * seconds(200_000)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("{}[]\"'\\:, errorcodestatumg429 \n"), max_size=300))
def test_any_text(text: str) -> None:
    """Nothing that looks like a body, or half of one, raises."""
    read_text(text)
    read_errors(io.StringIO(text).readline)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "\\",
        "{",
        '"',
        "[",
        '"error": {',
        '{"error": {"code": "',
        "(Status: ",
        "Error 400, Message: ",
        "429 ",
        "Google 4",
        "\x00\xff",
        " ",
    ],
)
def test_ten_megabytes(unit: str) -> None:
    """A text of any length takes no longer than its head, in one piece or through the command."""
    text = unit * (10_000_000 // len(unit))
    read_text(text)
    started = time.process_time()
    read_text(text)
    list(read_errors(io.StringIO(text).readline))
    assert time.process_time() - started < 3


def test_a_log_is_not_kept() -> None:
    """Each record is read as it comes: a log that never ends would be, too."""
    line, lines = "2026-01-01 10:00:00 INFO all is well\n", 0

    def read(_: int) -> str:
        nonlocal lines
        lines += 1
        return line if lines < 200_000 else ""

    import tracemalloc

    tracemalloc.start()
    assert read_errors(read) == []
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a line says how much was read, and goes away; elsewhere nothing does."""
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("gemini_otel._commands.logs.time.monotonic", lambda: next(clock))
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        with progress(stream) as seen:
            seen(3_000_000)
            seen(2_000_000)
    assert terminal.getvalue().startswith("\r3 MB read\r5 MB read\r ")
    assert terminal.getvalue().endswith(" \r")
    assert pipe.getvalue() == ""


def test_two_attributes_of_an_event_are_enough() -> None:
    """Under a limit on the attributes of events the id and the remedy are what is left of a hint."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(span_limits=SpanLimits(max_event_attributes=2))
    provider.add_span_processor(HintSpanProcessor())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    span = provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.set_status(Status(StatusCode.ERROR, "429 RESOURCE_EXHAUSTED"))
    span.end()
    (event,) = exporter.get_finished_spans()[0].events
    assert set(event.attributes or {}) == {"gemini.hint.id", "gemini.hint.remedy"}
