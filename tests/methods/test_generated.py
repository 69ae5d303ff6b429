"""Agents, triggers, webhooks, decisions: the clients that are generated, with retries of their own."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import pytest
from google import genai

from gemini_otel import simulator
from gemini_otel.simulator.scenarios.answers import OK
from gemini_otel.simulator.scenarios.errors import OVERLOADED, refused
from support import Telemetry, event_loop, invoke, make_client

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*experimental"),
    pytest.mark.skipif(not hasattr(genai.Client, "triggers"), reason="this SDK has no generated clients"),
]
DECISION = {"model": "models/gemini-2.5-flash", "input": "x", "questions": {}}
needs_decisions = pytest.mark.skipif(
    not hasattr(genai.Client, "decisions"), reason="this SDK has no decisions"
)


def test_the_whole_span(telemetry: Telemetry, url: str, mode: str) -> None:
    """A method of a generated client has the attributes of any other."""
    client = make_client(url, timeout=9000, attempts=3)
    sent = invoke(client, mode, "triggers.run", trigger_id="t1")
    attributes = telemetry.attributes
    assert attributes.pop("server.port") == int(url.rpartition(":")[2])
    assert attributes == {
        "gen_ai.operation.name": "run_trigger",
        "gen_ai.provider.name": "gcp.gen_ai",
        "server.address": "127.0.0.1",
        "gemini.request.api_version": client._api_client._http_options.api_version,
        "gemini.request.timeout": 9.0,
        "gemini.request.max_attempts": client.agents.sdk_configuration.retry_config.max_retries + 1,
        "gemini.resource.name": f"executions/{sent.responses[0].id}",
        "gemini.resource.state": "completed",
        "gemini.response.outcome": "ok",
        "http.response.status_code": 200,
    }


def test_an_environment_tells_its_mode(telemetry: Telemetry, url: str, mode: str) -> None:
    """Neither its key nor its configuration is read."""
    if not hasattr(genai.Client, "environments"):
        pytest.skip("this SDK has no environments")
    environment = invoke(make_client(url), mode, "environments.get", id="e1").responses[0]
    if "mode" not in getattr(type(environment), "model_fields", {}):
        pytest.skip("this SDK has no modes of environments")
    assert telemetry.attributes["gemini.environment.mode"] == "self_hosted"
    assert "secret-" not in telemetry.span.to_json()


def test_vertex(telemetry: Telemetry, vertex: genai.Client, mode: str) -> None:
    """A Vertex AI client gives its provider, and a version without project and location."""
    invoke(vertex, mode, "agents.get", id="a1")
    assert telemetry.attributes["gen_ai.provider.name"] == "gcp.vertex_ai"
    assert telemetry.attributes["gemini.request.api_version"] == "v1beta1"
    assert telemetry.attributes["gemini.resource.name"] == "agents/a1"
    assert "my-project" not in telemetry.span.to_json()


def test_default_retries_are_attempts(telemetry: Telemetry, mode: str) -> None:
    """These clients retry by default; each refusal is an attempt, and the call is well."""
    once = simulator.Scenario("once", "One refusal.", (refused(OVERLOADED), OK))
    with simulator.serve(once) as url:
        sent = invoke(make_client(str(url)), mode, "agents.get", id="a1")
    assert sent.error is None
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "ok"
    assert attributes["http.request.resend_count"] == 1
    assert attributes["http.response.status_code"] == 200
    (attempt,) = telemetry.events("gemini.attempt")
    assert (attempt["gemini.attempt.number"], attempt["http.response.status_code"]) == (1, 503)
    assert attempt["gemini.attempt.wait"] > 0
    (failed,) = telemetry.points("gemini.client.attempts_failed")
    assert failed.value == 1


@pytest.mark.parametrize("scenario", ["invalid_key", "not_found", "daily_quota"])
def test_errors(telemetry: Telemetry, mode: str, scenario: str) -> None:
    """A refusal that reaches the caller has the facts of that error, though these clients have exceptions of their own."""
    with simulator.serve(scenario) as url:
        client = make_client(str(url), attempts=1)
        sent = invoke(client, mode, "agents.get", id="a1")
    assert sent.error is not None
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "error"
    assert attributes["error.type"] == str(attributes["http.response.status_code"])
    if scenario != "not_found":
        assert attributes["gemini.error.kind"] == scenario


def test_a_connection_that_breaks(telemetry: Telemetry, url: str, mode: str) -> None:
    """A connection that breaks is a failed attempt with the exception's class."""
    with simulator.serve("cut_before_headers") as broken:
        client = make_client(str(broken), attempts=1)
        sent = invoke(client, mode, "agents.get", id="a1")
    assert sent.error is not None
    assert telemetry.attributes["gemini.response.outcome"] == "error"
    assert len(telemetry.events("gemini.attempt")) == 1


def test_raw_responses(telemetry: Telemetry, client: genai.Client) -> None:
    """with_raw_response gives the caller the raw response, and the span is that of the method."""
    raw = client.agents.with_raw_response.get(id="a1")
    assert raw.parse().id == "a1"
    assert telemetry.span.name == "get_agent"
    assert telemetry.attributes["gemini.response.outcome"] == "ok"


@pytest.mark.parametrize(("scenario", "outcome"), [("failed", "failed"), ("processing", "pending")])
def test_executions(telemetry: Telemetry, mode: str, scenario: str, outcome: str) -> None:
    """The status of a trigger's execution is its outcome, and its error is masked."""
    with simulator.serve(scenario) as url:
        invoke(make_client(str(url)), mode, "triggers.run", trigger_id="t1")
    assert telemetry.attributes["gemini.response.outcome"] == outcome
    message = telemetry.attributes.get("gemini.failure.message")
    assert message == ("The tool '<masked>' is not allowed." if outcome == "failed" else None)


@needs_decisions
def test_a_decision(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """A decision is a model call: its tokens are usage, thought tokens are output, its duration is measured."""
    questions: dict[str, Any] = {"q": {"type": "noul", "instructions": "a secret"}}
    invoke(client, mode, "decisions.create", **{**DECISION, "questions": questions})
    attributes = telemetry.attributes
    assert telemetry.span.name == "create_decision gemini-2.5-flash"
    assert (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"]) == (20, 7)
    assert attributes["gen_ai.usage.reasoning.output_tokens"] == 5
    assert (attributes["gemini.decision.questions"], attributes["gemini.decision.answers"]) == (1, 1)
    assert attributes["gemini.response.outcome"] == "ok"
    (duration,) = telemetry.points("gen_ai.client.operation.duration")
    assert duration.attributes["gen_ai.operation.name"] == "create_decision"


@needs_decisions
def test_a_blocked_decision(telemetry: Telemetry, mode: str) -> None:
    """A blocked input is outcome blocked, with the reason as the other APIs write it."""
    blocked = simulator.Scenario("blocked", "Blocked.", (replace(OK, variant="filtered"),))
    with simulator.serve(blocked) as url:
        invoke(make_client(str(url)), mode, "decisions.create", **DECISION)
    assert telemetry.attributes["gemini.response.outcome"] == "blocked"
    assert telemetry.attributes["gemini.response.block_reason"] == "SAFETY"


@pytest.mark.parametrize(
    ("method", "name"), [("agents.delete", "agents/x1"), ("webhooks.ping", "webhooks/x1")]
)
def test_an_id_by_position(
    telemetry: Telemetry, client: genai.Client, mode: str, method: str, name: str
) -> None:
    """An id that is given by position is read as one that is given by name."""

    async def call() -> None:
        await operator.attrgetter(method)(client.aio)("x1")

    if mode == "sync":
        operator.attrgetter(method)(client)("x1")
    else:
        event_loop().run_until_complete(call())
    assert telemetry.attributes["gemini.resource.name"] == name
