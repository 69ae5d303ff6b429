"""Why the model stopped. The keys are the raw names from the wire, so that an old SDK's spans are explained, too."""

from __future__ import annotations

from gemini_otel._facts.names import (
    BLOCK_REASON,
    BLOCKED_CATEGORIES,
    ERROR_STATUS,
    FINISH_REASON,
    INTERACTION_STATUS,
    OUTCOME,
    OUTPUT_TYPE,
    PARTS,
    PROVIDER_NAME,
    REPETITION_COUNT,
    REPETITION_DETECTED,
    REPETITION_KIND,
    REPETITION_SHARE,
    REQUEST_CHOICE_COUNT,
    REQUEST_MAX_TOKENS,
    REQUEST_MODEL,
    REQUEST_STOP_SEQUENCES,
    REQUEST_TEMPERATURE,
    RESPONSE_FINISH_REASONS,
    RESPONSE_ID,
    STOP_SEQUENCES,
    STRUCTURED_OUTPUT,
    TOOLS,
    UNDECLARED_CALLS,
    USAGE_OUTPUT_TOKENS,
    USAGE_REASONING_OUTPUT_TOKENS,
)
from gemini_otel._facts.outcomes import KNOWN_FINISH_REASONS
from gemini_otel.hints import _links as links
from gemini_otel.hints._evidence import THRESHOLDS
from gemini_otel.hints._failure import GENERATION_ERRORS
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import Subject, named_values, number, on, otherwise
from gemini_otel.hints.models import model_of, sampling

HEALTHY = frozenset({"STOP", "INTERRUPTED"})  # the latter is our word for a Live turn that the user cut off

LIVE_INPUT = (
    "PROHIBITED_INPUT_CONTENT",
    "IMAGE_PROHIBITED_INPUT_CONTENT",
    "INPUT_TEXT_CONTAIN_PROMINENT_PERSON_PROHIBITED",
    "INPUT_IMAGE_CELEBRITY",
    "INPUT_IMAGE_PHOTO_REALISTIC_CHILD_PROHIBITED",
    "INPUT_TEXT_NCII_PROHIBITED",
    "INPUT_OTHER",
    "INPUT_IP_PROHIBITED",
    "UNSAFE_PROMPT_FOR_IMAGE_GENERATION",
)
LIVE_OUTPUT = (
    "RESPONSE_REJECTED",
    "GENERATED_IMAGE_SAFETY",
    "GENERATED_CONTENT_SAFETY",
    "GENERATED_AUDIO_SAFETY",
    "GENERATED_VIDEO_SAFETY",
    "GENERATED_CONTENT_PROHIBITED",
    "GENERATED_CONTENT_BLOCKLIST",
    "GENERATED_IMAGE_PROHIBITED",
    "GENERATED_IMAGE_CELEBRITY",
    "GENERATED_IMAGE_PROMINENT_PEOPLE_DETECTED_BY_REWRITER",
    "GENERATED_IMAGE_IDENTIFIABLE_PEOPLE",
    "GENERATED_IMAGE_MINORS",
    "OUTPUT_IMAGE_IP_PROHIBITED",
    "GENERATED_OTHER",
)

_THINKING_SHARE = 0.9  # share of the output tokens above which thinking is said to have used up the limit

_OUTPUT = f"{{{USAGE_OUTPUT_TOKENS}}} output tokens"
_THOUGHTS = f"thoughts {{{USAGE_REASONING_OUTPUT_TOKENS}}} of {{{USAGE_OUTPUT_TOKENS}}} output tokens"
_CAP = f"max_output_tokens {{{REQUEST_MAX_TOKENS}}}"
_CATEGORIES = f"blocked: {{{BLOCKED_CATEGORIES}}}"
_PARTS = f"parts received: {{{PARTS}}}"
_MODEL = f"model {{{REQUEST_MODEL}}}"
_RESPONSE = f"response id {{{RESPONSE_ID}}}"
_TOOLS = f"{{{TOOLS}}} tools declared"
_REASON = f"finish reason {{{FINISH_REASON}}}"
_RAISE_CAP = "Raise max_output_tokens, or leave it out."


def _read_finish_reason(attributes: Attributes) -> str | None:
    """The raw name; other spellings (`FinishReason.SAFETY`, `max_tokens`) are converted if the attribute is not ours."""
    reason: object = attributes.get(FINISH_REASON)
    if reason is None:
        status, reasons = attributes.get(ERROR_STATUS), attributes.get(RESPONSE_FINISH_REASONS)
        told = GENERATION_ERRORS.get(status) if isinstance(status, str) else None
        if (
            told is not None
            or reasons is None
            or INTERACTION_STATUS in attributes
            or BLOCK_REASON in attributes
        ):
            # The status of an interaction and a block are among the reasons, and have their own entries.
            return told
        reason = _first_unhealthy(reasons)
    if not isinstance(reason, str) or not reason:
        return None
    return reason if reason in _NAMED else _OTHER_WORDS.get(plain := _plain(reason), plain)


def _first_unhealthy(reasons: object) -> object:
    """The first of several reasons that says something; the last one if none does."""
    if isinstance(reasons, (tuple, list)) and reasons:
        return next((name for name in reasons if _plain(str(name)) not in HEALTHY), reasons[-1])
    return reasons


def _plain(reason: str) -> str:
    return reason[-100:].rpartition(".")[2].strip().upper()


# For an answer with several candidates, the worst reason.
_UNHEALTHY = tuple(reason for reason in KNOWN_FINISH_REASONS if reason not in HEALTHY)

# What clients of the OpenAI-compatible endpoint get. Some of it is too unspecific to be one of Gemini's reasons.
_OTHER_WORDS = {
    "ERROR": "",  # the newest conventions' word if a reason was due and none came
    "LENGTH": "MAX_TOKENS",
    "END_TURN": "STOP",
    "TOOL_CALL": "STOP",
    "TOOL_CALLS": "STOP",
    "FUNCTION_CALL": "STOP",
}

FINISH = Subject(_read_finish_reason, attribute=FINISH_REASON)


def _looped(attributes: Attributes) -> bool:
    return attributes.get(REPETITION_DETECTED) is True and not ended_by_the_answer(attributes)


def ended_by_the_answer(attributes: Attributes) -> bool:
    """Whether a loop of function calls in the history is over, because the answer calls none."""
    parts = attributes.get(PARTS)
    if not isinstance(parts, (tuple, list)) or not parts:
        return False
    return attributes.get(REPETITION_KIND) == "tool_calls" and "function_call" not in parts


def _another_is_whole(attributes: Attributes) -> bool:
    """Whether another candidate than the one that went wrong is complete."""
    reasons = attributes.get(RESPONSE_FINISH_REASONS) if attributes.get(REQUEST_CHOICE_COUNT) else None
    return isinstance(reasons, (tuple, list)) and "STOP" in [_plain(str(reason)) for reason in reasons[:100]]


def _thoughts_ate_the_cap(attributes: Attributes) -> bool:
    thoughts = number(attributes, USAGE_REASONING_OUTPUT_TOKENS) or 0
    return thoughts > 0 and thoughts >= _THINKING_SHARE * (number(attributes, USAGE_OUTPUT_TOKENS) or 0)


def _structured(attributes: Attributes) -> bool:
    return attributes.get(STRUCTURED_OUTPUT) is True


def _empty(attributes: Attributes) -> bool:
    """Whether nothing usable came; on a span without an outcome, whether there are no output tokens."""
    outcome = attributes.get(OUTCOME)
    return outcome == "empty" if outcome is not None else number(attributes, USAGE_OUTPUT_TOKENS) == 0


def _only_thoughts(attributes: Attributes) -> bool:
    return _empty(attributes) and (number(attributes, USAGE_REASONING_OUTPUT_TOKENS) or 0) > 0


def _only_words(attributes: Attributes) -> bool:
    parts = attributes.get(PARTS)
    return _empty(attributes) and isinstance(parts, (tuple, list)) and "text" in parts


def _no_image(attributes: Attributes) -> bool:
    """Whether the service says so, or only an image was asked for and the answer is text."""
    if _read_finish_reason(attributes) != "STOP":
        return True
    return attributes.get(OUTPUT_TYPE) == "image" and _only_words(attributes)


def _no_sound(attributes: Attributes) -> bool:
    return attributes.get(OUTPUT_TYPE) == "speech" and _only_words(attributes)


def _not_declared(attributes: Attributes) -> bool:
    """Whether the service says so, or the call has a name that the request does not declare."""
    return bool(attributes.get(UNDECLARED_CALLS)) or _read_finish_reason(attributes) != "STOP"


def _stop_sequences(attributes: Attributes) -> bool:
    return _empty(attributes) and bool(
        attributes.get(STOP_SEQUENCES) or attributes.get(REQUEST_STOP_SEQUENCES)
    )


def _sampling_ignored(attributes: Attributes) -> bool:
    return sampling(model_of(attributes)) == "ignored"


# Replaces the entry for the loop's kind; it is shown with that entry's cause and remedies.
LOOP = Hint(
    id="finish.max_tokens.repetition",
    severity="error",
    retry="after_change",
    summary="The reply repeated itself until the output token limit cut it off.",
    cause="A loop was found in the output. A higher limit would most likely make it longer.",
    remedy=(
        "Break the loop first; what helps depends on its kind: gemini-otel explain repeat.",
        "Keep max_output_tokens near the longest plausible reply, so that a loop stays cheap.",
        "Stream, and stop reading when a loop is found.",
    ),
    reference=links.REPETITIVE_TOKENS,
    when=on(FINISH, "MAX_TOKENS", needs=REPETITION_DETECTED, also=_looped),
    evidence=(
        f"{{{REPETITION_KIND}}}, {{{REPETITION_COUNT}}} repeats, {{{REPETITION_SHARE}:%}} of the output",
        _OUTPUT,
        _CAP,
    ),
)

HINTS = (
    # --- one of several candidates
    Hint(
        id="finish.some_candidates",
        severity="info",
        retry="no",
        summary="Not all of the candidates came to their end.",
        cause="Each candidate stops for its own reason. At least one of them is complete.",
        remedy=("Look at the finish_reason of each candidate, and use those with STOP.",),
        reference=links.TROUBLESHOOTING,
        when=on(FINISH, *_UNHEALTHY, needs=REQUEST_CHOICE_COUNT, also=_another_is_whole),
        evidence=(
            f"finish reasons {{{RESPONSE_FINISH_REASONS}}}",
            f"candidate_count {{{REQUEST_CHOICE_COUNT}}}",
            _OUTPUT,
        ),
    ),
    # --- STOP, but nothing to use
    Hint(
        id="finish.unexpected_tool",
        severity="error",
        retry="yes",
        summary="The model called a function that the request does not declare.",
        cause="Models misspell names, and invent some. It happens, too, where the history holds calls of tools that are missing from "
        "this request, or calling is disabled for this turn.",
        remedy=(
            "Retry once.",
            "Declare the same tools on every turn, under short and telling names.",
            "If the history holds calls of other tools, declare those as well, or leave them out.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(FINISH, "UNEXPECTED_TOOL_CALL", "STOP", also=_not_declared),
        evidence=(
            f"called: {{{UNDECLARED_CALLS}}}",
            _TOOLS,
            "tool mode {gemini.request.tool_mode}",
            _REASON,
            _MODEL,
        ),
    ),
    Hint(
        id="finish.no_image",
        severity="warning",
        retry="after_change",
        summary="The model should have made an image, and made none.",
        cause="Often the prompt reads like a question that text answers. The model may also not make images.",
        remedy=(
            "Ask for an image explicitly: output the final image only.",
            "Check that the model makes images, and that response_modalities asks for them.",
        ),
        reference=links.IMAGES,
        when=on(FINISH, "NO_IMAGE", "STOP", also=_no_image),
        evidence=(_PARTS, _MODEL),
    ),
    Hint(
        id="finish.no_sound",
        severity="warning",
        retry="after_change",
        summary="The model should have spoken, and wrote words.",
        cause="Often the prompt reads like a question that text answers. The model may also not make sound.",
        remedy=(
            "Say what to do with the text, such as: read this aloud.",
            "Check that the model makes sound, and that response_modalities asks for it.",
        ),
        reference=links.SPEECH,
        when=on(FINISH, "STOP", also=_no_sound),
        evidence=(_PARTS, _MODEL),
    ),
    Hint(
        id="finish.stop.empty.thoughts",
        severity="error",
        retry="yes",
        summary="The model thought, and stopped without an answer.",
        cause="The reply consists of thoughts only, although the finish reason is STOP. This happens now and then on thinking "
        "models.",
        remedy=(
            "Retry once.",
            "If it happens again, lower thinking or simplify the request.",
            "Do not take STOP for an answer: look at the outcome.",
        ),
        reference=links.THINKING,
        when=on(FINISH, "STOP", also=_only_thoughts),
        evidence=(_THOUGHTS, _PARTS, _RESPONSE),
    ),
    Hint(
        id="finish.stop.empty.stop_sequence",
        severity="error",
        retry="after_change",
        summary="The model stopped with nothing usable, and stop sequences were set.",
        cause="A stop sequence at the very beginning of the reply leaves nothing of it. The span does not show whether that "
        "was the reason.",
        remedy=("Check the stop sequences against the way replies begin.", "Retry once without them."),
        reference=links.TROUBLESHOOTING,
        when=on(FINISH, "STOP", also=_stop_sequences),
        evidence=(_OUTPUT, _PARTS),
    ),
    Hint(
        id="finish.stop.empty",
        severity="error",
        retry="yes",
        summary="The model stopped normally, but its reply is empty.",
        cause="The finish reason is STOP, and there is neither text nor a call nor media in the reply.",
        remedy=("Retry once.", "If it happens again, simplify the request or lower thinking."),
        reference=links.THINKING,
        when=on(FINISH, "STOP", also=_empty),
        evidence=(_OUTPUT, _PARTS, _RESPONSE),
    ),
    # --- MAX_TOKENS
    LOOP,
    Hint(
        id="finish.max_tokens.thinking",
        severity="error",
        retry="after_change",
        summary="Thinking used up the output token limit.",
        cause="max_output_tokens covers thoughts and visible reply together, and thoughts took nearly all of it.",
        remedy=(
            "Raise max_output_tokens well above what the model usually thinks, or leave it out.",
            "Lower thinking: thinking_budget on 2.5, thinking_level on Gemini 3 and later.",
            "Watch the share of thoughts instead of the length of the text.",
        ),
        reference=links.THINKING,
        when=on(FINISH, "MAX_TOKENS", needs=USAGE_REASONING_OUTPUT_TOKENS, also=_thoughts_ate_the_cap),
        evidence=(_THOUGHTS, _CAP),
    ),
    Hint(
        id="finish.max_tokens.structured",
        severity="error",
        retry="after_change",
        summary="The structured reply was cut off at the output token limit.",
        cause="max_output_tokens was reached, so the JSON most likely ends in the middle and cannot be parsed.",
        remedy=(_RAISE_CAP, "Ask for fewer or shorter items.", "Split the task."),
        reference=links.STRUCTURED_OUTPUT,
        when=on(FINISH, "MAX_TOKENS", needs=STRUCTURED_OUTPUT, also=_structured),
        evidence=(_OUTPUT, _THOUGHTS, _CAP),
    ),
    Hint(
        id="finish.max_tokens",
        severity="warning",
        retry="after_change",
        summary="The reply was cut off at the output token limit.",
        cause="max_output_tokens, or the model's own limit, was reached; thinking tokens count towards it.",
        remedy=(
            _RAISE_CAP,
            "Ask for a shorter answer, or for the rest in another call.",
            "Lower thinking if it takes much of the output.",
        ),
        reference=links.TOKENS,
        when=on(FINISH, "MAX_TOKENS"),
        evidence=(_OUTPUT, _THOUGHTS, _CAP),
    ),
    # --- filters on the reply
    Hint(
        id="finish.safety",
        severity="error",
        retry="no",
        summary="A safety filter stopped the reply.",
        cause="What the model wrote was rated above the threshold of a category. Thresholds are off by default on Gemini 2.5 "
        "and later: there, either safety_settings were given, or a protection applied that cannot be switched off.",
        remedy=(
            "See which category blocked, and adjust its threshold if the content is legitimate.",
            "Rephrase the prompt.",
            "Do not retry unchanged.",
        ),
        reference=links.SAFETY,
        when=on(FINISH, "SAFETY"),
        evidence=(_CATEGORIES, *THRESHOLDS, _OUTPUT),
    ),
    Hint(
        id="finish.recitation.sampling_ignored",
        severity="error",
        retry="after_change",
        summary="The reply was stopped because it resembled a source too closely.",
        cause="The reply may recite existing material. Long quotations, lyrics, code, and the transcription or translation of "
        "books lead to it.",
        remedy=(
            "Make prompt and context as unique as possible.",
            "Ask for a summary or a paraphrase instead of the text itself.",
            "Work through long sources in parts.",
            "Temperature has no effect on this model.",
        ),
        reference=links.RECITATION,
        when=on(FINISH, "RECITATION", also=_sampling_ignored),
        evidence=(_MODEL, _OUTPUT),
    ),
    Hint(
        id="finish.recitation",
        severity="error",
        retry="after_change",
        summary="The reply was stopped because it resembled a source too closely.",
        cause="The reply may recite existing material. Long quotations, lyrics, code, and the transcription or translation of "
        "books lead to it.",
        remedy=(
            "Make prompt and context as unique as possible, and use a higher temperature.",
            "Ask for a summary or a paraphrase instead of the text itself.",
            "Work through long sources in parts.",
        ),
        reference=links.RECITATION,
        when=on(FINISH, "RECITATION"),
        evidence=(f"temperature {{{REQUEST_TEMPERATURE}}}", _MODEL, _OUTPUT),
    ),
    Hint(
        id="finish.language",
        severity="error",
        retry="no",
        summary="The reply was stopped because its language is not supported.",
        cause="Prompts in languages outside the supported list can give unexpected or blocked replies.",
        remedy=("Use a supported language.", "Try another model."),
        reference=links.LANGUAGES,
        when=on(FINISH, "LANGUAGE"),
        evidence=(_MODEL,),
    ),
    Hint(
        id="finish.blocklist",
        severity="error",
        retry="no",
        summary="The reply contained a term of a blocklist.",
        cause="A list of forbidden terms applies; the service does not say which term it was, or whose list.",
        remedy=("Find the term and the list.", "Change the prompt, or the list."),
        reference=links.SAFETY,
        when=on(FINISH, "BLOCKLIST"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="finish.prohibited",
        severity="error",
        retry="no",
        summary="The reply was stopped because it may be prohibited content.",
        cause="A filter applied that cannot be configured.",
        remedy=("Do not retry.", "Look at where the input came from, above all if users write it."),
        reference=links.SAFETY,
        when=on(FINISH, "PROHIBITED_CONTENT"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="finish.spii",
        severity="error",
        retry="after_change",
        summary="The reply was stopped because it may contain sensitive personal data.",
        cause="Such data are numbers of cards, accounts or documents, and the like. The filter cannot be configured.",
        remedy=("Mask such data in the input.", "Tell the model not to repeat raw identifiers."),
        reference=links.SAFETY,
        when=on(FINISH, "SPII"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="finish.model_armor",
        severity="error",
        retry="no",
        summary="Model Armor blocked the reply.",
        cause="A template or floor setting of the Google Cloud project inspects and blocks replies.",
        remedy=(
            "Read the sanitisation log in Cloud Logging to see which filter applied.",
            "Change the template or floor setting together with its owner.",
        ),
        reference=links.MODEL_ARMOR,
        when=on(FINISH, "MODEL_ARMOR"),
        evidence=(f"provider {{{PROVIDER_NAME}}}",),
    ),
    Hint(
        id="finish.escalation",
        severity="error",
        retry="no",
        summary="The reply was filtered by an escalation rule.",
        cause="A policy rule of the service applied to this content.",
        remedy=("Change the content.", "Ask support if it should be allowed."),
        reference=links.TROUBLESHOOTING,
        when=on(FINISH, "ESCALATION"),
        evidence=(_RESPONSE,),
    ),
    Hint(
        id="finish.account_limited",
        severity="error",
        retry="no",
        summary="The account is limited because of the Prohibited Use Policy.",
        cause="The service refuses because of the state of the account, not because of this prompt.",
        remedy=("Stop sending requests.", "Contact support, and appeal if it is a mistake."),
        reference=links.TROUBLESHOOTING,
        when=on(FINISH, "PUP_LIMITED_DISABLED"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="finish.filtered",
        severity="error",
        retry="no",
        summary="A content filter stopped the reply.",
        cause="The span does not tell which of Gemini's filters it was; an OpenAI-style client names them all alike.",
        remedy=(
            "To learn which filter it was, look at Gemini's own answer: the finish_reason of its candidate, or the block_reason of its prompt_feedback, names it.",
            "Change the content.",
            "Do not retry unchanged.",
        ),
        reference=links.SAFETY,
        when=on(FINISH, "CONTENT_FILTER"),
        evidence=(f"finish reason {{{RESPONSE_FINISH_REASONS}}}", _MODEL),
    ),
    # --- tool calls
    Hint(
        id="finish.malformed_call",
        severity="error",
        retry="yes",
        summary="The model wrote a function call that cannot be parsed.",
        cause="Often it is Python code instead of a proper call, or a call that breaks off in large arguments. Many or complex tools "
        "and backticks in the prompt make it likelier.",
        remedy=(
            "Retry: it is often a passing fault.",
            "Use fewer tools, flat schemas and short string arguments.",
            "Set the function calling mode to VALIDATED.",
            "Remove triple backticks from the prompt.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(FINISH, "MALFORMED_FUNCTION_CALL"),
        evidence=(_TOOLS, "tool mode {gemini.request.tool_mode}", _MODEL),
    ),
    Hint(
        id="finish.too_many_tools",
        severity="warning",
        retry="after_change",
        summary="The service stopped after too many tool calls in a row.",
        cause="Tools were used again and again without an answer; built-in ones, such as search, code execution or URL context, count.",
        remedy=("Narrow the task, or split it.", "Offer fewer tools.", "Say when the task is done."),
        reference=links.FUNCTION_CALLING,
        when=on(FINISH, "TOO_MANY_TOOL_CALLS"),
        evidence=(_TOOLS, "{gemini.usage.tool_use_tokens} tokens of tool results", _REASON, _MODEL),
    ),
    Hint(
        id="finish.missing_signature",
        severity="error",
        retry="after_change",
        summary="A thought signature is missing in the history.",
        cause="The signatures that the model sends with its calls must come back with them; a history that is rebuilt from text and "
        "calls lacks them.",
        remedy=("Append the content of the response unchanged, or use a chat.",),
        reference=links.THOUGHT_SIGNATURES,
        when=on(FINISH, "MISSING_THOUGHT_SIGNATURE"),
        evidence=(_MODEL,),
    ),
    Hint(
        id="finish.malformed_response",
        severity="warning",
        retry="yes",
        summary="The model's reply was malformed.",
        cause="The service could not parse what the model wrote.",
        remedy=("Retry.", "If it happens again, simplify the schema or the request."),
        reference=links.API_ERRORS,
        when=on(FINISH, "MALFORMED_RESPONSE"),
        evidence=(_MODEL, _RESPONSE),
    ),
    # --- images
    Hint(
        id="finish.image_safety",
        severity="error",
        retry="after_change",
        summary="The generated image was held back for safety.",
        cause="The moderation of generated images applied.",
        remedy=("Rephrase the prompt.", "Use other reference images."),
        reference=links.IMAGES,
        when=on(FINISH, "IMAGE_SAFETY"),
        evidence=(_CATEGORIES, *THRESHOLDS, _REASON, _MODEL),
    ),
    Hint(
        id="finish.image_prohibited",
        severity="error",
        retry="no",
        summary="The generated image was held back as prohibited content.",
        cause="A filter applied that cannot be configured.",
        remedy=("Change the subject.", "Do not retry unchanged."),
        reference=links.IMAGES,
        when=on(FINISH, "IMAGE_PROHIBITED_CONTENT"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="finish.image_recitation",
        severity="error",
        retry="after_change",
        summary="The generated image resembled a source too closely.",
        cause="A style, a brand or a character that is asked for by name often leads to existing material.",
        remedy=("Ask for an original design.",),
        reference=links.IMAGES,
        when=on(FINISH, "IMAGE_RECITATION"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="finish.image_other",
        severity="warning",
        retry="yes",
        summary="The image was not made, for a reason that the service does not name.",
        cause="Often a passing fault.",
        remedy=("Retry once.", "Rephrase the prompt if it happens again."),
        reference=links.IMAGES,
        when=on(FINISH, "IMAGE_OTHER"),
        evidence=(_RESPONSE,),
    ),
    # --- Live: `turn_complete_reason`
    Hint(
        id="finish.live_input",
        severity="warning",
        retry="after_change",
        summary="The model did not answer, because what it was told is not allowed.",
        cause="The service checks what is said and shown to it, among other things for prohibited content, for well-known "
        "people, children and works that belong to somebody.",
        remedy=(
            "Tell the user that this cannot be answered, and go on: the session stays open.",
            "Say it in other words.",
        ),
        reference=links.SAFETY,
        when=on(FINISH, *LIVE_INPUT),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="finish.live_output",
        severity="warning",
        retry="after_change",
        summary="The model's answer was held back, because it is not allowed.",
        cause="The service checks the text, sound and images that the model makes before it sends them.",
        remedy=(
            "Tell the user that this cannot be answered, and go on: the session stays open.",
            "Ask in other words, or narrow the system instruction.",
        ),
        reference=links.SAFETY,
        when=on(FINISH, *LIVE_OUTPUT),
        evidence=(_REASON, _MODEL, _PARTS),
    ),
    Hint(
        id="finish.need_more_input",
        severity="info",
        retry="resume",
        summary="The model waits for more.",
        cause="What was said so far asks for nothing that the model could answer.",
        remedy=("Go on sending; the session stays open.",),
        reference=links.LIVE,
        when=on(FINISH, "NEED_MORE_INPUT"),
        evidence=(_MODEL,),
    ),
    Hint(
        id="finish.max_regeneration",
        severity="warning",
        retry="after_change",
        summary="The model gave up after several attempts at an answer.",
        cause="None of the answers that it made was allowed to be sent.",
        remedy=("Ask in other words.", "Try another Live model."),
        reference=links.LIVE,
        when=on(FINISH, "MAX_REGENERATION_REACHED"),
        evidence=(_MODEL,),
    ),
    # --- the rest
    Hint(
        id="finish.continuation",
        severity="info",
        retry="resume",
        summary="The answer is not finished; it continues in another request.",
        cause="The limit of one request was reached. The response carries a continuation_token.",
        remedy=("Resume with the token. google-genai 2.30 and later does so by itself.",),
        reference=links.SDK,
        when=on(FINISH, "CONTINUATION"),
        evidence=(_OUTPUT,),
    ),
    Hint(
        id="finish.other",
        severity="warning",
        retry="yes",
        summary="The model stopped for a reason that the service does not name.",
        cause="Content that the terms of service do not allow, an unsupported language, an internal filter, or a passing "
        "fault.",
        remedy=(
            "Retry once, then change the prompt.",
            "Check the prompt against the terms of service and the supported languages.",
            "Report it with the response id if it persists.",
        ),
        reference=links.TROUBLESHOOTING,
        when=on(FINISH, "OTHER"),
        evidence=(_MODEL, _RESPONSE),
    ),
    Hint(
        id="finish.unspecified",
        severity="warning",
        retry="no",
        summary="The answer came without a usable finish reason.",
        cause="An old SDK or a proxy may have lost a value that it does not know.",
        remedy=("Upgrade the SDK.", "Look at the raw answer."),
        reference=links.API_ERRORS,
        when=on(FINISH, "FINISH_REASON_UNSPECIFIED"),
        evidence=(_MODEL, _RESPONSE),
    ),
)

_NAMED = HEALTHY | named_values(HINTS)

CATCH_ALL = (
    Hint(
        id="finish.unknown",
        severity="warning",
        retry="no",
        summary="The model stopped for a reason that this catalogue does not know.",
        cause="The value is newer than this release, or written by something between the service and this client.",
        remedy=(
            "Look the finish reason up in the API reference.",
            "Upgrade gemini-otel and the SDK.",
        ),
        reference=links.API_ERRORS,
        when=otherwise(FINISH, _NAMED),
        evidence=(_REASON, _MODEL, _RESPONSE),
    ),
)
