import copy
import functools
import inspect
import logging
import pickle
import sys
import threading
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import wrapt
from google.genai.models import Models
from opentelemetry.instrumentation.utils import unwrap
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

import gemini_otel
from gemini_otel._facts import guard
from gemini_otel._sdk import patching
from gemini_otel._sdk.patch import Driver, Patch, Shape, Target
from gemini_otel._telemetry.instrumentation import Providers
from support import make_client


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """A module `some_sdk` with a class `Api`; whatever was installed on the real SDK is left alone."""
    import sys

    made = types.ModuleType("some_sdk")
    made.Api = type("Api", (), {"call": lambda self: "original"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_sdk", made)
    monkeypatch.setattr(patching, "_layers", {})
    yield made
    patching.uninstall()


def marking(mark: str) -> Driver:
    return lambda wrapped, instance, args, kwargs: f"{mark}({wrapped(*args, **kwargs)})"


def install(*names: str, mark: str = "ours", area: str = "api") -> None:
    patching.install("some_sdk", lambda: [row(*names, driver=marking(mark), area=area)])


def row(*names: str, driver: Driver, area: str = "api") -> tuple[Patch, Driver]:
    return Patch(area, Target("some_sdk", names), Shape.INSTEAD, driver), driver


def test_the_first_name_that_exists_is_patched(module: Any) -> None:
    """Of a target's names the first that the SDK has is wrapped, the others are not."""
    install("Api.newer", "Api.call")
    assert module.Api().call() == "ours(original)"


def test_uninstall_restores_the_very_object(module: Any) -> None:
    """After uninstall the attribute is the function that was there before."""
    original = vars(module.Api)["call"]
    install("Api.call")
    patching.uninstall()
    assert vars(module.Api)["call"] is original


def test_a_later_wrapper_stays_and_ours_is_switched_off(module: Any) -> None:
    """Uninstall under a foreign wrapper leaves that wrapper in place and makes our layer transparent."""
    install("Api.call")
    foreign = wrapt.FunctionWrapper(vars(module.Api)["call"], marking("theirs"))
    module.Api.call = foreign
    patching.uninstall()
    assert vars(module.Api)["call"] is foreign
    assert module.Api().call() == "theirs(original)"


def test_installing_again_wakes_the_layer_below(module: Any) -> None:
    """Installing again under a foreign wrapper gives one layer, not two."""
    install("Api.call")
    module.Api.call = wrapt.FunctionWrapper(vars(module.Api)["call"], marking("theirs"))
    patching.uninstall()
    install("Api.call", mark="again")
    assert module.Api().call() == "theirs(again(original))"


def test_installing_again_after_somebody_took_us_out(module: Any) -> None:
    """A layer that is out of the chain is replaced by a new one."""
    original = vars(module.Api)["call"]
    install("Api.call")
    module.Api.call = original
    install("Api.call", mark="again")
    assert module.Api().call() == "again(original)"


def test_we_go_below_those_who_came_first(module: Any) -> None:
    """A wrapper that is there already stays around ours, and is left as it was when we go."""
    original = vars(module.Api)["call"]
    foreign = module.Api.call = wrapt.FunctionWrapper(original, marking("theirs"))
    install("Api.call")
    assert vars(module.Api)["call"] is foreign
    assert module.Api().call() == "theirs(ours(original))"
    patching.uninstall()
    assert foreign.__wrapped__ is original


def test_a_wrapper_above_is_taken_off(module: Any) -> None:
    """Once a wrapper that came first has gone, our layer works on, and leaves the original when it goes."""
    original = vars(module.Api)["call"]
    module.Api.call = wrapt.FunctionWrapper(original, marking("theirs"))
    install("Api.call")
    unwrap(module.Api, "call")
    assert module.Api().call() == "ours(original)"
    patching.uninstall()
    assert vars(module.Api)["call"] is original


def test_what_was_read_from_the_class_is_restored(module: Any) -> None:
    """A wrapper that somebody read from the class and put back later is no obstacle: wrapt hands out a binding of it."""
    module.Api.call = wrapt.FunctionWrapper(vars(module.Api)["call"], marking("theirs"))
    module.Api.call = module.Api.call
    install("Api.call")
    assert module.Api().call() == "theirs(ours(original))"


def test_a_layer_for_observed_calls_sleeps_until_there_is_one(module: Any) -> None:
    """A row that works inside of observed calls only passes calls through until `wake()`, and again after uninstalling."""
    asleep = [(row("Api.call", driver=marking("ours"))[0]._replace(inside=True), marking("ours"))]
    patching.install("some_sdk", lambda: asleep)
    assert module.Api().call() == "original"
    assert patching.is_patched("some_sdk", "Api.call")
    patching.wake()
    assert module.Api().call() == "ours(original)"
    patching.uninstall()
    patching.install("some_sdk", lambda: asleep)
    assert module.Api().call() == "original"


def test_layers_wake_before_any_call_is_observed() -> None:
    """Providers say that they were found before they give a tracer or instruments, also to other threads."""
    seen: list[Any] = []
    providers = Providers(
        TracerProvider(),
        MeterProvider(),
        when_found=lambda: seen.append((providers.found, providers._tracer, providers._metrics)),
    )
    assert providers.listening()
    assert providers.metrics() is not None
    assert seen == [(False, None, None)]
    assert providers.found


def test_repair(module: Any) -> None:
    """A layer that was taken out comes back; those that are in place stay as they are."""
    original = vars(module.Api)["call"]
    install("Api.call")
    layer = vars(module.Api)["call"]
    patching.repair()
    assert vars(module.Api)["call"] is layer
    module.Api.call = original
    patching.repair()
    assert module.Api().call() == "ours(original)"
    patching.uninstall()
    module.Api.call = original
    patching.repair()
    assert module.Api().call() == "original"


def test_a_method_binds_as_a_method(module: Any) -> None:
    """What a patched method looks like through an instance is what google-adk looks for below other wrappers."""
    install("Api.call")
    bound = module.Api().call
    assert type(bound) is types.MethodType
    assert bound.__func__ is vars(module.Api)["call"]
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        module.Api.call()


def test_a_missing_name_is_a_debug_line(module: Any, caplog: pytest.LogCaptureFixture) -> None:
    """One name that the SDK lacks is skipped with a debug line that names it."""
    with caplog.at_level(logging.DEBUG):
        patching.install(
            "some_sdk", lambda: [row(name, driver=marking("ours")) for name in ("Api.call", "Gone.call")]
        )
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert "google-genai has no some_sdk.Gone.call" in caplog.text


def test_a_missing_area_is_one_warning(module: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An area of which nothing is found gives one warning that names it."""
    with caplog.at_level(logging.WARNING):
        install("Gone.call", "Api.gone", area="embeddings")
    assert caplog.text.count("Nothing of embeddings was found in some_sdk") == 1


def test_a_loader_that_raises_is_logged_and_harmless(module: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An exception of ours in the post-import hook does not reach the application's import."""

    def broken() -> list[tuple[Patch, Driver]]:
        raise RuntimeError

    with caplog.at_level(logging.WARNING):
        patching.install("some_sdk", broken)
        assert module.Api().call() == "original"
    (record,) = caplog.records
    assert "RuntimeError" in record.getMessage()


def decorated(calls: list[str]) -> Any:
    """A class whose method is below a decorator, as the SDK's experimental ones are."""

    def decorator(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            calls.append("decorator")
            return function(*args, **kwargs)

        return wrapper

    class Decorated:
        @decorator
        def call(self) -> str:
            return "original"

    return Decorated


def test_below_a_decorator(module: Any) -> None:
    """`name.__wrapped__` is wrapped below its decorator, which runs before ours, and is restored."""
    calls: list[str] = []
    module.Api = decorated(calls)
    before = vars(module.Api)["call"]
    install("Api.call.__wrapped__")
    assert vars(module.Api)["call"] is before
    assert module.Api().call() == "ours(original)"
    install("Api.call.__wrapped__", mark="again")
    assert module.Api().call() == "again(original)"
    patching.uninstall()
    assert module.Api().call() == "original"
    assert calls == ["decorator"] * 3


def test_below_a_decorator_the_instance_is_known(module: Any) -> None:
    """A driver below a decorator gets the instance, as other drivers do."""
    seen: list[object] = []

    def driver(wrapped: Any, instance: object, args: Any, kwargs: Any) -> Any:
        seen.append(instance)
        return wrapped(*args, **kwargs)

    module.Api = decorated([])
    patching.install("some_sdk", lambda: [row("Api.call.__wrapped__", driver=driver)])
    api = module.Api()
    api.call()
    assert seen == [api]


@pytest.mark.parametrize(
    "name", ["Api.call.__wrapped__", "Api.nothing.__wrapped__", "Nothing.call.__wrapped__"]
)
def test_without_a_decorator(module: Any, name: str) -> None:
    """Where nothing is decorated the next name is taken."""
    install(name, "Api.call")
    assert module.Api().call() == "ours(original)"


def test_a_patched_function_is_a_plain_one(url: str) -> None:
    """It is pickled by name, copied and inspected as the SDK's own, and shows no sign of a wrapper."""
    from google.genai import models

    bare = {each: vars(each)["generate_content"] for each in (models.Models, models.AsyncModels)}
    gemini_otel.instrument()
    try:
        for owner, original in bare.items():
            ours = vars(owner)["generate_content"]
            assert ours is not original
            assert type(ours) is types.FunctionType
            assert not hasattr(ours, "__wrapped__")
            assert inspect.signature(ours) == inspect.signature(original)
            assert typing.get_type_hints(ours) == typing.get_type_hints(original)
            assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(original)
            assert pickle.loads(pickle.dumps(ours)) is copy.deepcopy(ours) is ours
            for name in ("__name__", "__qualname__", "__module__", "__doc__", "__globals__"):
                assert getattr(ours, name) is getattr(original, name)
        stream = vars(models.Models)["generate_content_stream"]
        assert inspect.isgeneratorfunction(
            stream
        )  # which only a wrapper can be that begins where it is called
        bound = inspect.signature(make_client(url).models.generate_content)
        assert bound == inspect.signature(bare[models.Models].__get__(object()))
    finally:
        gemini_otel.uninstrument()


def test_a_wrapper_of_somebody_else_can_still_be_seen(module: Any) -> None:
    """A wrapper by functools that came first keeps its `__wrapped__`, by which others find it."""
    original = vars(module.Api)["call"]

    @functools.wraps(original)
    def theirs(self: Any) -> Any:
        return original(self)

    module.Api.call = theirs
    install("Api.call")
    assert vars(module.Api)["call"].__wrapped__ is original


def test_threads_that_instrument_at_the_same_time() -> None:
    """No layer is left behind, whoever was in the midst of it."""
    before = dict(vars(Models))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def toggle() -> None:
        for _ in range(8):
            gemini_otel.instrument()
            gemini_otel.uninstrument()

    threads = [threading.Thread(target=toggle) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(interval)
        gemini_otel.instrument()
        gemini_otel.uninstrument()
    assert [name for name, value in vars(Models).items() if value is not before.get(name)] == []
    assert patching._layers == {}


class Stubborn(type):
    """A class whose attribute `call` cannot be set."""

    def __setattr__(cls, name: str, value: object) -> None:
        if name == "call":
            raise TypeError("call cannot be set")
        super().__setattr__(name, value)


def test_a_function_that_cannot_be_patched_stops_no_other(
    module: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the SDK lacks and one whose attribute cannot be set leave the rows behind them in force, and the log says so."""
    monkeypatch.setattr(guard, "_reported", set())
    module.Rigid = Stubborn("Rigid", (), {"call": lambda self: "original"})
    rows = [row(name, driver=marking("ours"), area=name) for name in ("Api.gone", "Rigid.call", "Api.call")]
    patching.install("some_sdk", lambda: rows)
    assert (module.Rigid().call(), module.Api().call()) == ("original", "ours(original)")
    assert not patching.is_patched("some_sdk", "Rigid.call")
    assert patching.is_patched("some_sdk", "Api.call")
    assert "gemini-otel failed in _patch_row" in caplog.text
    assert "Nothing of Api.gone was found" in caplog.text


def test_a_function_that_cannot_be_restored_stops_no_other(module: Any) -> None:
    """Uninstall passes over a function that can no longer be set, and switches our layer there off."""
    module.Rigid = type("Rigid", (), {"call": lambda self: "original"})
    rows = [row(name, driver=marking("ours")) for name in ("Rigid.call", "Api.call")]
    original = vars(module.Api)["call"]
    patching.install("some_sdk", lambda: rows)
    module.Rigid = Stubborn("Rigid", (), dict(vars(module.Rigid)))
    patching._layers["some_sdk", "Rigid.call"]._owner = module.Rigid
    patching.uninstall()
    assert module.Rigid().call() == "original"
    assert vars(module.Api)["call"] is original


def test_uninstalled_while_the_rows_are_loaded(module: Any) -> None:
    """Rows that are still being loaded in one thread are not applied once another has uninstalled."""
    loading, go_on = threading.Event(), threading.Event()

    def load() -> list[tuple[Patch, Driver]]:
        loading.set()
        assert go_on.wait(10)
        return [row("Api.call", driver=marking("ours"))]

    thread = threading.Thread(target=patching.install, args=("some_sdk", load))
    thread.start()
    assert loading.wait(10)
    patching.uninstall()
    go_on.set()
    thread.join(10)
    assert module.Api().call() == "original"


def test_two_threads_load_the_rows_at_once(module: Any) -> None:
    """Two threads that load the rows at the same time patch each function once, and all of it is undone."""
    original = vars(module.Api)["call"]
    together = threading.Barrier(2, timeout=10)

    def load() -> list[tuple[Patch, Driver]]:
        together.wait()
        return [row("Api.call", driver=marking("ours"))]

    patching.install("not_imported_sdk", load)
    threads = [threading.Thread(target=patching._load_rows, args=(module,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert module.Api().call() == "ours(original)"
    assert [len(rows) for rows in patching._rows.values()] == [1]
    patching.uninstall()
    assert vars(module.Api)["call"] is original
