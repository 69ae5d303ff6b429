"""What is patched for the methods of the table: each method, its async twin, and the conversion of batch jobs.

The SDK's batch jobs lack counts and error on the Gemini API and, in older versions, the counts on Vertex AI.
"""

from __future__ import annotations

from gemini_otel._facts.guard import guarded
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.methods.resources import read_batch_job
from gemini_otel._sdk.methods.table import METHODS, operation_of
from gemini_otel._sdk.patch import Patch, Shape, Target, patch
from gemini_otel._sdk.reading.measures import BELOW_DECORATOR
from gemini_otel._telemetry.rounds import begin, current_round

_OF_ONE_JOB = ("create_batch_job", "get_batch_job")


def _names(name: str) -> tuple[str, ...]:
    """The names under which a method may be found: for one below a decorator also the bare name, because some releases have
    no decorator.
    """
    return tuple(dict.fromkeys((name, name.removesuffix(BELOW_DECORATOR))))


@guarded
def _note_job(_: object, __: object, arguments: Arguments) -> None:
    """`_BatchJob_from_mldev(job)`, or `_vertex`, which converts the service's JSON to the SDK's fields."""
    call = current_round()
    if call is not None and call.operation in _OF_ONE_JOB:
        call.note(read_batch_job(arguments["from_object"]))


_METHODS = tuple(
    Patch(f"{module.rpartition('.')[2]} methods", Target(module, _names(name)), shape, begin, operation)
    for module, methods in METHODS.items()
    for method in methods
    for operation in (operation_of(module, method),)
    for name, shape in ((method.name, Shape.CALL), (f"Async{method.name}", Shape.ASYNC_CALL))
)
_JOBS = tuple(
    patch("batches methods", "google.genai.batches", name, Shape.CALL, _note_job)
    for name in ("_BatchJob_from_mldev", "_BatchJob_from_vertex")
)
PATCHES = _METHODS + _JOBS
