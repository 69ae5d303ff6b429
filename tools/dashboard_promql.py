"""PromQL expressions that the panels share. `$service` and `$model` are the dashboard's variables, the other $ are Grafana's
own.
"""

from __future__ import annotations

from collections.abc import Iterable

from registry import plain

from gemini_otel._facts import names
from gemini_otel._facts.profiles import OPERATION_KINDS

OPERATION = plain(names.OPERATION_NAME)
MODEL = plain(names.REQUEST_MODEL)
OUTCOME = plain(names.OUTCOME)
FINISH_REASON = plain(names.FINISH_REASON)
STATUS_CODE = plain(names.HTTP_STATUS_CODE)
REPETITION_KIND = plain(names.REPETITION_KIND)
ERROR_KIND = plain(names.ERROR_KIND)
ERROR_TYPE = plain(names.ERROR_TYPE)
BLOCK_REASON = plain(names.BLOCK_REASON)
HINT_ID = plain(names.HINT_ID)
HINT_SEVERITY = plain(names.HINT_SEVERITY)
TOOL = plain(names.TOOL_NAME)
PROMPT = plain(names.PROMPT_NAME)
PROMPT_VERSION = plain(names.PROMPT_VERSION)
AGENT = plain(names.AGENT_NAME)
JOB = "job"
# The name of a service, without the namespace that `job` may have before it; our own label.
SERVICE = "service"
NAME_IN_JOB = "(?:.*/)?(.+)"

RESPONSES = plain(names.RESPONSES) + "_total"
ALERTS = "ALERTS"  # Prometheus' own
ATTEMPTS_FAILED = plain(names.ATTEMPTS_FAILED) + "_total"
HINTS = plain(names.HINTS) + "_total"
THOUGHTS_TOKENS = plain(names.THOUGHTS_TOKENS) + "_total"
CACHED_TOKENS = plain(names.CACHED_TOKENS) + "_total"
COST = plain(names.COST) + "_total"
UNPRICED_TOKENS = plain(names.UNPRICED_TOKENS) + "_total"
TOOL_DURATION = plain(names.TOOL_DURATION) + "_seconds"
WORKFLOW_DURATION = plain(names.WORKFLOW_DURATION) + "_seconds"
SPAN_CALLS = "traces_span_metrics_calls_total"  # the Collector's

# The conventions' metrics, under their names in each profile.
_MODEL_CALLS = f'{OPERATION}=~"{"|".join(sorted(OPERATION_KINDS))}", {MODEL}!=""'
DURATION = tuple(
    f"gen_ai_client_{kind}_duration_seconds_bucket{{{_MODEL_CALLS}}}"
    for kind in ("operation", "inference", "embeddings")
)
# Durations of operations other than model calls, in each profile.
OPERATION_DURATION = "gen_ai_client_operation_duration_seconds_bucket"
FIRST_CHUNK = tuple(
    f'gen_ai_client_{kind}_time_to_first_chunk_seconds_bucket{{{MODEL}!=""}}'
    for kind in ("operation", "inference")
)
INPUT_TOKENS = (
    'gen_ai_client_token_usage_sum{gen_ai_token_type="input"}',
    "gen_ai_client_inference_operation_input_tokens_sum",
    "gen_ai_client_embeddings_operation_input_tokens_sum",
)
OUTPUT_TOKENS = (
    'gen_ai_client_token_usage_sum{gen_ai_token_type="output"}',
    "gen_ai_client_inference_operation_output_tokens_sum",
)
_BEFORE = "15m"  # A series that was there within this time is not new; it was only not scraped.
_SERVICE = 'job=~"$service"'
_OF_MODEL = f'{MODEL}=~"$model"'


def of_service(metric: str, *matchers: str) -> str:
    """The metric's series of the chosen services."""
    name, _, own = metric.rstrip("}").partition("{")
    return f"{name}{{{', '.join(filter(None, (_SERVICE, *matchers, own)))}}}"


def of_model(metric: str, *matchers: str) -> str:
    """The metric's series of the chosen services and models."""
    return of_service(metric, _OF_MODEL, *matchers)


def rate(series: str) -> str:
    """Events a second, to be summed."""
    begun = f"({_begun(series, '$__rate_interval')}) / ($__rate_interval_ms / 1000)"
    return _with_first(f"rate({series}[$__rate_interval])", begun)


def count(series: str) -> str:
    """Events within the dashboard's time range, to be summed."""
    return _with_first(f"increase({series}[$__range])", _begun(series, "$__range"))


def _with_first(growth: str, begun: str) -> str:
    """Growth including a series' first value, which Prometheus leaves out; rare events and short-lived programs may have no
    other.

    The first value is a series with its own label, so that a sum adds it, even if nothing has grown yet.
    """
    return f'{growth} or label_replace({begun}, "begun", "yes", "", "")'


def _begun(series: str, within: str) -> str:
    """The first value of a series that begins within the time."""
    return f"min_over_time({series}[{within}]) unless last_over_time({series}[{_BEFORE}] offset {within})"


def total(expression: str, *labels: str) -> str:
    """The sum, for each combination of the labels if there are any."""
    return f"sum by ({', '.join(labels)}) ({expression})" if labels else f"sum({expression})"


def whole(count: str) -> str:
    """A count as a whole number, because Prometheus' extrapolation makes fractions."""
    return f"round({count})"


def per_minute(series: str, *labels: str) -> str:
    """Events a minute for each service; Gemini's quotas have this unit."""
    return by_name(f"60 * {total(rate(series), JOB, *labels)}")


def by_name(expression: str) -> str:
    """The expression with the service's name as a label, by which traces are searched."""
    return f'label_replace({expression}, "{SERVICE}", "$1", "{JOB}", "{NAME_IN_JOB}")'


def share(part: str, whole: str) -> str:
    """One value divided by another, from 0 to 1. Where a series begins, its first value and the extrapolation could give
    more.
    """
    return f"clamp_max({part} / {whole}, 1)"


def any_profile(parts: Iterable[str], *labels: str) -> str:
    """The sum of a measure under its names in all profiles, counted once if a program records both."""
    same = dict.fromkeys((JOB, "instance", OPERATION, MODEL, *labels))
    return total(" or ".join(total(part, *same) for part in parts), *labels)


def quantile(of: float, buckets: tuple[str, ...], *labels: str) -> str:
    """A quantile of a duration, in seconds."""
    return of_histogram(of, measure(buckets, "le", *labels))


def quantile_of_range(of: float, buckets: tuple[str, ...]) -> str:
    """The same for the dashboard's time range."""
    return of_histogram(of, measure_of_range(buckets, "le"))


def of_histogram(quantile: float, buckets: str) -> str:
    """The quantile; of no calls at all it would be NaN, which is left out."""
    return f"histogram_quantile({quantile}, {buckets}) >= 0"


def measure(metrics: tuple[str, ...], *labels: str) -> str:
    """The growth of a measure of model calls in a second."""
    return any_profile((rate(of_model(metric)) for metric in metrics), *labels)


def measure_of_range(metrics: tuple[str, ...], *labels: str) -> str:
    """The same for the dashboard's time range."""
    return any_profile((count(of_model(metric)) for metric in metrics), *labels)
