"""One file for each area of the SDK: what to patch, how to read request and answer. Knows the SDK, not OpenTelemetry."""

from __future__ import annotations

from gemini_otel._facts.operation import Operation
from gemini_otel.operations._resources import read_batch_job
from gemini_otel.operations.generate_content import GENERATE_CONTENT
from gemini_otel.operations.interactions import CHOICES, INTERACTIONS
from gemini_otel.operations.methods import operations, page_operation
from gemini_otel.operations.turns import TURNS

__all__ = ["CHOICES", "OPERATIONS", "TURNS", "operations", "page_operation", "read_batch_job"]

OPERATIONS: tuple[Operation, ...] = (GENERATE_CONTENT, *INTERACTIONS)
