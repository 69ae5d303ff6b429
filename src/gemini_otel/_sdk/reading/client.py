"""What every operation reads from the client: the back end, its address, the HTTP options in force, the model's name."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gemini_otel._facts.calls import StartFacts
from gemini_otel._facts.operation import Arguments
from gemini_otel._facts.sendable import OTHER
from gemini_otel._sdk.reading.fields import decimal, enum_setting, field, fields, integer

_MODEL = re.compile(r"[\w.:@/*-]{1,128}", re.ASCII)
_LONGEST = 128
_SLIPS = (("\n", "name with a line break"), ("\r", "name with a line break"), (" ", "name with a blank"))
_DEFAULT_PORTS = {"https": 443, "http": 80}
# https://docs.cloud.google.com/vertex-ai/generative-ai/docs/priority-paygo
_REQUEST_TYPE_HEADER = "x-vertex-ai-llm-request-type"
_SHARED_TYPE_HEADER = "x-vertex-ai-llm-shared-request-type"
# The number of attempts of HttpRetryOptions() without `attempts`, https://googleapis.github.io/python-genai/.
_SDK_DEFAULT_ATTEMPTS = 5


class Endpoint(NamedTuple):
    provider: str
    address: str | None
    port: int | None


class HttpOptions(NamedTuple):
    api_version: str | None
    timeout: float | None  # seconds
    max_attempts: int


def read_start(api: Any, arguments: Arguments) -> StartFacts:
    """Model and address, which is all that is needed before the span starts. The call's `http_options.base_url` wins over
    the client's.
    """
    client, config = api._api_client, arguments.get("config")
    of_call = None if config is None else field(field(config, "http_options"), "base_url")
    base_url = of_call or fields(client._http_options).get("base_url")
    provider, address, port = endpoint_at(base_url, bool(client.vertexai))
    model = model_name(arguments.get("model") or arguments.get("base_model"))
    return StartFacts(model, provider, address, port, functools.partial(_identity, client))


def _identity(client: Any) -> tuple[str, ...]:
    """Project and key of the client, read only when they are needed."""
    return tuple(filter(None, (field(client, "project"), field(client, "api_key"))))


@functools.lru_cache(maxsize=128)
def endpoint_at(base_url: str | None, vertexai: bool) -> Endpoint:
    """The service at an address."""
    url = urlsplit(base_url or "")
    host = url.hostname
    if vertexai or (host or "").endswith("aiplatform.googleapis.com"):
        provider = "gcp.vertex_ai"
    elif host is None or host.endswith("generativelanguage.googleapis.com"):
        provider = "gcp.gemini"
    else:
        provider = "gcp.gen_ai"  # a proxy or gateway: the back end behind it is not known
    return Endpoint(provider, host, (url.port or _DEFAULT_PORTS.get(url.scheme)) if host else None)


def http_options(api: Any, config: object = None) -> HttpOptions:
    """The options in force for one call: the call's own, else the client's."""
    options = fields(api._api_client._http_options)
    of_call = None if config is None else field(config, "http_options")
    if of_call is not None:
        options = {**options, **{name: value for name, value in fields(of_call).items() if value is not None}}
    get = options.get
    timeout, retry_options = get("timeout"), get("retry_options")
    milliseconds = None if timeout is None else decimal(timeout)
    return HttpOptions(
        enum_setting(get("api_version")),
        None if milliseconds is None else milliseconds / 1000,
        1 if retry_options is None else _max_attempts(retry_options),
    )


def vertex_headers(models: Any, config: object) -> tuple[str | None, str | None]:
    """The two headers with which a request to Vertex AI names its capacity and its tier; those of the call win over the
    client's.
    """
    client = models._api_client
    if not client.vertexai:
        return None, None
    told: dict[str, str] = {}
    for options in (client._http_options, field(config, "http_options")):
        headers = field(options, "headers")
        if isinstance(headers, dict):
            told.update({str(name).lower(): str(value) for name, value in headers.items()})
    return told.get(_REQUEST_TYPE_HEADER), told.get(_SHARED_TYPE_HEADER)


def _max_attempts(retry_options: object) -> int:
    attempts = integer(field(retry_options, "attempts"))
    return _SDK_DEFAULT_ATTEMPTS if attempts is None else max(attempts, 1)


@functools.lru_cache(maxsize=256)
def model_name(model: object) -> str | None:
    """The model's short name: `gemini-3.5-flash` for `models/...` and `publishers/google/models/...`.

    Tuned models and endpoints keep their prefix (`tunedModels/x`, `endpoints/123`); a project id is never part of the name.
    A value that does not look like a name, such as a prompt in the wrong place, is `_OTHER`. If a short value has a blank or
    a line break, that is said instead, because such a slip is hard to see.
    """
    if not isinstance(model, str) or not model:
        return None
    if not _MODEL.fullmatch(model):
        return (
            next((said for sign, said in _SLIPS if sign in model), OTHER) if len(model) <= _LONGEST else OTHER
        )
    for kept in ("tunedModels/", "endpoints/"):
        if kept in model:
            return model[model.index(kept) :]
    name = model.rpartition("models/")[2].removeprefix("google/") or model
    return name.rpartition("/")[2] if "projects/" in name else name
