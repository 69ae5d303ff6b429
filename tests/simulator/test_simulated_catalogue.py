"""Every scenario is known, and answers with the finish reason or block reason that its name says."""

from __future__ import annotations

import pytest
from expected_scenarios import (
    BLOCKED,
    FINISHED,
    OTHER_ANSWERS,
    OTHER_FAILURES,
    REFUSED,
    RESOURCES,
    SEQUENCES,
    unknown_values_warn,
)
from google import genai
from google.genai import types

from gemini_otel import simulator
from support.sdk_calls import MODEL, ask, text_of, usage_of


def test_this_file_covers_every_scenario() -> None:
    """Every scenario that ships is in one of the tables above."""
    covered = {*FINISHED, *BLOCKED, *OTHER_ANSWERS, *REFUSED, *SEQUENCES, *OTHER_FAILURES, *RESOURCES}
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
