"""The only place that sets attributes of the SDK: when the application imports the SDK, and without breaking other wrappers."""

from __future__ import annotations

import inspect
import os
import sys
import threading
import types
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

import wrapt

from gemini_otel._facts.guard import guarded, logger, safely

if TYPE_CHECKING:
    from gemini_otel._sdk.patch import Driver, Patch


class _Layer:
    """Our wrapper around one SDK function; without a driver it passes calls through.

    A layer that sleeps has no driver, but `given` has the one that it gets when it wakes.

    It goes below existing wrappers, so that the spans of other instrumentations are around ours in any order of
    installation.
    """

    def __init__(self, owner: Any, attribute: str) -> None:
        self.driver: Driver | None = None
        self.given: Driver | None = None
        self._owner, self._attribute = owner, attribute
        self._holder, self._slot = owner, attribute
        self._original = _current(owner, attribute)
        while (wrapper := _wrapper(self._original)) is not None:
            self._holder, self._slot = wrapper, "__wrapped__"
            self._original = wrapper.__wrapped__
        self._proxy = self._in_place_of(self._original)
        setattr(self._holder, self._slot, self._proxy)

    def _in_place_of(self, original: Any) -> Any:
        """The object to put in place: a plain function, or a wrapt wrapper for a generator function, which only a generator
        could replace.
        """
        from gemini_otel._sdk.replacements import replacement  # imported with the SDK, not at start-up

        if isinstance(original, staticmethod):
            return staticmethod(replacement(original.__func__, self._function(original.__func__)))
        if inspect.isgeneratorfunction(original) or inspect.isasyncgenfunction(original):
            return wrapt.FunctionWrapper(original, self._wrapper)
        # The function below a decorator is held by a cell, and the decorator calls it as a plain function.
        in_class = isinstance(self._owner, type | types.CellType)
        return replacement(original, self._method(original) if in_class else self._function(original))

    def _method(self, original: Any) -> Callable[..., Any]:
        bind = types.MethodType

        def method(*args: Any, **kwargs: Any) -> Any:
            driver = self.driver
            if driver is None or not args:  # without an instance, it raises the same exception as without us
                return original(*args, **kwargs)
            instance = args[0]
            return driver(bind(original, instance), instance, args[1:], kwargs)

        return method

    def _function(self, original: Any) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            driver = self.driver
            return original(*args, **kwargs) if driver is None else driver(original, None, args, kwargs)

        return function

    def _wrapper(
        self, wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        driver = self.driver
        return wrapped(*args, **kwargs) if driver is None else driver(wrapped, instance, args, kwargs)

    def in_place(self) -> bool:
        """Whether a call still passes through this layer, directly or below other wrappers."""
        current, seen = _current(self._owner, self._attribute), 0
        while current is not None and seen < 100:
            if current is self._proxy:
                return True
            current, seen = getattr(current, "__wrapped__", None), seen + 1
        return False

    def remove(self) -> bool:
        """Switch the layer off and remove it. Returns False if somebody wrapped it later: then it stays and passes calls
        through.
        """
        self.driver = self.given = None
        if _current(self._owner, self._attribute) is self._proxy:
            setattr(self._owner, self._attribute, self._original)
        elif self._holder is not self._owner and self._holder.__wrapped__ is self._proxy:
            self._holder.__wrapped__ = self._original
        else:
            return False
        return True


def _wrapper(function: Any) -> Any:
    """The wrapper itself: somebody who saved it from the class and restores it later puts a bound wrapper there."""
    if isinstance(function, wrapt.BoundFunctionWrapper):
        return cast("Any", function)._self_parent  # wrapt's attributes for subclasses of its wrapper
    return function if isinstance(function, wrapt.FunctionWrapper) else None


Rows = Iterable[tuple["Patch", "Driver"]]
_layers: dict[tuple[str, str], _Layer] = {}
_load: Callable[[], Rows] | None = None  # None while nothing is patched
_rows: dict[str, list[tuple[Patch, Driver]]] = {}  # by module
_awake = False  # whether any call has been observed
_hooked: set[str] = set()  # post-import hooks cannot be removed
# Held while layers change, and never during an import, which may wait for a thread that waits for this lock. If two threads
# patched a function at the same time, one would leave a layer that nobody can remove.
_lock = threading.RLock()


def _reset_after_fork() -> None:
    """A forked child does not have the thread that may hold the lock."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


def install(package: str, load: Callable[[], Rows]) -> None:
    """Patch the rows that `load()` returns. It runs once `package` is imported; each module is patched as soon as it is
    imported.
    """
    global _load
    with _lock:
        _load = load
        _rows.clear()
    _once_imported(package, _load_rows)


def _once_imported(module: str, then: Callable[[Any], None]) -> None:
    if module in sys.modules:
        then(sys.modules[module])
    elif module not in _hooked:
        _hooked.add(module)
        wrapt.register_post_import_hook(then, module)


@guarded
def _load_rows(package: Any) -> None:
    load = _load
    rows: dict[str, list[tuple[Patch, Driver]]] = {}
    for patch, driver in load() if load is not None else ():  # imports modules, so it cannot hold the lock
        rows.setdefault(patch.target.module, []).append((patch, driver))
    with _lock:
        if _load is not load:  # another thread uninstalled in the meantime
            return
        _rows.update(rows)  # another thread may have loaded the same
    for module in rows:
        _once_imported(module, _patch_module)


def is_patched(module: str, name: str) -> bool:
    """Whether calls of this function pass through our layer, and it is switched on."""
    layer = _layers.get((module, name))
    return layer is not None and layer.given is not None and layer.in_place()


def exists(module: Any, name: str) -> bool:
    """Whether the SDK has a function of this dotted name."""
    return _find(module, name)[2] is not None


def uninstall() -> None:
    """Restore functions that are still ours; switch our layer off where somebody wrapped it later."""
    global _load, _awake
    with _lock:
        _load, _awake = None, False
        _rows.clear()
        for key, layer in list(_layers.items()):
            if safely(layer.remove):
                del _layers[key]


def wake() -> None:
    """Switch on the layers that work only inside of observed calls, because there may be one now."""
    global _awake
    with _lock:
        _awake = True
        for layer in _layers.values():
            layer.driver = layer.given


@guarded
def repair() -> None:
    """Put back layers that somebody removed by restoring a function from before us."""
    with _lock:
        layers = list(_layers.items())
    lost = {module for (module, _), layer in layers if layer.given is not None and not layer.in_place()}
    for module in lost:
        _patch_module(sys.modules[module])


@guarded
def _patch_module(module: Any) -> None:
    missing: dict[str, bool] = {}
    with _lock:
        load, rows = _load, _rows.get(module.__name__, ())
    for patch, driver in rows:
        found = safely(_patch_row, module, patch, driver, load)  # None if it failed, which was logged
        missing[patch.area] = missing.get(patch.area, True) and found is False
        if found is False:
            logger.debug(
                "google-genai has no %s.%s; it is not traced.", module.__name__, patch.target.names[-1]
            )
    for area, nothing in missing.items():
        if nothing:
            logger.warning(
                "Nothing of %s was found in %s; those calls will not be traced. Upgrade gemini-otel to trace them.",
                area,
                module.__name__,
            )


def _patch_row(module: Any, patch: Patch, driver: Driver, load: Callable[[], Rows] | None) -> bool:
    return any(_apply(module, name, driver, patch.inside, load) for name in patch.target.names)


def _apply(module: Any, name: str, driver: Driver, inside: bool, load: Callable[[], Rows] | None) -> bool:
    with _lock:
        if _load is not load:  # another thread uninstalled in the meantime
            return True
        owner, attribute, found = _find(module, name)
        if found is None:
            return False
        layer = _layers.get((module.__name__, name))
        if layer is None or not layer.in_place():
            layer = _layers[module.__name__, name] = _Layer(owner, attribute)
        layer.given = driver
        layer.driver = driver if _awake or not inside else None
        return True


def _find(module: Any, name: str) -> tuple[Any, str, Any]:
    """The object that holds the function of this name, the attribute's name, and the function; None if the SDK lacks it.

    `name.__wrapped__` is the function below a decorator, which a cell of the decorator's closure holds. A wrapper there adds
    no frame between the decorator and its caller, so the decorator's warning still names the caller's line.
    """
    *path, attribute = name.split(".")
    owner = module
    for step in path:
        owner = getattr(owner, step, None)
    if attribute == "__wrapped__":
        owner, attribute = _cell_of(owner), "cell_contents"
    return owner, attribute, _current(owner, attribute)


def _cell_of(decorated: Any) -> Any:
    """The cell through which a decorated function calls the original; None if there is none."""
    while (function := getattr(decorated, "__wrapped__", None)) is not None:
        for cell in getattr(decorated, "__closure__", None) or ():
            if _innermost(cell.cell_contents) is function:
                return cell
        decorated = function
    return None


def _innermost(function: Any) -> Any:
    """The function below a layer of ours, if it has one."""
    return next((layer._original for layer in _layers.values() if layer._proxy is function), function)


def _current(owner: Any, attribute: str) -> Any:
    if isinstance(owner, types.CellType):
        return owner.cell_contents
    return vars(owner).get(attribute) if owner is not None else None
