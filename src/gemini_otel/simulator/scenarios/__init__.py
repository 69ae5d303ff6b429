"""The scenarios that ship, by name."""

from __future__ import annotations

from .._scenario import Scenario
from . import (
    answers,
    block_reasons,
    errors,
    finish_reasons,
    loops,
    quotas,
    resources,
    sequences,
    tools,
    transport,
)
from .live import LIVE_SCENARIOS

_FAMILIES = (
    answers,
    tools,
    finish_reasons,
    block_reasons,
    loops,
    errors,
    quotas,
    sequences,
    transport,
    resources,
)

SCENARIOS: dict[str, Scenario] = {each.name: each for family in _FAMILIES for each in family.ALL}

__all__ = ["LIVE_SCENARIOS", "SCENARIOS"]
