"""How an operation is declared: its name, and its readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from gemini_otel._facts.calls import RequestFacts, ResponseFacts, StartFacts
from gemini_otel._facts.content import CandidateContent, RequestContent

Arguments = Mapping[str, Any]


class PastCall(NamedTuple):
    """A function call that the request answers; `result` is None if the request has none."""

    name: str
    args: object
    result: object = None


class Listener(Protocol):
    """Gets what the model says while an answer is read; None if nobody listens."""

    def text(self, candidate: int, thought: bool, text: str) -> None: ...

    def function_call(self, candidate: int, name: str, args: object) -> None: ...

    def code(self, text: str) -> None: ...


class Answer(Protocol):
    """Reads one answer: it is fed with the response, or with each chunk of a stream in order."""

    def feed(self, response: Any, listener: Listener | None) -> None: ...

    def facts(self) -> ResponseFacts: ...


def _no_history(_: Arguments) -> tuple[()]:
    return ()


class Operation(NamedTuple):
    """One kind of call. Readers take the SDK instance and the keyword arguments of the call.

    An operation that `generates` is a round of text or function calls: it may belong to a loop, be continued, and repeat
    itself. `timed` is set if the conventions have a metric for its duration. `read_content` and `read_candidates` are for
    content capture: they read the content of the request, and the content that each response adds.
    """

    name: str
    read_start: Callable[[Any, Arguments], StartFacts]
    read_request: Callable[[Any, Arguments], RequestFacts]
    answer: Callable[[RequestFacts], Answer]
    read_history: Callable[[Arguments], Iterable[PastCall]] = _no_history
    generates: bool = True
    timed: bool = True
    read_content: Callable[[Arguments], RequestContent] | None = None
    read_candidates: Callable[[Any], Iterable[CandidateContent]] | None = None


class TurnOperation(NamedTuple):
    """One kind of user call, which may take several rounds. Readers take the SDK instance and the keyword arguments.

    `read_round` returns the instance and the arguments of its first round.
    """

    read_model: Callable[[Any, Arguments], str | None]
    may_loop: Callable[[Any, Arguments], bool]
    round: Operation
    read_round: Callable[[Any, Arguments], tuple[Any, Arguments]]
