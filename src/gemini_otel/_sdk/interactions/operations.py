"""`interactions`: models and agents behind one resource, of the generated client and of the one before it.

A request to a model is an inference, one to an agent `invoke_agent`; `get` is `fetch_response`, whose tokens are not counted again.
https://github.com/open-telemetry/semantic-conventions-genai names these operations.
"""

from __future__ import annotations

from functools import partial

from gemini_otel._facts import names
from gemini_otel._facts.operation import Arguments, Choice, Operation, Shape, Target
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
from gemini_otel._sdk.reading.generated_clients import read_request as read_options
from gemini_otel._sdk.reading.generated_clients import read_start
from gemini_otel._sdk.reading.measures import Measures, identifier

_CLASSES = (
    # from google-genai 2.9 on, and before
    ("google.genai._gaos.google_genai", "GeminiNextGenInteractions", "AsyncGeminiNextGenInteractions"),
    (
        "google.genai._interactions.resources.interactions",
        "InteractionsResource",
        "AsyncInteractionsResource",
    ),
)


def _targets(method: str, shape: Shape, async_shape: Shape) -> tuple[Target, ...]:
    return tuple(
        Target(module, ((f"{name}.{method}", kind),))
        for module, *class_names in _CLASSES
        for name, kind in zip(class_names, (shape, async_shape), strict=True)
    )


def _creation(name: str) -> Operation:
    return Operation(
        name,
        (),
        read_start_of_creation,
        read_request,
        read_history,
        InteractionAnswer,
        read_content=read_request_content,
        read_candidates=read_candidates,
    )


_GENERATE_CONTENT, _INVOKE_AGENT = _creation("generate_content"), _creation("invoke_agent")


_ID: Measures = (("id", names.RESPONSE_ID, identifier),)


def _read_nothing(arguments: Arguments) -> tuple[()]:
    return ()


def _administration(
    name: str, method: str = "", answer: type[InteractionAnswer] = AdministeredAnswer
) -> Operation:
    return Operation(
        name=name,
        targets=_targets(method, Shape.CALL, Shape.ASYNC_CALL) if method else (),
        read_start=read_start,
        read_request=partial(read_options, _ID),
        read_history=_read_nothing,
        answer=answer,
        generates=False,
        timed=False,
    )


_FETCH = _administration("fetch_response", answer=FetchedAnswer)


def _choose_creation(arguments: Arguments) -> tuple[Operation, bool]:
    body = body_of(arguments)
    operation = _INVOKE_AGENT if body.get("agent") else _GENERATE_CONTENT
    return operation, body.get("stream") is True


def _choose_fetch(arguments: Arguments) -> tuple[Operation, bool]:
    return _FETCH, arguments.get("stream") is True


CHOICES = tuple(
    Choice("interactions", _targets(method, Shape.CALL_OR_STREAM, Shape.ASYNC_CALL_OR_STREAM), choose)
    for method, choose in (("create", _choose_creation), ("get", _choose_fetch))
)
INTERACTIONS = (
    _administration("cancel_interaction", "cancel"),
    _administration("delete_interaction", "delete"),
)
