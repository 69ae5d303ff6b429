"""Content capture: off by default; on spans, in events, redacted, bounded, whatever the content is."""

import base64
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import gemini_otel
from gemini_otel._facts import guard as _guard
from gemini_otel._sdk.generate_content import content as _candidates
from gemini_otel._sdk.reading import parts as _parts
from gemini_otel._telemetry import log_events
from gemini_otel._telemetry.content import capture as _content
from support import MODEL, make_vertex_client, send
from support.content import INPUT, OUTPUT, REPLY, SYSTEM, TOOLS, TRUNCATED, Captured, plain, text
from support.function_calling import ask, get_weather
from support.logs import name_of

CONTENT = {INPUT, OUTPUT, SYSTEM, TOOLS, "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", TRUNCATED}
MODES = ("no_content", "span_only", "event_only", "span_and_event")


@pytest.fixture(autouse=True)
def afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_guard, "_reported", set())
    yield
    gemini_otel.uninstrument()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", ["keyword", "variable", "upper case"])
def test_modes(client: genai.Client, mode: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mode records where it says and nowhere else, by keyword or by the standard variable, which stays as it was."""
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    if how != "keyword":
        monkeypatch.setenv(variable, mode if how == "variable" else mode.upper())
    before = dict(os.environ)
    telemetry = Captured({"capture_content": mode} if how == "keyword" else {})
    send(client, "call", "simulate:ok")
    assert (INPUT in telemetry.attributes) == ("span" in mode)
    assert len(telemetry.logs.records) == ("event" in mode)
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), ("False", False), (True, True), (False, False)]
)
def test_the_older_meaning(
    client: genai.Client, value: Any, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """true and false mean everything and nothing, as the variable did before it had modes."""
    if isinstance(value, str):
        monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value)
    telemetry = Captured({} if isinstance(value, str) else {"capture_content": value})
    send(client, "call", "simulate:ok")
    assert (INPUT in telemetry.attributes, len(telemetry.logs.records)) == (expected, int(expected))


def test_off_by_default(client: genai.Client, shape: str) -> None:
    """Without being asked for, nothing of content is recorded, and no event."""
    telemetry = Captured({})
    ask(client, "chats", shape, "simulate:tool_call", tools=[get_weather], system_instruction="Be brief.")
    assert [set(span.attributes or {}) & CONTENT for span in telemetry.spans] == [set()] * 4
    assert telemetry.logs.records == []


def test_messages(client: genai.Client, shape: str) -> None:
    """A reply is one message of the assistant, also where it came in pieces."""
    telemetry = Captured({"capture_content": "span_only"})
    send(client, shape, "simulate:ok", system_instruction=["Be brief.", "Be kind."])
    assert telemetry.said(INPUT) == [{"role": "user", "parts": [text("simulate:ok")]}]
    assert telemetry.said(OUTPUT) == [{"role": "assistant", "parts": [text(REPLY)], "finish_reason": "stop"}]
    assert telemetry.said(SYSTEM) == [text("Be brief."), text("Be kind.")]
    assert TRUNCATED not in telemetry.attributes


@pytest.mark.parametrize("via", ["models", "chats"])
def test_a_tool_call(client: genai.Client, via: str, shape: str) -> None:
    """Calls and results of tools are on the rounds' messages and on the tool's span; the definition on each round."""
    telemetry = Captured({"capture_content": "span_only"})
    ask(client, via, shape, "simulate:tool_call", tools=[get_weather])
    tool, *_ = [dict(s.attributes or {}) for s in telemetry.spans if s.name == "execute_tool get_weather"]
    assert json.loads(tool["gen_ai.tool.call.arguments"]) == {"city": "Paris"}
    assert json.loads(tool["gen_ai.tool.call.result"]) == "sunny in Paris"
    first, second = [
        dict(s.attributes or {}) for s in telemetry.spans if s.name == f"generate_content {MODEL}"
    ]
    call = {"type": "tool_call", "name": "get_weather", "arguments": {"city": "Paris"}}
    assert json.loads(first[OUTPUT]) == [{"role": "assistant", "parts": [call], "finish_reason": "tool_call"}]
    roles = [message["role"] for message in json.loads(second[INPUT])]
    assert roles == ["user", "assistant", "tool"]
    answer = json.loads(second[INPUT])[-1]["parts"][0]
    assert (answer["type"], answer["response"]) == ("tool_call_response", {"result": "sunny in Paris"})
    assert json.loads(first[TOOLS])[0]["name"] == "get_weather"


def test_the_event(client: genai.Client, shape: str) -> None:
    """The event has the structured content, all attributes of the call and its place in the trace."""
    telemetry = Captured({"capture_content": "event_only", "span_attributes": {"team": "search"}})
    with gemini_otel.conversation("c"):
        send(client, shape, "simulate:ok", temperature=0.5)
    (record,) = telemetry.logs.records
    assert name_of(record) == "gen_ai.client.inference.operation.details"
    assert record.severity_number.name == "DEBUG"
    found = plain(dict(record.attributes))
    assert found[OUTPUT] == [{"role": "assistant", "parts": [text(REPLY)], "finish_reason": "stop"}]
    span = {k: plain(v) for k, v in telemetry.attributes.items()}
    assert {k: v for k, v in found.items() if k not in {INPUT, OUTPUT, "event.name"}} == span
    assert (found["team"], found["gen_ai.conversation.id"]) == ("search", "c")
    assert record.span_id == telemetry.span.get_span_context().span_id
    assert record.timestamp <= telemetry.span.end_time


def test_structures_or_text(client: genai.Client) -> None:
    """Content in the event is structured, unless the installed release can only have text there."""
    telemetry = Captured({"capture_content": "event_only"})
    send(client, "call", "simulate:ok")
    (record,) = telemetry.logs.records
    assert isinstance(record.attributes[INPUT], str) != log_events.takes_structures()


def test_text_on_older_releases(client: genai.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a release takes no structures in events, the content is the JSON text that spans have."""
    monkeypatch.setattr(_content, "takes_structures", lambda: False)
    telemetry = Captured({"capture_content": "span_and_event", "content_limit": 20})
    send(client, "call", "simulate:ok")
    (record,) = telemetry.logs.records
    assert record.attributes[OUTPUT] == telemetry.attributes[OUTPUT]
    assert tuple(record.attributes[TRUNCATED]) == telemetry.attributes[TRUNCATED]


def test_a_value_that_cannot_be_read(client: genai.Client) -> None:
    """A tool's result that raises when it is read is noted as such, and the call goes on."""

    class Spoiled(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError

    def get_weather(city: str = "Paris") -> Any:
        """Say how the weather is."""
        return Spoiled(a=1)

    telemetry = Captured({"capture_content": "span_only"})
    ask(client, "chats", "call", "simulate:tool_call", tools=[get_weather])
    (tool,) = [span for span in telemetry.spans if span.name == "execute_tool get_weather"]
    assert "could not be read" in str((tool.attributes or {})["gen_ai.tool.call.result"])


@pytest.mark.parametrize("mode", MODES)
def test_sampled_out(client: genai.Client, shape: str, mode: str) -> None:
    """A call that is not sampled is captured only by the modes with events, which are independent of the trace."""
    telemetry = Captured({"capture_content": mode}, sampler=ALWAYS_OFF)
    send(client, shape, "simulate:ok")
    assert len(telemetry.logs.records) == ("event" in mode)
    if "event" in mode:
        found = plain(dict(telemetry.logs.records[0].attributes))
        assert found[OUTPUT][0]["parts"] == [text(REPLY)]
        assert found["gen_ai.usage.input_tokens"]


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [("max_tokens", "length"), ("safety", "content_filter"), ("other", "error")],
)
def test_finish_reasons(client: genai.Client, shape: str, scenario: str, reason: str) -> None:
    """The message says how it ended in the conventions' words."""
    telemetry = Captured({"capture_content": "span_only"})
    send(client, shape, f"simulate:finish_{scenario}")
    assert telemetry.said(OUTPUT)[0]["finish_reason"] == reason


def test_a_blocked_prompt(client: genai.Client, shape: str) -> None:
    """A blocked prompt has no answer, and none is made up."""
    telemetry = Captured({"capture_content": "span_only"})
    send(client, shape, "simulate:block_safety")
    assert OUTPUT not in telemetry.attributes
    assert INPUT in telemetry.attributes


@pytest.mark.parametrize("on", [True, False])
def test_messages_of_the_service(url: str, shape: str, on: bool) -> None:
    """With capture on, the service's own messages are as it sent them; without, masked or absent."""
    telemetry = Captured({"capture_content": on})
    client = make_vertex_client(url)  # for the Developer API, the SDK drops the finish message
    send(client, shape, "simulate:finish_malformed_function_call")
    send(client, shape, "simulate:model_not_found")
    finished, failed = [dict(span.attributes or {}) for span in telemetry.spans]
    assert ("gemini.response.finish_message" in finished) == on
    assert ("<masked>" not in failed["gemini.error.message"]) == on


def test_redaction(client: genai.Client, shape: str) -> None:
    """The redact function sees each text before it is recorded: prompt, reply, instruction, tools, their calls and results."""
    telemetry = Captured({"capture_content": True, "redact": lambda text: "#" * len(text)})
    ask(client, "chats", shape, "simulate:tool_call", tools=[get_weather], system_instruction="Be brief.")
    recorded = [v for span in telemetry.spans for k, v in (span.attributes or {}).items() if k in CONTENT]
    recorded += [json.dumps(plain(dict(r.attributes))) for r in telemetry.logs.records]
    for secret in ("simulate", "Tides", "brief", "Paris", "city", "sunny", "Say how"):
        assert not [each for each in recorded if secret in str(each)], secret
    assert any("####" in str(each) for each in recorded)


def raising(text: str) -> str:
    raise RuntimeError(text)


@pytest.mark.parametrize("redact", [raising, lambda text: None, len, lambda text: text.encode()])
def test_a_redact_function_that_fails(
    client: genai.Client, shape: str, redact: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A redact function that raises or gives something else costs the text, which is never recorded, and not the call."""
    telemetry = Captured({"capture_content": True, "redact": redact})
    with caplog.at_level(logging.WARNING, "gemini_otel"):
        assert send(client, shape, "simulate:ok").error is None
    (message,) = telemetry.said(INPUT)
    assert message["parts"] == [text("[left out: the redact function failed]")]
    assert "gemini-otel failed in redact" in caplog.text
    assert not [r for r in caplog.records if r.name == "gemini_otel" and "simulate:ok" in r.getMessage()]


def test_a_redact_function_that_calls_gemini(client: genai.Client) -> None:
    """A redact function may ask Gemini: that call is neither traced nor redacted in turn."""
    asked = []

    def redact(text: str) -> str:
        asked.append(text)
        return str(client.models.generate_content(model=MODEL, contents="simulate:ok").text)

    telemetry = Captured({"capture_content": "span_only", "redact": redact})
    send(client, "call", "simulate:ok")
    assert (len(telemetry.spans), asked) == (1, ["simulate:ok", REPLY])


def test_the_size_is_bounded(client: genai.Client, shape: str) -> None:
    """Texts are cut at the limit, what was cut is said in the text, and which attributes have been cut beside it."""
    telemetry = Captured({"capture_content": "span_only", "content_limit": 30})
    send(client, shape, ["simulate:ok", "x" * 100_000])
    parts = telemetry.said(INPUT)[0]["parts"]
    assert parts == [text("simulate:ok"), text("x" * 17 + "[99983 characters left out]")]
    (reply,) = telemetry.said(OUTPUT)[0]["parts"]
    assert reply["content"] == f"{REPLY[:30]}[{len(REPLY) - 30} characters left out]"
    assert telemetry.attributes[TRUNCATED] == (INPUT, OUTPUT)


def test_old_messages_go_first(client: genai.Client) -> None:
    """Where a history is too long, the newest messages are kept and the number of those left out is said."""
    telemetry = Captured({"capture_content": "span_only", "content_limit": 40})
    history = [types.UserContent(f"message {number:02} of many") for number in range(50)]
    send(client, "call", [*history, types.UserContent("simulate:ok")])
    first, *rest = telemetry.said(INPUT)
    assert first["parts"][0]["type"] == "omitted"
    assert first["parts"][0]["content"].endswith("earlier messages left out]")
    assert rest[-1]["parts"] == [text("simulate:ok")]
    assert len(rest) < 5


def test_inline_data(client: genai.Client, shape: str) -> None:
    """Of inline data, type and size are recorded; the bytes only where they are asked for, and as base64."""
    part = types.Part.from_bytes(data=b"\x00\x01" * 50, mime_type="image/png")
    telemetry = Captured({"capture_content": "span_only"})
    send(client, shape, ["simulate:inline_image", part])
    (_, blob) = telemetry.said(INPUT)[0]["parts"]
    assert blob == {"type": "blob", "mime_type": "image/png", "modality": "image", "size": 100}
    assert telemetry.said(OUTPUT)[0]["parts"][1]["size"] == 70
    gemini_otel.uninstrument()
    telemetry = Captured({"capture_content": "span_only", "capture_bytes": True})
    send(client, shape, ["simulate:inline_image", part])
    blob = telemetry.said(INPUT)[0]["parts"][1]
    assert base64.b64decode(blob["content"]) == b"\x00\x01" * 50


def test_huge_inline_data(client: genai.Client) -> None:
    """Ten megabytes that are asked for and have no room are left out, which is said with their size."""
    telemetry = Captured({"capture_content": "span_only", "capture_bytes": True})
    part = types.Part.from_bytes(data=bytes(10_000_000), mime_type="video/mp4")
    assert send(client, "call", ["simulate:ok", part]).error is None
    (_, blob) = telemetry.said(INPUT)[0]["parts"]
    assert (blob["size"], blob["content"]) == (10_000_000, "[10000000 bytes left out]")
    assert INPUT in telemetry.attributes[TRUNCATED]


def test_what_json_cannot_say(client: genai.Client) -> None:
    """What a tool returns is recorded as far as JSON can say it, the rest by its class; the program's call goes on."""

    class Weather:
        __slots__ = ()

    def get_weather(city: str = "Paris") -> Any:
        """Say how the weather is."""
        return {"now": Weather(), "at": float("nan"), "raw": b"123", "half": "\ud800", ("a", 1): {1}}

    telemetry = Captured({"capture_content": "span_only"})
    send(client, "call", "simulate:tool_call", tools=[get_weather])  # the SDK itself cannot send this result
    (tool,) = [span for span in telemetry.spans if span.name == "execute_tool get_weather"]
    assert json.loads((tool.attributes or {})["gen_ai.tool.call.result"]) == {
        "now": "[a Weather that JSON cannot represent]",
        "at": "nan",
        "raw": "[3 bytes]",
        "half": "?",
        "[nested too deeply]": [1],
    }
    assert (tool.attributes or {})[TRUNCATED] == ("gen_ai.tool.call.result",)


@pytest.mark.parametrize("reader", ["read_content", "read_candidates"])
def test_a_reader_that_fails(
    client: genai.Client, shape: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where content cannot be read, the attribute says so, the rest of the span is complete and the caller sees nothing."""

    def boom(*_: Any) -> Any:
        raise RuntimeError

    from gemini_otel._sdk import plan
    from gemini_otel._sdk.generate_content.operation import GENERATE_CONTENT

    broken = GENERATE_CONTENT._replace(**{reader: boom})
    rows = [
        row._replace(operation=broken) if row.operation is GENERATE_CONTENT else row for row in plan.PATCHES
    ]
    monkeypatch.setattr(plan, "PATCHES", rows)
    telemetry = Captured({"capture_content": True})
    assert send(client, shape, "simulate:ok").error is None
    assert telemetry.attributes["gemini.response.outcome"] == "ok"
    if reader == "read_content":
        assert "could not be read" in telemetry.attributes[INPUT]
        assert telemetry.attributes[TRUNCATED] == (INPUT,)


def test_parts_that_are_none() -> None:
    """A content whose parts are None is a message without parts, and a candidate without content adds none."""
    (message,) = _parts.read_messages(types.Content(role="model", parts=None))
    assert (message.role, message.parts) == ("assistant", ())
    response = types.GenerateContentResponse(candidates=[types.Candidate(content=None)])
    assert [each.parts for each in _candidates.read_candidates(response)] == [()]
    assert list(_candidates.read_candidates(types.GenerateContentResponse(candidates=None))) == []


def test_an_abandoned_stream(client: genai.Client) -> None:
    """Of a stream whose reader stops, what was received is recorded, with the finish reason that never came."""
    telemetry = Captured({"capture_content": "span_only"})
    stream = client.models.generate_content_stream(model=MODEL, contents="simulate:ok")
    next(stream)
    stream.close()
    (message,) = telemetry.said(OUTPUT)
    assert message["finish_reason"] == "error"
    assert REPLY.startswith(message["parts"][0]["content"])
    assert 0 < len(message["parts"][0]["content"]) < len(REPLY)
