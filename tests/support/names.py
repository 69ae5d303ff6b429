"""The names that the package writes: those in names.py, of the profiles' metrics, and of token counters."""

from __future__ import annotations

from gemini_otel._facts import names
from gemini_otel._facts.calls import USAGE
from gemini_otel._facts.profiles import PROFILES

# `gen_ai.system` is read from the spans of others, and the others are names of profiles.
_NOT_WRITTEN = {names.SYSTEM, *names.PROFILE_NAMES}
_METRICS = (
    measure
    for profile in PROFILES.values()
    for metrics in profile.metrics.values()
    for measures in metrics
    for measure in measures
)
WRITTEN = (
    {
        value
        for name, value in vars(names).items()
        if name.isupper() and isinstance(value, str) and value not in _NOT_WRITTEN
    }
    | {
        name
        for counter in USAGE
        for name in (counter.attribute, counter.of_loop, counter.metric)
        if name is not None
    }
    | {measure if isinstance(measure, str) else measure[0] for measure in _METRICS}
)
