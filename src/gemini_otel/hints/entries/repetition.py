"""Loops in the output, by their kind. The advice is that of the troubleshooting guide, fitted to the model's generation."""

from __future__ import annotations

from gemini_otel._facts.names import (
    AFC_ROUNDS,
    FINISH_REASON,
    OUTCOME,
    REPETITION_COUNT,
    REPETITION_DETECTED,
    REPETITION_KIND,
    REPETITION_PERIOD,
    REPETITION_SHARE,
    REPETITION_START,
    REQUEST_MODEL,
    REQUEST_TEMPERATURE,
    REQUEST_TOP_K,
    REQUEST_TOP_P,
    TOOLS,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint, Severity
from gemini_otel.hints._trigger import (
    ANY,
    Predicate,
    Subject,
    Trigger,
    named_values,
    number,
    on,
    otherwise,
    where,
)
from gemini_otel.hints.entries.finish_reasons import ended_by_the_answer
from gemini_otel.hints.models import Sampling, model_of, sampling


def _read_kind(attributes: Attributes) -> object:
    """None if a limit ended the loop, because the entry for the limit covers both. A function calling loop's span has no
    limit.

    Also None if the model has stopped calling.
    """
    if not attributes.get(REPETITION_DETECTED):
        return None
    if not attributes.get(AFC_ROUNDS) and (
        attributes.get(FINISH_REASON) == "MAX_TOKENS" or ended_by_the_answer(attributes)
    ):
        return None
    return attributes.get(REPETITION_KIND)


# Calls repeat from round to round.
REPETITION = Subject(_read_kind, outcomes=ANY, on_loop=True, needs=REPETITION_KIND)

_EVIDENCE = (
    (
        f"{{{REPETITION_COUNT}}} repeats of {{{REPETITION_PERIOD}}} characters from character {{{REPETITION_START}}} on, "
        f"{{{REPETITION_SHARE}:%}} of the output"
    ),
    f"temperature {{{REQUEST_TEMPERATURE}}}",
    f"model {{{REQUEST_MODEL}}}",
)
_CALLS_EVIDENCE = (f"{{{REPETITION_COUNT}}} times the same calls", f"{{{TOOLS}}} tools declared")

WARM_ENOUGH = 0.8  # temperature
RAISE_TEMPERATURE = f"On Gemini 2.5 and older, set temperature to {WARM_ENOUGH} or more."
_KEEP = "Leave temperature, top_p and top_k at their defaults: lower values make Gemini 3 models loop."
_IGNORED = "Temperature, top_p and top_k have no effect on this model; change the prompt, the schema or the thinking level."


def _sampling_is(expected: Sampling) -> Predicate:
    def holds(attributes: Attributes) -> bool:
        return sampling(model_of(attributes)) == expected

    return holds


def _by_generation(
    hint_id: str, kind: str, summary: str, cause: str, remedy: tuple[str, ...]
) -> tuple[Hint, ...]:
    """Three entries that differ in their advice on temperature; the last one is for 2.5, older and unknown models."""
    variants: tuple[tuple[str, str, Predicate | None], ...] = (
        (".gemini3", _KEEP, _sampling_is("keep_default")),
        (".sampling_ignored", _IGNORED, _sampling_is("ignored")),
        ("", RAISE_TEMPERATURE, None),
    )
    return tuple(
        Hint(
            id=hint_id + suffix,
            severity="warning",
            retry="after_change",
            summary=summary,
            cause=cause,
            remedy=(*remedy, advice),
            reference=links.REPETITIVE_TOKENS,
            when=on(REPETITION, kind, also=also),
            evidence=_EVIDENCE,
        )
        for suffix, advice, also in variants
    )


HINTS = (
    *_by_generation(
        "repeat.table_hyphens",
        "table_hyphens",
        summary="The reply filled a Markdown table with hyphens.",
        cause="According to the guide, the model tries to align the table visually, which rendering does not need. Long contents lead "
        "to it.",
        remedy=(
            (
                "Give guidelines for tables in the prompt, with examples: exactly three hyphens per column in the separator line "
                "(|---|, |:---| or |---:|), columns never aligned, brief cells, one space on each side and no other padding."
            ),
        ),
    ),
    *_by_generation(
        "repeat.table_tokens",
        "table_tokens",
        summary="The reply repeated tokens in a Markdown table.",
        cause="According to the guide, the model tries to align the table visually, which rendering does not need.",
        remedy=(
            "Add to the system instruction: FOR TABLE HEADINGS, IMMEDIATELY ADD ' |' AFTER THE TABLE HEADING.",
            "Ask for brief cells without padding.",
        ),
    ),
    Hint(
        id="repeat.newlines_structured",
        severity="warning",
        retry="after_change",
        summary="The reply ran into line breaks or blanks.",
        cause="In structured output this is known to happen when the input contains unicode or escape sequences such as \\u "
        "or \\t.",
        remedy=(
            "Replace escape sequences in the prompt by the UTF-8 characters; a \\u in an example makes the model write more.",
            (
                "Name the allowed escapes in the system instruction: In quoted strings, the only allowed escape sequences are "
                '\\\\, \\n, and \\". Instead of \\u escapes, use UTF-8.'
            ),
        ),
        reference=links.REPETITIVE_TOKENS,
        when=on(REPETITION, "newlines"),
        evidence=_EVIDENCE,
    ),
    Hint(
        id="repeat.text_structured",
        severity="warning",
        retry="after_change",
        summary="The structured reply repeats the same text.",
        cause="Known causes: the prompt asks for the fields in another order than the schema, or fields are optional.",
        remedy=(
            "Do not state the order of fields in the prompt.",
            "Make all fields of the schema required.",
            "Keep max_output_tokens near the longest plausible reply, so that a loop stays cheap.",
        ),
        reference=links.REPETITIVE_TOKENS,
        when=on(REPETITION, "structured_text"),
        evidence=_EVIDENCE,
    ),
    Hint(
        id="repeat.tool_calls",
        severity="warning",
        retry="after_change",
        summary="The model makes the same function calls again and again.",
        cause="It may have lost what it thought before, be made to call something that is not available, or be told of success when "
        "the function failed.",
        remedy=(
            (
                "Append to the system instruction: When thinking silently: ALWAYS start the thought with a brief (one sentence) "
                "recap of the current progress on the task. In particular, consider whether the task is already done."
            ),
            "Return errors of functions as errors.",
            "Set the function calling mode to NONE for the last turn, and limit the number of rounds.",
        ),
        reference=links.REPETITIVE_TOKENS,
        when=on(REPETITION, "tool_calls"),
        evidence=_CALLS_EVIDENCE,
    ),
    *_by_generation(
        "repeat.text",
        "text",
        summary="The reply repeats the same text.",
        cause="Often the model is stuck on a request that it cannot resolve.",
        remedy=(
            "If thinking is on, do not tell the model how to think; ask for the final output only.",
            'Add "Be concise", "Don\'t repeat yourself" or "Provide the answer once" to the prompt.',
        ),
    ),
)

CATCH_ALL = (
    Hint(
        id="repeat.unknown",
        severity="warning",
        retry="after_change",
        summary="The output repeats itself.",
        cause="A loop was found, of a kind that this catalogue does not know.",
        remedy=(
            "Ask for the final output only, once and concisely.",
            "Keep max_output_tokens near the longest plausible reply, so that a loop stays cheap.",
        ),
        reference=links.REPETITIVE_TOKENS,
        when=otherwise(REPETITION, named_values(HINTS)),
        evidence=_EVIDENCE,
    ),
)


# The defaults of Gemini 3 models according to client.models.get().
_SAMPLING_DEFAULTS = ((REQUEST_TEMPERATURE, 1.0), (REQUEST_TOP_P, 0.95), (REQUEST_TOP_K, 64))
_SAMPLING = frozenset(name for name, _ in _SAMPLING_DEFAULTS)


def _below(attributes: Attributes, name: str, default: float) -> bool:
    value = number(attributes, name)
    return value is not None and value < default


def _lowered(attributes: Attributes) -> bool:
    """Whether the sampling of a Gemini 3 model was changed in a way that its guide warns against."""
    if _SAMPLING.isdisjoint(attributes):
        return False
    changed = any(_below(attributes, name, default) for name, default in _SAMPLING_DEFAULTS)
    return changed and sampling(model_of(attributes)) == "keep_default"


def _lowered_in_a_loop(attributes: Attributes) -> bool:
    loops = bool(attributes.get(REPETITION_DETECTED)) and not ended_by_the_answer(attributes)
    return loops and _lowered(attributes)


def _lowered_without_a_loop(attributes: Attributes) -> bool:
    healthy = attributes.get(OUTCOME) == "ok" and not attributes.get(REPETITION_DETECTED)
    return healthy and _lowered(attributes)


_LOWERED_EVIDENCE = (
    f"temperature {{{REQUEST_TEMPERATURE}}}",
    f"top_p {{{REQUEST_TOP_P}}}",
    f"top_k {{{REQUEST_TOP_K}}}",
    f"model {{{REQUEST_MODEL}}}",
)


def _lowered_hint(hint_id: str, severity: Severity, when: Trigger) -> Hint:
    return Hint(
        id=hint_id,
        severity=severity,
        retry="after_change",
        summary="Sampling parameters are below their defaults on a Gemini 3 model.",
        cause="For Gemini 3 the guide says to leave temperature at 1.0 and top_p and top_k at their defaults: lower values can lead "
        "to loops and worse answers.",
        remedy=("Remove temperature, top_p and top_k from the request.",),
        reference=links.TROUBLESHOOTING,
        when=when,
        evidence=_LOWERED_EVIDENCE,
    )


SAMPLING = (
    _lowered_hint(
        "repeat.low_temperature_gemini3",
        "warning",
        where(_lowered_in_a_loop, outcomes=ANY, needs=REPETITION_KIND),
    ),
    _lowered_hint("cfg.low_temperature_gemini3", "info", where(_lowered_without_a_loop, outcomes=ANY)),
)
