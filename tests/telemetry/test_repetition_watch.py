"""Which parts of an answer are watched together for loops."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from google.genai import types

import gemini_otel
from gemini_otel import Repetition, RepetitionDetector, simulator
from gemini_otel._telemetry import repetition_watch
from gemini_otel._telemetry.repetition_watch import RepetitionWatch
from support import SHAPES, Telemetry, make_client, send
from support.steps import steps

SENTENCE = "I should check this again before I answer. "
CALL = {"functionCall": {"name": "get_status", "args": {"job": 7}}}
STREAMS = ("stream", "async_stream")
STREAMS_ARGUMENTS = pytest.mark.skipif(
    "partial_args" not in types.FunctionCall.model_fields, reason="this SDK cannot ask for streamed arguments"
)


def words(start: int) -> str:
    """Return text that never repeats itself."""
    return "".join(chr(97 + i * i * i % 101 % 26) + " " * (i % 6 == 0) for i in range(start, start + 40))


def noise(length: int, seed: int = 7) -> str:
    """Return text in which nothing comes again."""
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz    ", k=length))


def chunk(*candidates: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a chunk with the parts of each candidate."""
    return {
        "candidates": [
            {"index": index, "content": {"role": "model", "parts": parts}}
            for index, parts in enumerate(candidates)
        ]
    }


def play(shape: str, *chunks: dict[str, Any], **settings: Any) -> Telemetry:
    """Send a request that is answered with the chunks and return what was recorded."""
    telemetry = Telemetry()
    scenario = simulator.Scenario("these", "x", (simulator.Reply(chunks=chunks),))
    gemini_otel.instrument(**telemetry.providers, **settings)
    try:
        with simulator.serve(scenarios=[scenario]) as address:
            assert send(make_client(str(address)), shape, "simulate:these").error is None
    finally:
        gemini_otel.uninstrument()
    return telemetry


def test_what_is_too_short_to_be_looked_at() -> None:
    """No detector is made for a text shorter than any that one looks at, and the next character makes one."""
    blanks = "\n" * (repetition_watch.SHORT - 1)
    assert RepetitionDetector(structured=True).feed(blanks) is None
    assert RepetitionDetector(structured=True).feed(blanks + "\n") is not None
    watch = RepetitionWatch(structured=True)
    for _ in blanks:
        watch.text(0, False, "\n")
    assert watch.heard
    assert (watch.verdict, watch._detectors) == (None, {})
    watch.text(0, False, "\n")
    assert watch.verdict is not None


def test_a_short_text_before_a_call_counts() -> None:
    """What was too short to be looked at is heard by the detector that a function call makes."""
    watch = RepetitionWatch(structured=True)
    watch.text(0, False, "\n" * (repetition_watch.SHORT - 1))
    watch.function_call(0, "f", {})
    watch.text(0, False, "\n")
    assert watch.verdict is not None


@pytest.mark.parametrize("shape", STREAMS)
def test_a_candidate_loops_beside_another(shape: str) -> None:
    """A loop is found in one candidate although another one's text arrives in between."""
    chunks = [chunk([{"text": words(40 * i)}], [{"text": SENTENCE}]) for i in range(40)]
    attributes = play(shape, *chunks).attributes
    assert attributes["gemini.repetition.kind"] == "text"
    assert attributes["gemini.repetition.period"] == len(SENTENCE)


@pytest.mark.parametrize("shape", STREAMS)
def test_equal_candidates_are_no_loop(shape: str) -> None:
    """Candidates that say the same are not taken for one text that says it again and again."""
    chunks = [chunk(*[[{"text": SENTENCE}]] * 4) for _ in range(9)]
    assert play(shape, *chunks).attributes["gemini.repetition.detected"] is False


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_calls_of_candidates_are_no_loop(shape: str) -> None:
    """Eight candidates that make the same call once each do not make it eight times."""
    assert play(shape, chunk(*[[CALL]] * 8)).attributes["gemini.repetition.detected"] is False


def test_every_candidate_follows_the_history() -> None:
    """A second candidate that makes the call of the four rounds before is a loop, whatever the first one does."""
    history = [
        content
        for _ in range(4)
        for content in (
            types.Content(
                role="model", parts=[types.Part.from_function_call(name="get_status", args={"job": 7})]
            ),
            types.Content(
                role="user", parts=[types.Part.from_function_response(name="get_status", response={})]
            ),
        )
    ]
    answer = chunk([{"text": "The job runs."}], [CALL])
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    scenario = simulator.Scenario("these", "x", (simulator.Reply(chunks=(answer,)),))
    try:
        with simulator.serve("these", scenarios=[scenario]) as address:
            client = make_client(str(address))
            client.models.generate_content(model="gemini-2.5-flash", contents=history)
    finally:
        gemini_otel.uninstrument()
    assert telemetry.attributes["gemini.repetition.kind"] == "tool_calls"


@pytest.mark.parametrize("shape", SHAPES)
def test_thoughts_are_watched(shape: str) -> None:
    """Thoughts that loop are found, apart from the text of the answer."""
    assert (
        play(shape, chunk([{"text": SENTENCE * 40, "thought": True}, {"text": "Done."}])).attributes[
            "gemini.repetition.kind"
        ]
        == "text"
    )
    short = SENTENCE * 9
    both = play(shape, chunk([{"text": short, "thought": True}, {"text": short}])).attributes
    assert both["gemini.repetition.detected"] is False


@pytest.mark.parametrize("shape", STREAMS)
def test_inline_data_and_empty_parts_are_harmless(shape: str) -> None:
    """Images, empty texts and parts without text between its pieces do not hide a loop."""
    image = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    chunks = [chunk([{"text": SENTENCE}, image, {"text": ""}, {}]) for _ in range(40)]
    assert play(shape, *chunks).attributes["gemini.repetition.kind"] == "text"


@pytest.mark.parametrize("shape", STREAMS)
def test_on_repetition_is_told_once(shape: str) -> None:
    """Two candidates and their thoughts that all loop are told once, while the stream runs."""
    told: list[Repetition] = []
    looping = [{"text": SENTENCE, "thought": True}, {"text": SENTENCE}]
    telemetry = play(shape, *[chunk(looping, looping)] * 60, on_repetition=told.append)
    assert len(told) == 1
    assert len(telemetry.events("gemini.repetition")) == 1


def streamed(path: str) -> list[dict[str, Any]]:
    """Return the chunks of one call whose arguments are streamed, as the service sends them."""
    calls: list[dict[str, Any]] = [
        {"name": "read_file", "willContinue": True},
        {
            "partialArgs": [{"jsonPath": "$.path", "stringValue": path, "willContinue": True}],
            "willContinue": True,
        },
        {"partialArgs": [{"jsonPath": "$.path", "stringValue": ".py"}], "willContinue": True},
        {"partialArgs": [{"jsonPath": "$.line", "numberValue": 1}], "willContinue": True},
        {},
    ]
    return [chunk([{"functionCall": call}]) for call in calls]


@STREAMS_ARGUMENTS
@pytest.mark.parametrize("shape", STREAMS)
def test_streamed_calls_are_put_together(shape: str) -> None:
    """Calls whose arguments come in pieces are compared when they are complete."""
    different = [piece for i in range(6) for piece in streamed(f"src/{i}")]
    assert play(shape, *different).attributes["gemini.repetition.detected"] is False
    equal = [piece for _ in range(5) for piece in streamed("src/a")]
    assert play(shape, *equal).attributes["gemini.repetition.kind"] == "tool_calls"


@STREAMS_ARGUMENTS
@pytest.mark.parametrize("shape", STREAMS)
def test_a_loop_in_a_streamed_argument(shape: str) -> None:
    """A streamed argument that loops until the output limit ends it is found, and max_tokens is explained by it."""
    pieces = [
        chunk(
            [
                {
                    "functionCall": {
                        "partialArgs": [{"jsonPath": "$.a", "stringValue": SENTENCE}],
                        "willContinue": True,
                    }
                }
            ]
        )
        for _ in range(400)
    ]
    begun = chunk([{"functionCall": {"name": "write", "willContinue": True}}])
    last = {"candidates": [{"index": 0, "finishReason": "MAX_TOKENS"}]}
    telemetry = play(shape, begun, *pieces, last)
    assert telemetry.attributes["gemini.repetition.kind"] == "text"
    assert telemetry.attributes["gemini.hint.id"] == "finish.max_tokens.repetition"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_loop_in_generated_code(shape: str) -> None:
    """Code that the model wrote to be run is watched like text."""
    code = {"executableCode": {"language": "PYTHON", "code": "total = total + 1\n" * 90}}
    assert play(shape, chunk([code])).attributes["gemini.repetition.kind"] == "text"


@pytest.mark.parametrize("mime", ["application/yaml", "text/x.enum", "application/xml"])
def test_structured_by_any_mime_type(mime: str) -> None:
    """A reply asked for in any format but plain text is structured: a loop of blanks in it is `newlines`."""
    telemetry = Telemetry()
    scenario = simulator.Scenario(
        "these", "x", (simulator.Reply(chunks=(chunk([{"text": "a: 1" + "\n" * 900}]),)),)
    )
    gemini_otel.instrument(**telemetry.providers)
    try:
        with simulator.serve("these", scenarios=[scenario]) as address:
            client = make_client(str(address))
            client.models.generate_content(
                model="gemini-2.5-flash",
                contents="hello",
                config=types.GenerateContentConfig(response_mime_type=mime),
            )
    finally:
        gemini_otel.uninstrument()
    assert telemetry.attributes["gemini.repetition.kind"] == "newlines"
    assert telemetry.attributes["gemini.repetition.period"] == 1


def test_only_the_first_half_million_characters_are_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """After them the text costs nothing, in one piece and in many; what went before is heard."""
    monkeypatch.setattr(repetition_watch, "MAX_CHARACTERS", 4_000)
    text = noise(80_000)

    def listen(*pieces: str) -> RepetitionWatch:
        watch = RepetitionWatch(structured=False)
        for piece in pieces:
            watch.text(0, False, piece)
        return watch

    assert steps(lambda: listen(text)) < steps(lambda: listen(text[:4_000])) + 100
    assert listen(SENTENCE * 90, text).verdict is not None
    assert listen(text, SENTENCE * 90).verdict is None
    assert listen(text[:3_900], SENTENCE * 90).verdict is None


def test_the_history_is_read_once() -> None:
    """30 calls of 50 kB in the history take as many steps as 30 of 1 kB: their texts are not listened to again."""

    def recalling(length: int) -> Callable[[], None]:
        history = [{"path": f"{n}.py", "text": noise(length, n)} for n in range(30)]

        def recall() -> None:
            watch = RepetitionWatch(structured=False)
            for args in history:
                watch.recall("write_file", args, {"ok": True})

        return recall

    short, long = steps(recalling(1_000)), steps(recalling(50_000))
    assert long < 1.2 * short


def test_a_loop_in_the_history_is_not_this_answers() -> None:
    """A text that loops in the arguments of an earlier call was said by an earlier answer; in a call of this one it counts."""
    watch = RepetitionWatch(structured=False)
    watch.recall("write_file", {"text": SENTENCE * 90}, {"ok": True})
    assert watch.verdict is None
    watch.function_call(0, "write_file", {"text": SENTENCE * 90})
    assert watch.verdict is not None


@pytest.mark.parametrize("wide", [dict.fromkeys(map(str, range(100_000)), 1), list(range(100_000))])
def test_wide_arguments_take_a_bounded_time(wide: Any) -> None:
    """Of 100,000 values in a call no more are read than of 10,000."""
    watch = RepetitionWatch(structured=False)
    assert steps(lambda: watch.function_call(0, "f", {"wide": wide})) < 1_500_000
