"""A chat that runs Python functions for the model: one trace for the whole turn.

Run it with `python examples/chat_with_tools.py`. The parent span sums up the rounds; each round and each tool run is a child.
"""

from connect import gemini_client
from google.genai import types
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import gemini_otel
from gemini_otel.console import ConsoleTraceExporter


def get_weather(city: str) -> str:
    """Say how the weather is in a city."""
    return f"sunny in {city}"


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleTraceExporter()))
    gemini_otel.instrument(tracer_provider=provider)

    with gemini_client() as client:
        config = types.GenerateContentConfig(tools=[get_weather])
        chat = client.chats.create(model="gemini-3.5-flash", config=config)
        answer = chat.send_message("What should I pack for Paris and Oslo? (simulate:tool_chain)")
        print(answer.text)
    provider.shutdown()


if __name__ == "__main__":
    main()
