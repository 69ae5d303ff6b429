"""Tools of an MCP session, with a real server of the mcp package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import types

from support import MODEL, Telemetry, make_client

mcp = pytest.importorskip("mcp")
from mcp.client.stdio import stdio_client  # noqa: E402

import gemini_otel  # noqa: E402

SERVER = Path(__file__).with_name("mcp_server.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


async def run(client: genai.Client, via: str, stream: bool, prompt: str) -> int:
    """One user call with the session as its tool; how often the server was asked for its tools."""
    parameters = mcp.StdioServerParameters(command=sys.executable, args=["-W", "ignore", str(SERVER)])
    listed = []

    class Session(mcp.ClientSession):
        async def list_tools(self, *args: Any, **kwargs: Any) -> Any:
            listed.append(1)
            return await super().list_tools(*args, **kwargs)

        def __deepcopy__(self, memo: dict[int, Any]) -> Session:
            return self  # google-genai 3.4 copies the config, which a session of mcp 2 does not survive

    async with stdio_client(parameters) as (read, write), Session(read, write) as session:
        await session.initialize()
        config = types.GenerateContentConfig(tools=[session])
        if via == "models":
            method = (
                client.aio.models.generate_content_stream if stream else client.aio.models.generate_content
            )
            answer: Any = await method(model=MODEL, contents=prompt, config=config)
        else:
            chat = client.aio.chats.create(model=MODEL, config=config)
            answer = await (chat.send_message_stream(prompt) if stream else chat.send_message(prompt))
        if stream:
            async for _ in answer:
                pass
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()
    return len(listed)


@pytest.mark.parametrize("via", ["models", "chats"])
@pytest.mark.parametrize("stream", [False, True], ids=["call", "stream"])
async def test_an_mcp_tool(url: str, via: str, stream: bool) -> None:
    """An MCP tool is an execute_tool span with the server's name below the loop, and costs no request of ours."""
    bare = await run(make_client(url), via, stream, "simulate:tool_call")
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        ours = await run(make_client(url), via, stream, "simulate:tool_call")
    finally:
        gemini_otel.uninstrument()
    assert ours == bare
    spans = {span.name: span for span in telemetry.spans}
    loop, tool = spans[f"automatic_function_calling {MODEL}"], spans["execute_tool get_weather"]
    assert tool.parent is not None
    assert tool.parent.span_id == loop.get_span_context().span_id
    attributes = dict(tool.attributes or {})
    server = attributes.pop("gemini.tool.server", None)
    assert server == ("weather-server" if hasattr(mcp.ClientSession, "server_info") else None)
    assert attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.type": "extension",
    }


async def test_an_mcp_tool_that_fails(telemetry: Telemetry, url: str) -> None:
    """A tool that says it failed is an ERROR on its span, without its text."""
    from gemini_otel import simulator

    call = {"functionCall": {"name": "get_weather", "args": {"city": "fail"}}}
    replies = (
        simulator.Reply(chunks=({"candidates": [{"content": {"parts": [call]}, "finishReason": "STOP"}]},)),
    )
    scenario = simulator.Scenario("fails", "x", replies, after_tools=simulator.SCENARIOS["ok"].replies)
    with simulator.serve(scenarios=[scenario]) as address:
        await run(make_client(str(address)), "models", False, "simulate:fails")
    (tool,) = (span for span in telemetry.spans if span.name == "execute_tool get_weather")
    assert (tool.attributes or {})["error.type"] == "tool_error"
    assert tool.status.status_code.name == "ERROR"
    assert "no such city" not in tool.to_json()
