"""The names that the package writes: those in names.py, and those of token counters."""

from __future__ import annotations

from gemini_otel._facts import names
from gemini_otel._facts.calls import USAGE

# `gen_ai.system` is read from the spans of others, and the other is the name of a profile.
_NOT_WRITTEN = {names.SYSTEM, names.DEFAULT_PROFILE}
WRITTEN = {
    value
    for name, value in vars(names).items()
    if name.isupper() and isinstance(value, str) and value not in _NOT_WRITTEN
} | {
    name
    for counter in USAGE
    for name in (counter.attribute, counter.of_loop, counter.metric)
    if name is not None
}
