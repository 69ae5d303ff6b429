"""The rows of the generated clients: agents, triggers, webhooks, environments, voices, credentials, decisions.

Their ids are read; names, descriptions, instructions, addresses and secrets are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gemini_otel._facts import names
from gemini_otel._sdk.methods.resources import DOWNLOADED, generated_name
from gemini_otel._sdk.reading import generated_clients as gen
from gemini_otel._sdk.reading.fields import identifier, word
from gemini_otel._sdk.reading.measures import Measures, Method

_CLASS = "GeminiNextGen"


def _crud(name: str, plural: str, methods: str, suffix: str = "", more: Measures = ()) -> Iterator[Method]:
    """The rows of a resource class. Its methods are named `create`, or with a suffix `create_environment`."""
    of_id: Measures = (("id", names.RESOURCE_NAME, generated_name(plural)), *more)
    for method in methods.split():
        operation = f"{method}_{plural if method == 'list' else name}"
        called = (
            f"{_CLASS}{plural.capitalize()}.{method}{suffix and '_' + (plural if method == 'list' else name)}"
        )
        if method == "list":
            yield Method(called, operation, gen.PAGE, gen.listed(plural))
        else:
            yield Method(called, operation, of_id, of_id)


_TRIGGER: Measures = (("trigger_id", names.RESOURCE_NAME, generated_name("triggers")),)
_WEBHOOK: Measures = (("id", names.RESOURCE_NAME, generated_name("webhooks")),)
_ENVIRONMENT: Measures = (
    ("environment", names.RESOURCE_NAME, generated_name("environments")),
    ("environment_id", names.RESOURCE_NAME, generated_name("environments")),
)
_AGENT: Measures = (("id", names.AGENT_ID, word),)
_MODE: Measures = (("mode", names.ENVIRONMENT_MODE, word),)
_INTERACTION: Measures = (("interaction_id", names.RESPONSE_ID, identifier),)
_WEBHOOK_METHODS = "create list get update delete"

GENERATED_METHODS: Mapping[str, tuple[Method, ...]] = {
    "google.genai._gaos.google_genai": (
        *_crud("agent", "agents", "create list get delete", more=_AGENT),
        *_crud("trigger", "triggers", "create list get update delete"),
        Method("GeminiNextGenTriggers.run", "run_trigger", _TRIGGER, gen.EXECUTION),
        Method(
            "GeminiNextGenTriggers.list_executions",
            "list_trigger_executions",
            _TRIGGER + gen.PAGE,
            gen.listed("trigger_executions"),
        ),
        *_crud("webhook", "webhooks", _WEBHOOK_METHODS),
        Method("GeminiNextGenWebhooks.ping", "ping_webhook", _WEBHOOK),
        Method("GeminiNextGenWebhooks.rotate_signing_secret", "rotate_webhook_signing_secret", _WEBHOOK),
        *_crud("environment", "environments", "create list get delete", suffix="yes", more=_MODE),
        Method(
            "GeminiNextGenEnvironmentFiles.list", "list_environment_files", _ENVIRONMENT, gen.listed("files")
        ),
        Method(
            "GeminiNextGenEnvironmentFiles.download", "download_environment_file", _ENVIRONMENT, DOWNLOADED
        ),
        Method("GeminiNextGenEnvironmentFiles.upload", "upload_environment_file", _ENVIRONMENT),
        *_crud("voice", "voices", "create list get delete"),
        *_crud("credential", "credentials", "create list get update delete"),
        Method("GeminiNextGenDecisions.create", "create_decision", gen.QUESTIONS, gen.DECISION, timed=True),
    ),
    # These are below the public methods, whose warning names their caller.
    "google.genai._gaos.auth_tokens": (
        Method("AuthTokens.create", "create_interaction_auth_token", _INTERACTION),
        Method("AuthTokens.delete", "delete_interaction_auth_token", _INTERACTION),
    ),
    # From google-genai 1.55 until 2.8.
    "google.genai._interactions.resources.webhooks": (
        *(
            row._replace(name=f"WebhooksResource.{row.name.rpartition('.')[2]}")
            for row in _crud("webhook", "webhooks", _WEBHOOK_METHODS)
        ),
        Method("WebhooksResource.ping", "ping_webhook", _WEBHOOK),
        Method("WebhooksResource.rotate_signing_secret", "rotate_webhook_signing_secret", _WEBHOOK),
    ),
}
