"""The rules of gemini_otel/alerts/gemini.yaml: what is recorded, and when each alert fires. `alerts.py` writes them down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gemini_otel.hints.entries.configuration import RETIRING_WITHIN
from gemini_otel.hints.models import LIFECYCLE, NOT_RETIRING, Lifecycle

CALLS = "gemini:calls"
RESPONSES = "gemini:responses:rate1h"
P90 = "gemini:call_duration_seconds:p90_1h"
_MODEL = "job, gen_ai_request_model"
_OPERATION = f"{_MODEL}, gen_ai_operation_name"
_RESPONSE_LABELS = (
    f"{_OPERATION}, gemini_response_outcome, gemini_response_finish_reason, gemini_repetition_kind"
)
# The names of one measure in the profiles of the setting `semconv`; a program that records two of them is counted once.
_DURATIONS = ("operation", "inference", "embeddings")

SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "6h": 21600}  # of the windows
ENOUGH = 50  # calls in a window, below which a share says nothing


class Recording(NamedTuple):
    """A series that Prometheus works out once for several alerts."""

    name: str
    expr: str


@dataclass(frozen=True)
class Case:
    """One rule of an alert: its expression, and the hints that its annotations carry, the first with its link."""

    expr: str
    hints: tuple[str, ...]
    severity: str = "warning"
    hold: str = "10m"  # `for`
    labels: tuple[tuple[str, str], ...] = ()
    model: str | None = None  # of which the hint's evidence tells


@dataclass(frozen=True)
class Alert:
    """What somebody is told of. `summary` is a template of Prometheus, `when` and `why` stand in docs/alerts.md."""

    name: str
    summary: str
    when: str
    why: str
    cases: tuple[Case, ...]


def by(labels: str, expr: str) -> str:
    return f"sum by ({labels}) ({expr})"


_NOT_NEW = "1h"  # A series that was there this long before a window did not begin in it; the Collector drops one that is idle for as long.


def _growth(series: str, window: str) -> str:
    """What a counter grows by in a second, with what it begins with: of a short job that is all there is.

    Prometheus leaves the beginning out. With a label of its own it stands beside the growth, so that a sum adds them.
    """
    begun = f"min_over_time({series}[{window}]) unless last_over_time({series}[{_NOT_NEW}] offset {window})"
    return f'rate({series}[{window}]) or label_replace(({begun}) / {SECONDS[window]}, "begun", "yes", "", "")'


def _rate(part: str, window: str, labels: str, selector: str = "") -> str:
    """The rate of a part of the durations, whatever the profile calls them."""
    return "\n  or ".join(
        by(labels, _growth(f"gen_ai_client_{name}_duration_seconds_{part}{selector}", window))
        for name in _DURATIONS
    )


_SUCCESSES = _rate("bucket", "1h", f"le, {_OPERATION}", '{error_type=""}')
RECORDINGS = (
    *(
        Recording(f"{CALLS}:rate{window}", _rate("count", window, f"{_MODEL}, error_type"))
        for window in SECONDS
    ),
    Recording(RESPONSES, by(_RESPONSE_LABELS, _growth("gemini_client_responses_total", "1h"))),
    Recording(
        P90,
        f"histogram_quantile(0.9,\n  {_SUCCESSES}\n)\nand {by(_OPERATION, RESPONSES)} * 3600 >= {ENOUGH}",
    ),
)


# --- burn rates


class Burn(NamedTuple):
    """How fast a month's budget of errors is used up, over a long window, and still within a short one."""

    severity: str
    factor: float
    long: str
    short: str
    calls: int  # fewer in the long window are no reason to wake anybody
    hold: str


BUDGET_PERCENT = 1
BURNS = (
    Burn("critical", 14.4, "1h", "5m", 20, "2m"),
    Burn("warning", 6, "6h", "30m", ENOUGH, "15m"),
)


def _burning(code: str, burn: Burn) -> str:
    limit = f"{burn.factor * BUDGET_PERCENT:g}"
    rates = [f"{CALLS}:rate{window}" for window in (burn.long, burn.short)]
    failed = f'{{error_type="{code}"}}'
    shares = [f"100 * {by(_MODEL, rate + failed)} / {by(_MODEL, rate)} > {limit}" for rate in rates]
    return "\nand ".join((*shares, f"{by(_MODEL, rates[0])} * {SECONDS[burn.long]} >= {burn.calls}"))


def _burns(code: str, hint: str) -> tuple[Case, ...]:
    return tuple(Case(_burning(code, burn), (hint,), burn.severity, burn.hold) for burn in BURNS)


# --- shares of the last hour


def _share(selector: str, limit: int, of: str = "") -> str:
    """More than `limit` percent of an hour's responses match."""
    part, whole = by(_OPERATION, RESPONSES + selector), by(_OPERATION, RESPONSES + of)
    return f"100 * {part} / {whole} > {limit}\nand {whole} * 3600 >= {ENOUGH}"


def _finished(outcome: str, reasons: str, *, other: bool = False, also: str = "") -> str:
    matches = "!~" if other else "=~"
    return f'{{gemini_response_outcome="{outcome}",gemini_response_finish_reason{matches}"{reasons}"{also}}}'


_NO_LOOP = ',gemini_repetition_kind=~"none|not_checked"'  # a higher limit makes a loop longer
_BLOCKED = {
    "": ("block.safety", "block.other"),
    "SAFETY": ("finish.safety",),
    "RECITATION": ("finish.recitation",),
    "PROHIBITED_CONTENT": ("finish.prohibited",),
}
_NO_IMAGE = "NO_IMAGE|IMAGE_OTHER"
_LOOPS = {
    "text": "repeat.text",
    "structured_text": "repeat.text_structured",
    "newlines": "repeat.newlines_structured",
    "table_hyphens": "repeat.table_hyphens",
    "table_tokens": "repeat.table_tokens",
    "tool_calls": "repeat.tool_calls",
}


def _blocked() -> Iterator[Case]:
    for reason, hints in _BLOCKED.items():
        yield Case(_share(_finished("blocked", reason), 5), hints)
    yield Case(_share(_finished("blocked", "|".join(_BLOCKED), other=True), 5), ("finish.filtered",))


def _looping() -> Iterator[Case]:
    for kind, hint in _LOOPS.items():
        selector = f'{{gemini_repetition_kind="{kind}"}}'
        checked = '{gemini_repetition_kind!="not_checked"}'
        yield Case(_share(selector, 2, checked), (hint,))


# --- what a single response proves


_ONE = "2h"  # for what one response proves: longer than the pauses of a service that calls once an hour


def _seen(metric: str, labels: str, window: str) -> str:
    """A counter that went up within the window, or that appeared in it: a first value is no increase for Prometheus."""
    return (
        f"{by(labels, f'increase({metric}[{window}])')} > 0\n"
        f"or {by(labels, f'{metric} unless last_over_time({metric}[{_NOT_NEW}] offset {window})')} > 0"
    )


def _hint_given(hint: str, window: str) -> str:
    return _seen(f'gemini_client_hints_total{{gemini_hint_id="{hint}"}}', "job, gemini_hint_id", window)


def _daily_quota() -> Iterator[Case]:
    """By model where there are the span metrics of the Collector; else by service. The latter waits, because metrics and spans do not come
    and go at once: nobody is to be told twice."""
    hints = ("http.429.rate_day",)
    spans = _seen('traces_span_metrics_calls_total{gemini_error_kind="daily_quota"}', _MODEL, _ONE)
    yield Case(spans, hints, "critical", "0m")
    alone = f"({_hint_given(hints[0], _ONE)})\nunless on (job) ({spans})"
    yield Case(alone, hints, "critical", "2m", labels=(("scope", "service"),))


class Retiring(NamedTuple):
    """Models that go on one day, and have one replacement."""

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


def _pattern(names: Iterable[str]) -> str:
    """A regular expression for models whose names begin so, whatever path stands before them."""
    return f"(?i)(.*/)?({'|'.join(name.replace('.', '[.]') for name in names)}).*"


RETIRING = tuple(
    Retiring(tuple(name for name, row in LIFECYCLE.items() if row == lifecycle), lifecycle)
    for lifecycle in dict.fromkeys(LIFECYCLE.values())
)


def _retiring() -> Iterator[Case]:
    for models in RETIRING:
        day = models.lifecycle.shutdown - RETIRING_WITHIN
        begin = int(dt.datetime.combine(day, dt.time(), dt.timezone.utc).timestamp())
        used = by(_MODEL, f"gemini_client_responses_total{{{models.selector}}}")
        expr = f"{used} > 0\nand on () vector(time()) >= {begin} # {day}"
        shutdown = (
            ("shutdown", f"{models.lifecycle.shutdown}"),
            ("replacement", models.lifecycle.replacement),
        )
        yield Case(expr, ("cfg.model_retiring",), hold="0m", labels=shutdown, model=models.names[0])
    yield Case(_hint_given("cfg.model_retiring", "1d"), ("cfg.model_retiring",), hold="0m")


_TO = "to {{ $labels.gen_ai_request_model }}"
_OF = "of {{ $labels.gen_ai_request_model }}"
_SHARE = '{{ $labels.job }}: {{ printf "%.0f" $value }} %'

ALERTS = (
    Alert(
        "GeminiRateLimited",
        f"{_SHARE} of the calls {_TO} fail with 429.",
        "14.4 % of the calls within an hour and within its last 5 minutes, 20 calls or more (critical); or 6 % within six hours "
        "and 30 minutes, 50 calls or more (warning).",
        "Calls that the program lost, after all retries. If one call in a hundred may fail within 30 days, the first rate uses up "
        "the month's budget in two days, the second in five. The short window ends the alert soon after the trouble does.",
        _burns("429", "http.429.unspecified"),
    ),
    Alert(
        "GeminiOverloaded",
        f"{_SHARE} of the calls {_TO} fail with 503.",
        "As for 429. A 503 in the middle of a stream counts, too.",
        "The service has no capacity. Unlike 429 it is nobody's limit, and a fallback to another model helps.",
        _burns("503", "http.503.overloaded"),
    ),
    Alert(
        "GeminiDailyQuotaExhausted",
        "{{ $labels.job }}: the daily quota{{ with $labels.gen_ai_request_model }} for {{ . }}{{ end }} is used up.",
        "One refusal within two hours that names a daily quota.",
        "One is proof: each further call fails until midnight Pacific time, and retries are of no use. With the span metrics of the "
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
            Case(_share(_finished("truncated", "MAX_TOKENS", other=True), 10), ("embedding.truncated",)),
        ),
    ),
    Alert(
        "GeminiBlocked",
        f"{_SHARE} of the calls {_TO} are blocked.",
        "5 % of the responses within an hour for one kind of reason (the prompt; safety; recitation; prohibited content; others), "
        "50 responses or more, for 10 minutes.",
        "They come with HTTP 200, so nothing else counts them as failures. A rise follows a new prompt, a new model or abuse.",
        tuple(_blocked()),
    ),
    Alert(
        "GeminiRepetition",
        f"{_SHARE} of the replies {_OF} repeat themselves.",
        "2 % of the responses within an hour that were looked at, for one kind of loop, 50 responses or more, for 10 minutes.",
        "Healthy prompts hardly ever loop, and each loop is paid for up to the token limit.",
        tuple(_looping()),
    ),
    Alert(
        "GeminiEmpty",
        f"{_SHARE} of the replies {_OF} have nothing in them.",
        "5 % of the responses within an hour, 50 responses or more, for 10 minutes.",
        "A percent or so happens with models that think; a retry mends it. More has a cause.",
        (
            Case(
                _share(_finished("empty", _NO_IMAGE, other=True), 5),
                ("finish.stop.empty", "finish.stop.empty.thoughts"),
            ),
            Case(_share(_finished("empty", _NO_IMAGE), 5), ("finish.no_image", "finish.image_other")),
        ),
    ),
    Alert(
        "GeminiSlow",
        "{{ $labels.job }}: one in ten calls "
        + _TO
        + " takes more than {{ $value | humanizeDuration }}, twice as long as before.",
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
        f"A program that runs has called it, from {RETIRING_WITHIN.days} days before its earliest shutdown date on; or, where `hint_level` is "
        "`info`, the service itself has called a model legacy or deprecated within a day.",
        "One call is proof, also of a job that runs once a day. The dates are those of the release that the rules come from.",
        tuple(_retiring()),
    ),
    Alert(
        "GeminiModelRetired",
        "{{ $labels.job }} asks for a model that is gone.",
        "One such hint within two hours.",
        "Each call fails with 404, or is answered by a model that was not asked for.",
        (
            Case(_hint_given("http.404.model_retired", _ONE), ("http.404.model_retired",), "critical", "0m"),
            Case(_hint_given("cfg.model_rerouted", _ONE), ("cfg.model_rerouted",), hold="0m"),
        ),
    ),
)
