"""When an entry applies: a predicate over span attributes that also names the value it matches.

The catalogue looks entries up by that value instead of calling each of them, and returns only one entry for each subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gemini_otel._facts.names import AFC_ROUNDS, OPERATION_NAME, OUTCOME
from gemini_otel._facts.outcomes import OUTCOME_NAMES, names_where
from gemini_otel.hints._hint import Attributes, Hint

Predicate = Callable[[Attributes], bool]
# Operation names of spans around a tool or around calls; their errors are those of the spans inside.
TOOL = "execute_tool"
NO_CALL = (TOOL, "execute_task", "invoke_agent", "create_agent", "invoke_workflow", "retrieval")

ANY = frozenset(OUTCOME_NAMES)
NOT_OK = ANY - {"ok"}
FAILED = frozenset(names_where(lambda outcome: outcome.has_error))


def is_no_call(attributes: Attributes) -> bool:
    """Whether the span says nothing about the API. Our loop's span does, if it ended before its first round: it has an
    outcome.
    """
    operation = attributes.get(OPERATION_NAME)
    return operation == TOOL or (operation in NO_CALL and OUTCOME not in attributes)


class Subject(NamedTuple):
    """What entries are about, such as the finish reason. `read` returns its value on a span, None or False if it has none.

    It has no value if the attribute that it `needs` is missing or false (with `if_false`: missing or true). It is read on
    spans with one of its `outcomes`, and on spans without a known outcome. On the span around a function calling loop, only
    subjects of the loop are read, because its rounds have their own spans and hints. On a tool's span only subjects of tools
    are read, and on an agent's span none. If `attribute` has a value that an entry names, `read` would return the same
    value.
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
    """True if the subject has one of `values`, the attribute that it `needs` is not empty or false, and `also` agrees.

    Without `values` any value matches, except those that are `known` to have their own entries.
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
        """Whether the subject's value alone matches; a value that is not a text is an unknown one."""
        if not isinstance(value, str):
            return not self.values
        return value in self.values if self.values else value not in self.known


def on(subject: Subject, *values: str, needs: str | None = None, also: Predicate | None = None) -> Trigger:
    """Matches if `subject` has one of `values`; any value if none is given."""
    return Trigger(subject, frozenset(values), needs=needs, also=also)


def otherwise(subject: Subject, known: frozenset[str]) -> Trigger:
    """Matches if `subject` has a value that is not `known`."""
    return Trigger(subject, known=known)


def where(
    holds: Predicate, *, outcomes: frozenset[str] = NOT_OK, needs: str | None = None, if_false: bool = False
) -> Trigger:
    """Matches if the predicate is true; it is the only entry of its subject."""
    return Trigger(Subject(holds, outcomes, needs=needs, if_false=if_false))


def named_values(hints: Iterable[Hint]) -> frozenset[str]:
    """All values that the entries name."""
    return frozenset().union(*(hint.when.values for hint in hints if isinstance(hint.when, Trigger)))


def number(attributes: Attributes, name: str) -> float | None:
    """The attribute as a number; None if it is missing or not a number."""
    value = attributes.get(name)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else value


def text(attributes: Attributes, name: str) -> str:
    """The attribute as a text; empty if it is missing or not a text."""
    value = attributes.get(name)
    return value if isinstance(value, str) else ""
