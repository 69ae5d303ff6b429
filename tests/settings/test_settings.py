import asyncio
import logging

import pytest

import gemini_otel
from gemini_otel._settings.in_force import load
from gemini_otel._settings.table import SETTINGS, Settings


def test_defaults() -> None:
    """Without keywords and variables every setting has its default."""
    assert load({}, environ={}) == Settings()


def test_keyword_wins_over_environment() -> None:
    """A keyword argument is stronger than the environment variable."""
    environ = {"GEMINI_OTEL_HINT_LEVEL": "error", "GEMINI_OTEL_ERROR_OUTCOMES": "Blocked, empty"}
    settings = load({"hint_level": "info"}, environ)
    assert settings.hint_level == "info"
    assert settings.error_outcomes == {"blocked", "empty"}


@pytest.mark.parametrize("text", ["true", "1", "YES", "on"])
@pytest.mark.parametrize("setting", ["hints", "repetition"])
def test_switches_take_the_usual_words(setting: str, text: str) -> None:
    """A switch in the environment understands true, 1, yes and on, in any case."""
    assert getattr(load({}, {f"GEMINI_OTEL_{setting.upper()}": text}), setting) is True
    assert getattr(load({setting: False}, {}), setting) is False


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("error_outcomes", ["blocked", "red"]),
        ("error_outcomes", 7),
        ("hint_level", "loud"),
        ("hint_level", 3),
        ("hints", "maybe"),
        ("repetition", 2),
        ("repetition_thresholds", {"no_such": 5}),
        ("repetition_thresholds", "text=many"),
        ("repetition_thresholds", 5),
        ("on_repetition", "print"),
        ("request_hook", "print"),
        ("request_hook", lambda span: None),
        ("response_hook", asyncio.sleep),
        ("error_hook", lambda: None),
        ("span_attributes", 7),
        ("span_attributes", "team"),
        ("span_attributes", {"": "x"}),
        ("span_attributes", {7: "x"}),
        ("span_attributes", {"team": None}),
        ("span_attributes", {"team": ["a", 1]}),
        ("span_attributes", {"gen_ai.request.model": "mine"}),
        ("span_attributes", {"gemini.mine": "x"}),
        ("span_attributes", {f"a{number}": 1 for number in range(33)}),
        ("metric_attributes", lambda: {"team": "search"}),
        ("metric_attributes", {"share": 0.5}),
        ("metric_attributes", {f"a{number}": 1 for number in range(9)}),
    ],
)
def test_a_bad_keyword_raises_with_value_and_choices(setting: str, value: object) -> None:
    """instrument() refuses a bad value with a ValueError that names the value and the choices."""
    choices = next(row.choices for row in SETTINGS if row.name == setting)
    with pytest.raises(ValueError, match=setting) as raised:
        gemini_otel.instrument(**{setting: value})
    assert repr(value) in str(raised.value)
    assert choices in str(raised.value)


def test_an_unknown_keyword_raises_with_the_choices() -> None:
    """instrument() refuses an unknown setting with a ValueError that lists the settings."""
    with pytest.raises(ValueError, match=r"unknown setting 'colour'; the settings are error_outcomes, "):
        gemini_otel.instrument(colour="red")


def test_thresholds_as_text() -> None:
    """Thresholds in the environment are numbers by name."""
    settings = load({}, {"GEMINI_OTEL_REPETITION_THRESHOLDS": "text_run = 900, identical_calls=6,"})
    assert settings.repetition_thresholds == {"text_run": 900, "identical_calls": 6}


def test_a_callable_without_a_signature() -> None:
    """A built-in function of which Python knows no parameters is taken."""
    assert load({"on_repetition": max}, {}).on_repetition is max


def test_a_callable_has_no_variable() -> None:
    """What only a program can give is not looked for in the environment."""
    assert load({}, {"GEMINI_OTEL_ON_REPETITION": "print"}) == Settings()


def test_a_bad_variable_is_logged_and_left_at_its_default(caplog: pytest.LogCaptureFixture) -> None:
    """A bad environment variable gives a warning with value and choices, and the default."""
    with caplog.at_level(logging.WARNING):
        assert load({}, {"GEMINI_OTEL_HINT_LEVEL": "loud"}) == Settings()
    assert "GEMINI_OTEL_HINT_LEVEL='loud'" in caplog.text
    assert "info, warning, error" in caplog.text
