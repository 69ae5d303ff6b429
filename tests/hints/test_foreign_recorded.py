"""Spans recorded from the real packages (tools/record_foreign_spans.py), replayed through the processor."""

import json
from typing import Any

import pytest

from gemini_otel.hints._foreign.sources import FRAMEWORKS, LITELLM, SOURCES
from support import DATA
from support.foreign import ids, replayed

FOLDER = DATA / "foreign"
OFFICIAL = "opentelemetry-instrumentation-google-genai"
LOGFIRE = "logfire"
OPENINFERENCE = "openinference-instrumentation-google-genai"
OPENLLMETRY = "opentelemetry-instrumentation-google-generativeai"
ADK = "google-adk"
OPENAI_V2 = "opentelemetry-instrumentation-openai-v2"
OPENAI_OPENLLMETRY = "opentelemetry-instrumentation-openai"
OPENAI_OPENINFERENCE = "openinference-instrumentation-openai"
OPENAI_LOGFIRE = "logfire-openai"
RECORDED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
CALLS = [(name, call) for name, recorded in RECORDED.items() for call in recorded["calls"]]

# What each call gets, whoever recorded it.
HINTS = {
    "ok": (),
    "tool_call": (),
    "finish_max_tokens": ("finish.max_tokens",),
    "thoughts_ate_budget": ("finish.max_tokens.thinking",),
    "finish_safety": ("finish.safety",),
    "finish_recitation": ("finish.recitation",),
    "finish_malformed_function_call": ("finish.malformed_call",),
    "finish_unknown": ("finish.unknown",),
    "block_prohibited_content": ("block.prohibited",),
    "invalid_key": ("http.400.api_key_invalid",),
    "model_not_found": ("http.404.model",),
    "daily_quota": ("http.429.rate_day",),
    "rate_limited": ("http.429.rate_minute",),
    "overloaded": ("http.503.overloaded",),
    "deadline_exceeded": ("http.504.deadline",),
    "error_in_stream": ("http.503.overloaded",),
}
# The OpenAI client's exception has the code, and of the body nothing.
_CODE_ONLY = {
    "invalid_key": ("http.400.invalid_argument",),
    "model_not_found": ("http.404.not_found",),
    "daily_quota": ("http.429.unspecified",),
}
# `content_filter` stands for eight reasons.
_MAPPED = {"finish_safety": ("finish.filtered",), "finish_recitation": ("finish.filtered",)}
# Where a source shows less. In brackets: only in a stream, or only not.
LESS: dict[str, dict[Any, tuple[str, ...]]] = {
    OFFICIAL: {
        ("block_prohibited_content", False): ("finish.missing",),
        ("block_prohibited_content", True): (),  # as if the caller had stopped reading
        ("thoughts_ate_budget", True): ("finish.max_tokens",),  # it adds up the thoughts of all chunks
    },
    OPENLLMETRY: {
        **_MAPPED,
        "finish_malformed_function_call": (),
        "finish_unknown": (),
        "block_prohibited_content": (),
    },
    ADK: {"block_prohibited_content": ()},
    OPENAI_V2: {
        **_CODE_ONLY,
        **_MAPPED,
        ("thoughts_ate_budget", False): ("finish.max_tokens",),
        ("thoughts_ate_budget", True): (),  # its streams have no finish reason
        ("finish_recitation", True): (),
    },
    OPENAI_LOGFIRE: {
        **_CODE_ONLY,
        **_MAPPED,
        ("thoughts_ate_budget", False): ("finish.max_tokens",),
        # Of its streams, a reason is in the text of the answer only.
        ("thoughts_ate_budget", True): (),
        ("finish_recitation", True): (),
    },
    OPENAI_OPENINFERENCE: {**_CODE_ONLY, **_MAPPED, "finish_max_tokens": ("finish.max_tokens.thinking",)},
    OPENAI_OPENLLMETRY: {**_CODE_ONLY, **_MAPPED, "finish_max_tokens": ("finish.max_tokens.thinking",)},
}
LESS[LOGFIRE] = LESS[OFFICIAL]


def spans(package: str, scenario: str, stream: bool = False) -> list[dict[str, Any]]:
    """The recorded spans of one call, the one of the model's answer first."""
    calls = RECORDED[package]["calls"]
    return next(c["spans"] for c in calls if (c["scenario"], c["stream"]) == (scenario, stream))


def evidence(package: str, scenario: str) -> str:
    (event,) = replayed(spans(package, scenario)[0]).events("gemini.hint")
    return str(event["gemini.hint.evidence"])


def test_every_source_was_recorded() -> None:
    """There is a recording of each source that makes spans of calls as they begin, with the versions it was made with."""
    scopes = {span["scope"] for _, call in CALLS for span in call["spans"]}
    missing = [source for source in SOURCES if scopes.isdisjoint((*source.scopes, *source.shared_scopes))]
    assert missing == [*FRAMEWORKS, LITELLM]  # tests/coexistence and tests/hints/test_foreign.py have those
    assert LESS.keys() <= RECORDED.keys()
    for name, recorded in RECORDED.items():
        assert any(name.startswith(package) for package in recorded["packages"])


@pytest.mark.parametrize(
    ("package", "call"), CALLS, ids=[f"{name}-{call['scenario']}-{call['stream']}" for name, call in CALLS]
)
def test_recorded_spans(package: str, call: dict[str, Any]) -> None:
    """The span of a call gets the hint that its attributes and events support, and no span around it gets any."""
    scenario, less = call["scenario"], LESS.get(package, {})
    expected = less.get((scenario, call["stream"]), less.get(scenario, HINTS[scenario]))
    found = [ids(replayed(span)) for span in call["spans"]]
    if found:  # OpenLLMetry does not end the spans of streams that fail
        assert sorted(found, reverse=True) == [expected, *[()] * (len(found) - 1)]


@pytest.mark.parametrize("package", [OFFICIAL, LOGFIRE, OPENINFERENCE, OPENLLMETRY, ADK])
def test_quota_and_delay_are_read_from_the_text(package: str) -> None:
    """Quota, limit and delay come from the text of the exception or the status."""
    said = evidence(package, "rate_limited")
    assert "quota GenerateRequestsPerMinutePerProjectPerModel-FreeTier, limit 10" in said
    assert "retry in 34 s" in said


@pytest.mark.parametrize("package", [OFFICIAL, LOGFIRE, OPENINFERENCE, OPENLLMETRY, ADK])
def test_thoughts_are_shown(package: str) -> None:
    """The evidence has the thoughts, also where only the total of the tokens includes them."""
    assert "thoughts 1010 of 1010 output tokens" in evidence(package, "thoughts_ate_budget")


@pytest.mark.parametrize("package", [OFFICIAL, OPENINFERENCE, ADK])
def test_request_parameters_are_shown(package: str) -> None:
    """The evidence has the cap of the request, from an attribute or from JSON in one."""
    assert "max_output_tokens 1024" in evidence(package, "finish_max_tokens")


def test_texts_of_others_do_not_enter_hints() -> None:
    """No hint repeats prompt, reply or message of the spans it is made of."""
    for _, call in CALLS:
        for span in call["spans"]:
            said = json.dumps(replayed(span).events("gemini.hint"))
            assert "simulate" not in said
            assert "Tides" not in said
            assert "check your plan" not in said
