"""explain(): codes, exceptions and responses."""

from __future__ import annotations

import http
import os
from collections.abc import Callable
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from gemini_otel import explain
from support import send


def ids(subject: Any) -> list[str]:
    return [hint.id for hint in explain(subject)]


def test_a_code_gives_all_entries_most_specific_first() -> None:
    """ "MAX_TOKENS" gives several entries, and the general one is the last."""
    found = ids("MAX_TOKENS")
    assert "finish.max_tokens.thinking" in found
    assert found[-1] == "finish.max_tokens"


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        ("recitation", "finish.recitation"),
        ("FinishReason.RECITATION", "finish.recitation"),
        ("API_KEY_INVALID", "http.400.api_key_invalid"),
        ("DEADLINE_EXCEEDED", "http.504.deadline"),
        ("http.429.rate_day", "http.429.rate_day"),
        ("404", "http.404.not_found"),
        (503, "http.503.overloaded"),
        (http.HTTPStatus.BAD_GATEWAY, "http.502.bad_gateway"),
        (types.FinishReason.SAFETY, "finish.safety"),
        (types.BlockedReason.BLOCKLIST, "block.blocklist"),
    ],
)
def test_spellings_of_a_code(subject: Any, hint: str) -> None:
    """A code is known as text in any case, as a number and as a member of an enum."""
    assert hint in ids(subject)


@pytest.mark.parametrize("subject", ["", "no such code", 200, -1])
def test_unknown_codes(subject: Any) -> None:
    """A code that nobody knows gives an empty list."""
    assert explain(subject) == []


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("API key not valid. Please pass a valid API key.", "http.400.api_key_invalid"),
        (
            "models/x is not found for API version v1beta, or is not supported for generateContent.",
            "http.404.model",
        ),
        ("User location is not supported for the API use.", "http.400.location"),
        (
            "The input token count (40000) exceeds the maximum number of tokens allowed (32768).",
            "http.400.input_too_long",
        ),
        ("Please use a valid role: user, model.", "http.400.role"),
        ("The model is overloaded. Please try again later.", None),  # of a 503, and of others
        ("file not found", None),
        ("disk quota exceeded", None),
        ("key not valid", None),
    ],
)
def test_a_message_alone(message: str, hint: str | None) -> None:
    """A message of the service without its code is explained where it says the cause outright, and only there."""
    assert [each.id for each in explain(message)][:1] == ([hint] if hint else [])


def made(**arguments: Any) -> Callable[[], object]:
    return lambda: genai.Client(**arguments)


# What google-genai says where a client cannot be made: 1.32, and from 2.0 on. The words for a key changed once.
@pytest.mark.parametrize(
    ("message", "hint"),
    [
        (
            (
                "Missing key inputs argument! To use the Google AI API, provide (`api_key`) arguments. To use the Google Cloud API, "
                "provide (`vertexai`, `project` & `location`) arguments."
            ),
            "auth.no_key",
        ),
        (
            (
                "No API key was provided. Please pass a valid API key. Learn how to create an API key at "
                "https://ai.google.dev/gemini-api/docs/api-key."
            ),
            "auth.no_key",
        ),
        ("Project and location or API key must be set when using the Vertex AI API.", "auth.no_key"),
        ("Project or API key must be set when using the Vertex AI API.", "auth.no_key"),
        (
            "Project/location and API key are mutually exclusive in the client initializer.",
            "sdk.client_arguments",
        ),
        ("Credentials and API key are mutually exclusive in the client initializer.", "sdk.client_arguments"),
        ("Gemini API does not support project/location.", "sdk.client_arguments"),
        (
            "enterprise and vertexai flags have conflicting values, please set enterprise value only.",
            "sdk.client_arguments",
        ),
    ],
)
def test_a_client_that_cannot_be_made(message: str, hint: str) -> None:
    """The SDK's words for a client without a key, or with arguments that exclude each other, are known in every form."""
    frames = 'Traceback (most recent call last):\n  File "/app/ask.py", line 3, in <module>\n    client = genai.Client()\n'
    for subject in (message, f"ValueError: {message}", f"{frames}ValueError: {message}", ValueError(message)):
        assert [each.id for each in explain(subject)] == [hint]


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (made(), "auth.no_key"),
        (made(api_key="any", credentials=object()), "sdk.client_arguments"),
        (made(project="mine", location="global", api_key="any"), "sdk.client_arguments"),
    ],
)
def test_the_installed_sdk_cannot_make_a_client(
    make: Callable[[], object], hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exceptions of the installed SDK are among the known ones."""
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "GEMINI_"))]:
        monkeypatch.delenv(name)
    with pytest.raises(ValueError) as caught:  # its words are what is asked about
        make()
    found = explain(caught.value)
    assert [each.id for each in found] == [hint]
    if hint == "auth.no_key":
        assert "GEMINI_API_KEY" in found[0].remedy[0]
        assert "vertexai=True" in found[0].remedy[1]


@pytest.mark.parametrize("subject", [None, 4.29, [], object()])
def test_other_types(subject: Any) -> None:
    """Anything that is no code, exception or response is a TypeError that names the type."""
    with pytest.raises(TypeError, match=f"not {type(subject).__name__}"):
        explain(subject)


@pytest.mark.parametrize(
    ("scenario", "hint"),
    [
        ("daily_quota", "http.429.rate_day"),
        ("invalid_key", "http.400.api_key_invalid"),
        ("model_not_found", "http.404.model"),
        ("overloaded", "http.503.overloaded"),
    ],
)
def test_an_error_of_a_call(client: genai.Client, scenario: str, hint: str) -> None:
    """The exception of a failed call gives the entry for its cause first."""
    sent = send(client, "call", f"simulate:{scenario}")
    assert isinstance(sent.error, errors.APIError)
    assert ids(sent.error)[0] == hint


def test_an_exception_of_the_network() -> None:
    """An exception without a code is explained by its class."""
    assert ids(ConnectionRefusedError())[0].startswith("net.")


@pytest.mark.parametrize(
    ("scenario", "hint"),
    [
        ("thoughts_ate_budget", "finish.max_tokens.thinking"),
        ("finish_safety", "finish.safety"),
        ("block_blocklist", "block.blocklist"),
        ("loop_text", "finish.max_tokens.repetition"),
        ("empty_stop", "finish.stop.empty.thoughts"),
    ],
)
def test_a_response(client: genai.Client, scenario: str, hint: str) -> None:
    """A response gives the entry for what went wrong with it first, a loop in its text included."""
    (response,) = send(client, "call", f"simulate:{scenario}").responses
    assert ids(response)[0] == hint


@pytest.mark.parametrize("scenario", ["ok", "thinking", "cached"])
def test_a_healthy_response(client: genai.Client, scenario: str) -> None:
    """A response with which nothing is wrong gives an empty list."""
    (response,) = send(client, "call", f"simulate:{scenario}").responses
    assert explain(response) == []
