"""What is read off a client: back end, address, model name."""

from __future__ import annotations

import pytest
from google import genai
from google.genai import types

from gemini_otel._sdk.reading.client import http_options, model_name, read_start


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("google/gemini-2.5-flash", "gemini-2.5-flash"),
        ("publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("projects/p/locations/l/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("tunedModels/mine", "tunedModels/mine"),
        ("projects/p/locations/l/endpoints/123", "endpoints/123"),
        ("meta/llama", "meta/llama"),
        ("projects/p/locations/l/reasoningEngines/x", "x"),
        ("Tell me a secret", "name with a blank"),
        ("x" * 129, "_OTHER"),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_model_names(model: object, name: str | None) -> None:
    """A model is named as people name it, and never with a project."""
    assert model_name(model) == name


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"api_key": "k"}, ("gcp.gemini", "generativelanguage.googleapis.com", 443)),
        (
            {"api_key": "k", "http_options": {"base_url": "http://proxy.example:8080/gemini"}},
            ("gcp.gen_ai", "proxy.example", 8080),
        ),
        (
            {"api_key": "k", "http_options": {"base_url": "http://proxy.example"}},
            ("gcp.gen_ai", "proxy.example", 80),
        ),
        (
            {"api_key": "k", "http_options": {"base_url": "https://us-central1-aiplatform.googleapis.com"}},
            ("gcp.vertex_ai", "us-central1-aiplatform.googleapis.com", 443),
        ),
        ({"vertexai": True, "api_key": "k"}, ("gcp.vertex_ai", "aiplatform.googleapis.com", 443)),
    ],
)
def test_endpoints(options: dict[str, object], expected: tuple[str, str, int]) -> None:
    """Provider, host and port follow the effective base URL; behind a proxy the Developer API is of unknown origin."""
    client = genai.Client(**options)  # type: ignore[arg-type]
    start = read_start(client.models, {})
    assert (start.provider, start.address, start.port) == expected


def test_options_of_the_call_win() -> None:
    """The call's own HTTP options stand before the client's, one by one."""
    retries = types.HttpRetryOptions()
    client = genai.Client(api_key="k", http_options=types.HttpOptions(timeout=5000, retry_options=retries))
    ours = http_options(
        client.models, types.GenerateContentConfig(http_options=types.HttpOptions(timeout=7000))
    )
    assert (ours.timeout, ours.max_attempts) == (7.0, 5)
    bare = http_options(genai.Client(api_key="k").models, {"httpOptions": {"retryOptions": {"attempts": 2}}})
    assert (bare.timeout, bare.max_attempts) == (None, 2)
