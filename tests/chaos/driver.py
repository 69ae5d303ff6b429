"""Runs the operations of a seed, bare and with us, and says what differs or is left over."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import random
import re
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace

import gemini_otel
from chaos import async_operations, live_operations, sync_operations, together
from chaos.ledger import Ledger
from chaos.memory import Memory
from chaos.plans import Plan, plan, scenarios
from chaos.profiles import PROFILES, Profile
from chaos.run import Run, context
from gemini_otel._facts import guard as _guard
from gemini_otel._telemetry import dropped
from gemini_otel._telemetry.lifecycle import Observation
from gemini_otel.simulator import Simulator
from support import make_client
from support.live import live_client

_BATCH = 50
_SYNC: dict[str, Callable[[Run], None]] = {
    "call": sync_operations.call,
    "stream": sync_operations.stream,
    "interaction": sync_operations.interaction,
    "method": sync_operations.method,
    "together": together.together,
}
_ASYNC: dict[str, Callable[[Run], Coroutine[Any, Any, None]]] = {
    "async_call": async_operations.call,
    "async_stream": async_operations.stream,
    "async_interaction": async_operations.interaction,
    "live": live_operations.live,
}


@dataclass
class Outcome:
    """What one operation left."""

    seen: list[Any]
    requests: int
    after: dict[str, Any] = field(default_factory=dict)  # what is attached
    warned: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)


class _Lines(logging.Handler):
    """What is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.name, record.getMessage()))


class Chaos:
    """One seed. `faults` has what was found, each with the operation."""

    def __init__(self, seed: int, simulator: Simulator) -> None:
        self.seed, self._simulator = seed, simulator
        self._own = scenarios(seed)
        self.faults: list[str] = []
        self.spans = 0

    def run(self, numbers: range) -> None:
        """All of these operations, in batches with a profile each."""
        gc.collect()
        gc.freeze()  # it is collected often
        for first in range(numbers.start, numbers.stop, _BATCH):
            self._batch(range(first, min(first + _BATCH, numbers.stop)))

    def profile(self, number: int) -> Profile:
        """How the program has set us up for this operation."""
        profiles = list(PROFILES)
        random.Random(f"profiles {self.seed} {number // _BATCH // len(PROFILES)}").shuffle(profiles)
        return profiles[number // _BATCH % len(profiles)]

    def _batch(self, numbers: range) -> None:
        plans = [plan(self.seed, number) for number in numbers]
        ledger = Ledger()
        bare = _Batch(self, ledger, "bare", lambda: None)
        expected = [bare.operate(each) for each in plans]
        profile = self.profile(numbers.start)
        _guard._reported.clear()
        providers = profile.providers(ledger)
        instrument = lambda: gemini_otel.instrument(**providers, **profile.settings)  # noqa: E731

        def toggle() -> None:
            gemini_otel.uninstrument()
            instrument()

        instrument()
        try:
            ours = _Batch(self, ledger, "ours", toggle)
            for each, outcome in zip(plans, expected, strict=True):
                for fault in ours.faults(each, profile, outcome):
                    self.faults.append(f"seed {self.seed}, profile {profile.name!r}, {each}: {fault}")
        finally:
            gemini_otel.uninstrument()
        self.spans += sum(ledger.total.values())
        where = (
            f"seed {self.seed}, profile {profile.name!r}, operations {numbers.start} to {numbers.stop - 1}"
        )
        self.faults.extend(
            f"{where}: {each}" for each in (*_counts(profile, providers, ledger), *ours.left_over())
        )


def _counts(profile: Profile, providers: dict[str, Any], ledger: Ledger) -> Iterator[str]:
    """Every request that has a span is counted, and no other."""
    if not (profile.metrics and profile.traces and profile.quiet) or profile.name == "sampled out":
        return
    reader = providers["meter_provider"]._measurement_consumer._reader_storages
    data = next(iter(reader)).get_metrics_data()
    counted: Counter[str] = Counter()
    for resource in data.resource_metrics if data else ():
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            if metric.name == "gen_ai.client.operation.duration":
                for point in metric.data.data_points:
                    counted[str(point.attributes["gen_ai.operation.name"])] += point.count
    for operation, count in counted.items():
        if count != ledger.total[operation]:
            yield f"{ledger.total[operation]} spans of {operation}, {count} counted"
    if ledger.total["generate_content"] and not counted["generate_content"]:
        yield "nothing is counted"


class _Batch:
    """Operations one after the other, with clients of their own."""

    def __init__(self, chaos: Chaos, ledger: Ledger, nonce: str, toggle: Callable[[], None]) -> None:
        self._chaos, self._ledger, self._nonce, self._toggle = chaos, ledger, nonce, toggle
        self._memory = Memory(chaos._own)
        url = chaos._simulator
        self._clients = {
            (False, False): self._memory.client(),
            (False, True): self._memory.client(3),
            (True, False): make_client(url),
            (True, True): make_client(url, attempts=3),
        }
        self._live = live_client(url)
        self._held: list[tuple[Plan, Any]] = []

    def operate(self, plan: Plan) -> Outcome:
        """Run one operation."""
        chance = random.Random(f"{self._chaos.seed} {plan.number} ids")
        self._outer, self._trace = chance.getrandbits(64), chance.getrandbits(128)
        outer = trace.NonRecordingSpan(
            trace.SpanContext(self._trace, self._outer, is_remote=False, trace_flags=trace.TraceFlags(1))
        )
        self._ledger.clear()
        self._memory.silence = None
        requests, served = len(self._memory.requests), len(self._chaos._simulator.requests)
        token = otel_context.attach(trace.set_span_in_context(outer))
        run = Run(
            plan=plan,
            prompt=f"simulate:{plan.scenario} {plan.number} {self._nonce}",
            client=self._clients[plan.wire, plan.retries],
            live_client=self._live,
            toggle=self._toggle,
            open=lambda: set(self._ledger.open),
            listen=self._memory.listen,
        )
        outcome = Outcome(run.seen, 0)
        try:
            with _watched(outcome):
                with run.caught():
                    _operate(run)
                _settle(self._ledger, collect=plan.action in ("cycle", "drop", "give_up"))
            outcome.after = {key: value for key, value in context().items() if value is not outer}
        finally:
            otel_context.detach(token)
        self._held.extend((plan, each) for each in run.held)
        sent = [*self._memory.requests[requests:], *self._chaos._simulator.requests[served:]]
        # A busy server may note a request of an earlier operation, which was cancelled, only now.
        outcome.requests = sum(
            b"simulate:" not in each.raw_body or run.prompt.encode() in each.raw_body for each in sent
        )
        return outcome

    def faults(self, plan: Plan, profile: Profile, bare: Outcome) -> Iterator[str]:
        """Run one operation, and say what is wrong with it."""
        ours = self.operate(plan)
        if not _same(plan, bare.seen, ours.seen):
            yield f"the caller sees {_difference(bare.seen, ours.seen)}"
        if ours.after != bare.after:
            yield f"left attached: {ours.after}, without us {bare.after}"
        if ours.warned != bare.warned and not _unsteady(plan):
            yield f"warned of {ours.warned}, without us of {bare.warned}"
        if unexpected := [
            line for line in ours.logged if line not in bare.logged and not _allowed(line, plan, profile)
        ]:
            yield f"logged {unexpected}"
        if self._ledger.open:
            yield f"open: {[*self._ledger.open.values()]}"
        if self._ledger.twice:
            yield f"ended twice: {self._ledger.twice}"
        if profile.quiet:
            yield from self._ledger.misplaced(self._outer, self._trace)
            yield from self._told(plan, profile, ours)

    def _told(self, plan: Plan, profile: Profile, ours: Outcome) -> Iterator[str]:
        """Whether spans tell of all requests, and of what the caller got."""
        rounds = [span for span in self._ledger.ended if span.kind is trace.SpanKind.CLIENT]
        if plan.toggles or plan.function == "toggles" or not profile.traces or profile.name == "sampled out":
            return
        told = sum(1 + (span.attributes or {}).get("http.request.resend_count", 0) for span in rounds)  # type: ignore[operator]
        if told < ours.requests:
            yield f"{ours.requests} requests, and spans of {told}"
        if any("gemini.response.outcome" not in (span.attributes or {}) for span in rounds):
            yield "a span without an outcome"
        failed = any(span.status.status_code.name == "ERROR" for span in rounds)
        if plan.kind == "call" and plan.function is None:
            raised = isinstance(ours.seen[0], str)  # nothing but an exception
            if rounds and raised and not failed:
                yield f"the caller got {ours.seen[0]!r:.200}, and the status is not ERROR"

    def left_over(self) -> Iterator[str]:
        """What is still in memory."""
        gc.collect()
        dropped.flush()
        gc.collect()
        for operation, reference in self._held:
            if reference() is not None:
                yield f"{operation}: {type(reference()).__name__} is still held"
        for each in [each for each in gc.get_objects() if isinstance(each, Observation)]:
            yield f"in memory: {type(each).__name__}, ended: {each.ended}, held by {_holders(each)}"


def _holders(thing: Any) -> list[str]:
    """What leads to a thing, the nearest first."""
    found: list[str] = []
    known = [thing]
    for _ in range(6):
        holders = [each for each in gc.get_referrers(*known[-1:]) if not isinstance(each, types.FrameType)]
        holders = [each for each in holders if each is not known and not any(each is one for one in known)]
        if not holders:
            break
        found.append(" and ".join(sorted(f"{type(each).__name__} {each!r:.80}" for each in holders[:4])))
        known.append(holders[0])
    return found


def _operate(run: Run) -> None:
    if run.plan.kind in _SYNC:
        _SYNC[run.plan.kind](run)
    else:
        asyncio.run(_ASYNC[run.plan.kind](run))


def _settle(ledger: Ledger, *, collect: bool) -> None:
    """Let everything end that nobody holds."""
    if collect:
        gc.collect(1)
    dropped.flush()
    if ledger.open:
        gc.collect()
        dropped.flush()


@contextlib.contextmanager
def _watched(outcome: Outcome) -> Iterator[None]:
    """Note what Python and the logs say meanwhile."""
    lines = _Lines()
    root = logging.getLogger()
    hook = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: outcome.warned.append(f"unraisable {unraisable.exc_value!r}")
    others, root.handlers = (
        root.handlers,
        [lines],
    )  # a test runner's keep exceptions, and what their frames hold
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter(
            "ignore", ResourceWarning
        )  # of the SDK's own connections, whenever they are collected
        try:
            yield
        finally:
            root.handlers = others
            sys.unraisablehook = hook
    outcome.warned.extend(sorted(f"{each.category.__name__} {each.message}" for each in caught))
    told = [f"{name}: {_steady(line)}" for name, line in lines.lines]
    outcome.logged.extend(
        line for line in told if not line.startswith("asyncio: Unclosed")
    )  # connections, as above


_UNSTEADY = re.compile(r"0x[0-9a-f]+|\b(bare|ours)\b|datetime\.datetime\(.*?\)\)?|\d{4}-\d\d-\d\dT[\d:.]+Z")


def _steady(line: str) -> str:
    """Without addresses and times."""
    return _UNSTEADY.sub("...", line)


def _same(plan: Plan, bare: list[Any], ours: list[Any]) -> bool:
    """Whether the caller sees the same, where that is always the same without us."""
    if _unsteady(plan):
        return True
    return [_steady(str(each)) for each in bare] == [_steady(str(each)) for each in ours]


def _unsteady(plan: Plan) -> bool:
    """Where what is cancelled waits for a socket or a thread, as much has happened as has happened."""
    return plan.action in ("cancel", "give_up", "cancelled_tasks") and bool(plan.wire or plan.function)


def _difference(bare: list[Any], ours: list[Any]) -> str:
    for number, (mine, theirs) in enumerate(zip(ours, bare, strict=False)):
        if _steady(str(mine)) != _steady(str(theirs)):
            return f"{mine!r:.300}, without us {theirs!r:.300} (at {number})"
    return f"{len(ours)} things, without us {len(bare)}: {(ours[len(bare) :] or bare[len(ours) :])!r:.300}"


def _allowed(line: str, plan: Plan, profile: Profile) -> bool:
    """Whether garbage, or a part that fails, may be told of; never that a context could not be detached."""
    if "does not look like a name" in line:
        return plan.scenario.startswith("garbage")
    if plan.wire and line.startswith("asyncio: "):
        return True  # of connections that are closed in the midst of something
    if "Attempting to " in line:
        return plan.function == "toggles"  # in several threads or tasks at once
    if "detach" in line or profile.quiet:
        return False
    return line.startswith(("gemini_otel: gemini-otel failed in", "opentelemetry."))
