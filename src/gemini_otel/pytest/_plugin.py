"""The plugin while it is on: watches each test, fails those that earned a hint, and sums up at the end."""

from __future__ import annotations

import functools
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from gemini_otel._commands.presenting import Explained, plain
from gemini_otel._facts.names import SEVERITIES
from gemini_otel.hints import default_hints, disabled_ids
from gemini_otel.pytest._totals import Totals
from gemini_otel.pytest._watch import Watch

if TYPE_CHECKING:
    from gemini_otel.pytest._calls import CallHint, Record

_SECTION = "Gemini hints"
_KEY = "gemini_hints"  # key of the sums that the workers of xdist send


class Plugin:
    """One test run; with xdist, one in each worker and one that sums up."""

    NAME = "gemini_hints_plugin"

    def __init__(self, config: pytest.Config, level: str) -> None:
        self._config = config
        self._level = level
        self._severities = SEVERITIES[SEVERITIES.index(level) :]
        self._totals = Totals(self._severities)
        self._reported = 0  # hints of the current test
        self._allowed: list[str] = []

    @functools.cached_property
    def _watch(self) -> Watch:
        """Created with the first test, because xdist's controller runs none."""
        return Watch()

    @property
    def record(self) -> Record:
        """The record of the current test."""
        return self._record

    def pytest_report_header(self) -> str:
        return f"gemini-otel: a hint of severity {' or '.join(self._severities)} fails its test"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin before the first fixture of the test."""
        self._record = self._watch.begin(item.nodeid)
        self._reported, self._allowed = 0, []
        self._allowed = _allowed(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that would pass. If a test failed, show the hints beside its failure."""
        self._watch.look()  # fixtures may have instrumented the SDK
        try:
            result = yield
        except BaseException:
            if text := self._text():
                item.add_report_section("call", _SECTION, text)
            raise
        self._fail()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Count the calls of fixtures at the end of the test, too."""
        try:
            result = yield
            self._fail()
        finally:
            self._totals.add(self._record)
            self._watch.end()
        return result

    def _fail(self) -> None:
        if text := self._text():
            pytest.fail(text, pytrace=False)

    def _text(self) -> str | None:
        """The report of the hints that were not reported yet; None if there are none."""
        hints = self._record.hints()
        new, self._reported = hints[self._reported :], len(hints)
        wrong = [
            call_hint
            for call_hint in new
            if call_hint.hint.severity in self._severities and not _is_allowed(call_hint.id, self._allowed)
        ]
        return _message(wrong) if wrong else None

    # --- the end

    def pytest_sessionfinish(self) -> None:
        """Add up the calls that belong to no test; a worker sends its sums."""
        if "_watch" in vars(self):
            self._totals.add(self._watch.outside)
        if (output := getattr(self._config, "workeroutput", None)) is not None:
            output[_KEY] = self._totals.data()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the sums of a worker of xdist that is done."""
        if (data := getattr(node, "workeroutput", {}).get(_KEY)) is not None:
            self._totals.merge(data)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("Gemini calls")
        for line in self._totals.lines():
            terminalreporter.line(line)

    def pytest_unconfigure(self) -> None:
        """Remove the watch."""
        if "_watch" in vars(self):
            self._watch.close()


def _message(wrong: list[CallHint]) -> str:
    """Each hint once, with its evidence, and the marker that allows it."""
    by_hint: dict[tuple[str, str | None], list[CallHint]] = {}
    for call_hint in wrong:
        by_hint.setdefault((call_hint.id, call_hint.evidence), []).append(call_hint)
    descriptions = [
        plain(Explained(same[0].hint, same[0].evidence, len(same))) + f"\n  Span: {same[0].span.name}"
        for same in by_hint.values()
    ]
    ids = ", ".join(f'"{hint_id}"' for hint_id in dict.fromkeys(call_hint.id for call_hint in wrong))
    head = "The Gemini calls of this test earned hints:"
    return "\n\n".join((head, *descriptions, f"To allow this: @pytest.mark.allow_hint({ids})"))


def _allowed(item: pytest.Item) -> list[str]:
    """The ids that the markers of the test allow. A marker with an unknown id fails the test."""
    marks = list(item.iter_markers("allow_hint"))
    allowed = [name for mark in marks for name in mark.args]
    wrong = [name for name in allowed if not isinstance(name, str)]
    if wrong or any(not mark.args or mark.kwargs for mark in marks):
        given = repr(wrong[0]) if wrong else "nothing"
        pytest.fail(
            f'allow_hint takes ids of hints, such as "finish.near_cap"; it was given {given}', pytrace=False
        )
    families = {hint.id.partition(".")[0] for hint in default_hints()}
    try:  # other names may be hints of the program
        disabled_ids((name for name in allowed if name.partition(".")[0] in families), default_hints())
    except ValueError as error:
        problem = str(error)
    else:
        return allowed
    pytest.fail(f"allow_hint: {problem}", pytrace=False)


def _is_allowed(hint_id: str, allowed: list[str]) -> bool:
    return any(f"{hint_id}.".startswith(f"{name.rstrip('*').rstrip('.')}.") for name in allowed)
