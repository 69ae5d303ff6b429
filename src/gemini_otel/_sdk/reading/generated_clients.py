"""The configuration of the generated clients (agents, triggers, webhooks, environments, voices, credentials, decisions).

They do not use the options of `_api_client`. `_gaos` keeps its options in `sdk_configuration`, `_interactions` (before
google-genai 2.9) in its own client.
"""

from __future__ import annotations

from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import GIVEN_COUNTERS, RequestFacts, ResponseFacts, StartFacts, UsageFacts
from gemini_otel._facts.operation import Arguments
from gemini_otel._facts.sendable import code, setting
from gemini_otel._sdk.methods.resources import generated_name
from gemini_otel._sdk.reading.client import endpoint_at, model_name
from gemini_otel._sdk.reading.fields import count, decimal, enum_value, field, fields, integer, quantity, word
from gemini_otel._sdk.reading.measures import Measures, Reader, measure

_PROJECTS = "projects/"


def read_start(resource: Any, arguments: Arguments) -> StartFacts:
    """Back end and address of the generated client, and the model if the method takes one."""
    configuration = fields(field(resource, "sdk_configuration") or field(resource, "_client"))
    address = configuration.get("server_url") or configuration.get("_base_url")
    version = _api_version(resource) or ""
    vertex = _PROJECTS in version or _is_of_vertex(field(resource, "_client"))
    provider, host, port = endpoint_at(None if address is None else str(address), vertex)
    return StartFacts(model_name(arguments.get("model")), provider, host, port)


def read_agent_start(resource: Any, arguments: Arguments) -> StartFacts:
    """As `read_start`, for the creation of an agent, with the agent's id."""
    return read_start(resource, arguments)._replace(agent=word(arguments.get("id")))


def read_request(measures: Measures, resource: Any, arguments: Arguments) -> RequestFacts:
    """HTTP options of the call, else of the client; these clients retry by default."""
    configuration = fields(field(resource, "sdk_configuration"))
    milliseconds = decimal(configuration.get("timeout_ms"))
    retries = integer(field(configuration.get("retry_config") or field(resource, "_client"), "max_retries"))
    version = enum_value(arguments.get("api_version")) or _api_version(resource)
    return RequestFacts(
        api_version=setting(version.partition("/")[0]) if version else None,
        timeout=decimal(arguments.get("timeout")) or (None if milliseconds is None else milliseconds / 1000),
        max_attempts=None if retries is None else retries + 1,
        measured=measure(measures, arguments),
    )


def _is_of_vertex(client: Any) -> bool:
    """Whether a client from before google-genai 2.9 is one of Vertex AI; its address may be a proxy's."""
    adapter = field(client, "client_adapter")
    return adapter is not None and bool(adapter.is_vertex_ai())


def _api_version(resource: Any) -> str | None:
    version = field(field(field(resource, "sdk_configuration"), "globals"), "api_version")
    return version if isinstance(version, str) else None


def read_usage(usage: Any) -> UsageFacts:
    """Token counts of interactions and decisions; thought tokens are separate from output, as in `generate_content`."""
    get = fields(usage).get
    counts = (quantity(get(counter.in_interactions)) for counter in GIVEN_COUNTERS)
    return UsageFacts._make((*counts, {}))  # there are no counts by modality


def _read_decision(response: Any) -> ResponseFacts:
    block_reason = enum_value(field(field(response, "prompt_feedback"), "block_reason"))
    answers = field(response, "answers")
    return ResponseFacts(
        block_reason=code(block_reason[:65].upper()) if block_reason else None,
        usage=read_usage(field(response, "usage")),
        outcome="blocked" if block_reason else "ok" if answers else "empty",
        measured={names.DECISION_ANSWERS: len(answers)} if isinstance(answers, dict) else {},
    )


def _size(value: object) -> int | None:
    return len(value) if isinstance(value, dict | list) else None


DECISION = Reader(
    _read_decision,
    (
        names.DECISION_ANSWERS,
        names.BLOCK_REASON,
        names.USAGE_INPUT_TOKENS,
        names.USAGE_OUTPUT_TOKENS,
        names.USAGE_TOTAL_TOKENS,
    ),
)
QUESTIONS: Measures = (("questions", names.DECISION_QUESTIONS, _size),)
EXECUTION: Measures = (
    ("id", names.RESOURCE_NAME, generated_name("executions")),
    ("status", names.RESOURCE_STATE, word),
)
PAGE: Measures = (("page_size", names.PAGE_SIZE, integer),)


def listed(key: str) -> Measures:
    """The length of a listing's `key`."""
    return ((key, names.RESOURCE_COUNT, count),)
