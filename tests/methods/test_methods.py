"""Every unary method: one span, the SDK's own answers and exceptions, nothing of the user's words."""

from __future__ import annotations

import operator
from collections.abc import Iterator

import pytest
from google import genai

from gemini_otel import simulator
from gemini_otel._sdk.methods.table import METHODS
from support import Telemetry, invoke, make_client, make_vertex_client
from support.method_calls import EXAMPLES, Example

SECRETS = ("board", "minutes", "salar", "secret-", "secret?", "gs://", "auth_tokens", "my-project")
CLIENTS = {"client": make_client, "vertex": make_vertex_client}
pytestmark = pytest.mark.filterwarnings("ignore:.*([Ee]xperimental|deprecated|cannot use aiohttp)")


@pytest.fixture(params=EXAMPLES, ids=lambda example: f"{example.method}-{example.back_end}")
def example(request: pytest.FixtureRequest) -> Example:
    """Each method, where this SDK has it."""
    found: Example = request.param
    client = request.getfixturevalue(found.back_end)
    try:
        operator.attrgetter(found.method)(client)
    except AttributeError:
        pytest.skip(f"this SDK has no {found.method}")
    return found


def test_one_span(telemetry: Telemetry, request: pytest.FixtureRequest, example: Example, mode: str) -> None:
    """Each method is one CLIENT span with operation, provider, status and outcome, and names nothing of the user's."""
    client = request.getfixturevalue(example.back_end)
    sent = invoke(client, mode, example.method, **example.arguments)
    assert sent.error is None
    span = telemetry.span
    assert (span.name, span.kind.name) == (example.span, "CLIENT")
    attributes = telemetry.attributes
    assert attributes["gen_ai.operation.name"] == example.span.partition(" ")[0]
    assert attributes["gen_ai.provider.name"] in ("gcp.vertex_ai", "gcp.gen_ai")
    assert attributes["http.response.status_code"] == 200
    assert attributes["gemini.response.outcome"] in ("ok", "pending")
    assert not [secret for secret in SECRETS if secret in span.to_json()]
    (answers,) = telemetry.points("gemini.client.responses")
    assert answers.attributes["gen_ai.operation.name"] == attributes["gen_ai.operation.name"]
    assert "gemini.response.continuation_count" not in attributes


def test_every_row_has_an_example() -> None:
    """Each row of the table is called above."""
    rows = {row.operation for rows in METHODS.values() for row in rows}
    covered = {example.span.partition(" ")[0] for example in EXAMPLES}
    assert rows - covered == set()


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    """A service that refuses whatever is asked."""
    with simulator.serve("permission_denied") as url:
        yield str(url)


def test_a_refusal(telemetry: Telemetry, refusing: str, example: Example, mode: str) -> None:
    """A refusal of each method has the attempt, the error facts, the outcome and the hint of `generate_content`."""
    client = CLIENTS[example.back_end](refusing)
    assert invoke(client, mode, example.method, **example.arguments).error is not None
    assert telemetry.span.name == example.span
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "error"
    assert (attributes["error.type"], attributes["http.response.status_code"]) == ("403", 403)
    assert attributes["gemini.error.kind"] == (
        "missing_role" if example.back_end == "vertex" else "permission_denied"
    )
    assert attributes["gemini.hint.id"].startswith("http.403")
    assert [event["http.response.status_code"] for event in telemetry.events("gemini.attempt")] == [403]


def test_a_closed_client(telemetry: Telemetry, url: str, example: Example) -> None:
    """A closed client raises what it raises without us, and the span ends with that exception, its kind and its hint."""
    client = CLIENTS[example.back_end](url)
    if not hasattr(client, "close"):
        pytest.skip("this SDK closes no clients")
    client.close()
    error = invoke(client, "sync", example.method, **example.arguments).error
    assert error is not None
    assert "has been closed" in str(
        error.__cause__ or error
    )  # webhooks were a client of their own until google-genai 2.8
    assert telemetry.attributes["error.type"].endswith(type(error).__name__)
    assert telemetry.attributes["gemini.error.kind"] == "client_closed"
    assert telemetry.attributes["gemini.hint.id"] == "sdk.client_closed"


BAD_CALLS = (
    ("files.get", {"name": 3}, ValueError),
    ("files.get", {"nome": "files/f1"}, TypeError),
    ("files.upload", {"file": "/does/not/exist"}, FileNotFoundError),
    ("models.count_tokens", {"model": "m", "contents": object()}, (ValueError, TypeError)),
    ("models.embed_content", {"model": 7, "contents": "x"}, Exception),
    ("caches.get", {"name": {"a": 1}}, Exception),
    ("files.list", {"config": {"page_size": "many"}}, ValueError),
    ("files.list", {"config": 3}, Exception),
)


@pytest.mark.parametrize(("method", "arguments", "kind"), BAD_CALLS)
def test_bad_arguments(
    client: genai.Client, mode: str, method: str, arguments: dict[str, object], kind: type[Exception]
) -> None:
    """Bad arguments raise exactly what they raise without us, and no span stays open."""
    import gemini_otel

    bare = invoke(client, mode, method, **arguments)
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        observed = invoke(client, mode, method, **arguments)
    finally:
        gemini_otel.uninstrument()
    assert isinstance(bare.error, kind)
    assert (type(observed.error), str(observed.error)) == (type(bare.error), str(bare.error))
    assert telemetry.attributes["gemini.response.outcome"] == "error"


def test_positional_arguments(client: genai.Client, telemetry: Telemetry) -> None:
    """A positional argument where the SDK wants keywords is the SDK's TypeError."""
    with pytest.raises(TypeError, match="positional argument"):
        client.files.get("files/f1")
    assert telemetry.attributes["error.type"] == "TypeError"
