"""Thousands of operations that no program would do, each without us and with us: the caller sees the same, and every span ends once."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from chaos.driver import Chaos
from gemini_otel import simulator
from support.live import needs_live

_SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEEDS", "1,2,3,4,5,6").split(",")]
_OPERATIONS = int(os.environ.get("CHAOS_OPERATIONS", "500"))
_ONLY = os.environ.get("CHAOS_ONLY")  # the number of one operation

pytestmark = [needs_live, pytest.mark.timeout(300 + _OPERATIONS)]


@pytest.fixture(scope="module")
def chaos_simulator() -> Iterator[simulator.Simulator]:
    with simulator.serve() as url:
        yield url


@pytest.mark.parametrize("seed", _SEEDS)
def test_chaos(seed: int, chaos_simulator: simulator.Simulator) -> None:
    """No fault. Run one again with CHAOS_SEEDS=seed CHAOS_ONLY=number."""
    chaos = Chaos(seed, chaos_simulator)
    chaos.run(range(int(_ONLY), int(_ONLY) + 1) if _ONLY else range(_OPERATIONS))
    assert chaos.faults == [], "\n".join(["", *chaos.faults])
