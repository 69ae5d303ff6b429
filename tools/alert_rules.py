"""The rules of gemini_otel/_commands/alerts/: what is recorded, and when each alert fires. `alerts.py` writes the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gemini_otel._facts import names
from gemini_otel._facts.outcomes import BY_PROGRAM, GOOD, KNOWN_FINISH_REASONS, finish_reason_outcome
from gemini_otel.hints import Hint, default_hints
from gemini_otel.hints.entries.configuration import RETIRING_WITHIN
from gemini_otel.hints.models import LIFECYCLE, NOT_RETIRING, Lifecycle

CALLS = "gemini:calls"
OUTCOMES = "gemini:outcomes"
USABLE = "gemini:usable_answers:ratio"
OBJECTIVE = "gemini:usable_answers:objective"
RESPONSES = "gemini:responses:rate1h"
TOOL_RUNS = "gemini:tool_runs:rate1h"
HINTS = "gemini:hints"
P90 = "gemini:call_duration_seconds:p90_1h"
SHUTDOWN = "gemini:model_shutdown:timestamp"
ADVICE = "gemini:hint:advice"
_MODEL = "job, gen_ai_request_model"
_OPERATION = f"{_MODEL}, gen_ai_operation_name"
_REASON = "gemini_response_finish_reason"
_KIND = "gemini_repetition_kind"
_TOOL = "gen_ai_tool_name"
_RESPONSE_LABELS = f"{_OPERATION}, gemini_response_outcome, {_REASON}, {_KIND}"
# The names of one measure in the profiles of the setting `semconv`; a program that records two of them is counted once.
_DURATIONS = ("operation", "inference", "embeddings")

SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "6h": 21600}  # of the windows
ENOUGH = 50  # calls in a window that a share needs to be meaningful


class Recording(NamedTuple):
    """A series that Prometheus computes once for several alerts."""

    name: str
    expr: str
    labels: Mapping[str, str] = {}


@dataclass(frozen=True)
class By:
    """The id of the hint that an alert shows, by the value of one of its labels."""

    label: str
    hints: Mapping[str, str]


class Named(NamedTuple):
    """The service's most frequent hint among those whose ids match `ids`, an expression of Prometheus' template language."""

    ids: str
    where: str = ""  # if this condition holds,
    there: str = ""  # the ids match this expression instead
    within: str = "30m"


@dataclass(frozen=True)
class Case:
    """One rule of an alert: its expression, and the hints that its description shows; the link is that of the first.

    `named` is shown as well, for a rule that does not know the hint or knows only its kind; with `by`, only if `by` has no hint.
    """

    expr: str
    hints: tuple[str, ...] = ()
    by: By | None = None
    named: Named | None = None
    severity: str = "warning"
    hold: str = "10m"  # `for`
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Alert:
    """An alert with its rules. `summary` and `facts` are templates of Prometheus; `when` and `why` are for docs/alerts.md."""

    name: str
    summary: str
    when: str
    why: str
    cases: tuple[Case, ...]
    facts: str = ""  # more than the hints can know


def by(labels: str, expr: str) -> str:
    return f"sum by ({labels}) ({expr})"


# A series that was there this long before a window did not begin in it; the Collector drops one that is idle for as long.
_NOT_NEW = "1h"


def _growth(series: str, window: str) -> str:
    """What a counter grows by in a second, its first value included: a short job has no other.

    Prometheus leaves the first value out. Here it is a series with the label `begun`, so that a sum adds it to the growth.
    """
    begun = f"min_over_time({series}[{window}]) unless last_over_time({series}[{_NOT_NEW}] offset {window})"
    return f'rate({series}[{window}]) or label_replace(({begun}) / {SECONDS[window]}, "begun", "yes", "", "")'


def _rate(part: str, window: str, labels: str, selector: str = "") -> str:
    """The rate of a part of the durations, under its names in all profiles."""
    return "\n  or ".join(
        by(labels, _growth(f"gen_ai_client_{name}_duration_seconds_{part}{selector}", window))
        for name in _DURATIONS
    )


# --- the share of usable answers

_GOOD = f'{{gemini_response_outcome=~"{"|".join(GOOD)}"}}'
_ANSWERED = f'{{gemini_response_outcome=~"{"|".join(GOOD)}|truncated"}}'
_COUNTED = f'{{gemini_response_outcome!~"{"|".join(BY_PROGRAM)}"}}'


def _usable(window: str) -> Recording:
    outcomes = f"{OUTCOMES}:rate{window}"
    counted = by("job", outcomes + _COUNTED)
    return Recording(
        f"{USABLE}_rate{window}",
        f"({by('job', outcomes + _GOOD)} or 0 * {counted})\n/ ({counted} > 0)",
    )


# --- models that are shut down one day


class Retiring(NamedTuple):
    """Models that are shut down on the same day and have the same replacement."""

    names: tuple[str, ...]
    lifecycle: Lifecycle

    @property
    def selector(self) -> str:
        """Matches every name that the table counts to these models, and no other."""
        others = [
            other
            for other in (*LIFECYCLE, *NOT_RETIRING)
            if other not in self.names and other.startswith(self.names)
        ]
        matchers = [("=~", self.names), *([("!~", others)] if others else [])]
        return ",".join(f'gen_ai_request_model{matches}"{_pattern(names)}"' for matches, names in matchers)

    @property
    def recording(self) -> Recording:
        """When these models are shut down, for each running program that still gets answers from them."""
        day = self.lifecycle.shutdown
        seconds = int(dt.datetime.combine(day, dt.time(), dt.timezone.utc).timestamp())
        answered = f'gemini_client_responses_total{{gemini_response_outcome!="error",{self.selector}}}'
        return Recording(
            SHUTDOWN,
            f"0 * ({by(_MODEL, answered)} > 0) + {seconds}",
            {"shutdown": f"{day}", "replacement": self.lifecycle.replacement},
        )


def _pattern(names: Iterable[str]) -> str:
    """A regular expression for models whose names begin with one of `names`, after any path."""
    return f"(?i)(.*/)?({'|'.join(name.replace('.', '[.]') for name in names)}).*"


RETIRING = tuple(
    Retiring(tuple(name for name, row in LIFECYCLE.items() if row == lifecycle), lifecycle)
    for lifecycle in dict.fromkeys(LIFECYCLE.values())
)

_SUCCESSES = _rate("bucket", "1h", f"le, {_OPERATION}", '{error_type=""}')
RECORDINGS = (
    *(
        Recording(f"{CALLS}:rate{window}", _rate("count", window, f"{_MODEL}, error_type"))
        for window in SECONDS
    ),
    *(
        Recording(
            f"{OUTCOMES}:rate{window}",
            by("job, gemini_response_outcome", _growth("gemini_client_responses_total", window)),
        )
        for window in SECONDS
    ),
    *(_usable(window) for window in SECONDS),
    *(
        Recording(
            f"{HINTS}:rate{window}",
            by(
                "job, gemini_hint_id",
                _growth('gemini_client_hints_total{gemini_hint_severity!="info"}', window),
            ),
        )
        for window in ("5m", "30m")
    ),
    Recording(RESPONSES, by(_RESPONSE_LABELS, _growth("gemini_client_responses_total", "1h"))),
    Recording(
        TOOL_RUNS,
        by(f"job, {_TOOL}, error_type", _growth("gen_ai_execute_tool_duration_seconds_count", "1h")),
    ),
    Recording(
        P90,
        f"histogram_quantile(0.9,\n  {_SUCCESSES}\n)\nand {by(_OPERATION, RESPONSES)} * 3600 >= {ENOUGH}",
    ),
    *(models.recording for models in RETIRING),
)


# --- the texts of hints, for alerts that find the hint's id in the service's counter

_FAILURES = ("auth", "block", "cfg", "file", "http", "interaction", "job", "live", "net", "sdk", "stream")


def advice() -> Iterator[Recording]:
    """A series for each hint of a failed call, with what happened and the first step as labels."""
    for hint in default_hints():
        if hint.when is not None and hint.severity != "info" and hint.id.split(".")[0] in _FAILURES:
            said = {"gemini_hint_id": hint.id, "advice": f"{hint.summary} {hint.remedy[0]}"}
            yield Recording(ADVICE, "vector(1)", said)


# --- everything fails

_NOTHING = (
    f"{by('job', f'{OUTCOMES}:rate5m' + _COUNTED)} * 300 >= 10\n"
    f"unless {by('job', f'{OUTCOMES}:rate5m' + _ANSWERED)} > 0"
)


# --- burn rates


class Burn(NamedTuple):
    """How fast a month's budget of errors is used up, over a long window and still within a short one."""

    severity: str
    factor: float
    long: str
    short: str
    calls: int  # fewer calls in the long window do not raise an alert
    hold: str


BUDGET_PERCENT = 1
BURNS = (
    Burn("critical", 14.4, "1h", "5m", 20, "2m"),
    Burn("warning", 6, "6h", "30m", ENOUGH, "15m"),
)
_OTHERS = 'error_type!~"|429|503|(.*[.])?Cancelled(Error)?"'


def _burning(failed: str, burn: Burn) -> str:
    limit = f"{burn.factor * BUDGET_PERCENT:g}"
    rates = [f"{CALLS}:rate{window}" for window in (burn.long, burn.short)]
    shares = [
        f"100 * {by(_MODEL, rate + '{' + failed + '}')} / {by(_MODEL, rate)} > {limit}" for rate in rates
    ]
    return "\nand ".join((*shares, f"{by(_MODEL, rates[0])} * {SECONDS[burn.long]} >= {burn.calls}"))


def _burns(code: str, hint: str, named: Named | None = None) -> tuple[Case, ...]:
    return tuple(
        Case(
            _burning(f'error_type="{code}"', burn),
            (hint,),
            named=named,
            severity=burn.severity,
            hold=burn.hold,
        )
        for burn in BURNS
    )


_OF_TYPE = Named(
    '"(auth|cfg|file|job|live|net|sdk|stream)[.].*"',
    where='match "^[0-9]+$" $labels.error_type',
    there='printf "(cfg|file|http[.]%s|live)[.].*" $labels.error_type',
)


def _failing() -> Iterator[Case]:
    """The types of errors with more than the budget's share of calls, if all types together burn the budget."""
    for burn in BURNS:
        rate = f"{CALLS}:rate{burn.long}"
        types = by(f"{_MODEL}, error_type", f"{rate}{{{_OTHERS}}}")
        share = f"100 * {types} / on ({_MODEL}) group_left {by(_MODEL, rate)} > {BUDGET_PERCENT}"
        yield Case(
            f"{share}\nand on ({_MODEL}) (\n{_burning(_OTHERS, burn)}\n)",
            named=_OF_TYPE,
            severity=burn.severity,
            hold=burn.hold,
        )


def _missing() -> Iterator[Case]:
    """The objective's budget burns. For a low objective the limit would be above 100 % of the calls, so it is 90 % at most."""
    for burn in BURNS:
        limit = f"scalar(clamp_max({burn.factor:g} * (1 - {OBJECTIVE}), 0.9))"
        missed = [f"(1 - {USABLE}_rate{window}) > {limit}" for window in (burn.long, burn.short)]
        counted = by("job", f"{OUTCOMES}:rate{burn.long}{_COUNTED}")
        enough = f"{counted} * {SECONDS[burn.long]} >= {burn.calls}"
        yield Case(
            f"100 * ({missed[0]})\nand {missed[1]}\nand {enough}",
            named=Named('".+"'),
            severity=burn.severity,
            hold=burn.hold,
        )


# --- shares of the last hour


def _share(selector: str, limit: int, of: str = "", label: str = "") -> str:
    """More than `limit` percent of an hour's responses match `selector`; with `label`, counted for each of its values."""
    whole = by(_OPERATION, RESPONSES + of)
    if not label:
        return f"100 * {by(_OPERATION, RESPONSES + selector)} / {whole} > {limit}\nand {whole} * 3600 >= {ENOUGH}"
    part = by(f"{_OPERATION}, {label}", RESPONSES + selector)
    share = f"100 * {part} / on ({_OPERATION}) group_left {whole} > {limit}"
    return f"{share}\nand on ({_OPERATION}) {whole} * 3600 >= {ENOUGH}"


def _finished(outcome: str, reasons: str, *, other: bool = False, also: str = "") -> str:
    matches = "!~" if other else "=~"
    return f'{{gemini_response_outcome="{outcome}",{_REASON}{matches}"{reasons}"{also}}}'


_NO_LOOP = f',{_KIND}=~"none|not_checked"'  # without loops, because a higher limit would make them longer
_NO_IMAGE = "NO_IMAGE|IMAGE_OTHER"
_LOOPS = {
    "text": "repeat.text",
    "structured_text": "repeat.text_structured",
    "newlines": "repeat.newlines_structured",
    "table_hyphens": "repeat.table_hyphens",
    "table_tokens": "repeat.table_tokens",
    "tool_calls": "repeat.tool_calls",
}


def _by_reason(outcome: str) -> By:
    """The hint of each finish reason with this outcome."""
    reasons = (reason for reason in KNOWN_FINISH_REASONS if finish_reason_outcome(reason) == outcome)
    return By(_REASON, {reason: _of_reason(reason) for reason in reasons})


def _of_reason(reason: str) -> str:
    """The hint of an answer of which only this finish reason is known."""
    known: list[Hint] = [
        hint
        for hint in default_hints()
        if hint.when is not None
        and hint.id.startswith("finish.")
        and hint.when({names.FINISH_REASON: reason, names.OUTCOME: finish_reason_outcome(reason)})
    ]
    (first, *_) = known
    return first.id


def _tools_failing() -> Case:
    failed, whole = by(f"job, {_TOOL}", f'{TOOL_RUNS}{{error_type!=""}}'), by(f"job, {_TOOL}", TOOL_RUNS)
    return Case(f"100 * {failed} / {whole} > 20\nand {whole} * 3600 >= {ENOUGH}", ("tool.raised",))


# --- alerts that a single response proves


_ONE = "2h"  # longer than the pauses of a service that makes one call an hour


def _seen(metric: str, labels: str, window: str) -> str:
    """A counter that went up within the window, or appeared in it, because to Prometheus a first value is not an increase."""
    return (
        f"{by(labels, f'increase({metric}[{window}])')} > 0\n"
        f"or {by(labels, f'{metric} unless last_over_time({metric}[{_NOT_NEW}] offset {window})')} > 0"
    )


def _hint_given(hint: str, window: str) -> str:
    return _seen(f'gemini_client_hints_total{{gemini_hint_id="{hint}"}}', "job", window)


def _daily_quota() -> Iterator[Case]:
    """By model where the Collector's span metrics exist, else by service.

    The rule by service waits two minutes, because metrics and spans do not arrive together and there should be one alert, not two.
    """
    hints = ("http.429.rate_day",)
    spans = _seen('traces_span_metrics_calls_total{gemini_error_kind="daily_quota"}', _MODEL, _ONE)
    yield Case(spans, hints, severity="critical", hold="0m")
    alone = f"({_hint_given(hints[0], _ONE)})\nunless on (job) ({spans})"
    yield Case(alone, hints, severity="critical", hold="2m", labels={"scope": "service"})


def _retiring() -> Case:
    soon = f"{SHUTDOWN} - time() < {RETIRING_WITHIN.days} * 86400"
    told = f"({_hint_given('cfg.model_retiring', '1d')})\nunless on (job) ({soon})"
    return Case(f"{soon}\nor {told}", ("cfg.model_retiring",), hold="0m")


_TO = "{{ with $labels.gen_ai_request_model }} to {{ . }}{{ end }}"
_OF = "of {{ $labels.gen_ai_request_model }}"
_SHARE = '{{ $labels.job }}: {{ printf "%.0f" $value }} %'
_THAT_REASON = f"{{{{ with $labels.{_REASON} }}}}{{{{ . }}}}{{{{ else }}}}the prompt{{{{ end }}}}"

ALERTS = (
    Alert(
        "GeminiNothingSucceeds",
        "{{ $labels.job }}: no call has succeeded for 5 minutes.",
        "10 calls or more within 5 minutes, and none with an answer (a cut-off one would do); this lasts a minute. Calls that the program abandoned or cancelled "
        "do not count.",
        "Something that every call needs is broken: the key, the project, the network or the service.",
        (Case(_NOTHING, named=Named('".+"', within="5m"), severity="critical", hold="1m"),),
        'None of the service\'s {{ printf "%.0f" $value }} calls within 5 minutes has brought an answer.',
    ),
    Alert(
        "GeminiFailing",
        f"{_SHARE} of the calls{_TO} fail with {{{{ $labels.error_type }}}}.",
        "Errors other than 429 and 503, all types together: 14.4 % of the calls within an hour and within its last 5 minutes, 20 calls or more (critical); or 6 % "
        "within six hours and 30 minutes, 50 calls or more (warning). One alert for each type of error with more than 1 %.",
        "A key, a permission, a request that the service refuses, 500 and 504, the network, time-outs. These calls failed after all retries.",
        tuple(_failing()),
        "Calls end with the error {{ $labels.error_type }}, retries included.",
    ),
    Alert(
        "GeminiRateLimited",
        f"{_SHARE} of the calls{_TO} fail with 429.",
        "As for `GeminiFailing`, for this error alone.",
        "If one call in a hundred may fail within 30 days, the first rate uses up "
        "the month's budget in two days, the second in five. The short window ends the alert soon after the errors end.",
        _burns("429", "http.429.unspecified", Named('"http[.]429[.].+"')),
    ),
    Alert(
        "GeminiOverloaded",
        f"{_SHARE} of the calls{_TO} fail with 503.",
        "As for 429. A 503 in the middle of a stream counts, too.",
        "The service has no capacity. Unlike a 429 this is not a limit of the project; a fallback to another model helps.",
        _burns("503", "http.503.overloaded"),
    ),
    Alert(
        "GeminiDailyQuotaExhausted",
        "{{ $labels.job }}: the daily quota{{ with $labels.gen_ai_request_model }} for {{ . }}{{ end }} is used up.",
        "One refusal within two hours that names a daily quota.",
        "One refusal is proof: each further call fails until midnight Pacific time, and retries are of no use. With the span metrics of the "
        "Collector the alert names the model; without them it comes two minutes later, with the label `scope: service`.",
        tuple(_daily_quota()),
    ),
    Alert(
        "GeminiTruncated",
        f"{_SHARE} of the replies {_OF} are cut off at the token limit.",
        "10 % of the responses within an hour, loops left out, 50 responses or more, for 10 minutes.",
        "A few long replies are normal. A tenth means that a limit does not fit the task, or that thinking uses it up.",
        (
            Case(
                _share(_finished("truncated", "MAX_TOKENS", also=_NO_LOOP), 10),
                ("finish.max_tokens", "finish.max_tokens.thinking"),
            ),
        ),
    ),
    Alert(
        "GeminiEmbeddingsTruncated",
        f"{_SHARE} of the calls{_TO} embed a text that is cut off.",
        "10 % of the calls within an hour, 50 calls or more, for 10 minutes.",
        "The end of the text is not in its vector, and nothing fails.",
        (Case(_share(_finished("truncated", "MAX_TOKENS", other=True), 10), ("embedding.truncated",)),),
    ),
    Alert(
        "GeminiBlocked",
        f"{_SHARE} of the calls{_TO} are blocked: {_THAT_REASON}.",
        "5 % of the responses within an hour for one reason, 50 responses or more, for 10 minutes. The label `filter` says which: `prompt`, or the finish reason.",
        "Blocked responses come with HTTP 200, so nothing else counts them as failures. A rise follows a new prompt, a new model or abuse.",
        (
            Case(
                _share('{gemini_response_outcome="blocked"}', 5, label=_REASON),
                by=_by_reason("blocked"),
                labels={"filter": _THAT_REASON.replace("the prompt", "prompt")},
                named=Named('"block[.].+"', where=f"$labels.{_REASON}", there='"none"'),
            ),
        ),
        f"{{{{ with $labels.{_REASON} }}}}The finish reason is {{{{ . }}}}.{{{{ else }}}}The prompts are blocked, before the model sees them.{{{{ end }}}}",
    ),
    Alert(
        "GeminiMalformed",
        f"{_SHARE} of the replies {_OF} are malformed: {{{{ $labels.{_REASON} }}}}.",
        "5 % of the responses within an hour for one reason, 50 responses or more, for 10 minutes.",
        "The model wrote a call or an answer that the service could not use. Such responses come with HTTP 200.",
        (
            Case(
                _share('{gemini_response_outcome="malformed"}', 5, label=_REASON),
                by=_by_reason("malformed"),
            ),
        ),
        f"The finish reason is {{{{ $labels.{_REASON} }}}}.",
    ),
    Alert(
        "GeminiLooping",
        f"{_SHARE} of the replies {_OF} repeat themselves: {{{{ $labels.{_KIND} }}}}.",
        "2 % of the responses within an hour that were searched for loops, for one kind of loop, 50 responses or more, for 10 minutes.",
        "Healthy prompts hardly ever loop, and each loop is paid for up to the token limit.",
        (
            Case(
                _share(f'{{{_KIND}!~"none|not_checked"}}', 2, f'{{{_KIND}!="not_checked"}}', label=_KIND),
                by=By(_KIND, _LOOPS),
            ),
        ),
    ),
    Alert(
        "GeminiEmpty",
        f"{_SHARE} of the replies {_OF} have nothing in them.",
        "5 % of the responses within an hour, 50 responses or more, for 10 minutes.",
        "About one percent is normal with models that think, and a retry helps. A higher share has a cause.",
        (
            Case(
                _share(_finished("empty", _NO_IMAGE, other=True), 5),
                ("finish.stop.empty", "finish.stop.empty.thoughts"),
            ),
        ),
    ),
    Alert(
        "GeminiNoImage",
        f"{_SHARE} of the calls{_TO} bring no image.",
        "5 % of the responses within an hour, 50 responses or more, for 10 minutes.",
        "The model should have drawn an image and did not.",
        (Case(_share(_finished("empty", _NO_IMAGE), 5), ("finish.no_image", "finish.image_other")),),
    ),
    Alert(
        "GeminiToolFailing",
        f"{_SHARE} of the runs of the tool {{{{ $labels.{_TOOL} }}}} fail.",
        "20 % of a tool's runs within an hour, 50 runs or more, for 10 minutes.",
        "The SDK tells the model instead of the program, so nothing else fails: the model makes something up, or asks again.",
        (_tools_failing(),),
    ),
    Alert(
        "GeminiSlow",
        f'{{{{ $labels.job }}}}: one in ten calls{_TO} takes more than {{{{ printf "%.1f" $value }}}} s, twice as long as before.',
        "The 90th percentile of an hour is more than twice that of the same hour a week ago (a day ago where there is none), plus a "
        "second, for 15 minutes; both hours with 50 responses or more.",
        "Loads differ by hour and weekday, and models by an order of magnitude, so a fixed limit would be wrong for most. The "
        "buckets double, so less than twice is within their error; the second keeps fast calls quiet.",
        (
            Case(
                f"{P90}\n  > 1 + 2 * ({P90} offset 1w or {P90} offset 1d)",
                ("perf.thinking_latency", "perf.large_context", "cfg.retry_hidden"),
                hold="15m",
            ),
        ),
    ),
    Alert(
        "GeminiModelRetiring",
        "{{ $labels.job }} uses a model that is about to be shut down{{ with $labels.gen_ai_request_model }}: {{ . }}{{ end }}.",
        f"A running program has had an answer from a model whose earliest shutdown date is at most {RETIRING_WITHIN.days} days away; or, where `hint_level` is "
        "`info`, the service itself has called a model legacy or deprecated within a day.",
        "One call is proof, even if it comes from a job that runs once a day. The dates are those that the installed release of gemini-otel knows.",
        (_retiring(),),
        "{{ with $labels.shutdown }}The earliest day is {{ . }}; {{ $labels.replacement }} takes its place.{{ else }}The service itself says so.{{ end }}",
    ),
    Alert(
        "GeminiModelRetired",
        "{{ $labels.job }} asks for a model that is gone.",
        "One call with this hint within two hours.",
        "Each call of that model fails with 404.",
        (
            Case(
                _hint_given("http.404.model_retired", _ONE),
                ("http.404.model_retired",),
                severity="critical",
                hold="0m",
            ),
        ),
    ),
    Alert(
        "GeminiModelRerouted",
        "{{ $labels.job }} is answered by another model than it asks for.",
        "One call with this hint within two hours, where `hint_level` is `info`.",
        "Price and behaviour may differ.",
        (Case(_hint_given("cfg.model_rerouted", _ONE), ("cfg.model_rerouted",), hold="0m"),),
    ),
)
OBJECTIVE_ALERTS = (
    Alert(
        "GeminiObjectiveMissed",
        f"{_SHARE} of the calls have no usable answer, more than the objective allows.",
        "With `--objective`: the month's budget burns 14.4 times too fast within an hour and its last 5 minutes, 20 calls or more (critical); or 6 times within six "
        "hours and 30 minutes, 50 calls or more (warning).",
        "Whatever goes wrong: errors, blocked, malformed, empty, cut off and incomplete answers.",
        tuple(_missing()),
        "The dashboard's row *What went wrong, and what to do* has the outcomes and the hints.",
    ),
)
