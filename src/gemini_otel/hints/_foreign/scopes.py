"""Which spans are looked at: by the scope that made them, else by the attributes that they begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gemini_otel.hints._foreign.sources import FRAMEWORKS, SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan

# What OpenTelemetry's own packages watch that is no model: their spans are told by one look-up.
_OTHER_LIBRARIES = (
    *("aio_pika", "aiohttp_client", "aiohttp_server", "aiokafka", "aiopg", "asgi", "asyncio", "asyncpg"),
    *("boto3sqs", "cassandra", "celery", "click", "confluent_kafka", "dbapi", "django", "elasticsearch"),
    *("falcon", "fastapi", "flask", "grpc", "httpx", "jinja2", "kafka", "logging", "mysql", "mysqlclient"),
    *("pika", "psycopg", "psycopg2", "pymemcache", "pymongo", "pymssql", "pymysql", "pyramid", "redis"),
    *("remoulade", "requests", "sqlalchemy", "sqlite3", "starlette", "system_metrics", "threading"),
    *("tornado", "tortoiseorm", "urllib", "urllib3", "wsgi"),
)
# Whether a scope makes spans of GenAI; of any other scope each span is asked.
SCOPES: Mapping[str, bool] = {
    "gemini_otel": True,
    "opentelemetry.util.genai": True,
    **{scope: True for source in SOURCES for scope in source.scopes},
    **{f"opentelemetry.instrumentation.{library}": False for library in _OTHER_LIBRARIES},
}
# Those whose spans for calls of google-genai are beside spans of ours, not around them, and pydantic-ai's for one of several.
_FRAMEWORK_SCOPES = frozenset(scope for source in FRAMEWORKS for scope in source.scopes)
_PYDANTIC_AI_ATTEMPT = "pydantic_ai.model_request.attempt"
_PREFIXES = ("gen_ai.", "llm.")
_REMEMBERED = 1000  # names of attributes

_others: set[str] = set()  # names, met before, that are not of GenAI


def begins_as_genai(span: ReadableSpan) -> bool:
    """Whether the span has a `gen_ai.*` or `llm.*` attribute."""
    attributes: Any = span.attributes
    names = attributes.copy()
    return not _others.issuperset(names) and any(map(_is_genai, names))


def _is_genai(name: str) -> bool:
    if name in _others:
        return False
    if name.startswith(_PREFIXES):
        return True
    if len(_others) < _REMEMBERED:
        _others.add(name)
    return False


def is_second_span(span: ReadableSpan) -> bool:
    """Whether it stands for a call of google-genai that has a span of ours as well, wherever those are."""
    scope = span.instrumentation_scope
    return (scope is not None and scope.name in _FRAMEWORK_SCOPES) or _PYDANTIC_AI_ATTEMPT in (
        span.attributes or ()
    )
