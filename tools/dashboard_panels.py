"""The rows of the dashboard and their panels: what each shows, what that means, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import dashboard_promql as q
import dashboard_served as served
from dashboard_links import (
    CELL,
    SERVICE_CELL,
    DataLink,
    label,
    traceql,
    traces,
    traces_of_all,
    traces_with,
)
from dashboard_looks import (
    BAD,
    FINISH_REASON_COLOURS,
    OUTCOME_COLOURS,
    SEVERITY_COLOURS,
    SHARE,
    STATUS_COLOURS,
    Panel,
    Query,
    coloured,
    figure,
    graph,
    linked,
    listing,
    searched,
    texts,
    unseen,
    wide,
)

from gemini_otel._facts import names
from gemini_otel._facts.outcomes import GOOD, HEALTHY
from gemini_otel.hints import default_hints

Row = tuple[str, list[Panel]]
_PER_MINUTE = "reqpm"
_TOKENS = "si:tok/min"
_RUNS = "opm"
_NOT_BY_MODEL = "\n\nNot divided by model: the variable *Model* does not apply."
_SPAN_METRICS = "\n\nNeeds the span metrics of the Collector in examples/collector; other panels do without."
_OTHER_HINT = "A hint of your own, or one of a newer release: the span has it in full."
_TROUBLESHOOTING = "https://ai.google.dev/gemini-api/docs/troubleshooting"
_UNUSABLE = f'{q.OUTCOME}!~"{"|".join(GOOD)}"'
_UNUSABLE_SPAN = f'span.{names.OUTCOME} !~ "{"|".join(GOOD)}"'
_REPEATS = f'{q.REPETITION_KIND}!~"none|not_checked"'
_STREAMS = "span.gen_ai.request.stream = true"
_FAILED_ATTEMPTS = "(span.http.request.resend_count > 0 || status = error)", {names.ATTEMPT_NUMBER: "1"}
_LIVE = f'{q.OPERATION}="live"'


def rows() -> Iterator[Row]:
    """All rows, from top to bottom."""
    yield "At a glance", list(_figures())
    yield "Alerts that are firing", [_alerts()]
    yield "What went wrong, and what to do", [_hints(), *_endings(), *_faults()]
    yield "Traffic and latency", list(_traffic())
    yield "Tokens", list(_tokens())
    yield "Tools", list(_tools())
    yield "Live sessions", list(_live())
    yield "Tiers and server tools", list(served.panels())
    yield "Causes, from the Collector's span metrics", list(_causes())
    yield "Prompts and agents, from the Collector's span metrics", list(_named())
    yield "Latest bad calls", list(_latest())


def _figures() -> Iterator[Panel]:
    counted = q.total(q.count(q.of_model(q.RESPONSES)))
    bad = q.total(q.count(q.of_model(q.RESPONSES, _UNUSABLE)))
    yield figure(
        "Calls",
        "Calls of the SDK that have ended, whatever their outcome, each round of a function calling loop included. None at all, "
        "though the program runs: `gemini-otel check` says what is missing.",
        [Query(q.whole(counted))],
        traces_of_all(),
        unit="short",
    )
    yield figure(
        "Without usable answer",
        "Share of the calls whose outcome is neither `ok` nor `pending`. Look below for the hint that is given most often. (Jaeger cannot "
        "search for several outcomes at once, so the link finds calls with a hint of severity `error`.)",
        [Query(q.share(f"({bad} or vector(0))", f"({counted} > 0)"))],
        traces_of_all(_UNUSABLE_SPAN, {names.HINT_SEVERITY: "error"}),
        unit=SHARE,
        limits={0.02: "orange", 0.1: "red"},
    )
    yield figure(
        "Hints given",
        "Causes that were recognised, each with a remedy; the table below has them. (In Jaeger the link finds those of severity `error`.)"
        + _NOT_BY_MODEL,
        [Query(f"{q.whole(q.total(q.count(q.of_service(q.HINTS))))} or vector(0)")],
        traces_of_all('span.gemini.hint.id != ""', {names.HINT_SEVERITY: "error"}, by_model=False),
        unit="short",
    )
    yield figure(
        "Failed attempts",
        "HTTP requests that failed, even if the SDK's next attempt succeeded. Many of them with few failed calls: retries hide that a quota "
        "or an overload is near.",
        [Query(f"{q.whole(q.total(q.count(q.of_model(q.ATTEMPTS_FAILED))))} or vector(0)")],
        traces_of_all(*_FAILED_ATTEMPTS),
        unit="short",
    )
    yield figure(
        "Latency, p95",
        "95th percentile of the time from the request to the end of the answer, retries included.",
        [Query(q.quantile_of_range(0.95, q.DURATION))],
        traces_of_all("kind = client"),
        unit="s",
    )
    yield figure(
        "Tokens in and out",
        "Input and output tokens; thoughts are output, cached tokens are input.",
        [
            Query(q.whole(q.measure_of_range(q.INPUT_TOKENS)), "in"),
            Query(q.whole(q.measure_of_range(q.OUTPUT_TOKENS)), "out"),
        ],
        traces_of_all("span.gen_ai.usage.input_tokens > 0"),
        unit="short",
    )


def _alerts() -> Panel:
    alert = q.of_service(q.ALERTS, 'alertname=~"Gemini.*"', 'alertstate="firing"')
    hints = {hint.id: hint.remedy[0] for hint in default_hints() if hint.when is not None}
    told = "Read the alert's description, which names the hint, or the table below."
    return listing(
        "Firing alerts",
        "Alerts of `gemini-otel alerts` that fire now, with the first step of their hint. They come from Prometheus itself, so no Alertmanager is needed. "
        "The panels over time mark them, too. No data: none fires, or the rules are not loaded."
        + _NOT_BY_MODEL,
        Query(q.by_name(f'label_replace({alert}, "hint", "unknown", "hint", "")')),
        {
            "alertname": ("Alert", wide(230)),
            "severity": ("Severity", [*wide(90), *coloured({"critical": "red", "warning": "orange"})]),
            q.SERVICE: ("Service", [*wide(150), *linked(traces(service=CELL, by_model=False))]),
            q.MODEL: ("Model", wide(190)),
            q.FINISH_REASON: ("Finish reason", wide(150)),
            q.ERROR_TYPE: ("Error", wide(110)),
            "hint": ("What to do", texts(hints, told)),
        },
        hidden=(
            *("Value", "__name__", "alertstate", q.JOB, q.OPERATION, q.REPETITION_KIND, q.TOOL, "filter"),
            *("scope", "shutdown", "replacement", "instance"),
        ),
        sort="Severity",  # critical first
        height=6,
    )


def _hints() -> Panel:
    given = q.total(q.count(q.of_service(q.HINTS)), q.JOB, q.HINT_ID, q.HINT_SEVERITY)
    expr = q.by_name(f"sort_desc(topk(50, {q.whole(given)} > 0))")
    for column in ("what_happened", "what_to_do", "more", "reference"):
        expr = f'label_replace({expr}, "{column}", "$1", "{q.HINT_ID}", "(.*)")'
    hints = [hint for hint in default_hints() if hint.when is not None]
    hint_traces = traces_with(names.HINT_ID, CELL, service=SERVICE_CELL, by_model=False)
    more = [DataLink("What Google says of it", "${__data.fields.Reference:raw}")]
    return listing(
        "Top hints",
        "What was recognised in the time range, how often, and what to do about it: the first step, and all of them under the mouse. Click a hint for its "
        "traces, where the event `gemini.hint` has the evidence of the call (a span is found by its most specific hint). In a terminal: "
        "`gemini-otel explain HINT`." + _NOT_BY_MODEL,
        Query(expr),
        {
            "Value": ("Times", wide(65)),
            q.HINT_SEVERITY: ("Severity", [*wide(80), *coloured(SEVERITY_COLOURS)]),
            q.SERVICE: ("Service", wide(125)),
            q.HINT_ID: ("Hint", [*wide(205), *linked(hint_traces)]),
            "what_happened": (
                "What happened",
                [*wide(270), *texts({hint.id: hint.summary for hint in hints}, _OTHER_HINT)],
            ),
            "what_to_do": (
                "What to do",
                texts({hint.id: "\n".join(hint.remedy) for hint in hints}, _OTHER_HINT),
            ),
            "more": ("More", [*wide(60), *texts({}, "Docs"), *linked(more)]),
            "reference": (
                "Reference",  # only for the link
                [*unseen(), *texts({hint.id: hint.reference for hint in hints}, _TROUBLESHOOTING)],
            ),
        },
        hidden=(q.JOB,),
    )


def _endings() -> Iterator[Panel]:
    yield graph(
        "Outcomes",
        "Calls a minute by `gemini.response.outcome`, the one field to group by. `truncated`: raise `max_output_tokens` or ask for less. `blocked`: see "
        "finish reasons. `error`: see status codes. `abandoned` and `cancelled` are the program's own doing.",
        [Query(q.per_minute(q.of_model(q.RESPONSES), q.OUTCOME), _legend(q.OUTCOME, q.SERVICE))],
        traces_with(names.OUTCOME, label(q.OUTCOME)),
        unit=_PER_MINUTE,
        colours=OUTCOME_COLOURS,
        stacked=True,
    )
    yield graph(
        "Finish reasons",
        "Calls a minute by the reason that the service gave for the end of the answer; `STOP` is a natural end. What another one means and what to do: "
        "`gemini-otel explain REASON`.",
        [
            Query(
                q.per_minute(q.of_model(q.RESPONSES, f'{q.FINISH_REASON}!=""'), q.FINISH_REASON),
                _legend(q.FINISH_REASON, q.SERVICE),
            )
        ],
        traces_with(names.FINISH_REASON, label(q.FINISH_REASON)),
        unit=_PER_MINUTE,
        colours=FINISH_REASON_COLOURS,
        stacked=True,
    )
    yield graph(
        "Status codes",
        "Calls a minute by the HTTP status of their last attempt. 429: a quota, see the hint for which one. 5xx: the service; retry with backoff. "
        "Other 4xx: the request or the key; a retry does not help.",
        [
            Query(
                q.per_minute(q.of_model(q.RESPONSES, f'{q.STATUS_CODE}!=""'), q.STATUS_CODE),
                _legend(q.STATUS_CODE, q.SERVICE),
            )
        ],
        traces(
            f"span.http.response.status_code = {label(q.STATUS_CODE)}",
            {names.HTTP_STATUS_CODE: label(q.STATUS_CODE)},
        ),
        unit=_PER_MINUTE,
        colours=STATUS_COLOURS,
        stacked=True,
    )


def _faults() -> Iterator[Panel]:
    yield graph(
        "Failed attempts by status",
        "HTTP requests a minute that failed, also those that the SDK repeated with success; without a status, the connection failed. Rising 429s before "
        "any call fails: slow down, or ask for more quota.",
        [
            Query(
                f'label_replace({q.per_minute(q.of_model(q.ATTEMPTS_FAILED), q.STATUS_CODE)}, "{q.STATUS_CODE}", "no answer", "{q.STATUS_CODE}", "")',
                _legend(q.STATUS_CODE, q.SERVICE),
            )
        ],
        traces(*_FAILED_ATTEMPTS),
        unit=_PER_MINUTE,
        colours=STATUS_COLOURS,
        stacked=True,
    )
    cut_off = q.per_minute(q.of_model(q.RESPONSES, f'{q.OUTCOME}="truncated"'), q.MODEL)
    answered = q.per_minute(q.of_model(q.RESPONSES, f'{q.FINISH_REASON}!=""'), q.MODEL)
    yield graph(
        "Truncation rate",
        "Share of a model's answers that were cut off at the output token limit. Above a few percent: raise `max_output_tokens`, and look at the thought "
        "share, because thoughts count towards the limit.",
        [Query(q.share(f"({cut_off} or 0 * {answered})", f"({answered} > 0)"), _legend(q.MODEL, q.SERVICE))],
        traces(
            f'span.gemini.response.outcome = "truncated" && span.gen_ai.request.model = "{label(q.MODEL)}"',
            {names.OUTCOME: "truncated", names.REQUEST_MODEL: label(q.MODEL)},
        ),
        unit=SHARE,
        limits={0.02: "orange", 0.1: "red"},
    )
    yield graph(
        "Repetition",
        "Calls a minute whose answer got stuck in a loop, by what it repeats. Loops burn output tokens up to the limit: the hint of such a call says what to "
        "change, and `on_repetition` can stop the stream. Looked for in sampled calls only.",
        [
            Query(
                q.per_minute(q.of_model(q.RESPONSES, _REPEATS), q.REPETITION_KIND),
                _legend(q.REPETITION_KIND, q.SERVICE),
            )
        ],
        traces_with(names.REPETITION_KIND, label(q.REPETITION_KIND)),
        unit=_PER_MINUTE,
        shades=BAD,
        stacked=True,
    )
    unusable = q.per_minute(q.of_model(q.RESPONSES, _UNUSABLE))
    every = q.per_minute(q.of_model(q.RESPONSES))
    yield graph(
        "Calls without a usable answer, by service",
        "Share of a service's calls whose outcome is neither `ok` nor `pending`: which service is in trouble. (In Jaeger the link finds calls with a hint of "
        "severity `error`.)",
        [Query(q.share(f"({unusable} or 0 * {every})", f"({every} > 0)"), _legend(q.SERVICE))],
        traces(_UNUSABLE_SPAN, {names.HINT_SEVERITY: "error"}),
        unit=SHARE,
        shades=BAD,
        limits={0.02: "orange", 0.1: "red"},
        width=24,
    )


def _traffic() -> Iterator[Panel]:
    yield graph(
        "Requests",
        "Calls a minute by operation and model. Compare with the requests per minute that your tier allows for the model.",
        [
            Query(
                q.per_minute(q.of_model(q.RESPONSES), q.OPERATION, q.MODEL),
                f"{_legend(q.OPERATION)} {_legend(q.MODEL, q.SERVICE)}",
            )
        ],
        traces(
            f'span.gen_ai.operation.name = "{label(q.OPERATION)}"', {names.OPERATION_NAME: label(q.OPERATION)}
        ),
        unit=_PER_MINUTE,
        stacked=True,
        width=12,
    )
    yield _quantiles(
        "Latency by model, p95",
        "95th percentile of the time from the request to the end of the answer of model calls and embeddings, retries included; turns of Live sessions are left "
        "out. A rise with steady output tokens is the service or retries; with rising ones, longer answers or more thinking. Dots are single calls: click one for "
        "its trace.",
        q.DURATION,
        {0.95: ""},
    )
    yield _quantiles(
        "Latency by model, p50 and p99",
        "The same for a call in the middle, and for the slowest in a hundred: whether all calls became slower, or a few.",
        q.DURATION,
        {0.5: "p50 ", 0.99: "p99 "},
    )
    yield _quantiles(
        "Time to first chunk, p95",
        "95th percentile of the time until a stream, or a turn of a Live session, begins to answer; thinking models think before it. High: lower the thinking "
        "budget, shorten or cache the prompt.",
        q.FIRST_CHUNK,
        {0.95: ""},
        _STREAMS,
    )


def _quantiles(
    title: str,
    description: str,
    metrics: tuple[str, ...],
    quantiles: dict[float, str],
    condition: str = "kind = client",
) -> Panel:
    return graph(
        title,
        description,
        [
            Query(
                q.by_name(q.quantile(quantile, metrics, q.JOB, q.MODEL)),
                f"{name}{_legend(q.MODEL, q.SERVICE)}",
                exemplars=quantile == 0.95,
            )
            for quantile, name in quantiles.items()
        ],
        _traces_of_model(condition),
        unit="s",
        width=12,
    )


def _tokens() -> Iterator[Panel]:
    into, out = (q.measure(metrics, q.JOB, q.MODEL) for metrics in (q.INPUT_TOKENS, q.OUTPUT_TOKENS))
    thoughts, cached = (
        q.total(q.rate(q.of_model(metric)), q.JOB, q.MODEL) for metric in (q.THOUGHTS_TOKENS, q.CACHED_TOKENS)
    )
    for title, description, tokens, attribute in (
        (
            "Input tokens",
            "Prompt tokens a minute, cached ones included. Compare with the tokens per minute that your tier allows.",
            into,
            names.USAGE_INPUT_TOKENS,
        ),
        (
            "Output tokens",
            "Tokens a minute that the model made, visible and thought; they cost the most. Rising without more calls: longer answers or more thinking.",
            out,
            names.USAGE_OUTPUT_TOKENS,
        ),
        (
            "Thought tokens",
            "Tokens a minute that the model spent on thinking; they are billed as output and count towards `max_output_tokens`.",
            thoughts,
            names.USAGE_REASONING_OUTPUT_TOKENS,
        ),
        (
            "Cached tokens",
            "Prompt tokens a minute that were read from a cache, at a fraction of the price.",
            cached,
            names.USAGE_CACHE_READ_INPUT_TOKENS,
        ),
    ):
        yield graph(
            title,
            description,
            [Query(q.by_name(f"60 * {tokens}"), _legend(q.MODEL, q.SERVICE))],
            _traces_of_model(f"span.{attribute} > 0"),
            unit=_TOKENS,
            stacked=True,
            width=12,
        )
    yield graph(
        "Thought share",
        "Share of the output tokens that are thoughts. Near 1: thinking eats the answers, and truncation is near; lower the thinking budget or level, or "
        "raise `max_output_tokens`.",
        [Query(q.by_name(q.share(thoughts, f"({out} > 0)")), _legend(q.MODEL, q.SERVICE))],
        _traces_of_model(f"span.{names.USAGE_REASONING_OUTPUT_TOKENS} > 0"),
        unit=SHARE,
        limits={0.8: "orange", 0.95: "red"},
        width=12,
    )
    yield graph(
        "Cached share",
        "Share of the prompt tokens that were read from a cache. Low with long prompts that begin alike: put what changes last, or create a cache.",
        [Query(q.by_name(q.share(cached, f"({into} > 0)")), _legend(q.MODEL, q.SERVICE))],
        _traces_of_model(f"span.{names.USAGE_CACHE_READ_INPUT_TOKENS} > 0"),
        unit=SHARE,
        width=12,
    )
    for title, description, metric, unit, factor in (
        (
            "Cost",
            "US dollars an hour at list price, by the library genai-prices. Empty without the setting `cost`.",
            q.COST,
            "currencyUSD",
            3600,
        ),
        (
            "Tokens without a price",
            "Tokens a minute that the cost leaves out, because their model, tier or kind has no known price. Empty without the setting `cost`.",
            q.UNPRICED_TOKENS,
            _TOKENS,
            60,
        ),
    ):
        rate = q.total(q.rate(q.of_model(metric)), q.JOB, q.MODEL)
        yield graph(
            title,
            description,
            [Query(q.by_name(f"{factor} * {rate}"), _legend(q.MODEL, q.SERVICE))],
            _traces_of_model(f"span.{names.USAGE_INPUT_TOKENS} > 0"),
            unit=unit,
            stacked=True,
            width=12,
        )


def _traces_of_model(condition: str) -> list[DataLink]:
    model = label(q.MODEL)
    return traces(f'{condition} && span.gen_ai.request.model = "{model}"', {names.REQUEST_MODEL: model})


def _tools() -> Iterator[Panel]:
    runs = q.of_service(f"{q.TOOL_DURATION}_count")
    failures = q.of_service(f"{q.TOOL_DURATION}_count", f'{q.ERROR_TYPE}!=""')
    tool, own = label(q.TOOL), f'span.gen_ai.tool.name = "{label(q.TOOL)}"'
    yield graph(
        "Tool runs",
        "Functions a minute that the SDK ran for the model. A sudden rise is a loop: the model asks for the same again and again."
        + _NOT_BY_MODEL,
        [Query(q.per_minute(runs, q.TOOL), _legend(q.TOOL, q.SERVICE))],
        traces(own, {names.TOOL_NAME: tool}, by_model=False),
        unit=_RUNS,
        width=6,
        stacked=True,
    )
    yield graph(
        "Tool errors",
        "Tool runs a minute that raised an exception or reported a failure, by tool and kind. The SDK tells the model instead of the program, so nothing "
        "else fails: mend the tool, or describe its arguments better." + _NOT_BY_MODEL,
        [
            Query(
                q.per_minute(failures, q.TOOL, q.ERROR_TYPE),
                f"{_legend(q.TOOL)} {_legend(q.ERROR_TYPE, q.SERVICE)}",
            )
        ],
        traces(
            f"{own} && status = error",
            {names.TOOL_NAME: tool, names.ERROR_TYPE: label(q.ERROR_TYPE)},
            by_model=False,
        ),
        unit=_RUNS,
        width=6,
        shades=BAD,
        stacked=True,
    )
    buckets = q.total(q.rate(q.of_service(f"{q.TOOL_DURATION}_bucket")), "le", q.JOB, q.TOOL)
    yield graph(
        "Tool duration, p95",
        "95th percentile of a tool's run; the user waits for it in each round. Dots are single runs."
        + _NOT_BY_MODEL,
        [Query(q.by_name(q.of_histogram(0.95, buckets)), _legend(q.TOOL, q.SERVICE), exemplars=True)],
        traces(own, {names.TOOL_NAME: tool}, by_model=False),
        unit="s",
        width=6,
    )

    loops = q.total(q.rate(q.of_service(f"{q.WORKFLOW_DURATION}_bucket")), "le", q.JOB)
    yield graph(
        "Tool loops, p95",
        "95th percentile of the time from the first request of a loop to its last answer, with the tools that ran in between. Empty without the setting "
        "`semconv` for the newest conventions, which have this metric." + _NOT_BY_MODEL,
        [Query(q.by_name(q.of_histogram(0.95, loops)), _legend(q.SERVICE))],
        traces(
            'span.gen_ai.operation.name = "invoke_workflow"',
            {names.OPERATION_NAME: "invoke_workflow"},
            by_model=False,
        ),
        unit="s",
        width=6,
    )


def _live() -> Iterator[Panel]:
    turns = q.of_model(q.RESPONSES, _LIVE)
    yield graph(
        "Live turns",
        "Turns a minute of Live sessions, by outcome. `abandoned`: the user spoke while the model did. `error`: the session broke in the turn; its hint says why.",
        [Query(q.per_minute(turns, q.OUTCOME), _legend(q.OUTCOME, q.SERVICE))],
        traces(
            f'span.gen_ai.operation.name = "live" && span.{names.OUTCOME} = "{label(q.OUTCOME)}"',
            {names.OPERATION_NAME: "live", names.OUTCOME: label(q.OUTCOME)},
        ),
        unit=_PER_MINUTE,
        colours=OUTCOME_COLOURS,
        stacked=True,
    )
    cut_in = q.per_minute(q.of_model(q.RESPONSES, _LIVE, f'{q.FINISH_REASON}="INTERRUPTED"'), q.MODEL)
    all_turns = q.per_minute(turns, q.MODEL)
    yield graph(
        "Interrupted turns",
        "Share of the turns in which the user cut the model off. Many: the answers are too long, or the service takes noise for speech.",
        [Query(q.share(f"({cut_in} or 0 * {all_turns})", f"({all_turns} > 0)"), _legend(q.MODEL, q.SERVICE))],
        traces("span.gemini.live.interrupted = true", {names.LIVE_INTERRUPTED: "true"}),
        unit=SHARE,
    )
    lengths = q.total(q.rate(q.of_model(q.OPERATION_DURATION, _LIVE)), "le", q.JOB, q.MODEL)
    yield graph(
        "Length of Live turns, p95",
        "95th percentile of the time from the user's words to the end of the answer, which lasts as long as the model speaks. How long it takes to begin is in "
        "*Time to first chunk*.",
        [Query(q.by_name(q.of_histogram(0.95, lengths)), _legend(q.MODEL, q.SERVICE))],
        _traces_of_model('span.gen_ai.operation.name = "live"'),
        unit="s",
    )


def _latest() -> Iterator[Panel]:
    """The latest bad calls, one by one; these panels query traces, not metrics."""
    bad = f'span.{names.OUTCOME} !~ "{"|".join(HEALTHY)}"'
    columns = ", ".join(
        f"span.{name}"
        for name in (
            *(names.OUTCOME, names.HINT_SUMMARY, names.PROMPT_NAME, names.PROMPT_VERSION),
            *(names.AGENT_NAME, names.AGENT_ID),
        )
    )
    yield searched(
        "tempo",
        "Latest bad calls, in Tempo",
        "The last calls without a usable answer, of the chosen services and models, with what went wrong and the prompt or agent by its name: click one to "
        "open its trace. Needs Tempo.",
        {
            "queryType": "traceql",
            "query": f"{traceql(bad)} | select({columns})",
            "limit": 20,
            "tableType": "spans",
        },
        traces_of_all(bad),
    )
    error = {names.HINT_SEVERITY: "error"}
    yield searched(
        "jaeger",
        "Latest bad calls, in Jaeger",
        "The last traces with a hint of severity `error`, of the service chosen at *Service in Jaeger*: click one to open it. Needs Jaeger.",
        {
            "queryType": "search",
            "service": "${trace_service}",
            "tags": " ".join(f"{name}={value}" for name, value in error.items()),
            "limit": 20,
        },
        traces_of_all(bad, error),
    )


def _causes() -> Iterator[Panel]:
    for title, description, attribute in (
        (
            "Causes of errors",
            "Failed calls a minute by `gemini.error.kind`, the cause that was recognised in the service's error: more telling than the status.",
            names.ERROR_KIND,
        ),
        (
            "Blocked prompts",
            "Calls a minute whose prompt was blocked, by reason: the prompt or a document in it needs a change; a retry does not help.",
            names.BLOCK_REASON,
        ),
    ):
        tag = q.plain(attribute)
        calls = q.of_model(q.SPAN_CALLS, f'{tag}!=""')
        yield graph(
            title,
            description + _SPAN_METRICS,
            [Query(q.per_minute(calls, tag), _legend(tag, q.SERVICE))],
            traces_with(attribute, label(tag)),
            unit=_PER_MINUTE,
            shades=BAD,
            stacked=True,
        )
    hinted = q.of_model(q.SPAN_CALLS, f'{q.HINT_ID}!=""')
    yield graph(
        "Hints by model",
        "Calls a minute by model and most specific hint: whether only one model is in trouble."
        + _SPAN_METRICS,
        [
            Query(
                q.per_minute(hinted, q.MODEL, q.HINT_ID),
                f"{_legend(q.HINT_ID)} {_legend(q.MODEL, q.SERVICE)}",
            )
        ],
        traces_with(names.HINT_ID, label(q.HINT_ID)),
        unit=_RUNS,
        shades=BAD,
        stacked=True,
    )


def _named() -> Iterator[Panel]:
    """Calls by names that the program gives: a version of a prompt that stops early, an agent that fails."""
    prompts = q.of_model(q.SPAN_CALLS, f'{q.PROMPT}!="", {q.OUTCOME}!=""')
    name = f"{{{{{q.PROMPT}}}}} {{{{{q.PROMPT_VERSION}}}}}, {{{{{q.SERVICE}}}}}"
    links = traces_with(names.PROMPT_NAME, label(q.PROMPT))
    by = (q.PROMPT, q.PROMPT_VERSION)
    every = q.per_minute(prompts, *by)
    unusable = q.per_minute(q.of_model(q.SPAN_CALLS, f'{q.PROMPT}!="", {q.OUTCOME}!~"|ok|pending"'), *by)
    yield graph(
        "Calls by prompt",
        "Calls a minute by name and version of their prompt, as the program gave them with `gemini_otel.prompt()`."
        + _SPAN_METRICS,
        [Query(every, name)],
        links,
        unit=_PER_MINUTE,
        stacked=True,
    )
    yield graph(
        "Without a usable answer, by prompt",
        "Share of a prompt's calls whose outcome is neither `ok` nor `pending`: a version that does worse than the one before. What each lost: "
        "`gemini-otel report --by prompt,hint`." + _SPAN_METRICS,
        [Query(q.share(f"({unusable} or 0 * {every})", f"({every} > 0)"), name)],
        links,
        unit=SHARE,
        shades=BAD,
        limits={0.02: "orange", 0.1: "red"},
    )
    yield graph(
        "Calls of agents",
        "Calls a minute by agent and outcome: runs of it, and its creation." + _NOT_BY_MODEL + _SPAN_METRICS,
        [
            Query(
                q.per_minute(q.of_service(q.SPAN_CALLS, f'{q.AGENT}!=""'), q.AGENT, q.OUTCOME),
                f"{{{{{q.AGENT}}}}} {_legend(q.OUTCOME, q.SERVICE)}",
            )
        ],
        traces_with(names.AGENT_NAME, label(q.AGENT), by_model=False),
        unit=_PER_MINUTE,
        stacked=True,
    )


def _legend(*labels: str) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in labels)
