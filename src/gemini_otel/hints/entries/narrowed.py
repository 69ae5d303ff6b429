"""The sentences of an entry for one of its kinds of error that is narrower than the entry, under the same id."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Narrowed(NamedTuple):
    """The sentences of the entry `hint_id` for one kind."""

    hint_id: str
    summary: str
    cause: str
    remedy: tuple[str, ...]


NARROWED: Mapping[str, Narrowed] = {
    "cache_conflict": Narrowed(
        "http.403.cached_content",
        "The request sets something that belongs into its cached content.",
        "System instruction, tools and tool_config are part of a cache: a request that uses one cannot set them. Frameworks often do so "
        "by themselves.",
        (
            "Make the cache with the system instruction and the tools, and leave them out of the request.",
            "Or send the request without cached_content.",
        ),
    ),
    "quota_project": Narrowed(
        "auth.credentials",
        "The credentials are those of a user, and name no project to bill.",
        "Application default credentials of a user need a quota project. The error's details may say that the API is disabled: that "
        "refers to Google's own project.",
        (
            "Run `gcloud auth application-default set-quota-project PROJECT`.",
            "Or set GOOGLE_CLOUD_QUOTA_PROJECT, or use a service account.",
        ),
    ),
    "token_scope": Narrowed(
        "auth.credentials",
        "The access token was not made for this API.",
        "A token is valid only for the scopes that were requested. Vertex AI needs `cloud-platform`; the Gemini API needs "
        "`generative-language` or an API key.",
        (
            "Make the credentials with https://www.googleapis.com/auth/cloud-platform as their scope.",
            "On a virtual machine, give it the access scope `cloud-platform`.",
            "Check that the client calls the back end that the credentials are for.",
        ),
    ),
    "organization_policy": Narrowed(
        "http.403.vpc_sc",
        "A policy of the organisation does not allow this.",
        "An administrator restricts which models, locations or APIs the project may use. The message names the constraint.",
        ("Ask the administrator of the organisation.", "Use a model or a location that the policy allows."),
    ),
    "project_denied": Narrowed(
        "http.403.project",
        "Google has denied the project access to the API.",
        "The project was blocked, as after a check for abuse. No permission and no setting of the call is missing.",
        ("Contact Google's support, or appeal.", "Check which project the key belongs to."),
    ),
    "model_region": Narrowed(
        "http.404.model",
        "The model is not served in this location.",
        "New and preview models are often served in `global` only.",
        ("Make the client with location=global.", "See which locations serve the model."),
    ),
    "model_access": Narrowed(
        "http.404.model",
        "The project may not use this model.",
        "Access to some models is given on request, or was taken away.",
        (
            "Ask for access to the model, or use another one.",
            "Check that the client was made with the project that has access.",
        ),
    ),
    "batch_too_large": Narrowed(
        "http.400.param_range",
        "The request holds too many items for one call.",
        "An embedding call of the Gemini API takes at most 100 texts; other batches have other limits.",
        ("Split the list, and make several calls.",),
    ),
    "include_thoughts": Narrowed(
        "http.400.thinking_conflict",
        "include_thoughts is set, and thinking is off.",
        "Thoughts can be shown only where the model thinks: not with a budget of 0, and not on models without thinking.",
        ("Leave include_thoughts out, or let the model think.",),
    ),
    "function_response_name": Narrowed(
        "http.400.function_parts_mismatch",
        "A function response in the history does not name its function.",
        "The API matches responses to calls by their names. Frameworks that go by ids may leave the name out.",
        (
            "Give each function_response the name of the function that was called.",
            "Keep the id of the call in its response, too.",
        ),
    ),
    "tool_declaration": Narrowed(
        "http.400.tool_schema",
        "The declaration of a tool was rejected.",
        "A function's name is missing, is given twice or has a character that is not allowed; or a tool holds nothing. Names of MCP "
        "tools and lambdas often do not fit.",
        (
            "Name functions with letters, digits, `_`, `.` and `-`, at most 64, beginning with a letter or `_`.",
            "Give each function its own name, and leave out empty tools.",
        ),
    ),
    "interactions_only": Narrowed(
        "http.400.feature_not_enabled",
        "The model is served by the Interactions API only.",
        "generate_content cannot call this model.",
        ("Call client.interactions.create() with it.", "Or use another model with generate_content."),
    ),
    "speech_only": Narrowed(
        "http.400.feature_not_enabled",
        "The speech model was about to answer in words instead of speaking.",
        "Models for speech read a text aloud. A text that looks like a question or a task may be answered instead.",
        (
            "Say what to do with the text: `Read aloud: ...`.",
            "Retry, or use a newer speech model.",
        ),
    ),
    "response_modality": Narrowed(
        "http.400.feature_not_enabled",
        "The model does not answer in the modalities that were asked for.",
        "Each model has its own combinations of response modalities: speech models answer in AUDIO, most others in TEXT. Without "
        "response_modalities TEXT is asked for.",
        (
            "Set response_modalities to what the message names.",
            "Or use a model that answers in this modality.",
        ),
    ),
    "url_not_fetched": Narrowed(
        "http.400.media_invalid",
        "Something that the request names by its URL could not be fetched.",
        "The service could not read the address: it is wrong, needs a login, or is closed to robots.",
        (
            "Send the bytes inline, or upload them: with the Files API, or on Vertex AI to a bucket, named by gs://.",
            "Check that the address can be read without a login, and what its robots.txt says.",
        ),
    ),
    "no_parts": Narrowed(
        "finish.stop.empty",
        "The program read the parts of a reply that probably has none.",
        "text, parts and candidates are None where a filter, the token limit or thinking left nothing, or the prompt was blocked.",
        (
            "Look at candidates, finish_reason and prompt_feedback before the parts.",
            "Trace the call: its span says why the reply is empty.",
        ),
    ),
}
