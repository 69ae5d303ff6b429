"""What the SDK leaves out of the batch jobs that it gives the caller.

On the Gemini API counts and error, in older versions on Vertex AI the counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._guard import guarded
from gemini_otel._sdk.operations import read_batch_job
from gemini_otel._telemetry.rounds import current_round

Positional = tuple[Any, ...]

MODULE = "google.genai.batches"
_OF_ONE_JOB = ("create_batch_job", "get_batch_job")


def convert(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`_BatchJob_from_mldev(job)`, or `_vertex`, which makes the SDK's fields of what the service said."""
    _note(args)
    return wrapped(*args, **kwargs)


@guarded
def _note(args: Positional) -> None:
    call = current_round()
    if call is not None and call.operation in _OF_ONE_JOB:
        call.note(read_batch_job(args[0]))


# Name in the module, and what runs in its place.
DRIVERS: tuple[tuple[str, Driver], ...] = (
    ("_BatchJob_from_mldev", convert),
    ("_BatchJob_from_vertex", convert),
)
