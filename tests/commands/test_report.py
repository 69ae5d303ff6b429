"""What `gemini-otel report` counts, what it takes for lost, and how it says so."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemini_otel import cli
from gemini_otel._commands.report import lines, parse_since
from gemini_otel._commands.report.calls import Reader
from gemini_otel._commands.report.groups import KEYS, Report
from gemini_otel._commands.report.spans import SpanReader
from gemini_otel._commands.report.window import Window
from gemini_otel._facts import names
from support import DATA, RECORDINGS
from support.foreign import ids, replayed
from support.trace_files import FAULTS, NOON, Described, described, jaeger, otlp_lines, simulated_day, tempo

FOREIGN = DATA / "foreign"
DAY = DATA / "reports" / "day.txt"
MODEL = "gemini-2.5-flash"


def a_call(outcome: str = "ok", **more: Any) -> Described:
    """A call of ours; attributes by their short names."""
    made = {key: more.pop(key) for key in tuple(more) if key in _OF_SPANS}
    attributes = {
        names.OPERATION_NAME: "generate_content",
        names.PROVIDER_NAME: "gcp.gemini",
        names.REQUEST_MODEL: MODEL,
        names.FINISH_REASON: {"truncated": "MAX_TOKENS", "blocked": "SAFETY"}.get(outcome, "STOP"),
        names.OUTCOME: outcome,
        names.USAGE_INPUT_TOKENS: 100,
        names.USAGE_OUTPUT_TOKENS: 50,
        names.USAGE_REASONING_OUTPUT_TOKENS: 20,
        **{getattr(names, key): value for key, value in more.items()},
    }
    return described(attributes, **made)


_OF_SPANS = ("scope", "service", "name", "trace", "span", "parent", "start", "seconds", "events", "error")


def read(
    spans: list[Described], by: tuple[str, ...] = ("hint", "model", "service"), waiting: int = 10_000
) -> Report:
    report, window, reader = Report(by), Window(waiting), Reader()
    for line in otlp_lines(spans).splitlines():
        for span in SpanReader().read(json.loads(line)):
            if (found := reader.read(span)) is not None:
                for decided in window.add(found):
                    report.add(decided)
    for decided in window.rest():
        report.add(decided)
    return report


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def ran(
        spans: list[Described], *arguments: str, written: Callable[[Any], bytes] = otlp_lines
    ) -> tuple[int, str]:
        path = tmp_path / "traces.json"
        path.write_bytes(written(spans))
        status = cli.main(["report", str(path), *arguments])
        return status, capsys.readouterr().out

    return ran


LOST = (
    "truncated",
    "blocked",
    "malformed",
    "empty",
    "incomplete",
    "failed",
    "abandoned",
    "cancelled",
    "error",
)


@pytest.mark.parametrize("outcome", LOST)
def test_a_call_that_gave_nothing_loses_all(outcome: str) -> None:
    """Such a call loses its seconds and its tokens, thoughts among them."""
    total = read([a_call(outcome, seconds=3)]).all
    assert (total.lost_calls, total.lost_tokens, total.lost_reasoning) == (1, 150, 20)
    assert total.lost_seconds == pytest.approx(3)


@pytest.mark.parametrize("unusable", [{"REPETITION_DETECTED": True}, {"PARSED": False}])
def test_a_reply_that_is_of_no_use_is_lost(unusable: dict[str, bool]) -> None:
    """A reply that loops, or does not fit the schema that was asked for, is lost although it ended well."""
    total = read([a_call(**unusable)]).all
    assert (total.lost_calls, total.lost_tokens) == (1, 150)


@pytest.mark.parametrize("outcome", ["ok", "pending"])
def test_a_good_call_loses_nothing(outcome: str) -> None:
    """A call that went well, or goes on at the service, loses nothing and has no hint."""
    report = read([a_call(outcome, REPETITION_DETECTED=False, PARSED=True)])
    total = report.all
    assert (total.calls, total.lost_calls, total.lost_tokens, total.lost_seconds) == (1, 0, 0, 0)
    assert report.worst_severity is None


def test_prompts_and_agents_are_groups() -> None:
    """Which version of a prompt loses its answers, and which agent, shows by their names."""
    spans = [
        a_call("truncated", PROMPT_NAME="summary", PROMPT_VERSION="4"),
        a_call(PROMPT_NAME="summary", PROMPT_VERSION="3"),
        a_call(PROMPT_NAME="title"),
        a_call(PROMPT_VERSION="3"),
        a_call("failed", AGENT_NAME="deep-research"),
        a_call(AGENT_ID="mine"),
    ]
    prompts = {group.values[0]: group.lost_calls for group in read(spans, ("prompt",)).groups()}
    assert prompts == {"summary 4": 1, "summary 3": 0, "title": 0, "(none)": 1}
    agents = {group.values[0]: group.lost_calls for group in read(spans, ("agent",)).groups()}
    assert agents == {"deep-research": 1, "mine": 0, "(none)": 1}


def test_a_failed_attempt_loses_its_wait() -> None:
    """A call that a resend saved loses the time before the resend, and no tokens."""
    attempts = [
        (names.EVENT_ATTEMPT, {names.ATTEMPT_NUMBER: 1, names.ATTEMPT_WAIT: 1.0}, 0.5),
        (names.EVENT_ATTEMPT, {names.ATTEMPT_NUMBER: 2, names.ATTEMPT_WAIT: 2.0}, 2.0),
    ]
    total = read([a_call(seconds=9, events=attempts, HTTP_RESEND_COUNT=2)]).all
    assert (total.lost_calls, total.lost_tokens, total.retries) == (0, 0, 2)
    assert total.lost_seconds == pytest.approx(4)


def test_hints_are_kept_and_made_anew() -> None:
    """A hint on the span is kept, as attribute or event, even one that nobody knows; where there is none it is looked for."""
    event = {names.HINT_ID: "finish.language", names.HINT_SUMMARY: "?"}
    own = {
        names.HINT_ID: "mine.slow",
        names.HINT_SEVERITY: "error",
        names.HINT_SUMMARY: "Slow.",
        names.HINT_REMEDY: "Hurry.\nNow.",
    }
    spans = [
        a_call("truncated"),
        a_call("truncated", HINT_ID="finish.max_tokens.structured"),
        a_call("truncated", events=[(names.EVENT_HINT, event, 0.0)]),
        a_call("truncated", events=[(names.EVENT_HINT, own, 0.0)]),
    ]  # fmt: skip
    found = {group.hint.id: group.hint for group in read(spans, ("hint",)).groups()}
    assert set(found) == {"finish.max_tokens", "finish.max_tokens.structured", "finish.language", "mine.slow"}
    assert (found["mine.slow"].severity, found["mine.slow"].remedy) == ("error", ("Hurry.", "Now."))
    assert found["finish.language"].remedy


def test_a_call_with_two_spans_is_counted_once() -> None:
    """Of spans around each other the inner one counts, or ours; in any order, and whatever is between them."""
    trace = "ab" * 16
    outer = a_call("truncated", scope="openinference.instrumentation.langchain", trace=trace, span="01" * 8)
    between = described(
        {"openinference.span.kind": "CHAIN"},
        scope="openinference.instrumentation.langchain",
        trace=trace,
        span="02" * 8,
        parent="01" * 8,
    )
    inner = a_call("truncated", trace=trace, span="03" * 8, parent="02" * 8)
    for order in ([outer, between, inner], [inner, between, outer], [between, inner, outer]):
        report = read(order)
        assert (report.all.calls, report.all.tokens.input, report.second_spans) == (1, 100, 1)
    ours = a_call("truncated", trace=trace, span="04" * 8)
    theirs = a_call(
        trace=trace, span="05" * 8, parent="04" * 8, scope="opentelemetry.instrumentation.google_genai"
    )
    for order in ([ours, theirs], [theirs, ours]):
        report = read(order)
        assert (report.all.calls, report.all.lost_calls) == (1, 1)


def test_a_framework_span_beside_ours_is_not_counted() -> None:
    """A framework's span that stands for the same call, and is not around ours, counts nothing; alone it does."""
    trace = "cd" * 16
    framework = a_call(scope="openinference.instrumentation.langchain", trace=trace, seconds=2)
    ours = a_call(trace=trace, start=NOON + 0.5)
    assert read([framework, ours]).all.calls == 1
    assert read([framework]).all.calls == 1


def test_calls_of_a_function_are_calls() -> None:
    """A call that a program's own function makes, inside of a call, counts as well as that."""
    trace = "ef" * 16
    around = a_call(trace=trace, span="01" * 8, scope="opentelemetry.instrumentation.google_genai")
    tool = described({names.OPERATION_NAME: "execute_tool", names.TOOL_NAME: "ask"}, trace=trace, span="02" * 8, parent="01" * 8)  # fmt: skip
    inside = a_call(trace=trace, parent="02" * 8)
    for order in ([around, tool, inside], [inside, tool, around]):
        assert read(order).all.calls == 2


def test_a_loop_has_its_hint_and_no_tokens() -> None:
    """The span around a loop of function calls counts for its hint only; its sums are those of its rounds."""
    trace = "12" * 16
    loop = described(
        {
            names.OPERATION_NAME: "invoke_workflow",
            names.AFC_ROUNDS: 10,
            names.LOOP_INPUT_TOKENS: 100,
            names.OUTCOME: "incomplete",
            names.HINT_ID: "afc.exhausted",
        },
        trace=trace,
        span="01" * 8,
    )
    report = read([a_call(trace=trace, parent="01" * 8), loop], ("hint",))
    assert (report.all.calls, report.all.other_spans, report.all.tokens.input) == (1, 1, 100)
    assert {group.hint.id: group.times for group in report.groups()} == {"afc.exhausted": 1, "(no hint)": 1}


def test_the_same_span_twice_is_counted_once() -> None:
    """A file that is given twice, or two exports of a span, count once."""
    span = a_call("truncated")
    report = read([span, span, a_call()])
    assert (report.all.calls, report.duplicates) == (2, 1)


def test_calls_of_other_models_are_left_out() -> None:
    """A call of another provider's model, and the program's own error, are no Gemini calls."""
    spans = [
        described({names.OPERATION_NAME: "chat", names.PROVIDER_NAME: "openai", names.REQUEST_MODEL: "gpt-9"}, scope="opentelemetry.instrumentation.openai_v2"),
        described({names.OPERATION_NAME: "chat", names.PROVIDER_NAME: "anthropic", names.REQUEST_MODEL: "claude-x"}, scope="x"),
    ]  # fmt: skip
    assert read(spans).all.calls == 0


CALLS = st.builds(
    a_call,
    st.sampled_from(["ok", "pending", *LOST]),
    service=st.sampled_from(["shop", "mail", "größe|\n"]),
    seconds=st.integers(0, 90),
    start=st.integers(NOON - 90_000, NOON),
    REQUEST_MODEL=st.sampled_from([MODEL, "models/gemini-2.5-pro", "gemini-x"]),
    RESPONSE_SERVICE_TIER=st.sampled_from(["standard", "flex"]),
    USAGE_INPUT_TOKENS=st.integers(0, 300_000),
    USAGE_OUTPUT_TOKENS=st.integers(0, 9000),
    HTTP_RESEND_COUNT=st.integers(0, 3),
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(CALLS, min_size=1, max_size=12),
    st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3, unique=True),
    st.integers(0, 4),
    st.sampled_from([otlp_lines, tempo, jaeger]),
)
def test_sums_equal_the_input(
    calls: list[Described], by: list[str], waiting: int, written: Callable[[Any], bytes]
) -> None:
    """However they are grouped and written, the groups add up to what went in, and so do the totals."""
    report, window, reader = Report(tuple(by)), Window(waiting), Reader()
    content = written(calls)
    for document in map(json.loads, content.splitlines() if written is otlp_lines else [content]):
        for span in SpanReader().read(document):
            found = reader.read(span)
            assert found is not None
            for decided in window.add(found):
                report.add(decided)
    for decided in window.rest():
        report.add(decided)
    lost = [call for call in calls if call["attributes"][names.OUTCOME] in LOST]
    for parts in ([report.all], report.groups()):
        assert sum(part.calls for part in parts) == len(calls)
        assert sum(part.lost_calls for part in parts) == len(lost)
        assert sum(part.seconds for part in parts) == pytest.approx(sum(map(duration, calls)), abs=1e-3)
        assert sum(part.lost_seconds for part in parts) == pytest.approx(sum(map(duration, lost)), abs=1e-3)
        assert sum(part.tokens.input for part in parts) == total(calls, names.USAGE_INPUT_TOKENS)
        assert sum(part.tokens.output for part in parts) == total(calls, names.USAGE_OUTPUT_TOKENS)
        assert sum(part.retries for part in parts) == total(calls, names.HTTP_RESEND_COUNT)
        assert sum(part.lost_tokens for part in parts) == sum(
            total(lost, name) for name in (names.USAGE_INPUT_TOKENS, names.USAGE_OUTPUT_TOKENS)
        )
    assert report.all.outcomes == Counter(call["attributes"][names.OUTCOME] for call in calls)
    assert sum(report.all.tiers.values()) == len(calls)
    assert sum(map(report.waste, report.groups())) == pytest.approx(1 if report.all.lost_seconds + report.all.lost_tokens else 0, abs=0.51)  # fmt: skip


def duration(call: Described) -> float:
    return float(call["end"] - call["start"]) / 1e9


def total(calls: list[Described], name: str) -> int:
    return sum(call["attributes"][name] for call in calls)


def test_since_service_and_model(run: Any) -> None:
    """Only calls begun since then, of services and models with these names, are counted."""
    spans = [
        a_call(start=NOON - 7200),
        a_call(service="mail"),
        a_call(service="mail-2", REQUEST_MODEL="gemini-2.5-pro"),
        a_call(),
    ]

    def count(*arguments: str) -> int:
        status, out = run(spans, "--json", *arguments)
        assert status == 0
        return int(json.loads(out)["total"]["calls"])

    assert count() == 4
    assert count("--since", "2026-11-01T11:30") == 3
    assert count("--service", "mail") == 1
    assert count("--service", "mail*") == 2
    assert count("--service", "mail", "--service", "shop") == 3
    assert count("--model", "gemini-2.5-pro") == 1
    assert count("--model", "*flash", "--service", "shop") == 2


def test_nothing_that_is_asked_for(run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Where no call is of the kind that was asked for, that is said, with status 3."""
    path = tmp_path / "a.json"
    path.write_bytes(otlp_lines([a_call(), a_call()]))
    assert cli.main(["report", str(path), "--service", "nobody"]) == 3
    assert capsys.readouterr().err == (
        "gemini-otel: none of the 2 spans of Gemini calls is what --since, --service and --model ask for.\n"
    )


def test_times() -> None:
    """A time span counts from now, and a date without a zone is UTC."""
    now = datetime(2026, 11, 29, 12, tzinfo=timezone.utc)
    assert parse_since("90m", now) == now.timestamp() - 5400
    assert parse_since("2d", now) == now.timestamp() - 2 * 86_400
    for text in ("2026-11-29T12:00", "2026-11-29T12:00Z", "2026-11-29T13:00+01:00"):
        assert parse_since(text, now) == now.timestamp()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "yesterday"), "'yesterday' is not a time; give a time span such as 30m, 24h or 7d, or a date"),
        (("--since", "9999999999d"), "'9999999999d' is not a time"),
        (("--by", "hint,colour"), "cannot group by 'hint,colour'; choose from: hint, model, service, outcome, operation, tier, prompt, agent, day"),
        (("--by", "hint,hint"), "cannot group by 'hint,hint'"),
        (("--by", ""), "cannot group by ''"),
    ],
)  # fmt: skip
def test_bad_options(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    """A bad option is named with what it may be, and the status is 2."""
    assert cli.main(["report", "x", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_groups_by(run: Any) -> None:
    """--by groups by what is asked for, in that order."""
    spans = [a_call("truncated", start=NOON - 86_400 * day) for day in (0, 1, 1)]
    _, out = run(spans, "--json", "--by", "day,outcome")
    assert [(each["key"], each["calls"]) for each in json.loads(out)["groups"]] == [
        ({"day": "2026-10-31", "outcome": "truncated"}, 2),
        ({"day": "2026-11-01", "outcome": "truncated"}, 1),
    ]


@pytest.mark.parametrize(
    ("span", "statuses"),
    [
        (a_call(REQUEST_MODEL="gemini-x"), (0, 0, 0)),
        (a_call(REQUEST_MODEL="gemini-x", REQUEST_MAX_TOKENS=51), (1, 0, 0)),  # finish.near_cap
        (a_call("truncated"), (1, 1, 0)),
        (a_call("blocked"), (1, 1, 1)),
        (a_call("cancelled"), (1, 1, 0)),  # lost without a hint
    ],
)
def test_fail_on(run: Any, span: Described, statuses: tuple[int, ...]) -> None:
    """--fail-on gives status 1 where a hint has that severity or a graver one; a lost call without a hint counts as a warning."""
    assert tuple(run([span], "--fail-on", level)[0] for level in ("info", "warning", "error")) == statuses
    assert run([span])[0] == 0


def test_money(run: Any) -> None:
    """With the extra the cost is that of genai-prices, what was lost of it, and the part that it does not know."""
    from gemini_otel.cost import cost

    spans = [a_call(), a_call("truncated"), a_call(REQUEST_MODEL="gemini-x")]
    one = cost(spans[0]["attributes"], datetime.fromtimestamp(NOON, timezone.utc)).amount
    assert one is not None
    _, out = run(spans, "--json")
    found = json.loads(out)["total"]["cost"]
    reasons = found.pop("reasons")
    assert found == {
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.amount": pytest.approx(float(2 * one)),
        "lost_amount": pytest.approx(float(one)),
        "tokens_without_price": 150,
    }
    assert list(reasons.values()) == [150]
    assert "does not know the model 'gemini-x'" in next(iter(reasons))
    _, page = run(spans)
    assert "of it lost; 33 % of the tokens without a price: genai-prices" in page
    assert "| lost money |" in run(spans, "--markdown")[1]


def test_without_prices(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the report is made all the same, and says nothing of money."""
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    status, out = run([a_call("truncated")])
    assert (status, "$" in out) == (0, False)
    assert json.loads(run([a_call()], "--json")[1])["total"]["cost"] is None
    assert "money" not in run([a_call()], "--markdown")[1]


def test_the_page_fits(run: Any) -> None:
    """With any number of groups the page has fewer than 30 lines of at most its width, and says how many are left out."""
    spans = [
        a_call("truncated", service=f"service-{number}" * 9, start=NOON + number) for number in range(40)
    ]
    report = read(spans)
    for width in (60, 80, 200):
        shown = [
            "".join(text for text, _ in line) for line in lines.page(report, "a.json", ["a note"], width)
        ]
        assert max(map(len, shown)) <= width
        assert len(shown) < 30
    assert "30 more: --markdown and --json show all" in shown


@pytest.mark.parametrize("width", [60, 80, 200])
def test_figures_are_never_cut(width: int) -> None:
    """However narrow the page is, what was used and what each group lost stand there whole."""
    report = read([a_call("truncated", service="a-service-with-a-long-name"), a_call("blocked"), a_call()])
    shown = ["".join(text for text, _ in line) for line in lines.page(report, "a.json", [], width)]
    assert sum("lost 1 s, 150 tokens" in line for line in shown) == 2
    assert "cached 0 % of input" in " ".join(" ".join(shown).split())


def test_nothing_went_wrong(run: Any) -> None:
    """A page of good calls says so."""
    assert "\nNothing went wrong.\n" in run([a_call()])[1]


def test_the_page_in_colour() -> None:
    """In a terminal the hint has the colour of its severity, and no line is wrapped."""
    from rich.console import Console

    from gemini_otel._commands.report.show import draw

    console = Console(
        record=True, width=90, force_terminal=True, color_system="truecolor", file=io.StringIO()
    )
    draw(console, list(lines.page(read([a_call("blocked")]), "a.json", [], 90)))
    text = console.export_text(styles=True)
    assert "\x1b[1;31mfinish.safety" in text


def test_markdown(run: Any) -> None:
    """Markdown has a row for each group and the remedies of each hint; what is special in a table is escaped."""
    _, out = run([a_call("truncated", service="a|b\nc"), a_call()], "--markdown")
    assert "| finish.max_tokens | gemini-2.5-flash | a\\|b c | 1 | 50 % | 1 s | 150 |" in out
    assert "## finish.max_tokens\n" in out
    assert "| (no hint) | gemini-2.5-flash | shop | 1 |" in out


def test_privacy(run: Any) -> None:
    """No prompt, reply or message of a span is in the report, whatever its form."""
    secret = "the secret of the prompt"
    spans = [
        a_call("truncated", INPUT_MESSAGES=secret, OUTPUT_MESSAGES=secret, FINISH_MESSAGE=secret),
        a_call("error", ERROR_TYPE="429", ERROR_MESSAGE=secret, error=secret),
    ]
    for form in ("--json", "--markdown", "--by=hint,outcome,operation"):
        assert secret not in run(spans, form)[1]


def test_other_languages(run: Any) -> None:
    """Spans of the conventions from any scope, such as those of JavaScript or Java, are read, with hints made anew."""
    attributes = {
        names.OPERATION_NAME: "chat",
        names.PROVIDER_NAME: "gcp.gemini",
        names.REQUEST_MODEL: "gemini-3.5-flash",
        names.RESPONSE_FINISH_REASONS: ("max_tokens",),
        names.USAGE_INPUT_TOKENS: 10,
        names.USAGE_OUTPUT_TOKENS: 90,
    }
    for scope in ("@opentelemetry/instrumentation-google-genai", "io.opentelemetry.langchain4j", "ai"):
        for written in (otlp_lines, jaeger, tempo):
            _, out = run([described(attributes, scope=scope)], "--json", written=written)
            (group,) = json.loads(out)["groups"]
            assert (group["hint"], group["lost_tokens"]) == ("finish.max_tokens", 100)


@pytest.mark.parametrize("path", sorted(FOREIGN.glob("*.json")), ids=lambda path: path.stem)
def test_foreign_instrumentations(run: Any, path: Path) -> None:
    """The spans recorded from each other instrumentation make a report: a call each, with the hint the processor gives."""
    recorded = json.loads(path.read_text(encoding="utf-8"))["calls"]
    spans, expected = [], Counter[str]()
    for number, call in enumerate(recorded, 1):
        root = len(call["spans"]) - 1  # what is around calls ends last
        calls = [span for span in call["spans"] if span["name"] == call["spans"][0]["name"]]
        expected.update(next(iter(ids(replayed(span))), "(no hint)") for span in calls)
        for place, span in enumerate(call["spans"]):
            events = [(event["name"], event["attributes"], 0.5) for event in span["events"]]
            spans.append(
                described(
                    {
                        key: tuple(value) if isinstance(value, list) else value
                        for key, value in span["attributes"].items()
                    },
                    scope=span["scope"],
                    name=span["name"],
                    trace=f"{number:032x}",
                    span=f"{number * 100 + place:016x}",
                    parent=f"{number * 100 + root:016x}" if place < root else "",
                    events=events,
                    error=(span["status"]["description"] or "")
                    if span["status"]["code"] == "ERROR"
                    else None,
                )
            )
    for written in (otlp_lines, jaeger):
        _, out = run(spans, "--json", "--by", "hint", written=written)
        found = json.loads(out)
        assert found["notes"] == []
        assert found["total"]["calls"] == sum(expected.values())
        assert {each["key"]["hint"]: each["calls"] for each in found["groups"]} == dict(expected)


def test_a_day() -> None:
    """The report of a day names its faults in the order of their cost, as the page that is kept with this test."""
    report = read(simulated_day())
    shown = [group.hint.id for group in report.groups() if group.lost_calls]
    assert shown == list(FAULTS)
    assert [group.calls for group in report.groups() if group.lost_calls] == [
        count for _, count, _ in FAULTS.values()
    ]
    page = "\n".join(
        "".join(text for text, _ in line).rstrip() for line in lines.page(report, "day.jsonl", [], 110)
    )
    assert page + "\n" == DAY.read_text(encoding="utf-8")


@pytest.mark.skipif(not RECORDINGS.exists(), reason=f"no recordings at {RECORDINGS}")
def test_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The recorded answers of the real API, as spans, add up to the tokens of their JSON, and truncated ones are lost."""
    spans, tokens, truncated = [], 0, 0
    for recording in recorded():
        usage, reason, model = last_of(recording)
        attributes = {
            names.OPERATION_NAME: "generate_content",
            names.PROVIDER_NAME: "gcp.gemini",
            names.REQUEST_MODEL: model or "unknown",
            names.HTTP_STATUS_CODE: recording["status"],
            names.USAGE_INPUT_TOKENS: number(usage, "promptTokenCount", "toolUsePromptTokenCount"),
            names.USAGE_OUTPUT_TOKENS: number(usage, "candidatesTokenCount", "thoughtsTokenCount"),
        }
        if reason:
            attributes[names.RESPONSE_FINISH_REASONS] = (reason.lower(),)
        if recording["status"] >= 400:
            attributes[names.ERROR_TYPE] = str(recording["status"])
        tokens += attributes[names.USAGE_INPUT_TOKENS] + attributes[names.USAGE_OUTPUT_TOKENS]
        truncated += reason == "MAX_TOKENS"
        spans.append(described(attributes, scope="anybody"))
    path = tmp_path / "recordings.jsonl.gz"
    path.write_bytes(gzip.compress(otlp_lines(spans, 50), 1))
    assert cli.main(["report", str(path), "--json", "--by", "outcome"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"]["calls"] == len(spans) == 2519
    assert sum(found["total"]["tokens"][kind] for kind in ("input", "output")) == tokens
    assert found["total"]["outcomes"]["truncated"] == truncated > 50
    assert found["total"]["outcomes"]["error"] == 77
    cost = found["total"]["cost"]
    assert cost["gen_ai.usage.cost.amount"] > 0
    assert cost["tokens_without_price"] == sum(cost["reasons"].values()) < tokens / 4


def recorded() -> Iterator[dict[str, Any]]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def last_of(recording: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
    """Usage, finish reason and model of the last chunk that has them."""
    body = recording["response_body"]
    if isinstance(body, str):
        body = [
            json.loads(line[5:])
            for line in body.splitlines()
            if line.startswith("data:") and line.endswith("}")
        ]
    usage: dict[str, Any] = {}
    reason, model = "", ""
    for chunk in body if isinstance(body, list) else [body]:
        if isinstance(chunk, dict):
            usage = chunk.get("usageMetadata") or usage
            model = chunk.get("modelVersion") or model
            for candidate in chunk.get("candidates") or ():
                if isinstance(candidate, dict) and isinstance(candidate.get("finishReason"), str):
                    reason = candidate["finishReason"]
    return usage, reason, str(model)


def number(usage: dict[str, Any], *fields: str) -> int:
    return sum(usage.get(field) or 0 for field in fields)
