"""One file for each area of the SDK: what to patch, how to read request and answer. Knows the SDK, not OpenTelemetry."""

from __future__ import annotations

from gemini_otel._facts.operation import Operation
from gemini_otel._sdk.generate_content.operation import GENERATE_CONTENT
from gemini_otel._sdk.generate_content.user_calls import TURNS
from gemini_otel._sdk.interactions.operations import CHOICES, INTERACTIONS
from gemini_otel._sdk.methods.resources import read_batch_job
from gemini_otel._sdk.methods.table import operations, page_operation

__all__ = ["CHOICES", "OPERATIONS", "TURNS", "operations", "page_operation", "read_batch_job"]

OPERATIONS: tuple[Operation, ...] = (GENERATE_CONTENT, *INTERACTIONS)
