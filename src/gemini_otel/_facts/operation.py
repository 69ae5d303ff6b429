"""What an operation declares: its name, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from gemini_otel._facts.calls import RequestFacts, ResponseFacts, StartFacts
from gemini_otel._facts.content import CandidateContent, RequestContent

Arguments = Mapping[str, Any]


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


def _no_history(_: Arguments) -> tuple[()]:
    return ()


class Operation(NamedTuple):
    """One kind of call. Readers take the SDK instance and the keyword arguments of the call.

    One that `generates` is a round of text or function calls: it may belong to a loop, be continued, and repeat itself.
    `timed` is one whose duration the conventions have a metric for.
    `read_content` and `read_candidates` are for content capture: what the request says, and what each response adds to that.
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

    `read_round` gives what its first round would be called on, and with which arguments.
    """

    read_model: Callable[[Any, Arguments], str | None]
    may_loop: Callable[[Any, Arguments], bool]
    round: Operation
    read_round: Callable[[Any, Arguments], tuple[Any, Arguments]]
