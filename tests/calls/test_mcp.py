"""Tools of an MCP session, with a real server of the mcp package."""

from __future__ import annotations

import pytest

import gemini_otel
from support import MODEL, Telemetry, make_client
from support.mcp_tools import mcp, run

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


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


@pytest.mark.parametrize(("mode", "told"), [("span_only", "Say how the weather is."), ("no_content", None)])
async def test_description_of_an_mcp_tool(url: str, mode: str, told: str | None) -> None:
    """What the server says that its tool does is content: it is on the tool's span where that is captured."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, capture_content=mode)
    try:
        await run(make_client(url), "models", False, "simulate:tool_call")
    finally:
        gemini_otel.uninstrument()
    (tool,) = (span for span in telemetry.spans if span.name == "execute_tool get_weather")
    assert (tool.attributes or {}).get("gen_ai.tool.description") == told


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
