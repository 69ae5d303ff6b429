"""A Live session with the simulator: one span for the connection, one for each turn, one for the tool.

Run it with `python examples/live.py`. The service closes the connection in the last turn.
"""

import asyncio
from typing import Any

from google import genai
from google.genai import types
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from gemini_otel import instrument, simulator
from gemini_otel.console import ConsoleTraceExporter

MODEL = "gemini-live-2.5-flash-preview"


async def ask(session: Any, question: str) -> None:
    """One turn: ask, run the tools that the model wants, and listen until it has answered."""
    await session.send_client_content(turns={"role": "user", "parts": [{"text": question}]})
    async for message in session.receive():
        for call in message.tool_call.function_calls if message.tool_call else ():
            answer = types.FunctionResponse(id=call.id, name=call.name, response={"weather": "sunny"})
            await session.send_tool_response(function_responses=answer)


async def talk(client: genai.Client) -> None:
    async with client.aio.live.connect(model=MODEL, config={"response_modalities": ["AUDIO"]}) as session:  # type: ignore[arg-type]
        await ask(session, "Say something. (simulate:live_audio)")
        await ask(session, "How is the weather? (simulate:live_tool_call)")
        await ask(session, "And tomorrow? (simulate:live_internal)")


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleTraceExporter()))
    instrument(tracer_provider=provider)
    with simulator.serve() as url:
        options: Any = {"base_url": str(url), "async_client_args": {"ssl": url.ssl_context()}}
        try:
            asyncio.run(talk(genai.Client(api_key="any", http_options=options)))
        except Exception as error:  # noqa: BLE001  # which one depends on the SDK's version
            print(f"The session ended: {error}")


if __name__ == "__main__":
    main()
