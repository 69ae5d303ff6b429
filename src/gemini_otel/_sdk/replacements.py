"""A plain function that replaces the SDK's: it has the same name, module and signature, so that it can be pickled and
inspected.

It has no `__wrapped__`, because other packages take that as the sign of their own wrapper and refuse the client.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any


def replacement(original: Any, answer: Callable[..., Any]) -> types.FunctionType:
    """A function that does what `answer` does and uses no global name; async if the original is a coroutine function."""

    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        return await answer(*args, **kwargs)

    template: Any = coroutine if inspect.iscoroutinefunction(original) else answer
    code = template.__code__
    if (marked := original.__code__.co_filename) != original.__globals__.get("__file__"):
        # The official instrumentation stores its path there, and google-adk looks for it.
        code = code.replace(co_filename=marked)
    made = types.FunctionType(code, original.__globals__, original.__name__, closure=template.__closure__)
    made.__qualname__, made.__module__ = original.__qualname__, original.__module__
    made.__doc__ = original.__doc__
    made.__annotations__ = original.__annotations__
    made.__dict__.update(original.__dict__)
    made.__signature__ = _Signature.of(original)  # type: ignore[attr-defined]
    return made


class _Signature(inspect.Signature):
    """The signature of another function, read only when somebody asks."""

    __slots__ = ("_original",)
    _original: Any

    @classmethod
    def of(cls, function: types.FunctionType) -> _Signature:
        signature = cls.__new__(cls)
        signature._original = function
        return signature

    def __getattr__(self, name: str) -> Any:
        """Fill the slots of the base class, which are empty until then."""
        if name not in inspect.Signature.__slots__:
            raise AttributeError(name)
        read = inspect.signature(self._original)
        super().__init__(tuple(read.parameters.values()), return_annotation=read.return_annotation)
        return getattr(self, name)
