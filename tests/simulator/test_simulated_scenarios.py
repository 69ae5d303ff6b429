"""Every scenario, as the real SDK sees it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from sdk_calls import MODEL, ask, httpx, make_client

from gemini_otel import simulator

HAS_STREAM_ERRORS = hasattr(errors.APIError, "raise_error")
"""The SDK raises errors that come inside a stream."""

# An older SDK warns of every value that it does not know.
unknown_values_warn = pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")

ANSWERS = (
    "ok",
    "slow",
    "long_stream",
    "thinking",
    "cached",
    "tool_call",
    "grounding_tool_use",
    "inline_image",
)
FINISHED = {name: "STOP" for name in (*ANSWERS, "empty_stop")} | {
    f"finish_{reason.lower()}": reason
    for reason in [
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "MALFORMED_RESPONSE",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "IMAGE_OTHER",
        "NO_IMAGE",
        "MODEL_ARMOR",
        "ESCALATION",
        "PUP_LIMITED_DISABLED",
        "CONTINUATION",
    ]
}
FINISHED |= {"finish_unspecified": "FINISH_REASON_UNSPECIFIED", "finish_unknown": "REASON_OF_TOMORROW"}
FINISHED |= {
    name: "MAX_TOKENS"
    for name in (
        [
            "thoughts_ate_budget",
            "loop_text",
            "loop_newlines_json",
            "loop_table_hyphens",
            "loop_table_tokens",
            "loop_json_items",
        ]
    )
}
BLOCKED = {
    f"block_{reason.lower()}": reason
    for reason in [
        "SAFETY",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "IMAGE_SAFETY",
        "MODEL_ARMOR",
        "JAILBREAK",
    ]
} | {"block_unknown": "BLOCK_OF_TOMORROW"}
OTHER_ANSWERS = ("multi_candidate", "finish_missing")

RPC = "type.googleapis.com/google.rpc."
REFUSED: dict[str, tuple[int, str, str, list[str]]] = {
    "invalid_argument": (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", []),
    "invalid_key": (400, "INVALID_ARGUMENT", "API key not valid.", ["ErrorInfo", "LocalizedMessage"]),
    "error_in_stream_start": (
        400,
        "INVALID_ARGUMENT",
        "API key not valid.",
        ["ErrorInfo", "LocalizedMessage"],
    ),
    "failed_precondition": (400, "FAILED_PRECONDITION", "User location is not supported", []),
    "input_too_long": (400, "INVALID_ARGUMENT", "The input token count (1250074) exceeds", []),
    "unauthenticated": (401, "UNAUTHENTICATED", "API keys are not supported by this API.", ["ErrorInfo"]),
    "permission_denied": (403, "PERMISSION_DENIED", "The caller does not have permission", []),
    "leaked_key": (403, "PERMISSION_DENIED", "Your API key was reported as leaked.", []),
    "service_disabled": (403, "PERMISSION_DENIED", "has not been used in project", ["Help", "ErrorInfo"]),
    "not_found": (404, "NOT_FOUND", "Requested entity was not found.", []),
    "model_not_found": (404, "NOT_FOUND", f"models/{MODEL} is not found for API version v1", []),
    "rate_limited": (
        429,
        "RESOURCE_EXHAUSTED",
        "limit: 10, model: gemini",
        ["Help", "QuotaFailure", "RetryInfo"],
    ),
    "always_rate_limited": (429, "RESOURCE_EXHAUSTED", "limit: 10", ["Help", "QuotaFailure", "RetryInfo"]),
    "daily_quota": (429, "RESOURCE_EXHAUSTED", "limit: 50", ["Help", "QuotaFailure", "RetryInfo"]),
    "shared_capacity": (429, "RESOURCE_EXHAUSTED", "error-code-429", []),
    "internal": (500, "INTERNAL", "An internal error has occurred.", []),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded.", []),
    "deadline_exceeded": (504, "DEADLINE_EXCEEDED", "Deadline expired", []),
}
SEQUENCES = {"rate_limited_twice": 3, "overloaded_once": 2}
"""Attempts until the answer."""
OTHER_FAILURES = (
    "bad_gateway",
    "cut_stream",
    "cut_before_headers",
    "error_in_stream",
    "bad_json_stream",
    "bad_json_body",
    "hang",
)


def text_of(responses: list[types.GenerateContentResponse]) -> str:
    return "".join(
        part.text or ""
        for response in responses
        for candidate in response.candidates or ()
        for part in (candidate.content and candidate.content.parts) or ()
        if not part.thought
    )


def usage_of(responses: list[types.GenerateContentResponse]) -> types.GenerateContentResponseUsageMetadata:
    usage = responses[-1].usage_metadata
    assert usage is not None
    return usage


def last_candidate(responses: list[types.GenerateContentResponse]) -> types.Candidate:
    candidates = responses[-1].candidates
    assert candidates
    return candidates[0]


def test_this_file_covers_every_scenario() -> None:
    """Every scenario that ships is in one of the tables above."""
    covered = {*FINISHED, *BLOCKED, *OTHER_ANSWERS, *REFUSED, *SEQUENCES, *OTHER_FAILURES}
    assert covered == set(simulator.SCENARIOS)


def test_every_finish_reason_of_the_sdk_has_a_scenario() -> None:
    """There is a scenario for each member of FinishReason."""
    assert {reason.value for reason in types.FinishReason} <= set(FINISHED.values())


def test_every_block_reason_of_the_sdk_has_a_scenario() -> None:
    """There is a scenario for each member of BlockedReason, the unset value aside."""
    assert {reason.value for reason in types.BlockedReason} <= {
        "BLOCKED_REASON_UNSPECIFIED",
        *BLOCKED.values(),
    }


def test_every_scenario_has_its_name_and_a_description() -> None:
    """Scenarios are found under their name and described by one sentence."""
    for name, scenario in simulator.SCENARIOS.items():
        assert scenario.name == name
        assert scenario.description.endswith(".")


@unknown_values_warn
@pytest.mark.parametrize("name", FINISHED)
def test_finish_reason(sdk: genai.Client, name: str, shape: str) -> None:
    """Only the last chunk has the scenario's finish reason, and totals and model are the request's."""
    responses = ask(sdk, shape, name)
    *before, last = [response.candidates[0].finish_reason for response in responses if response.candidates]
    assert not any(before)
    assert last is not None
    assert last.value == FINISHED[name]
    assert {response.model_version for response in responses} == {MODEL}
    assert len({response.response_id for response in responses}) == 1
    usage = usage_of(responses)
    counted = (usage.candidates_token_count, usage.thoughts_token_count, usage.tool_use_prompt_token_count)
    assert usage.prompt_token_count
    assert usage.total_token_count == usage.prompt_token_count + sum(count or 0 for count in counted)


@unknown_values_warn
@pytest.mark.parametrize("name", FINISHED)
def test_unary_and_stream_agree(sdk: genai.Client, name: str) -> None:
    """The unary answer has the text and the usage of the whole stream."""
    unary, streamed = ask(sdk, "call", name), ask(sdk, "stream", name)
    assert text_of(unary) == text_of(streamed)
    assert usage_of(unary) == usage_of(streamed)


@unknown_values_warn
@pytest.mark.parametrize("name", FINISHED)
def test_usage_only_grows_in_a_stream(sdk: genai.Client, name: str) -> None:
    """Every chunk of a stream has usage, and the total never falls."""
    totals = [usage_of([response]).total_token_count or 0 for response in ask(sdk, "stream", name)]
    assert totals == sorted(totals)


@unknown_values_warn
@pytest.mark.parametrize("name", BLOCKED)
def test_block_reason(sdk: genai.Client, name: str, shape: str) -> None:
    """A blocked prompt has a block reason, no candidates, and prompt tokens only."""
    (response,) = ask(sdk, shape, name)
    assert not response.candidates
    assert response.prompt_feedback is not None
    assert response.prompt_feedback.block_reason is not None
    assert response.prompt_feedback.block_reason.value == BLOCKED[name]
    if name == "block_model_armor":
        assert response.usage_metadata is None
    else:
        usage = usage_of([response])
        assert usage.candidates_token_count is None
        assert usage.total_token_count == usage.prompt_token_count


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(sdk: genai.Client, name: str, shape: str) -> None:
    """A refusal raises the SDK's exception with code, status, message and google.rpc details."""
    code, status, message, kinds = REFUSED[name]
    with pytest.raises(errors.APIError) as caught:
        ask(sdk, shape, name)
    error = caught.value
    assert type(error) is (errors.ClientError if code < 500 else errors.ServerError)
    assert (error.code, error.status) == (code, status)
    assert message in (error.message or "")
    assert [each["@type"] for each in error.details["error"].get("details", [])] == [
        RPC + kind for kind in kinds
    ]


def details_of(sdk: genai.Client, name: str) -> dict[str, Any]:
    with pytest.raises(errors.APIError) as caught:
        ask(sdk, "call", name)
    return {each["@type"].removeprefix(RPC): each for each in caught.value.details["error"]["details"]}


@pytest.mark.parametrize(
    ("name", "window", "limit", "delay"),
    [("rate_limited", "Minute", "10", "34s"), ("daily_quota", "Day", "50", "5s")],
)
def test_quota_details(sdk: genai.Client, name: str, window: str, limit: str, delay: str) -> None:
    """A quota error names the quota, its limit, the model and a delay."""
    details = details_of(sdk, name)
    (violation,) = details["QuotaFailure"]["violations"]
    assert violation["quotaId"] == f"GenerateRequestsPer{window}PerProjectPerModel-FreeTier"
    assert violation["quotaValue"] == limit
    assert violation["quotaDimensions"] == {"location": "global", "model": MODEL}
    assert details["RetryInfo"]["retryDelay"] == delay


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("invalid_key", "API_KEY_INVALID"),
        ("unauthenticated", "CREDENTIALS_MISSING"),
        ("service_disabled", "SERVICE_DISABLED"),
    ],
)
def test_error_info(sdk: genai.Client, name: str, reason: str) -> None:
    """The ErrorInfo of the error has the documented reason."""
    assert details_of(sdk, name)["ErrorInfo"]["reason"] == reason


def test_bad_gateway_is_html(sdk: genai.Client, shape: str) -> None:
    """A 502 has an HTML body, so the SDK takes the reason phrase for the status."""
    with pytest.raises(errors.ServerError) as caught:
        ask(sdk, shape, "bad_gateway")
    assert (caught.value.code, caught.value.status) == (502, "Bad Gateway")
    assert "<html" in (caught.value.message or "")


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequence_with_retries(server: simulator.Simulator, name: str, shape: str) -> None:
    """A client that retries gets the answer at the end of the sequence, and the next call starts it again."""
    client = make_client(server, attempts=4)
    for _ in range(2):
        before = len(server.requests)
        assert text_of(ask(client, shape, name))
        assert len(server.requests) - before == SEQUENCES[name]


def test_sequences_of_different_requests_are_apart(sdk: genai.Client) -> None:
    """Another prompt or another method does not move a sequence on."""
    with pytest.raises(errors.ServerError):
        ask(sdk, "call", "overloaded_once")
    with pytest.raises(errors.ServerError):
        ask(sdk, "stream", "overloaded_once")
    with pytest.raises(errors.ServerError):
        sdk.models.generate_content(model=MODEL, contents="Another prompt. simulate:overloaded_once")
    for contents in (
        "Why are there tides? simulate:overloaded_once",
        "Another prompt. simulate:overloaded_once",
    ):
        assert sdk.models.generate_content(model=MODEL, contents=contents).text
    assert text_of(ask(sdk, "stream", "overloaded_once"))


def test_always_rate_limited_outlasts_retries(server: simulator.Simulator, shape: str) -> None:
    """However often the client retries, it is refused."""
    with pytest.raises(errors.ClientError):
        ask(make_client(server, attempts=3), shape, "always_rate_limited")


@pytest.mark.parametrize("name", ["cut_stream", "cut_before_headers"])
def test_broken_connection(sdk: genai.Client, name: str, shape: str) -> None:
    """A connection that breaks raises the transport's protocol error."""
    with pytest.raises(httpx.RemoteProtocolError):
        ask(sdk, shape, name)


@pytest.mark.parametrize("name", ["cut_stream", "error_in_stream", "bad_json_stream"])
def test_broken_stream_has_begun(sdk: genai.Client, name: str) -> None:
    """A stream that ends badly has given chunks before."""
    stream = sdk.models.generate_content_stream(model=MODEL, contents=f"simulate:{name}")
    assert [text_of([next(stream)]) for _ in range(3)] == [
        "Tides follow the Moo",
        "n: its pull raises t",
        "wo bulges of water, ",
    ]
    if name != "error_in_stream" or HAS_STREAM_ERRORS:
        with pytest.raises((httpx.RemoteProtocolError, errors.ServerError, errors.UnknownApiResponseError)):
            next(stream)


def test_error_in_stream(sdk: genai.Client, shape: str) -> None:
    """The 503 inside a stream is raised as a ServerError by an SDK that looks for it, and as itself in a unary call."""
    if shape == "stream" and not HAS_STREAM_ERRORS:
        assert ask(sdk, shape, "error_in_stream")[-1].candidates is None
        return
    with pytest.raises(errors.ServerError) as caught:
        ask(sdk, shape, "error_in_stream")
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")
    assert isinstance(caught.value.response, httpx.Response) == (shape == "call")


@pytest.mark.parametrize("name", ["bad_json_stream", "bad_json_body"])
def test_bad_json(sdk: genai.Client, name: str, shape: str) -> None:
    """What is not JSON raises the SDK's own error in a stream and a JSONDecodeError in a unary call."""
    with pytest.raises(json.JSONDecodeError if shape == "call" else errors.UnknownApiResponseError):
        ask(sdk, shape, name)


def test_hang_meets_a_timeout(server: simulator.Simulator, shape: str) -> None:
    """A server that is silent runs into the client's timeout."""
    with pytest.raises(httpx.ReadTimeout):
        ask(make_client(server, timeout=100), shape, "hang")


def test_slow_first_chunk(sdk: genai.Client, shape: str) -> None:
    """The first chunk takes 0.3 seconds."""
    start = time.perf_counter()
    ask(sdk, shape, "slow")
    assert 0.3 <= time.perf_counter() - start < 3


def test_long_stream_has_200_chunks(sdk: genai.Client) -> None:
    """long_stream has 200 chunks."""
    assert len(ask(sdk, "stream", "long_stream")) == 200


def test_thinking(sdk: genai.Client, shape: str) -> None:
    """Thoughts come before the text and are counted apart from it."""
    responses = ask(sdk, shape, "thinking")
    first = last_candidate(responses[:1]).content
    assert first is not None
    assert first.parts
    assert first.parts[0].thought
    assert usage_of(responses).thoughts_token_count == 88
    assert usage_of(responses).candidates_token_count == 27
    if shape == "stream":
        assert usage_of(responses[:1]).candidates_token_count is None


def test_thoughts_ate_budget(sdk: genai.Client, shape: str) -> None:
    """Thinking takes 1010 tokens step by step, and there is no text and no candidates token."""
    responses = ask(sdk, shape, "thoughts_ate_budget")
    assert text_of(responses) == ""
    assert usage_of(responses).candidates_token_count is None
    counts = [usage_of([response]).thoughts_token_count for response in responses]
    assert counts[-1] == 1010
    if shape == "stream":
        assert counts[:3] == [32, 64, 96]


def test_empty_stop(sdk: genai.Client, shape: str) -> None:
    """STOP comes with thoughts and an empty text only."""
    responses = ask(sdk, shape, "empty_stop")
    assert text_of(responses) == ""
    assert usage_of(responses).thoughts_token_count == 44


def test_cached(sdk: genai.Client, shape: str) -> None:
    """Cached tokens are part of the prompt tokens and have details by modality."""
    usage = usage_of(ask(sdk, shape, "cached"))
    assert usage.cached_content_token_count == 1081
    assert usage.prompt_token_count is not None
    assert usage.prompt_token_count > 1081
    (details,) = usage.cache_tokens_details or []
    assert (details.modality, details.token_count) == ("TEXT", 1081)


def test_grounding_tool_use(sdk: genai.Client, shape: str) -> None:
    """A grounded answer has its sources and counts the tokens of the tool's results."""
    responses = ask(sdk, shape, "grounding_tool_use")
    grounding = last_candidate(responses).grounding_metadata
    assert grounding is not None
    assert grounding.web_search_queries == ["what causes tides"]
    assert usage_of(responses).tool_use_prompt_token_count == 63


def test_inline_image(sdk: genai.Client, shape: str) -> None:
    """The image is a part with inline data and counts as 1290 tokens."""
    responses = ask(sdk, shape, "inline_image")
    content = last_candidate(responses).content
    assert content is not None
    assert content.parts
    blob = content.parts[-1].inline_data
    assert blob is not None
    assert blob.mime_type == "image/png"
    assert (blob.data or b"").startswith(b"\x89PNG")
    details = {
        each.modality: each.token_count for each in usage_of(responses).candidates_tokens_details or ()
    }
    assert details[types.MediaModality.IMAGE] == 1290


def test_multi_candidate(sdk: genai.Client, shape: str) -> None:
    """Two candidates end with STOP and MAX_TOKENS."""
    found = {
        candidate.index: candidate.finish_reason
        for response in ask(sdk, shape, "multi_candidate")
        for candidate in response.candidates or ()
    }
    assert found == {0: "STOP", 1: "MAX_TOKENS"}


def test_candidate_count(sdk: genai.Client, shape: str) -> None:
    """As many candidates are answered as the request asks for."""
    responses = ask(sdk, shape, "ok", candidate_count=3)
    finished = [
        candidate.index
        for response in responses
        for candidate in response.candidates or ()
        if candidate.finish_reason == "STOP"
    ]
    assert finished == [0, 1, 2]


def test_blocked_categories(sdk: genai.Client, shape: str) -> None:
    """The safety ratings name the blocked category."""
    ratings = last_candidate(ask(sdk, shape, "finish_safety")).safety_ratings or []
    assert [(each.category, each.probability) for each in ratings if each.blocked] == [
        ("HARM_CATEGORY_DANGEROUS_CONTENT", "HIGH")
    ]
    (response,) = ask(sdk, shape, "block_safety")
    assert response.prompt_feedback is not None
    assert len(response.prompt_feedback.safety_ratings or ()) == 4


@unknown_values_warn
@pytest.mark.parametrize("name", ["finish_safety", "finish_no_image", "finish_malformed_function_call"])
def test_no_content(sdk: genai.Client, name: str, shape: str) -> None:
    """Answers that are withheld have no parts."""
    content = last_candidate(ask(sdk, shape, name)).content
    assert content is None or not content.parts


def test_unknown_finish_reason_warns(sdk: genai.Client, shape: str) -> None:
    """The SDK warns of a finish reason that it does not know."""
    with pytest.warns(UserWarning, match="REASON_OF_TOMORROW is not a valid FinishReason"):
        ask(sdk, shape, "finish_unknown")


def test_finish_missing(sdk: genai.Client, shape: str) -> None:
    """A complete answer can lack its finish reason."""
    responses = ask(sdk, shape, "finish_missing")
    assert text_of(responses)
    assert last_candidate(responses).finish_reason is None


@unknown_values_warn
def test_continuation_is_one_request(server: simulator.Simulator, sdk: genai.Client, shape: str) -> None:
    """CONTINUATION without a token makes the SDK send no second request."""
    before = len(server.requests)
    ask(sdk, shape, "finish_continuation")
    assert len(server.requests) == before + 1


@pytest.mark.parametrize(
    ("name", "repeated"),
    [
        ("loop_text", "I will check the harbour table once more. " * 100),
        ("loop_newlines_json", "\n" * 3000),
        ("loop_table_hyphens", "-" * 3000),
        ("loop_table_tokens", "| Saint-Malo | 06:12 | 12:48 |\n" * 150),
        ("loop_json_items", ', {"name": "Other", "category": "Other", "confidence": 0.5}' * 99),
    ],
)
def test_loops(sdk: genai.Client, name: str, repeated: str, shape: str) -> None:
    """A loop repeats one unit for more than 2000 characters."""
    assert repeated in text_of(ask(sdk, shape, name))
    assert len(repeated) > 2000
