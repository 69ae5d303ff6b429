"""Loops of function calls."""

from __future__ import annotations

import itertools
import uuid
from types import MappingProxyType
from typing import Any

import pytest

from gemini_otel import Repetition, RepetitionDetector

Call = tuple[str, object]


def alarm(calls: list[Call]) -> tuple[int, Repetition] | None:
    detector = RepetitionDetector()
    for number, (name, args) in enumerate(calls, 1):
        verdict = detector.feed_call(name, args)
        if verdict is not None:
            return number, verdict
    return None


def steps(count: int) -> list[Call]:
    return [("read", {"path": f"src/{i}.py"}) for i in range(count)]


def test_fifth_identical_call() -> None:
    """The fifth identical call in a row raises the alarm, whatever came before."""
    found = alarm(steps(20) + [("search", {"query": "loops"})] * 9)
    assert found is not None
    assert found == (25, Repetition("tool_calls", 1, 5, 20, 0.2))


@pytest.mark.parametrize("period", [2, 3, 4, 5])
def test_fourth_cycle(period: int) -> None:
    """The fourth turn of a cycle of two to five calls raises the alarm at its last call."""
    found = alarm([("plan", {"step": i}) for i in range(3)] + steps(period) * 6)
    assert found is not None
    assert found[0] == 3 + 4 * period
    assert (found[1].period, found[1].count, found[1].start) == (period, 4, 3)


def test_key_order_is_no_difference() -> None:
    """The order of the arguments does not make a call another one."""
    pairs = [("a", 1), ("b", [1, 2]), ("c", {"d": None})]
    orders = list(itertools.permutations(pairs))[:5]
    found = alarm([("query", dict(order)) for order in orders])
    assert found is not None
    assert found[0] == 5


@pytest.mark.parametrize(
    "fresh",
    [
        lambda i: {"request_id": str(uuid.UUID(int=i * 7**40))},
        lambda i: {"timestamp": f"2025-01-01T10:00:{i:02}Z"},
        lambda i: {"time": 1_741_000_000 + i},
        lambda i: {"nonce": f"{i:032x}"},
        lambda i: {"context": [{"request_id": str(uuid.UUID(int=i))}]},
        lambda i: {"request": str(uuid.UUID(int=i))},
        lambda i: {"now": f"asked at 2025-01-01 10:{i:02}"},
        lambda i: {"attempt": i},
        lambda i: {"thoughtNumber": i % 4},
        lambda i: {"command": "make", "description": f"Run {i}"},
    ],
)
def test_only_a_time_or_id_changed(fresh: Any) -> None:
    """Six calls that differ only in a timestamp or a request's id are a loop."""
    found = alarm([("search", {"query": "loops", **fresh(i)}) for i in range(9)])
    assert found is not None
    assert found[0] == 6


@pytest.mark.parametrize(
    "args",
    [
        lambda i: {"page": i},
        lambda i: {"cursor": str(uuid.UUID(int=i))},
        lambda i: {"customer_id": str(uuid.UUID(int=i))},
        lambda i: {"start": f"2025-01-{i + 1:02}T00:00:00Z"},
        lambda i: {"city": f"city {i}"},
        lambda i: {"sha": f"{i * 7919**9:040x}"},
        lambda i: {"id": str(uuid.UUID(int=i)), "folder": "old"},
        lambda i: {"session_id": f"{i:032x}"},
        lambda i: {"request": f"Sum up chapter {i}"},
        lambda i: {"time": f"2026-05-04T{i:02}:00:00Z"},
        lambda i: {"at": 1_770_000_000 + 86_400 * i},
        lambda i: {"title": "A fault", "description": f"Case {i}"},
        lambda i: {"flag": True, "ids": [i, None]},
    ],
)
def test_progress_is_no_loop(args: Any) -> None:
    """Pagination, one call per customer, and one per time window are no loop."""
    assert alarm([("list", {"size": 50, **args(i)}) for i in range(20)]) is None


def test_polling_a_few_times_is_no_loop() -> None:
    """Four equal status calls in a row are no loop."""
    assert alarm([("get_status", {"job": 7})] * 4 + steps(3) + [("get_status", {"job": 7})] * 4) is None


def test_edits_between_test_runs_are_no_loop() -> None:
    """The same test run after different edits is no loop."""
    calls = [call for step in steps(20) for call in (step, ("run_tests", {"target": "all"}))]
    assert alarm(calls) is None


class Plain:
    def __init__(self, value: int) -> None:
        self.value = value


def test_arguments_of_any_type() -> None:
    """Objects compare by their attributes, bytes by content, and what cannot be compared is never equal, names of any type are."""
    assert alarm([("f", Plain(1)) for _ in range(5)]) is not None
    assert alarm([("f", Plain(i)) for i in range(9)]) is None
    assert alarm([("f", {"data": b"\x00"})] * 5) is not None
    assert alarm([("f", {"data": MappingProxyType({"a": 1})}) for _ in range(5)]) is not None
    assert alarm([("f", object()) for _ in range(9)]) is None
    assert alarm([("f", {1: 2, "a": 3}) for _ in range(9)]) is not None
    assert alarm([(None, None)] * 5) is not None  # type: ignore[list-item]


def test_endless_arguments_raise_nothing() -> None:
    """Arguments that contain themselves or are nested without end raise nothing."""
    loop: dict[str, object] = {}
    loop["self"] = loop
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert alarm([("f", loop), ("f", deep)] * 6) is None


def test_limits_by_name() -> None:
    """identical_calls, call_cycles and volatile_calls move the alarms of calls."""
    detector = RepetitionDetector(thresholds={"identical_calls": 2})
    detector.feed_call("f", {})
    assert detector.feed_call("f", {}) is not None


def of_results(*results: object) -> Repetition | None:
    """Return the verdict on one call with the results that it brought."""
    detector = RepetitionDetector()
    verdicts = [detector.feed_call("get_status", {"job": 7}, result) for result in results]
    return verdicts[-1]


def test_a_poll_whose_results_differ_is_no_loop() -> None:
    """Equal calls are a loop where their results are equal or not known, and none where any two differ."""
    assert of_results(*[{"state": "running"}] * 5) is not None
    assert of_results(*[{"state": "running"}] * 4, None) is not None
    assert of_results(*({"state": f"{i} %"} for i in range(9))) is None
    assert of_results({"state": "queued"}, *[{"state": "running"}] * 3, None) is None
    assert of_results(*({"state": "queued", "request_id": i} for i in range(6))) is not None


def test_a_cycle_whose_results_differ_is_no_loop() -> None:
    """One place of a cycle with changing results is enough to make it progress."""
    detector = RepetitionDetector()
    for i in range(12):
        detector.feed_call("edit", {"path": "a.py"}, "done")
        assert detector.feed_call("run_tests", {}, f"{i} failed") is None


@pytest.mark.parametrize("wrap", [lambda t: {"code": t}, lambda t: {"files": [1, {"body": t}]}])
def test_a_loop_inside_the_arguments(wrap: Any) -> None:
    """A long string among the arguments that falls into a loop is found, whatever holds it; ordinary ones are not."""
    looping = "x = 1\n" + "The report is ready for the office. " * 80
    verdict = RepetitionDetector().feed_call("write", wrap(looping))
    assert verdict is not None
    assert (verdict.kind, verdict.start) == ("text", 6)
    ordinary = " ".join(f"{i * i * 7919:x}" for i in range(2_000))
    assert RepetitionDetector().feed_call("write", wrap(ordinary)) is None


def test_wide_arguments_take_bounded_time() -> None:
    """Of a million values only the first ten thousand are searched for long strings."""
    assert alarm([("write", {"values": list(range(200_000)), "deep": [[["a" * 1_900]]]})]) is None
