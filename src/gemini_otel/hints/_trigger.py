"""When an entry applies: a predicate over span attributes that also says which value it waits for.

The catalogue looks entries up by that value instead of asking each of them, and gives one entry only of each subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gemini_otel._facts.names import AFC_ROUNDS, OPERATION_NAME, OUTCOME
from gemini_otel._facts.outcomes import OUTCOME_NAMES, names_where
from gemini_otel.hints._hint import Attributes, Hint

Predicate = Callable[[Attributes], bool]
# Operation names of spans that are around a tool or around calls, and carry the errors of what is inside.
TOOL = "execute_tool"
NO_CALL = (TOOL, "execute_task", "invoke_agent", "create_agent", "invoke_workflow", "retrieval")

ANY = frozenset(OUTCOME_NAMES)
NOT_OK = ANY - {"ok"}
FAILED = frozenset(names_where(lambda outcome: outcome.has_error))


def is_no_call(attributes: Attributes) -> bool:
    """Whether the span says nothing about the API. A loop of ours that ended before its first round does: it has an outcome."""
    operation = attributes.get(OPERATION_NAME)
    return operation == TOOL or (operation in NO_CALL and OUTCOME not in attributes)


class Subject(NamedTuple):
    """What entries speak of, such as the finish reason; `read` gives its value on a span, None or False where it has none.

    It has no value if the attribute that it `needs` is missing or false (with `if_false`: missing or true). It is
    read on spans with one of its `outcomes`, or with none that is known. On the span around a loop of function calls only
    subjects of the loop are read: its rounds have spans and hints of their own. On a span around a tool only subjects of tools
    are read, and on one around an agent nothing. Where `attribute` has a value that an entry names, that is what `read` would give.
    """

    read: Callable[[Attributes], object]
    outcomes: frozenset[str] = NOT_OK
    on_loop: bool = False
    on_tool: bool = False
    needs: str | None = None
    if_false: bool = False
    attribute: str = ""

    def suits(self, attributes: Attributes) -> bool:
        if self.needs is not None:
            given = attributes.get(self.needs)
            if given is None or (given is False) is not self.if_false:
                return False
        if attributes.get(OPERATION_NAME) == TOOL or self.on_tool:
            return self.on_tool and attributes.get(OPERATION_NAME) == TOOL
        if attributes.get(AFC_ROUNDS):
            return self.on_loop
        if is_no_call(attributes):
            return False
        outcome = attributes.get(OUTCOME)
        return outcome not in OUTCOME_NAMES or outcome in self.outcomes


@dataclass(frozen=True, slots=True)
class Trigger:
    """Holds where the subject has one of `values`, the attribute that it `needs` is not empty or false, and `also` agrees.

    Without `values` any value will do, except those that are `known` to have entries of their own.
    """

    subject: Subject
    values: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    needs: str | None = None
    also: Predicate | None = None

    def __call__(self, attributes: Attributes) -> bool:
        if not self.subject.suits(attributes):
            return False
        value = self.subject.read(attributes)
        if not value or not self.accepts(value) or not (self.needs is None or attributes.get(self.needs)):
            return False
        return self.also is None or self.also(attributes)

    def accepts(self, value: object) -> bool:
        """Whether the subject's value alone fits; a value that is no text is one that nobody knows."""
        if not isinstance(value, str):
            return not self.values
        return value in self.values if self.values else value not in self.known


def on(subject: Subject, *values: str, needs: str | None = None, also: Predicate | None = None) -> Trigger:
    """Where `subject` has one of `values`; any value if none is given."""
    return Trigger(subject, frozenset(values), needs=needs, also=also)


def otherwise(subject: Subject, known: frozenset[str]) -> Trigger:
    """Where `subject` has a value that is not `known`."""
    return Trigger(subject, known=known)


def where(
    holds: Predicate, *, outcomes: frozenset[str] = NOT_OK, needs: str | None = None, if_false: bool = False
) -> Trigger:
    """Where a predicate holds: a subject of its own, of which there is nothing more to say."""
    return Trigger(Subject(holds, outcomes, needs=needs, if_false=if_false))


def named_values(hints: Iterable[Hint]) -> frozenset[str]:
    """All values that the entries name."""
    return frozenset().union(*(hint.when.values for hint in hints if isinstance(hint.when, Trigger)))


def number(attributes: Attributes, name: str) -> float | None:
    """The attribute as a number; None where it is missing or something else."""
    value = attributes.get(name)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else value


def text(attributes: Attributes, name: str) -> str:
    """The attribute as a text, empty where it is missing or something else."""
    value = attributes.get(name)
    return value if isinstance(value, str) else ""
