"""What an operation declares: where it is patched and how it is read."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from gemini_otel._facts.calls import RequestFacts, ResponseFacts, StartFacts
from gemini_otel._facts.content import CandidateContent, RequestContent

Arguments = Mapping[str, Any]
# What runs in place of an SDK function: `driver(wrapped, instance, args, kwargs)`, as wrapt calls it.
Driver = Callable[[Callable[..., Any], Any, tuple[Any, ...], Arguments], Any]


class Shape(enum.Enum):
    """How a patched function hands over its answer."""

    CALL = enum.auto()
    ASYNC_CALL = enum.auto()
    STREAM = enum.auto()  # a generator function
    ASYNC_STREAM = enum.auto()  # an async generator function
    AWAITED_ASYNC_STREAM = (
        enum.auto()
    )  # a coroutine function that sends the request and returns an async iterator
    PUBLIC_STREAM = enum.auto()  # as STREAM, in the user's hands: begun where it is called, read anywhere
    PUBLIC_ASYNC_STREAM = (
        enum.auto()
    )  # a coroutine function that returns an async generator, in the user's hands
    CALL_OR_STREAM = (
        enum.auto()
    )  # the arguments decide: an answer, or an iterator over its events, in the user's hands
    ASYNC_CALL_OR_STREAM = enum.auto()


class Target(NamedTuple):
    """One SDK function: a module, and the dotted names to patch, of which the first that exists is taken."""

    module: str
    candidates: tuple[tuple[str, Shape], ...]


class PastCall(NamedTuple):
    """A function call that the request answers; no result where the request has none."""

    name: str
    args: object
    result: object = None


class Listener(Protocol):
    """Is told what the model says while an answer is read; None where nobody listens."""

    def text(self, candidate: int, thought: bool, text: str) -> None: ...

    def function_call(self, candidate: int, name: str, args: object) -> None: ...

    def code(self, text: str) -> None: ...


class Answer(Protocol):
    """Reads one answer: fed with the response, or with each chunk of a stream in order."""

    def feed(self, response: Any, listener: Listener | None) -> None: ...

    def facts(self) -> ResponseFacts: ...


class Operation(NamedTuple):
    """One kind of call. Readers take the SDK instance and the keyword arguments of the call.

    One that `generates` is a round of text or function calls: it may belong to a loop, be continued, and repeat itself.
    `timed` is one whose duration the conventions have a metric for.
    `read_content` and `read_candidates` are for content capture: what the request says, and what each response adds to that.
    """

    name: str
    targets: tuple[Target, ...]
    read_start: Callable[[Any, Arguments], StartFacts]
    read_request: Callable[[Any, Arguments], RequestFacts]
    read_history: Callable[[Arguments], Iterable[PastCall]]
    answer: Callable[[RequestFacts], Answer]
    generates: bool = True
    timed: bool = True
    read_content: Callable[[Arguments], RequestContent] | None = None
    read_candidates: Callable[[Any], Iterable[CandidateContent]] | None = None


class Choice(NamedTuple):
    """SDK functions that do one of several operations; `choose` tells from the arguments which, and whether it streams."""

    area: str
    targets: tuple[Target, ...]
    choose: Callable[[Arguments], tuple[Operation, bool]]


class TurnOperation(NamedTuple):
    """One kind of user call, which may take several rounds. Readers take the SDK instance and the keyword arguments.

    `read_round` gives what its first round would be called on, and with which arguments.
    """

    area: str
    targets: tuple[Target, ...]
    read_model: Callable[[Any, Arguments], str | None]
    may_loop: Callable[[Any, Arguments], bool]
    round: Operation
    read_round: Callable[[Any, Arguments], tuple[Any, Arguments]]
