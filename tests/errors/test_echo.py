"""A message of the service that repeats the request's words without quoting them."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from google.genai import types

from gemini_otel._facts.errors.echo import mask_bytes, mask_echo, mask_unusual
from gemini_otel._facts.errors.masking import mask
from support.steps import steps


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


def test_case_and_joints() -> None:
    """Another case, another joint and a longer word are the request's words, too; usual names in humps are not."""
    request = {"contents": "Tell Zyqxv about Wanderlust, Katharina"}
    for word in ("ZYQXV", "zyqxv-holiday", "holidayKatharinaTrip", "zyqxvwanderlust", "WANDERLUST_2"):
        assert mask_echo(f"Cannot process {word} here", request) == "Cannot process <masked> here"
    kept = "Quota GenerateContentRequestsPerMinutePerUserPerProjectPerModel exceeded"
    assert mask_echo(kept, request) == kept
    assert mask_echo("Bad " + "QUJD" * 20, request) == "Bad <masked>"


def test_what_nobody_knows() -> None:
    """Where the request is not at hand, unusual words are masked."""
    assert mask_unusual("Cannot decode zyqxv-holiday.mov") == "Cannot decode <masked>"
    assert mask_unusual("gemini-live is not found", shown="gemini-live") == "gemini-live is not found"


@pytest.mark.parametrize(
    "contents",
    ["word " * 2_000_000, ["word"] * 100_000, {f"k{n}": n for n in range(100_000)}, [b"x" * 1_000_000]],
    ids=["long", "many", "keys", "bytes"],
)
def test_past_the_bound(contents: Any) -> None:
    """Of a request that is longer than what is looked at, no unusual word stays, and the last message is no safer."""
    assert mask_echo("Cannot process Zyqxv there", {"contents": contents}) == "Cannot process <masked> there"


def test_bytes() -> None:
    """Only what may be bytes is masked where the texts may be seen."""
    picture = bytes(range(256)) * 40
    encoded = base64.b64encode(picture).decode()
    request = {"contents": ["my dog Rex", picture]}
    assert encoded[4:16] not in mask_bytes(f"Rex: {encoded[4:16]}", request)
    assert encoded not in mask_bytes(f"Rex: {encoded}", request)
    others = f"{'x' * 40} beside {encoded[4:16]} beside {'x' * 41} beside"
    assert mask_bytes(others, request) == f"{'x' * 40} beside <masked> beside <masked> beside"
    assert mask_bytes("Rex " + "x" * 100, {"contents": "Rex"}) == "Rex " + "x" * 100


def _steps(message: str, request: dict[str, Any]) -> int:
    return steps(lambda: mask_echo(message, request)) + steps(lambda: mask_bytes(message, request))


@pytest.mark.parametrize("size", [1_000_000, 10_000_000])
def test_bounded_steps(size: int) -> None:
    """Neither a longer request nor a longer message takes more steps than the bound."""
    page = " ".join(f"word{n}" for n in range(size // 100))
    cycle: list[Any] = ["word " * (size // 5), b"x" * size, *(["deep"] * (size // 100))]
    cycle.append(cycle)
    assert _steps(page, {"contents": cycle}) < 250_000
    assert _steps("A" * size, {"contents": "hi"}) < 2_000
    assert _steps(page, {"contents": " ".join(f"other{n}" for n in range(1000))}) < 50_000


def test_a_request_that_contains_itself() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert mask_echo("Some other text", {"contents": cycle}) == "Some other text"


@pytest.mark.parametrize(
    "link",
    [
        "https://ai.google.dev/gemini-api/docs/rate-limits",
        "https://ai.google.dev/gemini-api/docs/thought-signatures",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling",
        "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini",
        "https://ai.studio/projects",
    ],
)
def test_links_of_google_stay(link: str) -> None:
    """A link to the manual is whole, whatever of its words the prompt has as well."""
    prompt = " ".join(re.findall(r"[a-z]+", link))
    message = f"Unable to submit request. Please refer to {link} for more details."
    assert link in mask_echo(mask(message), {"contents": [{"parts": [{"text": prompt}]}]})


def test_names_of_fields_stay() -> None:
    """The names of the fields of a request are not what somebody wrote."""
    message = "Unknown name \"additional_properties\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field."
    request = {
        "tools": [
            {
                "function_declarations": [
                    {"parameters": {"properties": {"a": {"additional_properties": True}}}}
                ]
            }
        ]
    }
    assert mask_echo(mask(message), request) == message
