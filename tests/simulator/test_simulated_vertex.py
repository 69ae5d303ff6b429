"""The paths of Vertex AI: express mode, and project and location."""

from __future__ import annotations

import pytest
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials

from gemini_otel import simulator
from support.sdk_calls import MODEL, ask


@pytest.fixture(params=["express", "project"])
def vertex(request: pytest.FixtureRequest, server: simulator.Simulator) -> genai.Client:
    options = types.HttpOptions(base_url=server)
    if request.param == "express":
        return genai.Client(vertexai=True, api_key="test-key", http_options=options)
    credentials = Credentials(token="test-token")  # type: ignore[no-untyped-call]
    return genai.Client(
        vertexai=True,
        project="my-project",
        location="us-central1",
        credentials=credentials,
        http_options=options,
    )


def test_answer(vertex: genai.Client, server: simulator.Simulator, shape: str) -> None:
    """An answer on a path of Vertex AI has its traffic type and details by modality."""
    *_, last = ask(vertex, shape, "ok")
    assert server.requests[-1].path.startswith("/v1beta1/")
    assert "/publishers/google/models/" in f"/{server.requests[-1].path}"
    assert last.model_version == MODEL
    assert last.create_time is not None
    assert last.usage_metadata is not None
    assert last.usage_metadata.traffic_type == "ON_DEMAND"
    (details,) = last.usage_metadata.candidates_tokens_details or []
    assert (details.modality, details.token_count) == ("TEXT", 27)
    assert last.candidates
    assert last.candidates[0].index is None


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("shared_capacity", 429, "Resource exhausted. Please try again later."),
        ("permission_denied", 403, "Permission 'aiplatform.endpoints.predict' denied"),
        ("model_not_found", 404, f"models/{MODEL}` was not found or your project does not have access to it"),
    ],
)
def test_errors_of_vertex(vertex: genai.Client, name: str, code: int, message: str, shape: str) -> None:
    """Errors whose text differs on Vertex AI have its text there."""
    with pytest.raises(errors.ClientError) as caught:
        ask(vertex, shape, name)
    assert caught.value.code == code
    assert message in (caught.value.message or "")


@pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")
def test_model_armor(vertex: genai.Client, shape: str) -> None:
    """Model Armor blocks a prompt with a message and without token counts."""
    (response,) = ask(vertex, shape, "block_model_armor")
    assert response.prompt_feedback is not None
    assert "Model Armor" in (response.prompt_feedback.block_reason_message or "")
    assert response.usage_metadata is None


@pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")
def test_finish_message(vertex: genai.Client, shape: str) -> None:
    """A finish message says which function was called though undeclared."""
    (response,) = ask(vertex, shape, "finish_unexpected_tool_call")
    assert response.candidates
    assert "undeclared function: get_tides" in (response.candidates[0].finish_message or "")


def test_several_candidates(vertex: genai.Client) -> None:
    """Candidates after the first have their index."""
    (response,) = ask(vertex, "call", "ok", candidate_count=2)
    assert [candidate.index for candidate in response.candidates or ()] == [None, 1]


# SDK 1.32 calls a deprecated method of pydantic when it lists models.
@pytest.mark.filterwarnings("ignore:The `copy` method is deprecated")
def test_count_tokens_and_models(vertex: genai.Client) -> None:
    """Tokens are counted and models listed on the paths of Vertex AI."""
    assert vertex.models.count_tokens(model=MODEL, contents="12345678").total_tokens == 2
    assert vertex.models.get(model=MODEL).name == f"publishers/google/models/{MODEL}"
    listed = vertex.models.list(config={"query_base": True})
    assert f"publishers/google/models/{MODEL}" in [model.name for model in listed]
