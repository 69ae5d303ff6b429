"""How much is fuzzed: little and always the same in the suite, more and anew with `nox -s fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
settings.register_profile(
    "suite", max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=_QUIET
)
settings.register_profile(
    "fuzz", max_examples=2000, database=None, deadline=None, suppress_health_check=_QUIET
)
settings.load_profile(os.environ.get("GEMINI_OTEL_FUZZ", "suite"))
