"""The shipped alerts, judged by promtool: over series that a real Prometheus recorded of the simulator (record_series.py), and over
made ones where a window is longer than a recording."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from promtool import ALERTS, Fires, Series, check_alerts, check_rules
from record_series import RECORDING

from conftest import needs

pytestmark = pytest.mark.usefixtures("promtool")

MODEL = "gemini-3.5-flash"
BURN = {"gen_ai_request_model": MODEL}
SHARE = {**BURN, "gen_ai_operation_name": "generate_content"}


@pytest.fixture
def promtool() -> None:
    needs("promtool")


def test_the_rules_are_valid() -> None:
    """Prometheus takes the rules, and its linter finds nothing."""
    assert "SUCCESS" in check_rules()


# --- recorded


def recorded() -> Series:
    """The recording, slowed down: two seconds become two minutes, so that it fills an hour."""
    series = {}
    for labels, values in json.loads(RECORDING.read_text(encoding="utf-8")):
        name = labels.pop("__name__")
        series[written(name, labels)] = values
    return series


def written(metric: str, labels: Mapping[str, str]) -> str:
    return f"{metric}{{{','.join(f'{key}={json.dumps(value)}' for key, value in labels.items())}}}"


def burns(
    alert: str, job: str, hint: str, code: str, percent: int, calls: Mapping[str, str] = BURN
) -> list[Fires]:
    summary = f"{job}: {percent} % of the calls to {MODEL} fail with {code}."
    return [
        Fires(alert, severity, (hint,), summary, {"job": job, **calls})
        for severity in ("critical", "warning")
    ]


def share(alert: str, job: str, said: str, *hints: str) -> Fires:
    return Fires(alert, "warning", hints, f"{job}: {said}", {"job": job, **SHARE})


CUT = f"of the replies of {MODEL} are cut off at the token limit."
BLOCKED = f"of the calls to {MODEL} are blocked."
LOOPS = f"of the replies of {MODEL} repeat themselves."
EMPTY = f"of the replies of {MODEL} have nothing in them."

RECORDED = [
    *burns("GeminiRateLimited", "rate-limited", "http.429.unspecified", "429", 39),
    *burns("GeminiOverloaded", "overloaded", "http.503.overloaded", "503", 40),
    Fires(
        "GeminiDailyQuotaExhausted",
        "critical",
        ("http.429.rate_day",),
        f"quota: the daily quota for {MODEL} is used up.",
        {"job": "quota", **BURN},
    ),
    *burns("GeminiRateLimited", "quota", "http.429.unspecified", "429", 10)[1:],
    share("GeminiTruncated", "truncated", f"20 % {CUT}", "finish.max_tokens", "finish.max_tokens.thinking"),
    share("GeminiBlocked", "blocked", f"9 % {BLOCKED}", "block.safety", "block.other"),
    share("GeminiBlocked", "blocked", f"10 % {BLOCKED}", "finish.safety"),
    share("GeminiBlocked", "blocked", f"9 % {BLOCKED}", "finish.recitation"),
    share("GeminiBlocked", "blocked", f"10 % {BLOCKED}", "finish.prohibited"),
    share("GeminiBlocked", "blocked", f"10 % {BLOCKED}", "finish.filtered"),
    share("GeminiRepetition", "looping", f"4 % {LOOPS}", "repeat.text"),
    share("GeminiRepetition", "looping", f"4 % {LOOPS}", "repeat.text_structured"),
    share("GeminiRepetition", "looping", f"6 % {LOOPS}", "repeat.newlines_structured"),
    share("GeminiRepetition", "looping", f"4 % {LOOPS}", "repeat.table_hyphens"),
    share("GeminiRepetition", "looping", f"4 % {LOOPS}", "repeat.table_tokens"),
    share("GeminiRepetition", "looping", f"26 % {LOOPS}", "repeat.tool_calls"),
    share("GeminiEmpty", "empty", f"10 % {EMPTY}", "finish.stop.empty", "finish.stop.empty.thoughts"),
    share("GeminiEmpty", "empty", f"10 % {EMPTY}", "finish.no_image", "finish.image_other"),
    Fires(
        "GeminiModelRetired",
        "critical",
        ("http.404.model_retired",),
        "retired asks for a model that is gone.",
        {"job": "retired", "gemini_hint_id": "http.404.model_retired"},
    ),
]


def test_recorded(tmp_path: Path) -> None:
    """Each service that plays trouble is told of, with cause, remedy and link; the healthy one and the nearly healthy one are not."""
    check_alerts(tmp_path, recorded(), "46m", RECORDED, interval="2m")


# --- made


class Made(NamedTuple):
    """Series of one service, in promtool's notation, and what fires at a time, if anything."""

    series: Series
    at: str
    fires: Sequence[Fires] = ()
    interval: str = "1m"


def calls(ok: str, failed: str = "", code: str = "429", measure: str = "operation") -> Series:
    """Durations of calls that went well, and of calls that failed."""
    metric = f"gen_ai_client_{measure}_duration_seconds_count"
    series = {written(metric, {"job": "mine", **SHARE}): ok}
    if failed:
        series[written(metric, {"job": "mine", **SHARE, "error_type": code})] = failed
    return series


def short_jobs(code: str) -> Series:
    """A process every five minutes, which makes ten calls and exports once; two fail."""
    metric, labels = "gen_ai_client_operation_duration_seconds_count", {"job": "mine", **SHARE}
    series = {}
    for number in range(61):
        job = {**labels, "instance": str(number)}
        pause = f"_x{number} " if number else ""
        series[written(metric, job)] = f"{pause}8"
        series[written(metric, {**job, "error_type": code})] = f"{pause}2"
    return series


def responses(ok: str, others: str = "0", operation: str = "generate_content", **labels: str) -> Series:
    """Responses that are as they should be, and others with these labels."""
    same = {"job": "mine", **BURN, "gen_ai_operation_name": operation}
    fine = {"gemini_response_outcome": "ok", "gemini_repetition_kind": "none"}
    return {
        written("gemini_client_responses_total", {**same, **fine, **labels}): others,
        written("gemini_client_responses_total", {**same, **fine}): ok,
    }


def hints(hint: str, values: str) -> Series:
    return {written("gemini_client_hints_total", {"job": "mine", "gemini_hint_id": hint}): values}


def refusals(values: str) -> Series:
    """The span metrics of calls that were refused for a daily quota."""
    labels = {"job": "mine", **BURN, "gemini_error_kind": "daily_quota"}
    return {written("traces_span_metrics_calls_total", labels): values}


def durations(*phases: tuple[int, int]) -> Series:
    """In each phase, so many samples long, nearly all calls fall into the bucket of the bound with this number."""
    bounds = ("0.64", "1.28", "2.56", "5.12", "+Inf")
    series = {}
    for number, bound in enumerate(bounds):
        metric = "gen_ai_client_operation_duration_seconds_bucket"
        values: list[str] = []
        total = 0
        for samples, bucket in phases:
            rising = 100 if number >= bucket else 0
            values += (str(total + rising * sample) for sample in range(samples))
            total += rising * samples
        series[written(metric, {"job": "mine", **SHARE, "le": bound})] = " ".join(values)
    return {**series, **responses(f"0+100x{sum(samples for samples, _ in phases)}")}


def slow(seconds: str) -> Fires:
    causes = ("perf.thinking_latency", "perf.large_context", "cfg.retry_hidden")
    summary = f"mine: one in ten calls to {MODEL} takes more than {seconds}, twice as long as before."
    return Fires("GeminiSlow", "warning", causes, summary, {"job": "mine", **SHARE})


def embeddings(fires: bool) -> Made:
    labels = {"gemini_response_outcome": "truncated", "gemini_repetition_kind": "not_checked"}
    series = responses("0+10x90", "0+2x90" if fires else "0+1x90", "embeddings", **labels)
    told = Fires(
        "GeminiTruncated",
        "warning",
        ("embedding.truncated",),
        f"mine: 17 % {CUT}",
        {"job": "mine", **BURN, "gen_ai_operation_name": "embeddings"},
    )
    return Made(series, "80m", [told] if fires else [])


FAST, SLOW = burns("GeminiRateLimited", "mine", "http.429.unspecified", "429", 20)
_, GENTLE = burns("GeminiRateLimited", "mine", "http.429.unspecified", "429", 8)
_, OVERLOADED = burns("GeminiOverloaded", "mine", "http.503.overloaded", "503", 8)
QUOTA = Fires(
    "GeminiDailyQuotaExhausted",
    "critical",
    ("http.429.rate_day",),
    "mine: the daily quota is used up.",
    {"job": "mine", "gemini_hint_id": "http.429.rate_day", "scope": "service"},
)
QUOTA_OF_MODEL = Fires(
    "GeminiDailyQuotaExhausted",
    "critical",
    ("http.429.rate_day",),
    f"mine: the daily quota for {MODEL} is used up.",
    {"job": "mine", **BURN},
)
RETIRED = Fires(
    "GeminiModelRetired",
    "critical",
    ("http.404.model_retired",),
    "mine asks for a model that is gone.",
    {"job": "mine", "gemini_hint_id": "http.404.model_retired"},
)
REROUTED = Fires(
    "GeminiModelRetired",
    "warning",
    ("cfg.model_rerouted",),
    "mine asks for a model that is gone.",
    {"job": "mine", "gemini_hint_id": "cfg.model_rerouted"},
)
LEGACY = Fires(
    "GeminiModelRetiring",
    "warning",
    ("cfg.model_retiring",),
    "mine uses a model that is about to be shut down.",
    {"job": "mine", "gemini_hint_id": "cfg.model_retiring"},
)
TRUNCATED = {"gemini_response_outcome": "truncated", "gemini_response_finish_reason": "MAX_TOKENS"}
HOURLY = "1x11 2x11 3x11 4x11"  # one more each hour, a sample every five minutes
TWO_DAYS = "1x6 _x144 1x6"  # an hour in each, a sample every ten minutes
DAY, WEEK = 48, 7 * 48  # samples, half an hour apart
NEXT_WEEK, TOMORROW = "170h", "26h"

MADE = {
    # burn rates
    "a fast burn": Made(calls("0+8x400", "0+2x400"), "300m", [FAST, SLOW]),
    "a fast burn, not yet for two minutes": Made(calls("0+8x400", "0+2x400"), "3m"),
    "a slow burn": Made(calls("0+92x400", "0+8x400"), "390m", [GENTLE]),
    "a slow burn of 503": Made(calls("0+92x400", "0+8x400", "503"), "390m", [OVERLOADED]),
    "just within the budget": Made(calls("0+95x400", "0+5x400"), "390m"),
    "503 just within the budget": Made(calls("0+95x400", "0+5x400", "503"), "390m"),
    "it is over": Made(calls("0+8x360", "0+2x300 602x60"), "360m"),
    "one of two calls": Made(calls("0 1x60", "0 1x60"), "30m"),
    "nine of eighteen calls": Made(calls("0+1x9 9x60", "0+1x9 9x60"), "12m"),
    "short jobs, each of one export": Made(short_jobs("429"), "300m", [FAST, SLOW], "5m"),
    "short jobs with other errors": Made(short_jobs("400"), "300m", (), "5m"),
    "other errors": Made(calls("0+8x400", "0+2x400", "400"), "390m"),
    "the newest names": Made(calls("0+8x400", "0+2x400", measure="inference"), "300m", [FAST, SLOW]),
    "embeddings by the newest names": Made(
        calls("0+8x400", "0+2x400", measure="embeddings"), "300m", [FAST, SLOW]
    ),
    "both names, counted once": Made(
        {**calls("0+8x60", "0+2x60"), **calls("0+8x60", "0+2x60", measure="inference")}, "300m"
    ),
    # the daily quota
    "the daily quota, without span metrics": Made(hints("http.429.rate_day", "_x10 1x30"), "15m", [QUOTA]),
    "the daily quota, not yet for two minutes": Made(hints("http.429.rate_day", "_x10 1x30"), "11m"),
    "the daily quota, again": Made(hints("http.429.rate_day", "3x36 4x8"), "195m", [QUOTA], "5m"),
    "the daily quota, a while ago": Made(hints("http.429.rate_day", "_x2 1x40"), "140m", (), "5m"),
    "the daily quota, refused once an hour": Made(hints("http.429.rate_day", HOURLY), "175m", [QUOTA], "5m"),
    "the daily quota, each day a new process": Made(
        hints("http.429.rate_day", TWO_DAYS), "1530m", [QUOTA], "10m"
    ),
    "the daily quota, each day a new series of the Collector": Made(
        refusals(TWO_DAYS), "1530m", [QUOTA_OF_MODEL], "10m"
    ),
    "the daily quota, with span metrics": Made(
        {**hints("http.429.rate_day", "_x10 1x60"), **refusals("_x10 1x60")}, "30m", [QUOTA_OF_MODEL]
    ),
    "the daily quota, spans come and go before metrics": Made(
        {**hints("http.429.rate_day", "_x11 1x200"), **refusals("_x10 1x200")}, "131m"
    ),
    "the daily quota, then nothing was scraped for half an hour": Made(
        hints("http.429.rate_day", "3x36 _x6 3x6"), "220m", (), "5m"
    ),
    "the quota of a minute": Made(hints("http.429.rate_minute", "0+5x40"), "30m"),
    # shares
    "one of two replies truncated": Made(responses("0 1x90", "0 1x90", **TRUNCATED), "60m"),
    "loops, which are cut off": Made(
        responses("0+100x90", "0+20x90", **{**TRUNCATED, "gemini_repetition_kind": "text"}),
        "80m",
        [
            Fires(
                "GeminiRepetition",
                "warning",
                ("repeat.text",),
                f"mine: 17 % {LOOPS}",
                {"job": "mine", **SHARE},
            )
        ],
    ),
    "embeddings of texts that are too long": embeddings(fires=True),
    "a few embeddings of texts that are too long": embeddings(fires=False),
    # latency
    "slower than a week ago": Made(durations((WEEK, 0), (DAY, 2)), NEXT_WEEK, [slow("2.432s")], "30m"),
    "slower than yesterday": Made(durations((DAY, 0), (DAY, 2)), TOMORROW, [slow("2.432s")], "30m"),
    "a little slower than a week ago": Made(durations((WEEK, 0), (DAY, 1)), NEXT_WEEK, (), "30m"),
    "as slow as a week ago": Made(durations((WEEK + DAY, 3)), NEXT_WEEK, (), "30m"),
    "slow from the first day": Made(durations((DAY, 4)), "10h", (), "30m"),
    # models
    "answered by another model": Made(hints("cfg.model_rerouted", "_x10 1x30"), "20m", [REROUTED]),
    "a model that is gone, asked for once an hour": Made(
        hints("http.404.model_retired", HOURLY), "175m", [RETIRED], "5m"
    ),
    "answered by another model, yesterday": Made(hints("cfg.model_rerouted", "_x10 1x300"), "200m"),
    "the service says legacy": Made(hints("cfg.model_retiring", "_x10 1x30"), "20m", [LEGACY]),
    "other hints": Made(hints("cfg.latest_alias", "_x10 1x30"), "20m"),
}


@pytest.mark.parametrize("name", MADE)
def test_made(name: str, tmp_path: Path) -> None:
    """Exactly these alerts fire, whatever the case."""
    made = MADE[name]
    check_alerts(tmp_path, made.series, made.at, made.fires, interval=made.interval)


def models_in_use(*names: str) -> Series:
    """Programs that run, one for each model."""
    labels = {"gemini_response_outcome": "ok", "gemini_repetition_kind": "none"}
    return {
        written("gemini_client_responses_total", {"job": name, "gen_ai_request_model": name, **labels}): "1 1"
        for name in names
    }


def retiring(model: str, shutdown: str, replacement: str) -> Fires:
    return Fires(
        "GeminiModelRetiring",
        "warning",
        ("cfg.model_retiring",),
        f"{model} uses a model that is about to be shut down: {model}.",
        {"job": model, "gen_ai_request_model": model, "shutdown": shutdown, "replacement": replacement},
        told=f" (model {model}; earliest shutdown {shutdown}, replacement {replacement})",
    )


MODELS = ("gemini-2.5-flash", "gemini-2.5-flash-lite", "publishers/google/models/gemini-2.5-pro-001", MODEL)


@pytest.mark.parametrize(
    ("date", "fires"),
    [
        ("2026-10-01", []),
        (
            "2026-10-03",
            [
                retiring("gemini-2.5-flash", "2026-12-01", "gemini-3.5-flash-lite"),
                retiring("publishers/google/models/gemini-2.5-pro-001", "2026-12-01", "gemini-3.8-flash"),
            ],
        ),
    ],
)
def test_a_retiring_model_in_use(date: str, fires: list[Fires], tmp_path: Path) -> None:
    """From sixty days before its shutdown on, a model that is used is told of, with the date and what takes its place."""
    # promtool's time begins in 1970: two samples, then and now.
    now = f"{(dt.date.fromisoformat(date) - dt.date(1970, 1, 1)).days}d"
    check_alerts(tmp_path, models_in_use(*MODELS), now, fires, interval=now)


def test_each_rule_fires_somewhere() -> None:
    """No rule is left out of these tests; of the retiring models two stand for the others."""
    fired = {(each.alert, each.severity, each.hints[0]) for each in RECORDED}
    fired |= {(each.alert, each.severity, each.hints[0]) for made in MADE.values() for each in made.fires}
    rules = {(rule["alert"], rule["labels"]["severity"], rule["labels"]["hint"]) for rule in ALERTS}
    assert rules == fired
