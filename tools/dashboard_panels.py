"""The rows of the dashboard and their panels: what each shows, what that means, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import dashboard_promql as q
import dashboard_served as served
from dashboard_links import CELL, DataLink, label, traces, traces_with
from dashboard_looks import (
    FINISH_REASON_COLOURS,
    OUTCOME_COLOURS,
    SEVERITY_COLOURS,
    STATUS_COLOURS,
    Panel,
    Query,
    coloured,
    figure,
    graph,
    linked,
    listing,
    texts,
    wide,
    wrapped,
)

from gemini_otel._facts import names
from gemini_otel.hints import default_hints

Row = tuple[str, list[Panel]]
_PER_MINUTE = "reqpm"
_TOKENS = "si:tok/min"
_SHARE = "percentunit"
_NOT_BY_MODEL = "\n\nNot divided by model: the variable *Model* does not apply."
_SPAN_METRICS = "\n\nNeeds the span metrics of the Collector in examples/collector; other panels do without."
_OTHER_HINT = "A hint of your own, or one of a newer release: the span has it in full."
_TROUBLESHOOTING = "https://ai.google.dev/gemini-api/docs/troubleshooting"
_UNUSABLE = f'{q.OUTCOME}!~"ok|pending"'
_REPEATS = f'{q.REPETITION_KIND}!~"none|not_checked"'
_STREAMS = "span.gen_ai.request.stream = true"
_FAILED_ATTEMPTS = traces(
    "(span.http.request.resend_count > 0 || status = error)", {names.ATTEMPT_NUMBER: "1"}
)


def rows() -> Iterator[Row]:
    """All rows, from top to bottom."""
    yield "At a glance", list(_figures())
    yield "What went wrong, and what to do", [_hints(), *_endings(), *_faults()]
    yield "Traffic and latency", list(_traffic())
    yield "Tokens", list(_tokens())
    yield "Tools", list(_tools())
    yield "Tiers and server tools", list(served.panels())
    yield "Causes, from the Collector's span metrics", list(_causes())


def _figures() -> Iterator[Panel]:
    counted = q.total(q.count(q.of_model(q.RESPONSES)))
    bad = q.total(q.count(q.of_model(q.RESPONSES, _UNUSABLE)))
    yield figure(
        "Calls",
        "Calls of the SDK that have ended, whatever their outcome, each round of a function calling loop included. None at all, "
        "though the program runs: `gemini-otel check` says what is missing.",
        [Query(q.whole(counted))],
        traces(),
        unit="short",
    )
    yield figure(
        "Calls without a usable answer",
        "Share of the calls whose outcome is neither `ok` nor `pending`. Look below for the hint that is given most often. (Jaeger, which "
        "knows no alternatives, is searched for those that raised an exception.)",
        [Query(q.share(f"({bad} or vector(0))", f"({counted} > 0)"))],
        traces('span.gemini.response.outcome !~ "ok|pending"', {"error": "true"}),
        unit=_SHARE,
        limits={0.02: "orange", 0.1: "red"},
    )
    yield figure(
        "Hints given",
        "Causes that were recognised, each with a remedy; the table below has them." + _NOT_BY_MODEL,
        [Query(f"{q.whole(q.total(q.count(q.of_service(q.HINTS))))} or vector(0)")],
        traces('span.gemini.hint.id != ""', {"event": names.EVENT_HINT}, by_model=False),
        unit="short",
        limits={1: "orange"},
    )
    yield figure(
        "Failed attempts",
        "HTTP requests that failed, also where the SDK's next attempt succeeded. Many of them with few failed calls: retries hide a quota "
        "or an overload that is near.",
        [Query(f"{q.whole(q.total(q.count(q.of_model(q.ATTEMPTS_FAILED))))} or vector(0)")],
        _FAILED_ATTEMPTS,
        unit="short",
        limits={1: "orange"},
    )
    yield figure(
        "Latency, 95th percentile",
        "95th percentile of the time from the request to the end of the answer, retries included.",
        [Query(q.quantile_of_range(0.95, q.DURATION))],
        traces("kind = client"),
        unit="s",
        limits={10: "orange", 30: "red"},
    )
    yield figure(
        "Tokens in and out",
        "Input and output tokens; thoughts are output, cached tokens are input.",
        [
            Query(q.whole(q.measure_of_range(q.INPUT_TOKENS)), "in"),
            Query(q.whole(q.measure_of_range(q.OUTPUT_TOKENS)), "out"),
        ],
        traces("span.gen_ai.usage.input_tokens > 0"),
        unit="short",
    )


def _hints() -> Panel:
    given = q.total(q.count(q.of_service(q.HINTS)), q.HINT_ID, q.HINT_SEVERITY)
    expr = f"sort_desc(topk(25, {q.whole(given)} > 0))"
    for column in ("what_happened", "what_to_do", "reference"):
        expr = f'label_replace({expr}, "{column}", "$1", "{q.HINT_ID}", "(.*)")'
    hints = [hint for hint in default_hints() if hint.when is not None]
    hint_traces = traces_with(names.HINT_ID, CELL, by_model=False)
    more = [DataLink("What Google says of it", "${__value.text:raw}")]
    return listing(
        "Top hints",
        "What was recognised in the time range, how often, and what to do about it. Click a hint for its traces, where the event `gemini.hint` "
        "has the evidence of the call (a span is found by its most specific hint), and the address for Google's page on it. In a terminal: "
        "`gemini-otel explain HINT`." + _NOT_BY_MODEL,
        Query(expr),
        {
            "Value": ("Times", [*wide(70)]),
            q.HINT_SEVERITY: ("Severity", [*wide(90), *coloured(SEVERITY_COLOURS)]),
            q.HINT_ID: ("Hint", [*wide(240), *linked(hint_traces)]),
            "what_happened": (
                "What happened",
                [*wrapped(), *texts({hint.id: hint.summary for hint in hints}, _OTHER_HINT)],
            ),
            "what_to_do": (
                "What to do",
                [*wrapped(), *texts({hint.id: " ".join(hint.remedy) for hint in hints}, _OTHER_HINT)],
            ),
            "reference": (
                "More",
                [
                    *wide(320),
                    *texts({hint.id: hint.reference for hint in hints}, _TROUBLESHOOTING),
                    *linked(more),
                ],
            ),
        },
    )


def _endings() -> Iterator[Panel]:
    yield graph(
        "Outcomes",
        "Calls a minute by `gemini.response.outcome`, the one field to group by. `truncated`: raise `max_output_tokens` or ask for less. `blocked`: see "
        "finish reasons. `error`: see status codes. `abandoned` and `cancelled` are the program's own doing.",
        [Query(q.per_minute(q.of_model(q.RESPONSES), q.OUTCOME), _legend(q.OUTCOME))],
        traces_with(names.OUTCOME, label(q.OUTCOME)),
        unit=_PER_MINUTE,
        colours=OUTCOME_COLOURS,
        stacked=True,
    )
    yield graph(
        "Finish reasons",
        "Calls a minute by the reason that the service gave for the end of the answer; `STOP` is a natural end. What another one means and asks for: "
        "`gemini-otel explain REASON`.",
        [
            Query(
                q.per_minute(q.of_model(q.RESPONSES, f'{q.FINISH_REASON}!=""'), q.FINISH_REASON),
                _legend(q.FINISH_REASON),
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
                _legend(q.STATUS_CODE),
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
                _legend(q.STATUS_CODE),
            )
        ],
        _FAILED_ATTEMPTS,
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
        [Query(q.share(f"({cut_off} or 0 * {answered})", f"({answered} > 0)"), _legend(q.MODEL))],
        traces(
            f'span.gemini.response.outcome = "truncated" && span.gen_ai.request.model = "{label(q.MODEL)}"',
            {names.OUTCOME: "truncated", names.REQUEST_MODEL: label(q.MODEL)},
        ),
        unit=_SHARE,
        limits={0.02: "orange", 0.1: "red"},
    )
    yield graph(
        "Repetition",
        "Calls a minute whose answer got stuck in a loop, by what it repeats. Loops burn output tokens up to the limit: the hint of such a call says what to "
        "change, and `on_repetition` can stop the stream. Looked for in sampled calls only.",
        [
            Query(
                q.per_minute(q.of_model(q.RESPONSES, _REPEATS), q.REPETITION_KIND),
                _legend(q.REPETITION_KIND),
            )
        ],
        traces_with(names.REPETITION_KIND, label(q.REPETITION_KIND)),
        unit=_PER_MINUTE,
        stacked=True,
    )


def _traffic() -> Iterator[Panel]:
    yield graph(
        "Requests",
        "Calls a minute by operation and model. Compare with the requests per minute that your tier allows for the model.",
        [
            Query(
                q.per_minute(q.of_model(q.RESPONSES), q.OPERATION, q.MODEL),
                f"{_legend(q.OPERATION)} {_legend(q.MODEL)}",
            )
        ],
        traces(
            f'span.gen_ai.operation.name = "{label(q.OPERATION)}"', {names.OPERATION_NAME: label(q.OPERATION)}
        ),
        unit=_PER_MINUTE,
        stacked=True,
    )
    yield _quantiles(
        "Latency",
        "Time from the request to the end of the answer of model calls and embeddings, retries included; turns of Live sessions are left out. A rise with steady output tokens is the "
        "service or retries; with rising ones, longer answers or more thinking. Dots are single calls: click one for its trace.",
        q.DURATION,
    )
    yield _quantiles(
        "Time to first chunk",
        "Time until a stream, or a turn of a Live session, begins to answer; thinking models think before it. High: lower the thinking budget, shorten or cache the prompt.",
        q.FIRST_CHUNK,
        _STREAMS,
    )


def _quantiles(
    title: str, description: str, metrics: tuple[str, ...], condition: str = "kind = client"
) -> Panel:
    return graph(
        title,
        description,
        [
            Query(
                q.quantile(quantile, metrics, q.MODEL),
                f"{_legend(q.MODEL)} p{quantile * 100:.0f}",
                exemplars=quantile == 0.95,  # the dots are the same with each
            )
            for quantile in (0.5, 0.95, 0.99)
        ],
        traces(
            f'{condition} && span.gen_ai.request.model = "{label(q.MODEL)}"',
            {names.REQUEST_MODEL: label(q.MODEL)},
        ),
        unit="s",
    )


def _tokens() -> Iterator[Panel]:
    into, out = (q.measure(metrics, q.MODEL) for metrics in (q.INPUT_TOKENS, q.OUTPUT_TOKENS))
    thoughts, cached = (
        q.total(q.rate(q.of_model(metric)), q.MODEL) for metric in (q.THOUGHTS_TOKENS, q.CACHED_TOKENS)
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
            "Tokens a minute that the model made, visible and thought; the dearest ones. Rising without more calls: longer answers or more thinking.",
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
            [Query(f"60 * {tokens}", _legend(q.MODEL))],
            _traces_of_model(f"span.{attribute} > 0"),
            unit=_TOKENS,
            stacked=True,
            width=6,
        )
    yield graph(
        "Thought share",
        "Share of the output tokens that are thoughts. Near 1: thinking eats the answers, and truncation is near; lower the thinking budget or level, or "
        "raise `max_output_tokens`.",
        [Query(q.share(thoughts, f"({out} > 0)"), _legend(q.MODEL))],
        _traces_of_model(f"span.{names.USAGE_REASONING_OUTPUT_TOKENS} > 0"),
        unit=_SHARE,
        limits={0.8: "orange", 0.95: "red"},
        width=12,
    )
    yield graph(
        "Cached share",
        "Share of the prompt tokens that were read from a cache. Low with long prompts that begin alike: put what changes last, or create a cache.",
        [Query(q.share(cached, f"({into} > 0)"), _legend(q.MODEL))],
        _traces_of_model(f"span.{names.USAGE_CACHE_READ_INPUT_TOKENS} > 0"),
        unit=_SHARE,
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
        "Functions that the SDK ran for the model, a minute. A sudden rise is a loop: the model asks for the same again and again."
        + _NOT_BY_MODEL,
        [Query(q.per_minute(runs, q.TOOL), _legend(q.TOOL))],
        traces(own, {names.TOOL_NAME: tool}, by_model=False),
        unit=_PER_MINUTE,
        stacked=True,
    )
    yield graph(
        "Tool errors",
        "Tool runs a minute that raised an exception or reported a failure, by tool and kind. The SDK tells the model instead of the program, so nothing "
        "else fails: mend the tool, or describe its arguments better." + _NOT_BY_MODEL,
        [Query(q.per_minute(failures, q.TOOL, q.ERROR_TYPE), f"{_legend(q.TOOL)} {_legend(q.ERROR_TYPE)}")],
        traces(f"{own} && status = error", {names.TOOL_NAME: tool, "error": "true"}, by_model=False),
        unit=_PER_MINUTE,
        stacked=True,
    )
    buckets = q.total(q.rate(q.of_service(f"{q.TOOL_DURATION}_bucket")), "le", q.TOOL)
    yield graph(
        "Tool duration",
        "95th percentile of a tool's run; the user waits for it in each round. Dots are single runs."
        + _NOT_BY_MODEL,
        [Query(q.of_histogram(0.95, buckets), f"{_legend(q.TOOL)} p95", exemplars=True)],
        traces(own, {names.TOOL_NAME: tool}, by_model=False),
        unit="s",
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
            [Query(q.per_minute(calls, tag), _legend(tag))],
            traces_with(attribute, label(tag)),
            unit=_PER_MINUTE,
            stacked=True,
        )
    hinted = q.of_model(q.SPAN_CALLS, f'{q.HINT_ID}!=""')
    yield graph(
        "Hints by model",
        "Calls a minute by model and most specific hint: whether a trouble is that of one model."
        + _SPAN_METRICS,
        [Query(q.per_minute(hinted, q.MODEL, q.HINT_ID), f"{_legend(q.MODEL)} {_legend(q.HINT_ID)}")],
        traces_with(names.HINT_ID, label(q.HINT_ID)),
        unit=_PER_MINUTE,
        stacked=True,
    )


def _legend(name: str) -> str:
    return f"{{{{{name}}}}}"
