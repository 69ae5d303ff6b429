"""The cost of calls, without a delay for any call: a call is noted when it ends, and priced when a metric reader collects."""

from __future__ import annotations

import os
import threading
import weakref
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from gemini_otel._facts import names
from gemini_otel._facts.guard import guarded
from gemini_otel._facts.labels import Dimensions

if TYPE_CHECKING:
    from gemini_otel.cost import Bill

_MOST = 20_000  # calls that wait for a reader; further ones are counted as tokens without a price
_Key = tuple[str | None, Dimensions]
_tables: weakref.WeakSet[CostTable] = weakref.WeakSet()


class _Waiting(NamedTuple):
    key: _Key
    attributes: Mapping[str, Any]
    at: float


class CostTable:
    """The amounts, and the tokens without a price, by the requested model and the user's own dimensions."""

    def __init__(self, meter: Meter) -> None:
        self.reset()
        meter.create_observable_counter(
            names.COST, [self._observe_amounts], "{USD}", "Cost of tokens at list price."
        )
        meter.create_observable_counter(
            names.UNPRICED_TOKENS, [self._observe_unpriced], "{token}", "Tokens whose price is not known."
        )
        _tables.add(self)

    def add(self, model: str | None, own: Dimensions, attributes: Mapping[str, Any], at: float) -> None:
        """Note a call that has ended, by the attributes of its span; `at` is its start in seconds since 1970."""
        with self._lock:
            if len(self._waiting) < _MOST:
                self._waiting.append(_Waiting((model, own), attributes, at))
            else:
                counts = (names.USAGE_INPUT_TOKENS, names.USAGE_OUTPUT_TOKENS)
                self._unpriced[model, own] += sum(attributes.get(name, 0) for name in counts)

    def reset(self) -> None:
        """Start from zero in a forked child, because the parent reports its own counts."""
        self._lock = threading.Lock()
        self._pricing = threading.Lock()  # readers collect in their own threads
        self._waiting: list[_Waiting] = []
        self._amounts: dict[_Key, float] = defaultdict(float)
        self._unpriced: dict[_Key, int] = defaultdict(int)

    @guarded
    def _price(self) -> None:
        """Price the calls that wait, all calls of one kind together."""
        from gemini_otel.cost import Bill

        with self._lock:
            waiting, self._waiting = self._waiting, []
        bills: dict[_Key, Bill] = defaultdict(Bill)
        for key, attributes, at in waiting:
            bills[key].add(attributes, at)
        for key, bill in bills.items():
            amount, unknown = bill.priced()
            if amount is not None:
                self._amounts[key] += float(amount)
            if tokens := sum(unknown.values()):
                with self._lock:
                    self._unpriced[key] += tokens

    def _observe_amounts(self, _: CallbackOptions) -> Iterable[Observation]:
        with self._pricing:
            self._price()
            return [Observation(amount, _labels(key)) for key, amount in self._amounts.items()]

    def _observe_unpriced(self, _: CallbackOptions) -> Iterable[Observation]:
        with self._pricing:
            self._price()
            with self._lock:
                return [Observation(tokens, _labels(key)) for key, tokens in self._unpriced.items()]


def _labels(key: _Key) -> dict[str, Any]:
    model, own = key
    return dict(own) if model is None else {**dict(own), names.REQUEST_MODEL: model}


def _reset_after_fork() -> None:
    for table in list(_tables):
        table.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
