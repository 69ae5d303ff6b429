"""A trace as a tree for the terminal: one entry for each span, with its hints below. Needs `rich`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext, StatusCode
from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from gemini_otel._facts import names, outcomes
from gemini_otel._facts.calls import COUNTERS, USAGE, Counter
from gemini_otel.console._hanging import Hanging
from gemini_otel.hints._foreign import SCOPES, begins_as_genai
from gemini_otel.hints._hint import SEVERITY_STYLES

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_MAX_DEPTH = 8
_LONGEST = 1000  # characters of one text
_OUTCOME_STYLE = {
    **dict.fromkeys(outcomes.GOOD, "green"),
    **dict.fromkeys(outcomes.BY_PROGRAM, "dim"),
    "error": "bold red",
}
_HINT_LINES = (
    ("what we know", names.HINT_EVIDENCE),
    ("why", names.HINT_CAUSE),
    ("what to do", names.HINT_REMEDY),
    ("read", names.HINT_REFERENCE),
)
_BULLET = "- "

Attributes = Mapping[str, Any]


def context_of(span: ReadableSpan) -> SpanContext:
    """The span's context, even if the span was made without one."""
    return span.get_span_context() or INVALID_SPAN_CONTEXT


def trace_trees(spans: Sequence[ReadableSpan], width: int = 80) -> Iterator[Tree]:
    """One tree for each span whose parent is not among `spans`, which belong to one trace.

    Depth is limited so that there is room for text on a line of `width` columns; deeper spans are shown at the deepest
    level.
    """
    deepest = min(_MAX_DEPTH, max(1, (width - 16) // 8))
    ids = {context_of(span).span_id for span in spans}
    children: defaultdict[int | None, list[ReadableSpan]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.start_time or 0):
        above = span.parent.span_id if span.parent is not None else None
        children[above if above in ids else None].append(span)
    for root in children[None]:
        tree = Tree(Hanging([*_time_of_day(root), *_line(root)]), guide_style="dim")
        _add_hints(tree, root)
        pending = [(tree, 1, child) for child in reversed(children[context_of(root).span_id])]
        while pending:
            parent, depth, span = pending.pop()
            branch = parent.add(Hanging(_line(span)))
            _add_hints(branch, span)
            below = branch if depth < deepest else parent
            pending += [(below, depth + 1, child) for child in reversed(children[context_of(span).span_id])]
        yield tree


def is_problem(span: ReadableSpan) -> bool:
    """Whether the span failed, got a hint, had a failed attempt, or has an outcome that is not what was asked for."""
    return (
        span.status.status_code is StatusCode.ERROR
        or _read(span).get(names.OUTCOME, "ok") not in outcomes.HEALTHY
        or any(event.name in (names.EVENT_HINT, names.EVENT_ATTEMPT) for event in span.events)
    )


def _read(span: ReadableSpan) -> dict[str, Any]:
    """The span's attributes; for spans of other instrumentations, also under our names."""
    attributes = dict(span.attributes or {})
    scope = span.instrumentation_scope
    genai = SCOPES.get(scope.name) if scope is not None else None
    if names.OUTCOME not in attributes and (begins_as_genai(span) if genai is None else genai):
        from gemini_otel.hints._foreign.reading import translate

        translate(span, attributes)
    return attributes


def _time_of_day(span: ReadableSpan) -> list[Text]:
    """The time when it began, in this machine's time zone; only the root of a trace shows it."""
    if not span.start_time:
        return []
    return [Text(time.strftime("%H:%M:%S", time.localtime(span.start_time / 1e9)), "dim")]


def _line(span: ReadableSpan) -> list[Text]:
    """Operation and model, outcome, tokens, duration, and whatever else is out of the ordinary."""
    attributes = _read(span)
    outcome = str(attributes.get(names.OUTCOME, ""))
    entries = (
        (span.name, "bold"),
        (_model(span.name, attributes), "bold"),
        (outcome, _OUTCOME_STYLE.get(outcome, "yellow")),
        (_reason(attributes), "yellow"),
        (_error(span, attributes), "red"),
        (_tokens(attributes), ""),
        (_time(span, attributes), "dim"),
        (_attempts(span, attributes), "magenta"),
        (_repetition(attributes), "magenta"),
        (_rounds(attributes), "dim"),
        (_parts(attributes), "dim"),
        (_prompt(attributes), "dim"),
        (_agent(span.name, attributes), "dim"),
    )
    return [Text(printable(text), style) for text, style in entries if text]


def printable(text: object) -> str:
    """The text in one line, without characters that control a terminal or are invisible."""
    shown = str(text)[:_LONGEST]
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def _model(name: str, attributes: Attributes) -> str:
    """The model, if the span's name does not contain it."""
    model = str(attributes.get(names.REQUEST_MODEL) or attributes.get(names.RESPONSE_MODEL) or "")
    return "" if model in name else model


def _reason(attributes: Attributes) -> str:
    """Why the answer ended, unless it came to its natural end."""
    reason, blocked = attributes.get(names.FINISH_REASON), attributes.get(names.BLOCK_REASON)
    if blocked is not None:
        return f"prompt: {blocked}"
    return "" if reason in (None, "STOP") else str(reason)


def _error(span: ReadableSpan, attributes: Attributes) -> str:
    """Code and status of the error, or the exception's class; never its text, which may quote a prompt."""
    error, status = attributes.get(names.ERROR_TYPE), attributes.get(names.ERROR_STATUS)
    if error is None and span.status.status_code is StatusCode.ERROR:
        error = _exception(span) or ("" if names.OUTCOME in attributes else "ERROR")
    return " ".join(str(part) for part in (error, status) if part and error)


def _exception(span: ReadableSpan) -> Any:
    kinds = [(event.attributes or {}).get("exception.type") for event in span.events]
    return next((kind for kind in reversed(kinds) if kind), None)


def _tokens(attributes: Attributes) -> str:
    """Tokens in and out with their parts, as the service counts them; for a loop, those of all its rounds."""
    both = (("input_tokens", "token in", "tokens in"), ("output_tokens", "out", "out"))
    shown = (_with_parts(fact, one, many, attributes) for fact, one, many in both)
    return ", ".join(tokens for tokens in shown if tokens)


def _with_parts(fact: str, one: str, many: str, attributes: Attributes) -> str:
    tokens = _counter(COUNTERS[fact], attributes)
    if tokens is None:
        return ""
    of_these = ((counter, _counter(counter, attributes)) for counter in USAGE if counter.of == fact)
    parts = ", ".join(counted(some, *counter.part) for counter, some in of_these if some)
    whole = counted(tokens, one, many)
    return f"{whole} ({parts})" if parts else whole


def _counter(counter: Counter, attributes: Attributes) -> int | None:
    tokens = attributes.get(counter.attribute or "", attributes.get(counter.of_loop or ""))
    return tokens if isinstance(tokens, int) else None


def counted(number: int, one: str, many: str) -> str:
    """A number with the noun that it counts."""
    return f"{number:,} {one if number == 1 else many}"


def _time(span: ReadableSpan, attributes: Attributes) -> str:
    if span.start_time is None or span.end_time is None:
        return ""
    time = f"{(span.end_time - span.start_time) / 1e6:,.0f} ms"
    first = attributes.get(names.RESPONSE_TIME_TO_FIRST_CHUNK)
    return f"{time}, first chunk {first * 1000:,.0f} ms" if isinstance(first, (int, float)) else time


def _attempts(span: ReadableSpan, attributes: Attributes) -> str:
    """How many HTTP attempts failed, and how; nothing for a call with one attempt, because its error says the same."""
    failed = [event.attributes or {} for event in span.events if event.name == names.EVENT_ATTEMPT]
    if not failed or (len(failed) == 1 and names.ERROR_TYPE in attributes):
        return ""
    how = (each.get(names.HTTP_STATUS_CODE, each.get(names.ERROR_TYPE)) for each in failed)
    attempts = counted(len(failed), "failed attempt", "failed attempts")
    return f"{attempts} ({', '.join(dict.fromkeys(map(str, how)))})"


def _repetition(attributes: Attributes) -> str:
    kind, count = attributes.get(names.REPETITION_KIND), attributes.get(names.REPETITION_COUNT)
    return f"repetition: {kind}, {count} {'time' if count == 1 else 'times'}" if kind else ""


def _rounds(attributes: Attributes) -> str:
    """The number of rounds of a function calling loop."""
    if names.AFC_ROUNDS not in attributes:
        return ""
    most, tools = attributes.get(names.AFC_MAX_ROUNDS), attributes.get(names.AFC_TOOLS, 0)
    failed = attributes.get(names.AFC_TOOLS_FAILED)
    runs = "tool run" if tools == 1 else "tool runs"
    rounds = f"{attributes[names.AFC_ROUNDS]} of {most} rounds, {tools} {runs}"
    return f"{rounds}, {failed} failed" if failed else rounds


def _parts(attributes: Attributes) -> str:
    """Kinds of parts besides text and thoughts."""
    parts = attributes.get(names.PARTS)
    kinds = parts if isinstance(parts, (tuple, list)) else ()
    return ", ".join(str(part) for part in kinds if part not in ("text", "thought"))


def _prompt(attributes: Attributes) -> str:
    """The prompt's name and version, as the program gave them."""
    name_and_version = (attributes.get(names.PROMPT_NAME), attributes.get(names.PROMPT_VERSION))
    return (
        " ".join(["prompt", *(str(part) for part in name_and_version if part)]) if name_and_version[0] else ""
    )


def _agent(name: str, attributes: Attributes) -> str:
    """The agent's name or id, if the span's name does not contain it."""
    agent = str(attributes.get(names.AGENT_NAME) or attributes.get(names.AGENT_ID) or "")
    return f"agent {agent}" if agent not in name else ""


def _add_hints(tree: Tree, span: ReadableSpan) -> None:
    for event in span.events:
        if event.name == names.EVENT_HINT:
            _add_hint(tree, event.attributes or {})


def _add_hint(tree: Tree, hint: Attributes) -> None:
    severity = printable(hint.get(names.HINT_SEVERITY))
    title = Text.assemble(
        (f"{severity}: ", SEVERITY_STYLES.get(severity, "bold")), printable(hint.get(names.HINT_SUMMARY))
    )
    branch = tree.add(Hanging([title, Text(printable(hint.get(names.HINT_ID)), "dim")]))
    for label, name in _HINT_LINES:
        if hint.get(name):
            branch.add(_labelled(f"{label}:", str(hint[name]).splitlines()))


def _labelled(label: str, sentences: Sequence[str]) -> Text | Group:
    """What a hint says under one label; several steps are on lines of their own."""
    if len(sentences) == 1:
        return Text.assemble((f"{label} ", "dim"), printable(sentences[0]))
    steps = (Hanging([Text(f"{_BULLET}{printable(each)}")], len(_BULLET)) for each in sentences)
    return Group(Text(label, "dim"), *steps)
