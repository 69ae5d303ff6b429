"""Every patch of the SDK: the rows of all areas, whether or not the installed SDK has the functions."""

from __future__ import annotations

from collections.abc import Iterator

from gemini_otel._sdk import function_calling, installed
from gemini_otel._sdk.attempts import api_client, older_client, uploads
from gemini_otel._sdk.attempts import generated_clients as generated_attempts
from gemini_otel._sdk.drivers import driver
from gemini_otel._sdk.generate_content import patches as generate_content
from gemini_otel._sdk.interactions import patches as interactions
from gemini_otel._sdk.live import drivers as live
from gemini_otel._sdk.live import interactions as live_interactions
from gemini_otel._sdk.methods import pages
from gemini_otel._sdk.methods import patches as methods
from gemini_otel._sdk.patch import Driver, Patch
from gemini_otel._telemetry.instrumentation import Instrumentation

PATCHES: tuple[Patch, ...] = (
    *generate_content.PATCHES,
    *interactions.PATCHES,
    *methods.PATCHES,
    *pages.PATCHES,
    *function_calling.PATCHES,
    *live.PATCHES,
    *live_interactions.PATCHES,
    *api_client.PATCHES,
    *uploads.PATCHES,
    *generated_attempts.PATCHES,
    *older_client.PATCHES,
)


def rows(instrumentation: Instrumentation) -> Iterator[tuple[Patch, Driver]]:
    """Each patch with its driver; empty if the SDK, which is imported by now, is too old."""
    if installed.is_supported():
        for patch in PATCHES:
            yield patch, driver(instrumentation, patch)
