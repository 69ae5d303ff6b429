"""The contract's outcome table, over HTTP, in every shape."""

from typing import Any

import pytest
from google import genai
from google.genai import types

from support import Telemetry, make_client, send
from support.canned import canned
from support.finish_reasons import FINISH_REASONS

BY_REASON = {
    "STOP": "ok",
    **{reason: expected.outcome for reason, expected in FINISH_REASONS.items() if not expected.of_live},
}
BLOCK_REASONS = [
    "SAFETY",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
    "MODEL_ARMOR",
    "JAILBREAK",
]


def test_the_table_covers_the_sdk() -> None:
    """Each finish reason of the installed SDK is in the table above."""
    assert {reason.value for reason in types.FinishReason} <= set(BY_REASON)


@pytest.mark.parametrize("reason", BY_REASON)
def test_finish_reasons(telemetry: Telemetry, client: genai.Client, shape: str, reason: str) -> None:
    """A finish reason is on the span raw, as lower-case array and as outcome; status ERROR tells an answer that is not what was asked for."""
    name = reason.lower().removeprefix("finish_reason_")
    sent = send(client, shape, f"simulate:finish_{name}")
    assert sent.error is None
    attributes = telemetry.attributes
    assert attributes["gemini.response.finish_reason"] == reason
    assert attributes["gen_ai.response.finish_reasons"] == (reason.lower(),)
    assert attributes["gemini.response.outcome"] == BY_REASON[reason]
    assert attributes["http.response.status_code"] == 200
    expected = (
        ("UNSET", None)
        if BY_REASON[reason] in ("ok", "incomplete")
        else ("ERROR", f"{BY_REASON[reason]} {reason}")
    )
    assert (telemetry.span.status.status_code.name, telemetry.span.status.description) == expected
    assert "error.type" not in attributes
    (point,) = telemetry.points("gemini.client.responses")
    assert point.attributes["gemini.response.finish_reason"] == reason
    assert point.attributes["gemini.response.outcome"] == BY_REASON[reason]


def test_an_unknown_finish_reason(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A value that no SDK knows is kept raw; its outcome is incomplete."""
    send(client, shape, "simulate:finish_unknown")
    attributes = telemetry.attributes
    assert attributes["gemini.response.finish_reason"] not in BY_REASON
    assert attributes["gen_ai.response.finish_reasons"] == (
        attributes["gemini.response.finish_reason"].lower(),
    )
    assert attributes["gemini.response.outcome"] == "incomplete"


def test_a_missing_finish_reason(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A complete answer without any finish reason is incomplete and has no finish reason attribute."""
    send(client, shape, "simulate:finish_missing")
    attributes = telemetry.attributes
    assert "gemini.response.finish_reason" not in attributes
    assert "gen_ai.response.finish_reasons" not in attributes
    assert attributes["gemini.response.outcome"] == "incomplete"


def test_stop_with_nothing_usable(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """STOP after thoughts only is empty, and the thoughts are listed as parts."""
    send(client, shape, "simulate:empty_stop")
    assert telemetry.attributes["gemini.response.finish_reason"] == "STOP"
    assert telemetry.attributes["gemini.response.outcome"] == "empty"
    assert "text" not in telemetry.attributes.get("gemini.response.parts", ())
    assert telemetry.span.status.description == "empty STOP"


@pytest.mark.parametrize("reason", BLOCK_REASONS)
def test_block_reasons(telemetry: Telemetry, client: genai.Client, shape: str, reason: str) -> None:
    """A blocked prompt has its block reason and the outcome blocked, no finish reason, and a status that says so."""
    sent = send(client, shape, f"simulate:block_{reason.lower()}")
    attributes = telemetry.attributes
    assert sent.error is None
    assert attributes["gemini.response.block_reason"] == reason
    assert attributes["gemini.response.outcome"] == "blocked"
    assert "gemini.response.finish_reason" not in attributes
    assert telemetry.span.status.description == f"blocked {reason}"


def test_an_unknown_block_reason(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A block reason that no SDK knows is kept raw and is a block."""
    send(client, shape, "simulate:block_unknown")
    assert telemetry.attributes["gemini.response.block_reason"]
    assert telemetry.attributes["gemini.response.outcome"] == "blocked"


@pytest.mark.parametrize("scenario", ["finish_safety", "block_safety"])
def test_blocking_categories(telemetry: Telemetry, client: genai.Client, shape: str, scenario: str) -> None:
    """A safety block names the category and its probability."""
    send(client, shape, f"simulate:{scenario}")
    categories = telemetry.attributes["gemini.response.blocked_categories"]
    assert categories
    assert all(category.startswith("HARM_CATEGORY_") and ":" in category for category in categories)


@pytest.mark.parametrize(
    ("reason", "told"), [("STOP", "repetition text"), ("MAX_TOKENS", "truncated MAX_TOKENS")]
)
def test_a_loop_is_an_error(telemetry: Telemetry, shape: str, reason: str, told: str) -> None:
    """A reply in which a loop was found has status ERROR however it ended, with the loop's kind where it ended well."""
    parts = [{"text": "The tides follow the Moon and the Sun. " * 100}]
    reply = {"candidates": [{"content": {"parts": parts}, "finishReason": reason}]}
    with canned(lambda path: (200, [reply] if "stream" in path else reply)) as address:
        send(make_client(address), shape, "Tell me about the tides.")
    assert telemetry.attributes["gemini.repetition.kind"] == "text"
    assert telemetry.span.status.description == told


@pytest.mark.parametrize("outcomes", [[], "none"])
def test_no_error_outcomes(client: genai.Client, shape: str, outcomes: Any) -> None:
    """Who wants status ERROR only for exceptions gets that."""
    import gemini_otel

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, error_outcomes=outcomes)
    try:
        send(client, shape, "simulate:finish_safety")
    finally:
        gemini_otel.uninstrument()
    assert telemetry.span.status.status_code.name == "UNSET"


@pytest.mark.parametrize("outcomes", ["blocked", ["blocked", "truncated"]])
def test_error_outcomes(client: genai.Client, shape: str, outcomes: Any) -> None:
    """A chosen outcome gives status ERROR with outcome and reason; others stay UNSET; error.type stays absent."""
    import gemini_otel

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, error_outcomes=outcomes)
    try:
        send(client, shape, "simulate:finish_safety")
        send(client, shape, "simulate:block_other")
        send(client, shape, "simulate:finish_other")
    finally:
        gemini_otel.uninstrument()
    statuses = [(span.status.status_code.name, span.status.description) for span in telemetry.spans]
    assert statuses == [("ERROR", "blocked SAFETY"), ("ERROR", "blocked OTHER"), ("UNSET", None)]
    assert all("error.type" not in (span.attributes or {}) for span in telemetry.spans)


def test_the_worst_candidate_counts(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Every candidate's finish reason is listed in order; the scalar and the outcome are those of the worst."""
    send(client, shape, "simulate:multi_candidate")
    reasons = telemetry.attributes["gen_ai.response.finish_reasons"]
    assert len(reasons) > 1
    worst = telemetry.attributes["gemini.response.finish_reason"]
    assert worst.lower() in reasons
    assert telemetry.attributes["gemini.response.outcome"] == BY_REASON[worst]
