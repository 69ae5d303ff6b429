"""Failures that pass, or not, when the request is repeated."""

from __future__ import annotations

from .._scenario import Scenario
from .answers import OK
from .errors import OVERLOADED, refused
from .quotas import RATE_LIMITED

ALL = (
    Scenario(
        "rate_limited_twice",
        "429, 429, then the answer.",
        (RATE_LIMITED, RATE_LIMITED, OK),
    ),
    Scenario("overloaded_once", "503, then the answer.", (refused(OVERLOADED), OK)),
    Scenario("always_rate_limited", "429 however often the request is repeated.", (RATE_LIMITED,)),
)
