"""Which spans are read: those of known scopes, and those that begin with certain attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gemini_otel.hints._foreign.sources import FRAMEWORKS, SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan

# Scopes of OpenTelemetry's own packages that do not trace models; one look-up recognises their spans.
_OTHER_LIBRARIES = (
    *("aio_pika", "aiohttp_client", "aiohttp_server", "aiokafka", "aiopg", "asgi", "asyncio", "asyncpg"),
    *("boto3sqs", "cassandra", "celery", "click", "confluent_kafka", "dbapi", "django", "elasticsearch"),
    *("falcon", "fastapi", "flask", "grpc", "httpx", "jinja2", "kafka", "logging", "mysql", "mysqlclient"),
    *("pika", "psycopg", "psycopg2", "pymemcache", "pymongo", "pymssql", "pymysql", "pyramid", "redis"),
    *("remoulade", "requests", "sqlalchemy", "sqlite3", "starlette", "system_metrics", "threading"),
    *("tornado", "tortoiseorm", "urllib", "urllib3", "wsgi"),
)
# Whether a scope makes GenAI spans; for any other scope, each span is checked.
SCOPES: Mapping[str, bool] = {
    "gemini_otel": True,
    "opentelemetry.util.genai": True,
    **{scope: True for source in SOURCES for scope in source.scopes},
    **{f"opentelemetry.instrumentation.{library}": False for library in _OTHER_LIBRARIES},
}
# Scopes whose spans for calls of google-genai are beside our spans, not around them; pydantic-ai's stands for several.
_FRAMEWORK_SCOPES = frozenset(scope for source in FRAMEWORKS for scope in source.scopes)
_PYDANTIC_AI_ATTEMPT = "pydantic_ai.model_request.attempt"
_PREFIXES = ("gen_ai.", "llm.")
_REMEMBERED = 1000  # how many attribute names are remembered

_others: set[str] = set()  # attribute names seen before that are not GenAI's


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
    """Whether it stands for a call of google-genai that also has a span of ours somewhere in the trace."""
    scope = span.instrumentation_scope
    return (scope is not None and scope.name in _FRAMEWORK_SCOPES) or _PYDANTIC_AI_ATTEMPT in (
        span.attributes or ()
    )
