"""Settings of the request: those that the service refuses, and those that work and are worth a note."""

from __future__ import annotations

import datetime as dt
import functools
import re

from gemini_otel._facts.errors import causes
from gemini_otel._facts.names import (
    API_VERSION,
    ERROR_MESSAGE,
    ERROR_STATUS,
    ERROR_TYPE,
    HTTP_RESEND_COUNT,
    MAX_ATTEMPTS,
    MODEL_RETIREMENT,
    MODEL_STATUS,
    OUTCOME,
    PROVIDER_NAME,
    REQUEST_CHOICE_COUNT,
    REQUEST_FREQUENCY_PENALTY,
    REQUEST_MAX_TOKENS,
    REQUEST_MODEL,
    REQUEST_PRESENCE_PENALTY,
    REQUEST_REASONING_LEVEL,
    REQUEST_TEMPERATURE,
    REQUEST_TOP_K,
    REQUEST_TOP_P,
    RESPONSE_MODEL,
    RESPONSE_TIME_TO_FIRST_CHUNK,
    THINKING_BUDGET,
    TIMEOUT,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._failure import FAILURE, read_failure
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, FAILED, Predicate, number, on, text, where
from gemini_otel.hints.models import (
    AS_OF,
    OUTPUT_LIMITS,
    THINKING_BUDGETS,
    THINKING_LEVELS,
    lifecycle,
    longest_match,
    model_of,
    sampling,
    series,
    short_name,
    today,
)

_MODEL = f"model {{{REQUEST_MODEL}}}"
_ANSWERED = f"answered by {{{RESPONSE_MODEL}}}"
_TEMPERATURE = f"temperature {{{REQUEST_TEMPERATURE}}}"
_TOP_P = f"top_p {{{REQUEST_TOP_P}}}"
_TOP_K = f"top_k {{{REQUEST_TOP_K}}}"
_COUNT = f"candidate_count {{{REQUEST_CHOICE_COUNT}}}"
_BUDGET = f"thinking_budget {{{THINKING_BUDGET}}}"
_LEVEL = f"thinking_level {{{REQUEST_REASONING_LEVEL}}}"
_TIMEOUT = f"timeout {{{TIMEOUT}:s}}"
_ALLOWED = "the service allows {message.lower_bound} to {message.upper_bound}"

_TRANSIENT = frozenset(
    {
        *(
            "rate_limited",
            "minute_quota",
            "shared_capacity",
            "request_timeout",
            "internal",
            "bad_gateway",
            "overloaded",
        ),
        *(
            "deadline_exceeded",
            *causes.TIMEOUT.values,
            *causes.UNREACHABLE.values,
            *causes.DISCONNECTED.values,
        ),
    }
)
RETIRING_WITHIN = dt.timedelta(days=60)
_REFUSALS = ("invalid_argument", "value_out_of_range")
_HOTTEST = 2.0
_MOST_CANDIDATES = 8
_VERTEX = ("gcp.vertex_ai", "vertex_ai")


# --- settings that the service refuses; checked only if it refused, and if its message is not about something else

_SAYS_NOTHING = re.compile(r"(?:the )?request contains an? \S+ \S+|invalid (?:argument|request)|bad request")
_HEAD = 4000  # characters of a message that are read


def _message(attributes: Attributes) -> str:
    return text(attributes, ERROR_MESSAGE)[:_HEAD].strip(" *.\n").lower()


def _blamed(holds: Predicate, names: str) -> Predicate:
    """Whether `holds` is true, and the message names the setting or does not say which setting is wrong."""

    def may_be_it(attributes: Attributes) -> bool:
        if not holds(attributes):
            return False
        message = _message(attributes)
        return not message or _names(names, message) or _is_silent(message)

    return may_be_it


def _is_silent(message: str) -> bool:
    """Whether the message does not say which setting is wrong, or mentions only a range."""
    if _SAYS_NOTHING.fullmatch(message):
        return True
    return "range" in message and not _names(_SETTINGS, message)


def _names(pattern: str, message: str) -> bool:
    return _compiled(pattern).search(message) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_SETTINGS = (
    r"temperature|top.?[pk]\b|candidate|token|penalty|thinking|thought|seed|sequence|probs|image|schema|tool"
)
_CANDIDATES = r"candidate"
_PENALTY = r"penalty"
_THINKING = r"thinking|thought"


def _outside(name: str, least: float, most: float) -> Predicate:
    def holds(attributes: Attributes) -> bool:
        value = number(attributes, name)
        return value is not None and not least <= value <= most

    return holds


def _too_much_output(attributes: Attributes) -> bool:
    """The limit itself is refused on Vertex AI, where the range is exclusive."""
    asked, limit = number(attributes, REQUEST_MAX_TOKENS), longest_match(OUTPUT_LIMITS, model_of(attributes))
    if asked is None or limit is None:
        return asked is not None and asked <= 0
    return asked <= 0 or asked > limit or (asked == limit and attributes.get(PROVIDER_NAME) in _VERTEX)


def _too_many_candidates(attributes: Attributes) -> bool:
    """Whether the message is about candidates, or may be."""
    return _names(_ONE_CANDIDATE, _message(attributes)) or _odd_count_blamed(attributes)


_ONE_CANDIDATE = r"only one candidate|(?:multiple|several) candidates"


def _odd_count(attributes: Attributes) -> bool:
    count = number(attributes, REQUEST_CHOICE_COUNT)
    if count is None:
        return False
    return not 1 <= count <= _MOST_CANDIDATES or (count != 1 and _generation(attributes) >= (3, 0))


_odd_count_blamed = _blamed(_odd_count, _CANDIDATES)


def _penalised(attributes: Attributes) -> bool:
    given = REQUEST_PRESENCE_PENALTY in attributes or REQUEST_FREQUENCY_PENALTY in attributes
    return given and _generation(attributes) >= (2, 5)


def _unfit_thinking(attributes: Attributes) -> bool:
    """Not for interactions, which accept levels on models for which `generate_content` accepts none."""
    if text(attributes, ERROR_STATUS).islower():  # the Interactions API's spelling of its codes
        return False
    budget, level = number(attributes, THINKING_BUDGET), text(attributes, REQUEST_REASONING_LEVEL).lower()
    if budget is not None and level:
        return True
    return (budget is not None and not _budget_fits(budget, attributes)) or (
        bool(level) and not _level_fits(level, attributes)
    )


def _budget_fits(budget: float, attributes: Attributes) -> bool:
    accepted = longest_match(THINKING_BUDGETS, model_of(attributes))
    if accepted is None:
        return _generation(attributes) < (4, 0)
    return budget == -1 or accepted.least <= budget <= accepted.most or (budget == 0 and accepted.can_be_off)


def _level_fits(level: str, attributes: Attributes) -> bool:
    accepted = longest_match(THINKING_LEVELS, model_of(attributes))
    if accepted is None:
        return _generation(attributes) >= (3, 0) or series(model_of(attributes)) is None
    return level in accepted


_UNKNOWN_FIELD = r"cannot find field|unknown name"


def _unknown_to_v1(attributes: Attributes) -> bool:
    return attributes.get(API_VERSION) == "v1" and _names(_UNKNOWN_FIELD, _message(attributes))


_HOT = 1.0  # above this, up to the highest value, models differ in what they accept


def _hotter_than_known(attributes: Attributes) -> bool:
    hot = _HOT < (number(attributes, REQUEST_TEMPERATURE) or 0) <= _HOTTEST
    return hot and series(model_of(attributes)) is None


def _under_a_second(attributes: Attributes) -> bool:
    return 0 < (number(attributes, TIMEOUT) or 0) < 1


def _generation(attributes: Attributes) -> tuple[int, int]:
    return series(model_of(attributes)) or (0, 0)


REFUSED = (
    Hint(
        id="cfg.temperature_range",
        severity="error",
        retry="no",
        summary="The temperature is outside the range of 0 to 2.",
        cause="The API takes 0.0 to 2.0, and older models 0.0 to 1.0.",
        remedy=(
            "Choose a temperature within the range; client.models.get() returns the model's max_temperature.",
        ),
        reference=links.TROUBLESHOOTING,
        when=on(
            FAILURE,
            *_REFUSALS,
            also=_blamed(_outside(REQUEST_TEMPERATURE, 0, _HOTTEST), r"temperature"),
        ),
        evidence=(_TEMPERATURE, _ALLOWED, _MODEL),
    ),
    Hint(
        id="cfg.top_p_range",
        severity="error",
        retry="no",
        summary="top_p is outside the range of 0 to 1.",
        cause="top_p is a probability: 0.0 to 1.0.",
        remedy=("Choose a value within the range.",),
        reference=links.TROUBLESHOOTING,
        when=on(FAILURE, *_REFUSALS, also=_blamed(_outside(REQUEST_TOP_P, 0, 1), r"top.?p\b")),
        evidence=(_TOP_P, _ALLOWED, _MODEL),
    ),
    Hint(
        id="cfg.candidate_count",
        severity="error",
        retry="no",
        summary="The model does not take this number of candidates.",
        cause="Gemini 3 and later make one candidate, and so do some older models; others make up to 8.",
        remedy=("Leave candidate_count out.", "For several answers, call several times."),
        reference=links.MODELS,
        when=on(FAILURE, *_REFUSALS, "feature_not_enabled", also=_too_many_candidates),
        evidence=(_COUNT, _MODEL),
    ),
    Hint(
        id="cfg.max_output_range",
        severity="error",
        retry="no",
        summary="max_output_tokens is outside the range of the model.",
        cause="Each model has a largest output; on Vertex AI the limit itself is not accepted.",
        remedy=(
            "Leave max_output_tokens out, or choose less than the model's limit.",
            "client.models.get() returns the output_token_limit.",
        ),
        reference=links.MODELS,
        when=on(FAILURE, *_REFUSALS, also=_blamed(_too_much_output, r"output.?token")),
        evidence=(
            f"max_output_tokens {{{REQUEST_MAX_TOKENS}}}",
            "the model's limit is {model.output_limit}",
            _MODEL,
        ),
    ),
    Hint(
        id="cfg.penalty",
        severity="error",
        retry="no",
        summary="The request was rejected, and it sets a penalty that the model does not take.",
        cause="Gemini 2.5 and later reject presence_penalty and frequency_penalty.",
        remedy=("Remove both penalties.",),
        reference=links.MODELS,
        when=on(FAILURE, "invalid_argument", also=_blamed(_penalised, _PENALTY)),
        evidence=(
            f"presence_penalty {{{REQUEST_PRESENCE_PENALTY}}}",
            f"frequency_penalty {{{REQUEST_FREQUENCY_PENALTY}}}",
            _MODEL,
        ),
    ),
    Hint(
        id="cfg.thinking_range",
        severity="error",
        retry="no",
        summary="The request was rejected, and its thinking settings do not fit the model.",
        cause="Budgets have a range for each 2.5 model, levels exist from Gemini 3 on and differ between models, and the two "
        "exclude each other.",
        remedy=(
            "Set thinking_level on Gemini 3 and later, thinking_budget on 2.5, never both.",
            "See the thinking page for what the model accepts.",
        ),
        reference=links.THINKING,
        when=on(FAILURE, "invalid_argument", also=_blamed(_unfit_thinking, _THINKING)),
        evidence=(_BUDGET, _LEVEL, _MODEL),
    ),
    Hint(
        id="cfg.api_version",
        severity="error",
        retry="no",
        summary="API version v1 does not know a field of this request.",
        cause="google-genai 3.0 and later send to v1 unless they are told otherwise. A field of a beta feature is known to the beta "
        "version only; one that is misspelt is known to neither.",
        remedy=(
            "If it is a beta feature, set http_options.api_version to v1beta (v1beta1 on Vertex AI).",
            "Otherwise correct the name at the place that the message gives.",
        ),
        reference=links.TROUBLESHOOTING,
        when=on(FAILURE, "unknown_field", also=_unknown_to_v1),
        evidence=(f"API version {{{API_VERSION}}}", _MODEL),
    ),
    Hint(
        id="cfg.timeout_unit",
        severity="warning",
        retry="after_change",
        summary="The timeout was less than a second.",
        cause="http_options.timeout is in milliseconds; a number that was meant as seconds is a thousand times too short.",
        remedy=("If seconds were meant, multiply by 1000: a minute is 60000.",),
        reference=links.SDK,
        when=on(
            FAILURE,
            *causes.TIMEOUT.values,
            "deadline_too_short",
            "deadline_exceeded",
            "cancelled",
            also=_under_a_second,
        ),
        evidence=(_TIMEOUT,),
    ),
)


# --- settings that work, but deserve a note


def _rerouted(attributes: Attributes) -> bool:
    """Whether a model of another generation answered than the requested one; an alias requests no generation."""
    asked, answered = attributes.get(REQUEST_MODEL), attributes.get(RESPONSE_MODEL)
    if answered is None or asked == answered or not isinstance(asked, str) or not isinstance(answered, str):
        return False
    generations = series(asked), series(answered)
    return None not in generations and generations[0] != generations[1]


# For calls that got an answer. On a failed call, the setting explains nothing.
_WITH_ANSWER = ANY - {"error", "failed", "cancelled", "abandoned", "pending"}


def _retiring(attributes: Attributes) -> bool:
    if ERROR_TYPE in attributes:
        return False
    if text(attributes, MODEL_STATUS).upper() in ("LEGACY", "DEPRECATED", "RETIRED"):
        return True
    told = _day(text(attributes, MODEL_RETIREMENT))
    row = lifecycle(text(attributes, REQUEST_MODEL))
    shutdown = told or (None if row is None else row.shutdown)
    return shutdown is not None and shutdown - today() <= RETIRING_WITHIN


def _day(written: str) -> dt.date | None:
    if not written:
        return None
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def _sampling_ignored(attributes: Attributes) -> bool:
    given = REQUEST_TEMPERATURE in attributes or REQUEST_TOP_P in attributes or REQUEST_TOP_K in attributes
    return given and sampling(model_of(attributes)) == "ignored" and ERROR_TYPE not in attributes


def _hot_and_refused(attributes: Attributes) -> bool:
    return read_failure(attributes) in _REFUSALS and _hot_blamed(attributes)


_hot_blamed = _blamed(_hotter_than_known, r"temperature")


def _candidates_ignored(attributes: Attributes) -> bool:
    several = (number(attributes, REQUEST_CHOICE_COUNT) or 1) != 1 and _generation(attributes) >= (3, 0)
    return several and ERROR_TYPE not in attributes


def _moving_alias(attributes: Attributes) -> bool:
    return short_name(text(attributes, REQUEST_MODEL)).endswith("-latest") and ERROR_TYPE not in attributes


def _single_attempt(attributes: Attributes) -> bool:
    """A stream that has begun is not repeated, whatever the options are."""
    once = number(attributes, MAX_ATTEMPTS) == 1 and RESPONSE_TIME_TO_FIRST_CHUNK not in attributes
    return once and read_failure(attributes) in _TRANSIENT


def _resent(attributes: Attributes) -> bool:
    return (number(attributes, HTTP_RESEND_COUNT) or 0) > 0


def _no_timeout(attributes: Attributes) -> bool:
    """Whether something other than a client timeout ended the wait; only for our spans, because others do not record the
    timeout.
    """
    unset = OUTCOME in attributes and MAX_ATTEMPTS in attributes and TIMEOUT not in attributes
    if not unset:
        return False
    return attributes.get(OUTCOME) == "cancelled" or read_failure(attributes) in causes.DISCONNECTED.values


NOTES = (
    Hint(
        id="cfg.model_rerouted",
        severity="info",
        retry="no",
        summary="Another model answered than was asked for.",
        cause="The answer names a model of another generation. The service routes requests for a retired model to its successor. "
        "Behaviour and price may differ.",
        remedy=(
            "Name the model that you want, and compare its price and behaviour.",
            "Record gen_ai.response.model to see when it changes.",
        ),
        reference=links.DEPRECATIONS,
        when=where(_rerouted, outcomes=ANY),
        evidence=(_MODEL, _ANSWERED),
    ),
    Hint(
        id="cfg.no_retry",
        severity="info",
        retry="yes",
        summary="A passing failure reached the application after a single attempt.",
        cause="One attempt was allowed: google-genai does not retry unless http_options.retry_options is set.",
        remedy=(
            "Set http_options.retry_options to HttpRetryOptions(): five attempts with exponential backoff and jitter.",
            "Keep a limit on the number of attempts.",
        ),
        reference=links.TROUBLESHOOTING,
        when=where(_single_attempt, outcomes=FAILED, needs=MAX_ATTEMPTS),
        evidence=(f"{{{MAX_ATTEMPTS}}} attempt allowed",),
    ),
    Hint(
        id="cfg.retry_hidden",
        severity="info",
        retry="no",
        summary="The call took several attempts.",
        cause="Its duration includes the failed attempts and the waiting between them.",
        remedy=("See the gemini.attempt events of the span for what failed.",),
        reference=links.TROUBLESHOOTING,
        when=where(_resent, outcomes=ANY, needs=HTTP_RESEND_COUNT),
        evidence=(f"resent {{{HTTP_RESEND_COUNT}}} times",),
    ),
    Hint(
        id="cfg.model_retiring",
        severity="info",
        retry="no",
        summary="The model is deprecated, or near its shutdown date.",
        cause="Its earliest shutdown date is less than 60 days away or has passed, or the service calls it legacy or "
        f"deprecated. Such dates have moved before; this one is known as of {AS_OF}.",
        remedy=(
            "Move to the replacement, and compare prices and behaviour.",
            "Check the date on the deprecations page.",
        ),
        reference=links.DEPRECATIONS,
        when=where(_retiring, outcomes=_WITH_ANSWER),
        evidence=(
            _MODEL,
            f"the service retires it on {{{MODEL_RETIREMENT}}}",
            "earliest shutdown {model.shutdown}, replacement {model.replacement}",
            f"stage {{{MODEL_STATUS}}}",
        ),
    ),
    Hint(
        id="cfg.sampling_ignored",
        severity="info",
        retry="no",
        summary="The model ignores temperature, top_p and top_k.",
        cause="Gemini 3.5 Flash-Lite, 3.6 and later no longer use them, and may reject them one day.",
        remedy=("Remove them; steer with the prompt, the schema and the thinking level.",),
        reference=links.GEMINI_3_6,
        when=where(_sampling_ignored, outcomes=_WITH_ANSWER),
        evidence=(_TEMPERATURE, _TOP_P, _TOP_K, _MODEL),
    ),
    Hint(
        id="cfg.temperature_above_one",
        severity="info",
        retry="no",
        summary="The request was rejected, and its temperature is above 1 on a model whose range is not known.",
        cause="The guide says 0 to 1, the API reference 0 to 2; each model has its own max_temperature.",
        remedy=("Check max_temperature with client.models.get().",),
        reference=links.TROUBLESHOOTING,
        when=where(_hot_and_refused, outcomes=FAILED, needs=REQUEST_TEMPERATURE),
        evidence=(_TEMPERATURE, _MODEL),
    ),
    Hint(
        id="cfg.candidate_count_ignored",
        severity="info",
        retry="no",
        summary="Gemini 3 and later make one candidate.",
        cause="The answer came all the same: a candidate_count other than 1 is ignored there, or rejected.",
        remedy=("Leave candidate_count out.", "For several answers, call several times."),
        reference=links.MODELS,
        when=where(_candidates_ignored, outcomes=_WITH_ANSWER, needs=REQUEST_CHOICE_COUNT),
        evidence=(_COUNT, _MODEL),
    ),
    Hint(
        id="cfg.latest_alias",
        severity="info",
        retry="no",
        summary="The model is named by an alias that moves.",
        cause="A name that ends in -latest is pointed at another model with two weeks' notice.",
        remedy=("Name a fixed version in production.", "Record gen_ai.response.model."),
        reference=links.MODELS,
        when=where(_moving_alias, outcomes=_WITH_ANSWER),
        evidence=(_MODEL, _ANSWERED),
    ),
    Hint(
        id="cfg.no_timeout",
        severity="info",
        retry="no",
        summary="The call had no timeout, and something else ended it.",
        cause="google-genai waits without limit unless http_options.timeout is set.",
        remedy=("Set http_options.timeout, in milliseconds, to 10000 or more.",),
        reference=links.SDK,
        when=where(_no_timeout, outcomes=FAILED, needs=MAX_ATTEMPTS),
        evidence=(f"exception {{{ERROR_TYPE}}}", f"{{{OUTCOME}}} without a timeout"),
    ),
)
