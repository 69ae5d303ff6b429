"""What is patched for the methods of the table: each, and its async twin."""

from __future__ import annotations

from gemini_otel._sdk.methods.table import METHODS, operation_of
from gemini_otel._sdk.patch import Patch, Shape, Target
from gemini_otel._sdk.reading.method import BELOW_DECORATOR
from gemini_otel._telemetry.rounds import begin


def _names(name: str) -> tuple[str, ...]:
    """The name; where it is that below a decorator, also the bare one: an SDK may do without the decorator."""
    return tuple(dict.fromkeys((name, name.removesuffix(BELOW_DECORATOR))))


PATCHES = tuple(
    Patch(f"{module.rpartition('.')[2]} methods", Target(module, _names(name)), shape, begin, operation)
    for module, methods in METHODS.items()
    for method in methods
    for operation in (operation_of(module, method),)
    for name, shape in ((method.name, Shape.CALL), (f"Async{method.name}", Shape.ASYNC_CALL))
)
