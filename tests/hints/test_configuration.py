"""Settings that the service refuses, and settings that are worth a note."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel.hints import evidence, find
from gemini_otel.hints.entries import configuration

from .test_catalogue import HEALTHY, ids


def refused(model: str, kind: str = "invalid_argument", **more: Any) -> dict[str, Any]:
    failure = {
        names.ERROR_KIND: kind,
        names.ERROR_TYPE: "400",
        names.OUTCOME: "error",
        names.HTTP_STATUS_CODE: 400,
    }
    return {names.REQUEST_MODEL: model, **failure, **more}


GENERIC = "http.400.invalid_argument"


@pytest.mark.parametrize(
    ("model", "settings", "hint_id"),
    [
        ("gemini-2.5-flash", {names.REQUEST_TEMPERATURE: 2.5}, "cfg.temperature_range"),
        ("gemini-2.5-flash", {names.REQUEST_TEMPERATURE: -0.1}, "cfg.temperature_range"),
        ("gemini-2.5-flash", {names.REQUEST_TEMPERATURE: 2.0}, GENERIC),
        ("gemini-2.5-flash", {names.REQUEST_TOP_P: 1.5}, "cfg.top_p_range"),
        ("gemini-2.5-flash", {names.REQUEST_TOP_P: 1.0}, GENERIC),
        ("gemini-2.5-flash", {names.REQUEST_CHOICE_COUNT: 9}, "cfg.candidate_count"),
        ("gemini-2.5-flash", {names.REQUEST_CHOICE_COUNT: 0}, "cfg.candidate_count"),
        ("gemini-2.5-flash", {names.REQUEST_CHOICE_COUNT: 8}, GENERIC),
        ("gemini-3-flash-preview", {names.REQUEST_CHOICE_COUNT: 2}, "cfg.candidate_count"),
        ("gemini-2.5-flash", {names.REQUEST_MAX_TOKENS: 65537}, "cfg.max_output_range"),
        ("gemini-2.5-flash", {names.REQUEST_MAX_TOKENS: 65536}, GENERIC),
        (
            "gemini-2.5-flash",
            {names.REQUEST_MAX_TOKENS: 65536, names.PROVIDER_NAME: "gcp.vertex_ai"},
            "cfg.max_output_range",
        ),
        ("gemini-2.0-flash", {names.REQUEST_MAX_TOKENS: 9000}, "cfg.max_output_range"),
        ("gemini-2.5-flash-image", {names.REQUEST_MAX_TOKENS: 40000}, "cfg.max_output_range"),
        ("gemini-9", {names.REQUEST_MAX_TOKENS: 1_000_000}, GENERIC),
        ("gemini-9", {names.REQUEST_MAX_TOKENS: 0}, "cfg.max_output_range"),
        ("gemini-2.5-flash", {names.REQUEST_PRESENCE_PENALTY: 0.5}, "cfg.penalty"),
        ("gemini-2.5-flash", {names.REQUEST_FREQUENCY_PENALTY: 0.5}, "cfg.penalty"),
        ("gemini-2.0-flash", {names.REQUEST_PRESENCE_PENALTY: 0.5}, GENERIC),
        ("gemini-2.5-pro", {names.THINKING_BUDGET: 0}, "cfg.thinking_range"),
        ("gemini-2.5-pro", {names.THINKING_BUDGET: 127}, "cfg.thinking_range"),
        ("gemini-2.5-pro", {names.THINKING_BUDGET: 128}, GENERIC),
        ("gemini-2.5-pro", {names.THINKING_BUDGET: -1}, GENERIC),
        ("gemini-2.5-flash", {names.THINKING_BUDGET: 24577}, "cfg.thinking_range"),
        ("gemini-2.5-flash-lite", {names.THINKING_BUDGET: 0}, GENERIC),
        ("gemini-2.5-flash-lite", {names.THINKING_BUDGET: 100}, "cfg.thinking_range"),
        ("gemini-2.5-flash", {names.REQUEST_REASONING_LEVEL: "low"}, "cfg.thinking_range"),
        ("gemini-3.1-pro-preview", {names.REQUEST_REASONING_LEVEL: "minimal"}, "cfg.thinking_range"),
        ("gemini-3.1-pro-preview", {names.REQUEST_REASONING_LEVEL: "low"}, GENERIC),
        ("gemini-3.7-flash", {names.REQUEST_REASONING_LEVEL: "MINIMAL"}, "cfg.thinking_range"),
        ("gemini-3.6-flash", {names.REQUEST_REASONING_LEVEL: "MINIMAL"}, GENERIC),
        ("gemini-flash-latest", {names.REQUEST_REASONING_LEVEL: "low"}, GENERIC),
        ("gemini-4-neon", {names.THINKING_BUDGET: 100}, "cfg.thinking_range"),
        ("gemini-3.1-pro-preview", {names.THINKING_BUDGET: 100}, GENERIC),
        (
            "gemini-3.1-pro-preview",
            {names.THINKING_BUDGET: 100, names.REQUEST_REASONING_LEVEL: "low"},
            "cfg.thinking_range",
        ),
    ],
)
def test_refused_setting(model: str, settings: dict[str, Any], hint_id: str) -> None:
    """A bare refusal is explained by a setting outside the model's range, and by nothing that is within it."""
    assert ids(refused(model, **settings)) == [hint_id]


def test_the_same_settings_on_a_call_that_went_well() -> None:
    """Where the service took a value, nothing is said against it."""
    odd = {names.REQUEST_TEMPERATURE: 2.5, names.REQUEST_TOP_P: 1.5, names.REQUEST_MAX_TOKENS: 10**6}
    assert ids({**HEALTHY, **odd, names.THINKING_BUDGET: 10**6}) == []


def test_range_of_the_message() -> None:
    """What the service says of the range is shown beside what was given."""
    message = "the supported range is from 0 (inclusive) to 2.0001 (exclusive)"
    more = {names.REQUEST_TEMPERATURE: 1000.0, names.ERROR_MESSAGE: message}
    attributes = refused("gemini-2.5-pro", "value_out_of_range", **more)
    assert ids(attributes) == ["cfg.temperature_range"]
    assert evidence(find(attributes)[0], attributes) == (
        "temperature 1000; the service allows 0 to 2.0001; model gemini-2.5-pro"
    )


def test_output_limit_is_shown() -> None:
    """The model's known limit is part of the evidence."""
    attributes = refused("gemini-2.5-flash", **{names.REQUEST_MAX_TOKENS: 70000})
    shown = evidence(find(attributes)[0], attributes)
    assert shown == "max_output_tokens 70000; the model's limit is 65536; model gemini-2.5-flash"


@pytest.mark.parametrize(
    ("kind", "message", "hint_id"),
    [
        ("unknown_field", 'Unknown name "<masked>": Cannot find field.', "cfg.api_version"),
        ("unknown_field", "The parameter is unknown.", "http.400.unknown_field"),
        (
            "feature_not_enabled",
            "Developer instruction is not enabled for models/gemma-3-27b-it",
            "http.400.feature_not_enabled",
        ),
        ("feature_not_enabled", "Logprobs is not enabled for this model", "http.400.feature_not_enabled"),
    ],
)
def test_stable_api_version(kind: str, message: str, hint_id: str) -> None:
    """The version v1, which the SDK chooses by itself, is named only where the service found a field to be unknown."""
    told = {names.ERROR_MESSAGE: message}
    assert ids(refused("gemini-2.5-flash", kind, **told, **{names.API_VERSION: "v1"})) == [hint_id]
    beta = ids(refused("gemini-2.5-flash", kind, **told, **{names.API_VERSION: "v1beta"}))
    assert beta == [f"http.400.{kind}"]


ODD = {
    names.REQUEST_TEMPERATURE: 3.0,
    names.REQUEST_TOP_P: 1.5,
    names.REQUEST_MAX_TOKENS: 10**6,
    names.REQUEST_PRESENCE_PENALTY: 0.5,
    names.THINKING_BUDGET: 10**6,
}


@pytest.mark.parametrize(
    "message",
    [
        "This model only supports text output.",
        "Model '<masked>' does not support background interactions.",
        "Unable to submit request because required fields [<masked>] are not defined in the schema properties.",
        "Unable to submit request because top_k must be in the range from 1 to 40.",
    ],
)
def test_a_message_of_something_else(message: str) -> None:
    """However odd the settings are, none is blamed for a refusal whose message speaks of something else."""
    for setting, value in ODD.items():
        attributes = refused("gemini-2.5-flash", **{setting: value, names.ERROR_MESSAGE: message})
        assert ids(attributes, "info") == [GENERIC]


@pytest.mark.parametrize(
    ("message", "hint_id"),
    [
        ("Request contains an invalid argument.", "cfg.temperature_range"),
        ("Request contains an <masked> argument.", "cfg.temperature_range"),
        ("", "cfg.temperature_range"),
        ("temperature must be in the range [0, 2]", "cfg.temperature_range"),
        ("* GenerateContentRequest.generation_config.top_p: value is invalid\n", "cfg.top_p_range"),
        ("thinking budget is wrong", "cfg.thinking_range"),
        ("presence penalty is wrong", "cfg.penalty"),
        ("max_output_tokens is wrong", "cfg.max_output_range"),
    ],
)
def test_the_setting_that_the_message_names(message: str, hint_id: str) -> None:
    """Of several odd settings the one is blamed that the message names; where it names none, the first."""
    assert ids(refused("gemini-2.5-flash", **ODD, **{names.ERROR_MESSAGE: message})) == [hint_id]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("invalid_argument", "Only one candidate can be specified in the current model"),
        ("feature_not_enabled", "Multiple candidates is not enabled for this model"),
    ],
)
def test_candidates_that_the_message_names(kind: str, message: str) -> None:
    """Where the message speaks of candidates, the span need not show how many were asked for."""
    assert ids(refused("gemini-2.5-flash", kind, **{names.ERROR_MESSAGE: message})) == ["cfg.candidate_count"]


def test_thinking_level_of_an_interaction() -> None:
    """Interactions take a thinking level on models that `generate_content` takes none on, so it is not blamed there."""
    level = {names.REQUEST_REASONING_LEVEL: "minimal"}
    assert ids(refused("gemini-2.5-flash", **level)) == ["cfg.thinking_range"]
    assert ids(refused("gemini-2.5-flash", **level, **{names.ERROR_STATUS: "invalid_request"})) == [GENERIC]


@pytest.mark.parametrize(
    "failure",
    [
        {names.ERROR_TYPE: "httpx2.ReadTimeout"},
        {names.ERROR_TYPE: "400", names.ERROR_KIND: "deadline_too_short"},
        {names.ERROR_TYPE: "504"},
    ],
)
def test_timeout_in_seconds(failure: dict[str, Any]) -> None:
    """A timeout of 30 ms on a call that timed out was meant as 30 s; one of 30 s was not."""
    assert ids({**failure, names.TIMEOUT: 0.03}) == ["cfg.timeout_unit"]
    assert "cfg.timeout_unit" not in ids({**failure, names.TIMEOUT: 30.0})


@pytest.mark.parametrize(
    ("asked", "answered", "rerouted"),
    [
        ("gemini-3-pro-preview", "gemini-3.1-pro-preview", True),
        ("gemini-2.5-flash", "models/gemini-3.5-flash-lite", True),
        ("gemini-2.5-flash", "gemini-2.5-flash-001", False),
        ("models/gemini-2.5-flash", "gemini-2.5-flash", False),
        ("gemini-flash-latest", "gemini-3.5-flash", False),
        ("tuned", "gemini-3.5-flash", False),
    ],
)
def test_rerouted(asked: str, answered: str, rerouted: bool) -> None:
    """An answer of another generation than was asked for is noted, an alias or a dated version is not."""
    attributes = {**HEALTHY, names.REQUEST_MODEL: asked, names.RESPONSE_MODEL: answered}
    assert ("cfg.model_rerouted" in ids(attributes, "info")) is rerouted
    assert ids(attributes) == []


def test_no_retry() -> None:
    """A passing failure after the only attempt that was allowed is noted; one after several, or a lasting one, is not."""
    failed = {names.ERROR_TYPE: "503", names.OUTCOME: "error", names.TIMEOUT: 60.0}
    once = {**failed, names.MAX_ATTEMPTS: 1}
    assert ids(once) == ["http.503.overloaded"]
    assert ids(once, "info") == ["http.503.overloaded", "cfg.no_retry"]
    assert ids({**failed, names.MAX_ATTEMPTS: 5}, "info") == ["http.503.overloaded"]
    assert ids({**once, names.ERROR_TYPE: "403"}, "info") == ["http.403.permission"]
    assert ids(failed, "info") == ["http.503.overloaded"]
    begun = {**once, names.REQUEST_STREAM: True, names.RESPONSE_TIME_TO_FIRST_CHUNK: 0.5}
    assert ids(begun, "info") == ["http.503.overloaded"]


# What says nothing of its own: a model without a date, a timeout.
QUIET = {
    **HEALTHY,
    names.REQUEST_MODEL: "gemini-3.8-flash",
    names.RESPONSE_MODEL: "gemini-3.8-flash",
    names.TIMEOUT: 60.0,
}
QUIET.pop(names.REQUEST_TEMPERATURE)


@pytest.mark.parametrize(
    ("more", "hint_id"),
    [
        ({names.HTTP_RESEND_COUNT: 2}, "cfg.retry_hidden"),
        ({names.MODEL_STATUS: "DEPRECATED"}, "cfg.model_retiring"),
        ({names.REQUEST_TEMPERATURE: 0.2}, "cfg.sampling_ignored"),
        ({names.REQUEST_TOP_K: 3}, "cfg.sampling_ignored"),
        ({names.REQUEST_CHOICE_COUNT: 2}, "cfg.candidate_count_ignored"),
        ({names.REQUEST_MODEL: "gemini-flash-latest"}, "cfg.latest_alias"),
    ],
)
def test_note(more: dict[str, Any], hint_id: str) -> None:
    """Settings that are worth a note get one at the level `info`, and none at the default level."""
    assert ids(QUIET, "info") == []
    assert ids({**QUIET, **more}, "info") == [hint_id]
    assert ids({**QUIET, **more}) == []


def test_temperature_above_one() -> None:
    """A temperature above 1 is noted where a model whose range nobody knows may have refused it, and on no call that went well."""
    hot = {names.REQUEST_TEMPERATURE: 1.5}
    assert ids(refused("tuned", **hot), "info") == [GENERIC, "cfg.temperature_above_one"]
    assert ids(refused("gemini-3.8-flash", **hot), "info") == [GENERIC]
    assert "cfg.temperature_above_one" not in ids({**QUIET, names.REQUEST_MODEL: "tuned", **hot}, "info")
    message = {names.ERROR_MESSAGE: "This model only supports text output."}
    assert ids(refused("tuned", **hot, **message), "info") == [GENERIC]


@pytest.mark.parametrize(
    ("failure", "noted"),
    [
        ({names.OUTCOME: "cancelled"}, True),
        ({names.OUTCOME: "error", names.ERROR_TYPE: "httpx.ReadError"}, True),
        ({names.OUTCOME: "error", names.ERROR_TYPE: "503"}, False),
        ({}, False),
    ],
)
def test_no_timeout(failure: dict[str, Any], noted: bool) -> None:
    """A missing timeout is noted where something else ended the wait, on our spans, which would show one."""
    attributes = {name: value for name, value in QUIET.items() if name != names.TIMEOUT}
    attributes |= failure
    assert ("cfg.no_timeout" in ids(attributes, "info")) is noted
    assert "cfg.no_timeout" not in ids({**attributes, names.TIMEOUT: 60.0}, "info")
    del attributes[names.OUTCOME]
    assert "cfg.no_timeout" not in ids(attributes, "info")


@pytest.mark.parametrize(
    ("date", "noted"), [("2026-10-01", False), ("2026-10-02", True), ("2027-01-01", True)]
)
def test_model_retiring(date: str, noted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model is called retiring from 60 days before its earliest shutdown date on."""
    monkeypatch.setattr(configuration, "today", lambda: dt.date.fromisoformat(date))
    attributes = {**QUIET, names.REQUEST_MODEL: "gemini-2.5-pro", names.RESPONSE_MODEL: "gemini-2.5-pro"}
    assert ids(attributes, "info") == (["cfg.model_retiring"] if noted else [])
