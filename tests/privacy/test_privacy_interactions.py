"""The privacy proof for interactions, and for the clients that are generated like theirs."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from google import genai

from support import MODEL, event_loop, invoke, make_client, make_vertex_client, send
from support.privacy import CAPTURES, SECRET, Exported, found

if not hasattr(genai.Client, "interactions"):
    pytest.skip("google-genai before 1.55 has no interactions", allow_module_level=True)
from support.interactions import SHAPES, interact, run

# A picture whose base64 begins as that of the secret does.
PICTURE = "WnlxeHZwaWN0dXJl"
STEPS: list[Any] = [
    {"type": "user_input", "content": [{"type": "text", "text": "Zyqxvearlier"}]},
    {"type": "thought", "summary": [{"type": "text", "text": "Zyqxvthought"}], "signature": "Zyqxvsignature"},
    {"type": "function_call", "id": "c1", "name": "lookup", "arguments": {"zyqxv_key": "Zyqxvargument"}},
    {
        "type": "function_result",
        "call_id": "c1",
        "name": "lookup",
        "result": {"zyqxv_out": "Zyqxvresult"},
    },
    {
        "type": "user_input",
        "content": [
            {"type": "text", "text": "Zyqxvquestion"},
            {"type": "image", "data": PICTURE, "mime_type": "image/png"},
            {"type": "document", "uri": "https://example.com/zyqxvfile.pdf", "mime_type": "application/pdf"},
        ],
    },
]
FULL: dict[str, Any] = {
    "system_instruction": "Zyqxvinstruction",
    "tools": [
        {
            "type": "function",
            "name": "lookup",
            "description": "Zyqxvdescription",
            "parameters": {"type": "object", "properties": {"zyqxv_field": {"type": "string"}}},
        },
        {"type": "mcp_server", "name": "zyqxvserver", "url": "https://example.com/zyqxvmcp"},
    ],
    "generation_config": {"stop_sequences": ["Zyqxvstop"], "max_output_tokens": 512},
    "response_format": {
        "type": "object",
        "description": "Zyqxvschema",
        "properties": {"zyqxv_field": {"type": "string", "enum": ["Zyqxvenum"]}},
    },
}
SCENARIOS = ("ok", "thinking", "tool_call", "loop_text", "block_safety", "invalid_key", "error_in_stream")


def interactions(client: genai.Client, shape: str) -> None:
    """Secrets in every part of a request, refused by the SDK or by the service or not; and in what is asked for by name."""
    for prompt in (*(f"Zyqxvprompt simulate:{scenario}" for scenario in SCENARIOS), STEPS):
        for body in ({}, FULL, {"service_tier": "Zyqxvtier", "store": "Zyqxvbad"}):
            with contextlib.suppress(Exception):
                interact(client, shape, prompt, **body)  # type: ignore[arg-type]
    for body in ({"agent": "Tell Zyqxvagent"}, {"model": "Tell me Zyqxvmodel"}, {"model": object()}):
        with contextlib.suppress(Exception):
            run(client, shape, lambda api: api.create, input="Zyqxvprompt", **body)
    for method in ("get", "cancel", "delete"):
        with contextlib.suppress(Exception):
            invoke(client, shape, f"interactions.{method}", id="Tell me Zyqxvid")


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_interactions(url: str, exported: Exported, shape: str, settings: Any, secrets: Any) -> None:
    """Every input of an interaction, and what the simulated model answers."""

    def calls() -> None:
        interactions(make_client(url, attempts=1), shape)
        send(make_client(url), "call", "simulate:finish_max_tokens")  # something of each signal

    assert found(secrets, exported.of(calls, **settings)) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_that_repeat_the_request(echo: str, url: str, exported: Exported, shape: str) -> None:
    """Errors whose message and details repeat the request word for word."""

    def calls() -> None:
        for client in (make_client(echo, attempts=1), make_vertex_client(echo, attempts=1)):
            interactions(client, shape)
        send(make_client(url), "call", "simulate:finish_max_tokens")

    assert found(SECRET, exported.of(calls)) == []


GENERATED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("agents.create", {"id": "helper", "description": "Zyqxvtext", "base_agent": "Zyqxvbase"}),
    ("agents.get", {"id": "Tell me Zyqxvid"}),
    ("triggers.create", {"display_name": "Zyqxvtrigger", "schedule": "Zyqxvschedule"}),
    ("triggers.run", {"trigger_id": "Tell me Zyqxvid"}),
    (
        "webhooks.create",
        {"name": "Zyqxvwebhook", "uri": "https://example.com/zyqxv", "subscribed_events": []},
    ),
    ("credentials.create", {"type": "Zyqxvtype", "value": "Zyqxvcredential"}),
    ("voices.create", {"display_name": "Zyqxvvoice", "audio": "Zyqxvaudio"}),
    ("environments.create", {"display_name": "Zyqxvenvironment"}),
    (
        "decisions.create",
        {
            "model": f"models/{MODEL}",
            "input": "Zyqxvinput",
            "questions": {"zyqxvq": {"text": "Zyqxvquestion"}},
        },
    ),
)


def test_generated_clients(url: str, echo: str, exported: Exported, mode: str) -> None:
    """Agents, triggers, webhooks, credentials, voices, environments and decisions, of the service and of one that repeats it all."""

    def calls() -> None:
        for client in (make_client(url), make_client(echo, attempts=1)):
            for method, arguments in GENERATED:
                invoke(client, mode, method, **arguments)
        send(make_client(url), "call", "simulate:finish_max_tokens")

    assert found(SECRET, exported.of(calls)) == []


# What the simulator gives away, and what is configured.
KEYS = re.compile(rb"secret-[6789]|board", re.IGNORECASE)


@pytest.mark.parametrize("settings", [{}, {"capture_content": True}])
@pytest.mark.skipif(not hasattr(genai.Client, "environments"), reason="this SDK has no environments")
def test_keys_and_configurations(url: str, exported: Exported, mode: str, settings: Any) -> None:
    """The keys of environments and worlds, tokens, and configurations are nowhere, even where content is captured."""
    client = make_client(url)
    environment = {"type": "remote", "mode": "self_hosted", "custom_config": {"board": "secret-9"}}

    def calls() -> None:
        invoke(client, mode, "environments.create", custom_config={"board": "secret-9"})
        invoke(client, mode, "environments.get", id="e1")
        invoke(client, mode, "environments.list")
        invoke(client, mode, "interactions.create", agent="helper", input="Hello", environment=environment)
        for method in ("create", "delete"):
            given = {"interaction_id": "i1"} | (
                {"auth_token": "auth_tokens/secret-7"} if method == "delete" else {}
            )
            invoke(client, mode, f"interactions.auth_tokens.{method}", **given)
        if hasattr(client.aio.interactions, "connect"):
            event_loop().run_until_complete(_see_a_world(make_client(url)))
        send(make_client(url), "call", "simulate:finish_max_tokens")

    assert found(KEYS, exported.of(calls, **settings)) == []


async def _see_a_world(client: Any) -> None:
    async with client.aio.interactions.connect("i1") as connection:
        await connection.send([{"event_type": "world_setup", "world_prompt": {"text": "the board"}}])
        await connection.send("simulate:live_interaction_world")
        assert [each.event_type async for each in connection.receive()][-1] == "interaction.completed"
