"""From a code to the entries that speak of it."""

from __future__ import annotations

import pytest
from google.genai import types

from gemini_otel._facts.errors.kinds import HTTP_CODES, KINDS
from gemini_otel.hints import codes, default_hints, find, for_code, related
from gemini_otel.hints.entries.finish_reasons import HEALTHY


def ids(code: str | int) -> list[str]:
    return [hint.id for hint in for_code(code)]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            "MAX_TOKENS",
            [
                "finish.max_tokens.repetition",
                "finish.max_tokens.thinking",
                "finish.max_tokens.structured",
                "finish.max_tokens",
            ],
        ),
        ("SAFETY", ["block.safety", "finish.safety"]),
        ("FinishReason.OTHER", ["block.other", "finish.other"]),
        ("types.BlockedReason.JAILBREAK", ["block.jailbreak"]),
        ("jailbreak", ["block.jailbreak"]),
        ("daily_quota", ["http.429.rate_day"]),
        ("API_KEY_INVALID", ["http.400.api_key_invalid"]),
        ("api_key_invalid", ["http.400.api_key_invalid"]),
        ("IAM_PERMISSION_DENIED", ["http.403.iam"]),
        ("FAILED_PRECONDITION", ["http.400.location", "http.400.failed_precondition"]),
        ("http.404", ["http.404.model", "http.404.model_retired", "http.404.not_found"]),
        ("http.404.not_found", ["http.404.not_found"]),
        ("404", ["http.404.model", "http.404.model_retired", "http.404.not_found"]),
        ("413", ["http.400.payload_too_large"]),
        ("418", ["http.unknown"]),
        ("httpx.ReadTimeout", ["cfg.timeout_unit", "net.timeout", "net.timeout.flex"]),
        ("readtimeout", ["cfg.timeout_unit", "net.timeout", "net.timeout.flex"]),
        ("tool_calls", ["repeat.tool_calls"]),
        ("quota_exceeded", ["http.429.rate_day"]),
        ("model_not_found", ["http.404.model", "http.404.model_retired"]),
        ("payment_required", ["http.402.payment"]),
        ("malformed_tool_call", ["finish.malformed_call"]),
        (
            " stop ",
            [
                "finish.stop.empty.thoughts",
                "finish.stop.empty.stop_sequence",
                "finish.stop.empty",
                "finish.unexpected_tool",
                "finish.no_image",
                "finish.no_sound",
            ],
        ),
        ("escalate.report", ["escalate.report"]),
    ],
)
def test_code(code: str, found: list[str]) -> None:
    """A code in any spelling finds its entries, in one order."""
    assert ids(code) == found


def test_number() -> None:
    """A code may be a number."""
    assert ids(429) == ids("429")
    assert set(ids("http.429")) < set(ids(429))


def test_what_is_met_every_day_comes_first() -> None:
    """Whoever looks up 429 reads of rates and quotas before bills and contracts; 400 and 403 begin with the plain error."""
    found = ids(429)
    assert found[:4] == [
        "http.429.rate_minute",
        "http.429.rate_day",
        "http.429.unspecified",
        "http.429.shared_capacity",
    ]
    assert {"http.402.payment", "http.429.spend_cap", "http.429.provisioned"} <= set(found[6:])
    assert ids("RESOURCE_EXHAUSTED")[0] == "http.429.rate_minute"
    assert [ids(code)[0] for code in (400, 403, 404, 503)] == [
        "http.400.invalid_argument",
        "http.403.permission",
        "http.404.model",
        "http.503.overloaded",
    ]


@pytest.mark.parametrize(
    "code", ["", " ", "nope", "999", "99", "4\u0660\u0664", "200", "-", "...", "x" * 10_000]
)
def test_nothing(code: str) -> None:
    """What fits nothing finds nothing."""
    assert ids(code) == []


@pytest.mark.parametrize("status", [*HTTP_CODES])
def test_every_status(status: str) -> None:
    """Each google.rpc status finds entries, in any case."""
    assert ids(status)
    assert ids(status) == ids(status.lower())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str) -> None:
    """Each kind of error finds the entry that a span of that kind gets."""
    (hint,) = find({"gemini.error.kind": kind})[:1]
    assert hint in for_code(kind)


@pytest.mark.parametrize("reason", [*types.FinishReason, *types.BlockedReason], ids=str)
def test_every_reason(reason: types.FinishReason | types.BlockedReason) -> None:
    """Each finish and block reason of the SDK finds entries, as a value and as a member."""
    assert ids(reason.value)
    assert ids(str(reason)) == ids(reason.value)


@pytest.mark.parametrize("hint", default_hints(), ids=lambda hint: hint.id)
def test_every_id(hint: object) -> None:
    """Each entry is found by its id."""
    assert hint in for_code(hint.id)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code",
    [
        "invalid_request failed_precondition parameter_unknown authentication payment_required permission_denied not_found",
        "model_not_found already_exists aborted out_of_range rate_limit_exceeded quota_exceeded too_many_requests cancelled",
        "api_error unimplemented service_unavailable deadline_exceeded safety recitation language prohibited_content spii",
        "blocklist image_safety image_prohibited_content image_recitation image_other content_blocked",
        "malformed_function_call malformed_tool_call unexpected_tool_call no_image too_many_tool_calls",
        "missing_thought_signature",
    ],
)
def test_interactions_codes(code: str) -> None:
    """Each documented code of the Interactions API finds entries."""
    assert [word for word in code.split() if not ids(word)] == []


def test_codes() -> None:
    """Every code that is offered as a suggestion finds entries, and the usual ones are among them."""
    assert [code for code in codes() if not ids(code)] == []
    assert {
        "MAX_TOKENS",
        "429",
        "RESOURCE_EXHAUSTED",
        "API_KEY_INVALID",
        "daily_quota",
        "http.404.model",
    } <= set(codes())


def test_related() -> None:
    """Entries lead on to reference entries, and reference entries exist under every name that is led to."""
    by_id = {hint.id: hint for hint in default_hints()}
    assert [hint.id for hint in related(by_id["http.503.overloaded"])] == [
        "ref.retry",
        "ref.status",
        "escalate.report",
    ]
    assert [hint.id for hint in related(by_id["net.timeout"])] == ["ref.retry"]
    assert related(by_id["block.safety"]) == []


def test_every_see_also_exists() -> None:
    """Both ends of each "see also" are entries."""
    from gemini_otel.hints.entries.reference import HINTS, SEE_ALSO

    references = {hint.id for hint in HINTS}
    assert {other for others in SEE_ALSO.values() for other in others} <= references
    known = [hint.id for hint in default_hints()]
    assert [
        begin for begin in SEE_ALSO if not any((f"{hint_id}.").startswith(f"{begin}.") for hint_id in known)
    ] == []
    assert {"STOP", "INTERRUPTED"} == HEALTHY


def test_reference_entries_never_fire() -> None:
    """What no span can show has no trigger."""
    from gemini_otel.hints.entries.reference import HINTS

    assert all(hint.when is None for hint in HINTS)


@pytest.mark.parametrize("operation", ["execute_tool", "invoke_agent"])
def test_predicates_on_spans_around_calls(operation: str) -> None:
    """An entry's predicate does not hold on a span around a tool or an agent, which only passes the error on."""
    (hint,) = for_code("http.503.overloaded")
    assert hint.when is not None
    assert hint.when({"error.type": "503"})
    assert not hint.when({"error.type": "503", "gen_ai.operation.name": operation})


@pytest.mark.parametrize("operation", ["chat", "invoke_agent", None])
def test_predicates_on_spans_that_are_not_a_tools(operation: str | None) -> None:
    """An entry about a tool holds on the span of a tool only."""
    (hint,) = for_code("tool.raised")
    assert hint.when is not None
    failed = {
        "error.type": "LookupError",
        "gemini.tool.failure": "exception",
        "gemini.response.outcome": "error",
    }
    assert hint.when({**failed, "gen_ai.operation.name": "execute_tool"})
    assert not hint.when({**failed, "gen_ai.operation.name": operation})


def test_a_loop_that_failed_before_its_first_round() -> None:
    """Our own span around a loop is explained where no round could be."""
    loop = {"gen_ai.operation.name": "invoke_workflow", "error.type": "ValueError"}
    assert [hint.id for hint in find({**loop, "gemini.response.outcome": "error"})]
    assert not find(loop)


@pytest.mark.parametrize(
    "hint_id", ["cfg.both_keys", "cfg.model_unknown", "cfg.prefill", "escalate.report", "ref.sdk"]
)
def test_what_no_span_shows(hint_id: str) -> None:
    """An entry without a trigger is reached by its id and from the entries that go before it."""
    (hint,) = for_code(hint_id)
    assert hint.when is None
    assert any(hint in related(other) for other in default_hints())
