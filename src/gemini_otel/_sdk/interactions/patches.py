"""`interactions`: models and agents in one resource, of the generated client and of the client before it.

A request to a model is an inference, a request to an agent `invoke_agent`. `get` is `fetch_response`, whose tokens are not
counted again. These names are those of https://github.com/open-telemetry/semantic-conventions-genai.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.guard import guarded
from gemini_otel._facts.operation import Arguments, Operation
from gemini_otel._sdk.interactions.answer import (
    AdministeredAnswer,
    FetchedAnswer,
    InteractionAnswer,
)
from gemini_otel._sdk.interactions.content import read_candidates, read_request_content
from gemini_otel._sdk.interactions.request import (
    body_of,
    read_history,
    read_request,
    read_start_of_creation,
)
from gemini_otel._sdk.patch import Patch, Shape, Target, patch
from gemini_otel._sdk.reading.fields import identifier
from gemini_otel._sdk.reading.generated_clients import read_request as read_options
from gemini_otel._sdk.reading.generated_clients import read_start
from gemini_otel._sdk.reading.measures import Measures
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.rounds import Round, begin

_CLASSES = (
    # from google-genai 2.9 on, and before
    ("google.genai._gaos.google_genai", "GeminiNextGenInteractions", "AsyncGeminiNextGenInteractions"),
    (
        "google.genai._interactions.resources.interactions",
        "InteractionsResource",
        "AsyncInteractionsResource",
    ),
)


def _creation(name: str) -> Operation:
    return Operation(
        name,
        read_start_of_creation,
        read_request,
        InteractionAnswer,
        read_history,
        read_content=read_request_content,
        read_candidates=read_candidates,
    )


_GENERATE_CONTENT, _INVOKE_AGENT = _creation("generate_content"), _creation("invoke_agent")


_ID: Measures = (("id", names.RESPONSE_ID, identifier),)


def _administration(name: str, answer: type[InteractionAnswer] = AdministeredAnswer) -> Operation:
    return Operation(
        name=name,
        read_start=read_start,
        read_request=partial(read_options, _ID),
        answer=answer,
        generates=False,
        timed=False,
    )


_FETCH = _administration("fetch_response", FetchedAnswer)


@guarded
def _begin_creation(instrumentation: Instrumentation, instance: Any, arguments: Arguments) -> Round | None:
    body = body_of(arguments)
    operation = _INVOKE_AGENT if body.get("agent") else _GENERATE_CONTENT
    return begin(instrumentation, operation, instance, arguments, stream=body.get("stream") is True)


def _begin_fetch(instrumentation: Instrumentation, instance: Any, arguments: Arguments) -> Round | None:
    streams = arguments.get("stream") is True
    return begin(instrumentation, _FETCH, instance, arguments, stream=streams)


_BEGIN: tuple[tuple[str, Callable[..., Any]], ...] = (("create", _begin_creation), ("get", _begin_fetch))
_ADMINISTRATION = (
    ("cancel", _administration("cancel_interaction")),
    ("delete", _administration("delete_interaction")),
)
PATCHES = tuple(
    row
    for module, plain, asynchronous in _CLASSES
    for name, call, call_or_stream in (
        (plain, Shape.CALL, Shape.CALL_OR_STREAM),
        (asynchronous, Shape.ASYNC_CALL, Shape.ASYNC_CALL_OR_STREAM),
    )
    for row in (
        *(
            patch("interactions", module, f"{name}.{method}", call_or_stream, begin_it)
            for method, begin_it in _BEGIN
        ),
        *(
            Patch(operation.name, Target(module, (f"{name}.{method}",)), call, begin, operation)
            for method, operation in _ADMINISTRATION
        ),
    )
)
