"""instructor asks again where an answer does not fit: each request is one of its own, also inside of a framework's span."""

from __future__ import annotations

from collections.abc import Callable

import instructor
import pytest
from applications import Application, same_with_us
from google import genai
from opentelemetry.trace import StatusCode
from pydantic import BaseModel, field_validator

from neighbours import attributes, counted_hints, hints, named
from support import MODEL, Telemetry


def asking(prompt: str, refusals: int, framework: Telemetry | None = None) -> Application:
    """An application whose validator refuses so often; inside of a span of a framework where there is one."""

    def application(url: str, note: Callable[..., None]) -> None:
        left = [refusals]

        class City(BaseModel):
            name: str

            @field_validator("name")
            @classmethod
            def refuse(cls, value: str) -> str:
                note("validating", value)
                left[0] -= 1
                if left[0] >= 0:
                    raise ValueError("another one")
                return value

        def ask() -> None:
            sdk = genai.Client(api_key="any", http_options={"base_url": url})
            client = instructor.from_genai(sdk, mode=instructor.Mode.JSON)
            client.on("completion:kwargs", lambda *_, **__: note("request"))
            messages = [{"role": "user", "content": prompt}]
            city = client.chat.completions.create(
                model=MODEL, response_model=City, max_retries=3, messages=messages
            )
            note("answered", city.name)

        if framework is None:
            ask()
            return
        tracer = framework.tracer_provider.get_tracer("framework")
        chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": MODEL}
        with tracer.start_as_current_span("chat", attributes=chat):
            ask()

    return application


@pytest.mark.parametrize("around", [False, True], ids=["alone", "in a chat"])
@pytest.mark.parametrize("refusals", [0, 2, 50])
def test_asking_again(telemetry: Telemetry, around: bool, refusals: int) -> None:
    """The application sees the same; several requests are several spans, and one is the chat's own."""
    seen = same_with_us(telemetry, asking("hello", refusals, telemetry if around else None))
    requests = [what for what, *_ in seen].count("request")
    assert (requests > 1) == (refusals > 0)
    assert seen[-1][0] == ("raised" if refusals == 50 else "answered")
    calls = [span for span in telemetry.spans if "gemini.response.outcome" in attributes(span)]
    assert [attributes(span)["gemini.response.outcome"] for span in calls] == ["ok"] * requests
    shared = around and requests == 1
    assert {span.name for span in calls} == {"chat" if shared else f"generate_content {MODEL}"}
    assert counted_hints(telemetry) == sum(map(len, hints(calls).values()))


@pytest.mark.parametrize("prompt", ["simulate:overloaded", "simulate:daily_quota", "simulate:finish_safety"])
def test_a_failure(telemetry: Telemetry, prompt: str) -> None:
    """A failure of the service has its hint once, on the span of its request."""
    seen = same_with_us(telemetry, asking(prompt, 0, telemetry))
    assert seen[-1][0] == "raised"
    calls = [span for span in telemetry.spans if "gemini.response.outcome" in attributes(span)]
    assert len(calls) == [what for what, *_ in seen].count("request")
    found = hints(telemetry.spans)
    assert sum(map(len, found.values())) == counted_hints(telemetry) == len(calls)
    (chat,) = named(telemetry.spans, "chat")
    assert chat.status.status_code is StatusCode.ERROR
