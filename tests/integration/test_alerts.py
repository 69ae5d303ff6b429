"""The shipped alerts, judged by promtool: over series that a real Prometheus recorded of the simulator (record_series.py), and over
made ones where a window is longer than a recording."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import needs
from promtool import ALERTS, Fires, Query, Series, check_alerts, check_firing, check_rules
from record_series import RECORDING

from gemini_otel import cli

pytestmark = pytest.mark.usefixtures("promtool")

MODEL = "gemini-3.5-flash"
BURN = {"gen_ai_request_model": MODEL}
SHARE = {**BURN, "gen_ai_operation_name": "generate_content"}
SEVERITIES = ("critical", "warning")


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
    alert: str, job: str, hint: str, code: str, *percents: int, named: str | None = None
) -> list[Fires]:
    """The critical one, and the warning where there are two shares."""
    labels = {"job": job, **BURN}
    return [
        Fires(
            alert,
            severity,
            (hint,),
            f"{job}: {percent} % of the calls to {MODEL} fail with {code}.",
            labels,
            named=named,
        )
        for severity, percent in zip(SEVERITIES, percents, strict=True)
    ]


def limited(job: str, *percents: int, named: str = "") -> list[Fires]:
    return burns("GeminiRateLimited", job, "http.429.unspecified", "429", *percents, named=named)


def overloaded(job: str, *percents: int) -> list[Fires]:
    return burns("GeminiOverloaded", job, "http.503.overloaded", "503", *percents)


def failing(job: str, error: str, named: str, *percents: int) -> list[Fires]:
    facts = f"Calls end with the error {error}, retries included."
    labels = {"job": job, **BURN, "error_type": error}
    return [
        Fires(
            "GeminiFailing",
            severity,
            (),
            f"{job}: {percent} % of the calls to {MODEL} fail with {error}.",
            labels,
            facts,
            named,
        )
        for severity, percent in zip(SEVERITIES, percents, strict=True)
    ]


def nothing(job: str, calls: int, named: str) -> Fires:
    summary = f"{job}: no call has succeeded for 5 minutes."
    facts = f"None of the service's {calls} calls within 5 minutes has brought an answer."
    return Fires("GeminiNothingSucceeds", "critical", (), summary, {"job": job}, facts, named)


def share(alert: str, job: str, said: str, *hints: str, **labels: str) -> Fires:
    return Fires(alert, "warning", hints, f"{job}: {said}", {"job": job, **SHARE, **labels})


def blocked(percent: int, reason: str, hint: str) -> Fires:
    labels = {"gemini_response_finish_reason": reason, "filter": reason}
    fires = share(
        "GeminiBlocked",
        "blocked",
        f"{percent} % of the calls to {MODEL} are blocked: {reason}.",
        hint,
        **labels,
    )
    return replace(fires, facts=f"The finish reason is {reason}.")


def malformed(percent: int, reason: str, hint: str) -> Fires:
    said = f"{percent} % of the replies of {MODEL} are malformed: {reason}."
    fires = share("GeminiMalformed", "malformed", said, hint, gemini_response_finish_reason=reason)
    return replace(fires, facts=f"The finish reason is {reason}.")


def looping(percent: int, kind: str, hint: str, job: str = "looping") -> Fires:
    said = f"{percent} % of the replies of {MODEL} repeat themselves: {kind}."
    return share("GeminiLooping", job, said, hint, gemini_repetition_kind=kind)


CUT = f"of the replies of {MODEL} are cut off at the token limit."
EMPTY = f"of the replies of {MODEL} have nothing in them."
BLOCKED_PROMPTS = Fires(
    "GeminiBlocked",
    "warning",
    (),
    f"blocked: 10 % of the calls to {MODEL} are blocked: the prompt.",
    {"job": "blocked", **SHARE, "filter": "prompt"},
    "The prompts are blocked, before the model sees them.",
    "block.safety",
)

RECORDED = [
    nothing("broken-key", 25, "http.400.api_key_invalid"),
    *failing("broken-key", "400", "http.400.api_key_invalid", 100, 100),
    nothing("denied", 19, "http.403.permission"),
    *failing("denied", "403", "http.403.permission", 100, 100),
    *failing("flaky-net", "500", "http.500.internal", 24, 25),
    *failing("flaky-net", "504", "http.504.deadline", 25, 25),
    *failing("flaky-net", "httpx2.RemoteProtocolError", "net.disconnected", 25, 25),
    *limited("rate-limited", 40, 40, named="http.429.rate_minute"),
    *overloaded("overloaded", 39, 40),
    Fires(
        "GeminiDailyQuotaExhausted",
        "critical",
        ("http.429.rate_day",),
        f"quota: the daily quota for {MODEL} is used up.",
        {"job": "quota", **BURN},
    ),
    *limited("quota", 10, 10, named="http.429.rate_day")[1:],
    share("GeminiTruncated", "truncated", f"20 % {CUT}", "finish.max_tokens", "finish.max_tokens.thinking"),
    BLOCKED_PROMPTS,
    blocked(9, "SAFETY", "finish.safety"),
    blocked(9, "RECITATION", "finish.recitation"),
    blocked(10, "PROHIBITED_CONTENT", "finish.prohibited"),
    blocked(10, "SPII", "finish.spii"),
    malformed(15, "MALFORMED_FUNCTION_CALL", "finish.malformed_call"),
    malformed(16, "UNEXPECTED_TOOL_CALL", "finish.unexpected_tool"),
    looping(4, "text", "repeat.text"),
    looping(3, "structured_text", "repeat.text_structured"),
    looping(6, "newlines", "repeat.newlines_structured"),
    looping(4, "table_hyphens", "repeat.table_hyphens"),
    looping(4, "table_tokens", "repeat.table_tokens"),
    looping(26, "tool_calls", "repeat.tool_calls"),
    share("GeminiEmpty", "empty", f"10 % {EMPTY}", "finish.stop.empty", "finish.stop.empty.thoughts"),
    share(
        "GeminiNoImage",
        "empty",
        f"10 % of the calls to {MODEL} bring no image.",
        "finish.no_image",
        "finish.image_other",
    ),
    Fires(
        "GeminiToolFailing",
        "warning",
        ("tool.raised",),
        "tool-fails: 100 % of the runs of the tool get_no_weather fail.",
        {"job": "tool-fails", "gen_ai_tool_name": "get_no_weather"},
    ),
    Fires(
        "GeminiModelRetired",
        "critical",
        ("http.404.model_retired",),
        "retired asks for a model that is gone.",
        {"job": "retired"},
    ),
]


def test_recorded(tmp_path: Path) -> None:
    """Each service that plays trouble is told of, with cause, remedy and link; those that are healthy, all in all, are not."""
    check_alerts(tmp_path, recorded(), "96m", RECORDED, interval="2m")


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


def hints(hint: str, values: str, severity: str = "warning") -> Series:
    labels = {"job": "mine", "gemini_hint_id": hint, "gemini_hint_severity": severity}
    return {written("gemini_client_hints_total", labels): values}


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
    summary = f"mine: one in ten calls to {MODEL} takes more than {seconds} s, twice as long as before."
    return Fires("GeminiSlow", "warning", causes, summary, {"job": "mine", **SHARE})


def embeddings(fires: bool) -> Made:
    labels = {"gemini_response_outcome": "truncated", "gemini_repetition_kind": "not_checked"}
    series = responses("0+10x90", "0+2x90" if fires else "0+1x90", "embeddings", **labels)
    told = Fires(
        "GeminiEmbeddingsTruncated",
        "warning",
        ("embedding.truncated",),
        f"mine: 17 % of the calls to {MODEL} embed a text that is cut off.",
        {"job": "mine", **BURN, "gen_ai_operation_name": "embeddings"},
    )
    return Made(series, "80m", [told] if fires else [])


FAST, SLOW = limited("mine", 20, 20)
_, GENTLE = limited("mine", 8, 8)
_, OVERLOADED = overloaded("mine", 8, 8)
QUOTA = Fires(
    "GeminiDailyQuotaExhausted",
    "critical",
    ("http.429.rate_day",),
    "mine: the daily quota is used up.",
    {"job": "mine", "scope": "service"},
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
    {"job": "mine"},
)
REROUTED = Fires(
    "GeminiModelRerouted",
    "warning",
    ("cfg.model_rerouted",),
    "mine is answered by another model than it asks for.",
    {"job": "mine"},
)
LEGACY = Fires(
    "GeminiModelRetiring",
    "warning",
    ("cfg.model_retiring",),
    "mine uses a model that is about to be shut down.",
    {"job": "mine"},
    "The service itself says so.",
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
    "short jobs with other errors": Made(short_jobs("400"), "300m", failing("mine", "400", "", 20, 20), "5m"),
    "other errors": Made(
        calls("0+92x400", "0+8x400", "ConnectError"), "390m", failing("mine", "ConnectError", "", 8, 8)[1:]
    ),
    "other errors just within the budget": Made(calls("0+95x400", "0+5x400", "400"), "390m"),
    "each of two errors within the budget": Made(
        {**calls("0+92x400", "0+4x400", "400"), **calls("0+92x400", "0+4x400", "500")},
        "390m",
        [*failing("mine", "400", "", 4, 4)[1:], *failing("mine", "500", "", 4, 4)[1:]],
    ),
    "cancelled by the program": Made(calls("0+5x400", "0+5x400", "asyncio.CancelledError"), "390m"),
    # nothing succeeds
    "one of ten replies": Made(responses("0+1x90", "0+9x90", gemini_response_outcome="error"), "60m"),
    "cut off replies": Made(
        responses("0x90", "0+10x90", **TRUNCATED),
        "60m",
        [share("GeminiTruncated", "mine", f"100 % {CUT}", "finish.max_tokens", "finish.max_tokens.thinking")],
    ),
    "nobody waits for a reply": Made(
        responses("0x90", "0+10x90", gemini_response_outcome="abandoned"), "60m"
    ),
    "nine calls": Made(responses("0x90", "0 9x90", gemini_response_outcome="error"), "4m"),
    "nothing but errors": Made(
        {
            **responses("5x90", "0+2x90", gemini_response_outcome="error"),
            **hints("cfg.no_retry", "0+90x90", "info"),
            **hints("net.unreachable", "0+2x90", "error"),
            **hints("http.500.internal", "0+1x90", "error"),
        },
        "30m",
        [nothing("mine", 10, "net.unreachable")],
    ),
    "nothing but incomplete replies": Made(
        responses("5x90", "0+2x90", gemini_response_outcome="incomplete"), "30m", [nothing("mine", 10, "")]
    ),
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
        [looping(17, "text", "repeat.text", "mine")],
    ),
    "embeddings of texts that are too long": embeddings(fires=True),
    "a few embeddings of texts that are too long": embeddings(fires=False),
    # latency
    "slower than a week ago": Made(durations((WEEK, 0), (DAY, 2)), NEXT_WEEK, [slow("2.4")], "30m"),
    "slower than yesterday": Made(durations((DAY, 0), (DAY, 2)), TOMORROW, [slow("2.4")], "30m"),
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


@pytest.mark.parametrize("interval", sorted({made.interval for made in MADE.values()}))
def test_made(interval: str, tmp_path: Path) -> None:
    """Exactly these alerts fire in each case. All cases are services of one Prometheus, which evaluates the rules once for all of them."""
    cases = {name: made for name, made in MADE.items() if made.interval == interval}
    series = {
        key.replace('"mine"', json.dumps(name)): value
        for name, made in cases.items()
        for key, value in made.series.items()
    }
    queries = [
        Query(
            f'ALERTS{{alertstate="firing",job={json.dumps(name)}}}',
            made.at,
            [
                {
                    **each.expected()["exp_labels"],
                    "job": name,
                    "alertname": each.alert,
                    "alertstate": "firing",
                }
                for each in made.fires
            ],
        )
        for name, made in cases.items()
    ]
    check_firing(tmp_path, series, queries, interval)


@pytest.mark.parametrize(
    "name",
    [
        *("embeddings of texts that are too long", "slower than yesterday", "nothing but errors"),
        *("answered by another model", "the service says legacy", "the daily quota, without span metrics"),
    ],
)
def test_what_is_told(name: str, tmp_path: Path) -> None:
    """What an alert says of cases that are not in the recording."""
    made = MADE[name]
    check_alerts(tmp_path, made.series, made.at, made.fires, interval=made.interval)


OBJECTIVE = 99  # percent: 14.4 % of unusable answers burn its budget 14.4 times too fast


@pytest.mark.parametrize(
    ("bad", "at", "severities"),
    [
        ("0+20x400", "300m", ("critical", "warning")),
        ("0+8x400", "390m", ("warning",)),
        ("0+5x400", "390m", ()),
    ],
    ids=["fast", "slow", "within"],
)
def test_an_objective(bad: str, at: str, severities: Sequence[str], tmp_path: Path) -> None:
    """With an objective, what is not usable burns its budget, whatever the outcome; what the program gave up does not."""
    good = {"0+20x400": "0+80x400", "0+8x400": "0+92x400"}.get(bad, "0+95x400")
    series = {
        **responses(good, bad, gemini_response_outcome="incomplete"),
        **responses(good, "0+100x400", gemini_response_outcome="abandoned"),
    }
    rules = tmp_path / "rules.yaml"
    rules.write_text(printed_rules("--objective", str(OBJECTIVE)), encoding="utf-8")
    percent = int(bad.removeprefix("0+").partition("x")[0])
    facts = "The dashboard's row *What went wrong, and what to do* has the outcomes and the hints."
    said = f"mine: {percent} % of the calls have no usable answer, more than the objective allows."
    fires = [
        Fires("GeminiObjectiveMissed", each, (), said, {"job": "mine"}, facts, "") for each in severities
    ]
    check_alerts(tmp_path, series, at, fires, "5m", rules, ["GeminiObjectiveMissed"])


def printed_rules(*arguments: str) -> str:
    """What the command prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert cli.main(["alerts", *arguments]) == 0
    return printed.getvalue()


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
        facts=f"The earliest day is {shutdown}; {replacement} takes its place.",
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
    fires = [*RECORDED, *(each for made in MADE.values() for each in made.fires)]
    fired = {(each.alert, each.severity, each.labels.get("scope")) for each in fires}
    assert fired == {
        (rule["alert"], rule["labels"]["severity"], rule["labels"].get("scope")) for rule in ALERTS
    }
