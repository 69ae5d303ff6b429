"""Calls with a tool of a real MCP server."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from google import genai
from google.genai import types

from support import MODEL, ROOT

mcp = pytest.importorskip("mcp")
from mcp.client.stdio import stdio_client  # noqa: E402

SERVER = ROOT / "tests" / "support" / "mcp_server.py"


async def run(client: genai.Client, via: str, stream: bool, prompt: str) -> int:
    """One user call with the session as its tool; returns how often the server was asked for its tools."""
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
