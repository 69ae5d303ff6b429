"""What the SDK leaves out of the batch jobs that it gives the caller.

On the Gemini API counts and error, in older versions on Vertex AI the counts.
"""

from __future__ import annotations

from gemini_otel._facts.operation import Arguments
from gemini_otel._guard import guarded
from gemini_otel._sdk.methods.resources import read_batch_job
from gemini_otel._sdk.patch import Shape, patch
from gemini_otel._telemetry.rounds import current_round

_OF_ONE_JOB = ("create_batch_job", "get_batch_job")


@guarded
def _note(_: object, __: object, arguments: Arguments) -> None:
    """`_BatchJob_from_mldev(job)`, or `_vertex`, which makes the SDK's fields of what the service said."""
    call = current_round()
    if call is not None and call.operation in _OF_ONE_JOB:
        call.note(read_batch_job(arguments["from_object"]))


PATCHES = tuple(
    patch("batches methods", "google.genai.batches", name, Shape.CALL, _note)
    for name in ("_BatchJob_from_mldev", "_BatchJob_from_vertex")
)
