"""The SDK methods that are one call each: one row for a method and its async twin.

The underscore twin stands for a public method that warns by stack level, so that the warning names the caller's line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from gemini_otel._facts import RequestFacts, ResponseFacts
from gemini_otel._operation import Arguments, Listener, Operation, Shape, Target
from gemini_otel.operations._client import http_options
from gemini_otel.operations._generate_content_request import read_start
from gemini_otel.operations._measures import Measures, Reader, measure
from gemini_otel.operations._tokens import COMPUTED_TOKENS, EMBED_CONTENT, EMBEDDINGS, TOKEN_COUNT


class Method(NamedTuple):
    """One SDK method: class and name, the name of its operation, and what is read off its request and its answer."""

    name: str
    operation: str
    request: Measures = ()
    answer: Measures | Reader = ()
    timed: bool = False  # whether the conventions have a metric for its duration


METHODS: Mapping[str, tuple[Method, ...]] = {
    "google.genai.models": (
        Method("Models.embed_content", "embeddings", EMBED_CONTENT, EMBEDDINGS, timed=True),
        Method("Models.count_tokens", "count_tokens", answer=TOKEN_COUNT),
        Method("Models.compute_tokens", "compute_tokens", answer=COMPUTED_TOKENS),
    ),
}


def operations(module: str) -> Iterator[Operation]:
    """The operations of the rows for one SDK module."""
    return (_operation(module, method) for method in METHODS.get(module, ()))


def _operation(module: str, method: Method) -> Operation:
    return Operation(
        name=method.operation,
        targets=(
            Target(module, ((method.name, Shape.CALL),)),
            Target(module, ((f"Async{method.name}", Shape.ASYNC_CALL),)),
        ),
        read_start=read_start,
        read_request=partial(_read_request, method.request),
        read_history=_no_history,
        answer=partial(_MethodAnswer, method.answer),
        generates=False,
        timed=method.timed,
    )


def _read_request(measures: Measures, api: Any, arguments: Arguments) -> RequestFacts:
    options = http_options(api, arguments.get("config"))
    return RequestFacts(
        api_version=options.api_version,
        timeout=options.timeout,
        max_attempts=options.max_attempts,
        measured=measure(measures, arguments),
    )


def _no_history(arguments: Arguments) -> tuple[()]:
    return ()


class _MethodAnswer:
    """Reads the one answer of a call."""

    def __init__(self, answer: Measures | Reader, request: RequestFacts) -> None:
        self._answer = answer
        self._facts = ResponseFacts(outcome="ok")

    def feed(self, response: Any, listener: Listener | None) -> None:
        if isinstance(self._answer, Reader):
            self._facts = self._answer.read(response)
        else:
            self._facts = ResponseFacts(outcome="ok", measured=measure(self._answer, response))

    def facts(self) -> ResponseFacts:
        return self._facts
