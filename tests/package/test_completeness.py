"""Every method of the installed SDK that reaches the service is traced, or is said here not to be, and why.

When this fails for a new SDK: add a row to `gemini_otel._sdk.methods.table`, or a reason below.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from packaging.version import Version
from surface import modules, public_methods, services

from gemini_otel._commands.check import NEWEST_SDK
from gemini_otel._facts.calls import GIVEN_COUNTERS
from gemini_otel._sdk import patching
from support import ROOT, Telemetry, make_client

# A method, sync or async, and why it has no row of its own; with a leading dot, that of any class.
UNTRACED = {
    "Chats.create": "makes a Chat; no request",
    "Chat.get_history": "no request",
    "Chat.record_history": "no request",
    "Client.close": "no request",
    "Client.aclose": "no request",
    "ApiClient.close": "no request",
    "ApiClient.aclose": "no request",
    "Session.receive": "traced by the private method that each message comes through",
    "Session.send": "traced by the private method that makes its message",
    "Session.start_stream": "calls send and receive",
    "MusicSession.receive": "traced by the private method that each message comes through",
    "MusicSession.play": "traced by the private method that sends control signals",
    "MusicSession.pause": "traced by the private method that sends control signals",
    "MusicSession.stop": "traced by the private method that sends control signals",
    "MusicSession.reset_context": "traced by the private method that sends control signals",
    ".do_request": "below every method of the generated clients",
    ".do_request_async": "below every method of the generated clients",
    "GeminiNextGenEnvironments.create": "calls create_environment, which is traced",
    "GeminiNextGenEnvironments.list": "calls list_environments, which is traced",
    "GeminiNextGenEnvironments.get": "calls get_environment, which is traced",
    "GeminiNextGenEnvironments.delete": "calls delete_environment, which is traced",
    "GeminiNextGenAuthTokens.create": "calls that of the class below, which is traced",
    "GeminiNextGenAuthTokens.delete": "calls that of the class below, which is traced",
    "GeminiNextGenInteractions.connect": "makes what opens the connection, whose opening is traced",
    "WebhooksResource.unwrap": "checks a signature; no request",
}
# A public method that is traced by what it calls.
TRACED_BELOW = {
    "Models.generate_content": "Models._generate_content",
    "Models.generate_content_stream": "Models._generate_content_stream",
    "Models.generate_images": "Models._generate_images",
    "Models.edit_image": "Models._edit_image",
    "Models.generate_videos": "Models._generate_videos",
    "Tunings.tune": "Tunings._tune",
    "Tokens.create": "Tokens.create.__wrapped__",
}
CONTINUED = "_with_continuation"


def reason(method: str) -> str | None:
    """Why a method is not traced; None where nothing says so."""
    plain = method.removeprefix("Async")
    return UNTRACED.get(plain) or UNTRACED.get(f".{plain.partition('.')[2]}")


def traced(module: str, method: str) -> bool:
    """Whether calls of a method pass through a layer of ours."""
    below = next(
        (TRACED_BELOW[name] for name in (method.removeprefix("Async"),) if name in TRACED_BELOW), method
    )
    if method.startswith("Async") and not below.startswith("Async"):
        below = f"Async{below}"
    names = {method, below, below + CONTINUED}
    return any(patching.is_patched(module, name) for name in names)


@pytest.fixture
def everything(telemetry: Telemetry) -> None:
    """The package, instrumented, with every module of the SDK imported."""
    list(modules())


def untold() -> list[str]:
    """The methods that are neither traced nor have a reason above."""
    return [
        f"{module.__name__}:{name}.{method}"
        for module, name, kind in services()
        for method in public_methods(kind)
        if not traced(module.__name__, f"{name}.{method}") and reason(f"{name}.{method}") is None
    ]


def test_every_method_is_traced(everything: None) -> None:
    """Each public method of each class of the SDK is traced, or has a reason above.

    What only an SDK newer than tests/newest.txt has is reported, and fails nothing.
    """
    known, new = told_apart(untold(), known_methods()) if is_newer() else (untold(), [])
    if new:
        warnings.warn(f"not traced yet: {', '.join(new)}", NewerSdkWarning, stacklevel=1)
    assert known == []


def is_newer() -> bool:
    """Whether the installed SDK is newer than the newest that the package was tested with."""
    return Version(importlib.metadata.version("google-genai")) > Version(NEWEST_SDK)


class NewerSdkWarning(UserWarning):
    """The installed SDK has more than the newest that the package was tested with."""


def known_methods() -> set[str]:
    """The methods of the newest SDK that the package was tested with."""
    surface = (ROOT / "tests" / "newest_surface.txt").read_text(encoding="utf-8").splitlines()
    return {line.removeprefix("method ").partition("(")[0] for line in surface if line.startswith("method ")}


def told_apart(methods: list[str], known: set[str]) -> tuple[list[str], list[str]]:
    """Of methods that are not traced, those that the newest tested SDK has, and those that only a newer one has."""
    return [each for each in methods if each in known], [each for each in methods if each not in known]


@pytest.mark.parametrize("lost", ["google.genai.files:Files.get", "google.genai.models:Models.list"])
def test_a_fault_is_told_from_a_new_sdk(lost: str) -> None:
    """A method that was there is a fault where it is not traced; one that a newer SDK brings is not."""
    new = "google.genai.files:Files.copy"
    assert told_apart([new, lost], known_methods()) == ([lost], [new])


def test_the_walk_finds_methods(everything: None) -> None:
    """The walk above sees the SDK: were it blind, it would find nothing missing."""
    found = {f"{name}.{method}" for _, name, kind in services() for method in public_methods(kind)}
    assert {"Models.embed_content", "AsyncFiles.upload", "Caches.list", "AsyncBatches.cancel"} <= found
    assert len(found) > 90


@pytest.mark.filterwarnings("ignore:.*([Ee]xperimental|cannot use aiohttp)")
def test_every_resource_of_the_client_is_walked(everything: None) -> None:
    """Each property of the client that is a resource, and what that has in turn, is of a class that was walked."""
    walked = {kind for _, _, kind in services()}
    client = make_client("http://127.0.0.1:1")
    strangers = [
        f"{type(owner).__name__}.{name}"
        for owner in (client, client.aio)
        for name, resource in _resources(owner)
        if type(resource) not in walked
    ]
    assert strangers == []


def _resources(owner: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name in dir(type(owner)):
        found = inspect.getattr_static(type(owner), name)
        if name.startswith(("_", "with_")) or not (isinstance(found, property) or hasattr(found, "attrname")):
            continue
        resource = getattr(owner, name)
        if type(resource).__module__.startswith("google.genai") and name not in ("aio", "vertexai"):
            yield name, resource
            if depth < 2:
                yield from _resources(resource, depth + 1)


@pytest.mark.parametrize("name", ["reach", "send_more", "create_more", "receive_more", "close_more"])
def test_a_new_method_is_noticed(everything: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A method that a new SDK would bring is reported, of whatever class and however like a known one its name is."""

    def reach(self: Any) -> None:
        """Something that reaches the service."""

    kinds, before = list(services()), untold()
    for _, _, kind in kinds:
        monkeypatch.setattr(kind, name, reach, raising=False)
    found = [method for method in untold() if method not in before]
    assert found == [f"{module.__name__}:{kind}.{name}" for module, kind, _ in kinds]


def test_every_reason_is_needed(everything: None) -> None:
    """Each reason above speaks of a method that some SDK has; of the newest one, all do but those of older clients."""
    if not hasattr(genai.Client, "decisions"):
        pytest.skip("not the newest SDK")
    methods = {
        f"{name.removeprefix('Async')}.{method}"
        for _, name, kind in services()
        for method in public_methods(kind)
    }
    methods |= {f".{method.partition('.')[2]}" for method in methods}
    unused = UNTRACED.keys() - methods
    assert unused <= {
        "ApiClient.close",
        "ApiClient.aclose",
        "WebhooksResource.unwrap",
    }


def test_every_token_counter_is_known() -> None:
    """Each token count of an answer, of Live and of an interaction is a field of a row of USAGE."""
    usages = [types.GenerateContentResponseUsageMetadata, types.UsageMetadata]
    given = {name for usage in usages for name in usage.model_fields if name.endswith("_token_count")}
    assert sorted(given - {field for counter in GIVEN_COUNTERS for field in counter.fields}) == []
    interactions = pytest.importorskip("google.genai.interactions", reason="this SDK has no interactions")
    usage = getattr(interactions, "Usage", None)
    given = {name for name in getattr(usage, "model_fields", ()) if name.startswith("total_")}
    assert sorted(given - {counter.in_interactions for counter in GIVEN_COUNTERS}) == []
