"""A message of the service that repeats the request's words without quoting them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from google.genai import types

from gemini_otel._facts.errors.echo import mask_echo


@pytest.mark.parametrize(
    ("message", "request_", "masked"),
    [
        (
            "Cannot process Berlin for you.",
            {"contents": "Say hello to Berlin"},
            "Cannot process <masked> for you.",
        ),
        ("The model is overloaded.", {"contents": "The model is overloaded?"}, "The model is overloaded."),
        ("Bad text: my dog Rex barks", {"contents": ["my dog Rex barks"]}, "Bad text: my <masked>"),
        (
            "Field properties.pin_code.type is wrong",
            {"config": {"schema": {"pin_code": 1}}},
            "Field properties.<masked>.type is wrong",
        ),
        ("Number 4111222 is not 20", {"contents": {"n": [4111222, 20]}}, "Number <masked> is not 20"),
        ("models/x-9 is not found", {"model": "x-9", "contents": "?"}, "models/x-9 is not found"),
        ('Unknown name "<masked>" here', {"contents": "masked"}, 'Unknown name "<masked>" here'),
        ("Nothing is known", {}, "Nothing is known"),
    ],
)
def test_words_of_the_request(message: str, request_: dict[str, Any], masked: str) -> None:
    """Words that the request has are masked, usual words of the service and short numbers stay, and so does the model."""
    assert mask_echo(message, request_, shown="x-9") == masked


def test_objects_of_the_sdk() -> None:
    """Texts are found wherever in SDK objects they are, names of fields and docstrings of tools included."""

    def tool() -> None:
        """Whisper the password."""

    config = types.GenerateContentConfig(
        tools=[tool],
        labels={"owner": "Zebedee"},
        response_schema=types.Schema(properties={"maiden": types.Schema(description="Quux")}),
    )
    message = "Wrong: Zebedee, maiden, owner, Quux, Whisper"
    assert mask_echo(message, {"contents": types.UserContent("hello"), "config": config}) == "Wrong: <masked>"


def test_a_huge_request_is_quick() -> None:
    """A request that contains itself, and one of ten million characters, take no time to speak of."""
    cycle: list[Any] = ["word " * 2_000_000]
    cycle.append(cycle)
    started = time.perf_counter()
    assert mask_echo("Some other text", {"contents": cycle}) == "Some other text"
    assert time.perf_counter() - started < 5
