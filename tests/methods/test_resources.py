"""Files, caches, stores and jobs: what their spans tell, and what becomes of failures."""

from __future__ import annotations

import inspect
import io
import os
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import _api_client
from google.genai.files import Files

import gemini_otel
from gemini_otel import simulator
from gemini_otel._facts import names
from gemini_otel._sdk.methods.resources import outcome, resource_name
from support import Telemetry, invoke, make_client, make_vertex_client

STORE = "fileSearchStores/theboard-fetnf75lobog"
pytestmark = pytest.mark.filterwarnings("ignore:.*([Ee]xperimental|deprecated)")
needs_stores = pytest.mark.skipif(
    not hasattr(genai.Client, "file_search_stores"), reason="this SDK has no file search stores"
)


def ours(telemetry: Telemetry) -> dict[str, Any]:
    """What the span says besides what every span says."""
    common = ("gen_ai.", "server.", "http.", "gemini.request.")
    return {name: value for name, value in telemetry.attributes.items() if not name.startswith(common)}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("files/abc-123", "files/abc-123"),
        ("cachedContents/42", "cachedContents/42"),
        ("projects/p/locations/l/cachedContents/42", "cachedContents/42"),
        ("projects/p/locations/l/batchPredictionJobs/42", "batchPredictionJobs/42"),
        ("projects/123/locations/us-central1/tuningJobs/42", "tuningJobs/42"),
        (STORE, "fileSearchStores/*-fetnf75lobog"),
        ("fileSearchStores/the-board-of-shame", "fileSearchStores/*"),
        (
            f"{STORE}/documents/minutes-khyubc7okzpz",
            "fileSearchStores/*-fetnf75lobog/documents/*-khyubc7okzpz",
        ),
        (
            f"{STORE}/upload/operations/m-khyubc7okzpz",
            "fileSearchStores/*-fetnf75lobog/upload/operations/*-khyubc7okzpz",
        ),
        ("tunedModels/salaries-fetnf75lobog", "tunedModels/*-fetnf75lobog"),
        ("the minutes", None),
        ("/home/me/minutes.docx", None),
        ("auth_tokens/abc", None),
        ("files/a b", None),
        (7, None),
        (None, None),
    ],
)
def test_resource_names(name: object, shown: str | None) -> None:
    """A resource is named by the id that the service gave, without project and without words of the user's."""
    assert resource_name(name) == shown


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"state": "ACTIVE"}, "ok"),
        ({"state": "STATE_PENDING"}, "pending"),
        ({"state": "BATCH_STATE_RUNNING"}, "pending"),
        ({"state": "in_progress"}, "pending"),
        ({"state": "JOB_STATE_SUCCEEDED"}, "ok"),
        ({"state": "JOB_STATE_EXPIRED"}, "failed"),
        ({"state": "JOB_STATE_CANCELLED"}, "cancelled"),
        ({"state": "JOB_STATE_PARTIALLY_SUCCEEDED"}, "incomplete"),
        ({"state": "STATE_OF_TOMORROW"}, "incomplete"),
        ({"done": None}, "pending"),
        ({"done": True}, "empty"),
        ({"done": None, "response": {}}, "ok"),
        ({"done": True, "error": {"code": 3}}, "failed"),
        ({}, "ok"),
        (None, "ok"),
    ],
)
def test_outcomes_of_states(answer: object, expected: str) -> None:
    """The state of what an answer tells about is its outcome; one that nobody knows is incomplete."""
    state = answer.get("state") if isinstance(answer, dict) else None
    assert outcome(answer, {names.RESOURCE_STATE: state} if state else {}) == expected


def test_an_upload(telemetry: Telemetry, client: genai.Client, mode: str, tmp_path: Path) -> None:
    """An upload is one span over its several requests, with size, type and state, and without name or path."""
    path = tmp_path / "secret plan.txt"
    path.write_text("x" * 1000, encoding="utf-8")
    sent = invoke(client, mode, "files.upload", file=str(path), config={"display_name": "secret plan"})
    found = ours(telemetry)
    assert 172_000 < found.pop("gemini.resource.expires_in") < 172_800
    assert found == {
        "gemini.resource.name": sent.responses[0].name,
        "gemini.resource.state": "ACTIVE",
        "gemini.resource.size": 1000,
        "gemini.resource.mime_type": "text/plain",
        "gemini.response.outcome": "ok",
    }
    assert telemetry.attributes["http.response.status_code"] == 200
    assert telemetry.events("gemini.attempt") == []
    assert "secret" not in telemetry.span.to_json()


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_an_upload_in_pieces(telemetry: Telemetry, mode: str) -> None:
    """However many pieces a file is sent in, there is one span."""
    with simulator.serve() as url:
        file = io.BytesIO(os.urandom(9 * 1024 * 1024))
        sent = invoke(make_client(str(url)), mode, "files.upload", file=file, config={"mime_type": "a/b"})
        requests = [r for r in url.requests if "/upload/" in r.path]
    assert sent.error is None
    assert len(requests) == 3
    assert telemetry.attributes["gemini.resource.size"] == 9 * 1024 * 1024


@pytest.mark.parametrize(
    ("scenario", "error_type"),
    [("upload_cut", None), ("upload_refused", "503"), ("upload_never_final", "ValueError")],
)
def test_an_upload_that_breaks_off(
    telemetry: Telemetry, client: genai.Client, mode: str, scenario: str, error_type: str | None
) -> None:
    """An upload that breaks off ends its span with outcome error, the exception, and the size that was to be sent."""
    config = {"mime_type": "text/plain", "display_name": f"simulate:{scenario}"}
    sent = invoke(client, mode, "files.upload", file=io.BytesIO(b"x" * 50), config=config)
    assert sent.error is not None
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "error"
    assert attributes["gemini.resource.size"] == 50
    assert telemetry.span.status.status_code.name == "ERROR"
    if error_type is None:
        assert attributes["gemini.error.kind"] == "connection"
        assert len(telemetry.events("gemini.attempt")) == 1
    else:
        assert attributes["error.type"] in (
            error_type,
            "KeyError",
        )  # of an older SDK, which reads on after a 503


def test_a_piece_that_is_sent_again(
    telemetry: Telemetry, client: genai.Client, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece that the SDK sends again by itself is a resend of the upload, with an event for each refusal."""
    monkeypatch.setattr(_api_client, "INITIAL_RETRY_DELAY", 0.02)
    if mode == "async" and not hasattr(_api_client.BaseApiClient, "_get_aiohttp_session"):
        pytest.skip("this SDK makes aiohttp's session where it sends the pieces")
    config = {"mime_type": "text/plain", "display_name": "simulate:upload_busy"}
    sent = invoke(client, mode, "files.upload", file=io.BytesIO(b"x" * 50), config=config)
    assert sent.error is None
    attributes = telemetry.attributes
    assert attributes["http.request.resend_count"] == 2
    assert attributes["http.response.status_code"] == 200
    assert attributes["gemini.response.outcome"] == "ok"
    assert "error.type" not in attributes
    first, second = telemetry.events("gemini.attempt")
    assert (first["gemini.attempt.number"], second["gemini.attempt.number"]) == (2, 3)
    for event in (first, second):
        assert event["http.response.status_code"] == 503
    assert first["gemini.attempt.wait"] >= 0.02
    assert second["gemini.attempt.wait"] >= 0.04  # the SDK doubles its delay
    span = telemetry.span
    times = [span.start_time or 0, *(event.timestamp for event in span.events), span.end_time or 0]
    assert times == sorted(times)
    (failed,) = telemetry.points("gemini.client.attempts_failed")
    assert failed.value == 2


def test_a_piece_that_is_never_taken(
    telemetry: Telemetry, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the SDK gives up, every attempt is an event, and the last refusal is the error."""
    monkeypatch.setattr(_api_client, "INITIAL_RETRY_DELAY", 0.0)
    if mode == "async" and not hasattr(_api_client.BaseApiClient, "_get_aiohttp_session"):
        pytest.skip("this SDK makes aiohttp's session where it sends the pieces")
    with simulator.serve("upload_always_busy") as url:
        file = io.BytesIO(b"x" * 50)
        sent = invoke(make_client(str(url)), mode, "files.upload", file=file, config={"mime_type": "a/b"})
    assert sent.error is not None
    assert telemetry.attributes["gemini.response.outcome"] == "error"
    assert telemetry.attributes["http.request.resend_count"] == 2
    assert [event["gemini.attempt.number"] for event in telemetry.events("gemini.attempt")] == [2, 3, 4]


@pytest.mark.parametrize("scenario", ["daily_quota", "invalid_key"])
def test_an_upload_that_is_refused(
    telemetry: Telemetry, client: genai.Client, mode: str, scenario: str
) -> None:
    """An upload that is refused at its first request has the facts of that refusal."""
    config = {"mime_type": "text/plain", "display_name": f"simulate:{scenario}"}
    invoke(client, mode, "files.upload", file=io.BytesIO(b"x"), config=config)
    assert telemetry.attributes["gemini.error.kind"] == scenario
    assert len(telemetry.events("gemini.attempt")) == 1


def test_a_file_becomes_active(telemetry: Telemetry, mode: str) -> None:
    """Polls of a file that is processed are pending, and ok once it is active."""
    with simulator.serve("processing_then_active") as url:
        for _ in range(3):
            invoke(make_client(str(url)), mode, "files.get", name="files/movie")
    assert [(s.attributes or {})["gemini.response.outcome"] for s in telemetry.spans] == [
        "pending",
        "pending",
        "ok",
    ]
    assert (telemetry.spans[0].attributes or {})["gemini.resource.state"] == "PROCESSING"


def test_a_file_that_failed(telemetry: Telemetry, mode: str) -> None:
    """A file that could not be processed is outcome failed with status and masked message; the call itself succeeded."""
    with simulator.serve("failed") as url:
        sent = invoke(make_client(str(url)), mode, "files.get", name="files/movie")
    assert sent.error is None
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "failed"
    assert attributes["gemini.resource.state"] == "FAILED"
    assert attributes["gemini.failure.status"] == "INVALID_ARGUMENT"
    assert attributes["gemini.hint.id"] == "file.failed"
    assert attributes["gemini.failure.message"].startswith(
        "The file failed to be processed: the codec of '<masked>'"
    )
    assert telemetry.span.status.status_code.name == "UNSET"
    assert "error.type" not in attributes


def test_error_outcomes_apply(client: genai.Client) -> None:
    """error_outcomes turns failed files into spans with status ERROR."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, error_outcomes=["failed"])
    try:
        with simulator.serve("failed") as url:
            invoke(make_client(str(url)), "sync", "files.get", name="files/movie")
    finally:
        gemini_otel.uninstrument()
    assert telemetry.span.status.status_code.name == "ERROR"


def test_downloads(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """A download says how much came; the file is named by its id, however it was given."""
    uri = "https://generativelanguage.googleapis.com/v1beta/files/movie1:download?alt=media"
    sent = invoke(client, mode, "files.download", file=uri)
    assert telemetry.attributes["gemini.resource.size"] == len(sent.responses[0])
    assert telemetry.attributes["gemini.resource.name"] == "files/movie1"


@pytest.mark.skipif(
    "destination" not in inspect.signature(Files.download).parameters, reason="this SDK gives bytes only"
)
def test_a_download_to_disk(telemetry: Telemetry, client: genai.Client, mode: str, tmp_path: Path) -> None:
    """A download that goes to a path or a stream says how much came, too."""
    size = len(client.files.download(file="files/movie1"))
    telemetry.exporter.clear()
    path = tmp_path / "movie"
    stream = io.BytesIO(b"before")
    stream.seek(6)
    for destination in (path, stream):
        assert (
            invoke(client, mode, "files.download", file="files/movie1", destination=destination).error is None
        )
    assert path.stat().st_size == size
    assert len(stream.getvalue()) == size + 6
    assert [dict(span.attributes or {})["gemini.resource.size"] for span in telemetry.spans] == [size, size]


def test_a_cache(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """A cache says its tokens, the time to live asked for, and how long it has left; its tokens are no usage."""
    config = {"ttl": "120s", "contents": "x" * 400, "display_name": "secret"}
    sent = invoke(client, mode, "caches.create", model="gemini-2.5-flash", config=config)
    found = ours(telemetry)
    assert 110 < found.pop("gemini.resource.expires_in") <= 120
    assert found == {
        "gemini.resource.name": sent.responses[0].name,
        "gemini.cache.tokens": 1124,
        "gemini.cache.ttl": 120.0,
        "gemini.response.outcome": "ok",
    }
    assert telemetry.points("gen_ai.client.token.usage") == []


def test_a_cache_that_is_too_small(telemetry: Telemetry, mode: str) -> None:
    """A refused cache has the service's message with its numbers."""
    with simulator.serve("cache_too_small") as url:
        sent = invoke(make_client(str(url)), mode, "caches.create", model="m", config={"contents": "x"})
    assert sent.error is not None
    assert "min_total_token_count=1024" in telemetry.attributes["gemini.error.message"]


@needs_stores
def test_a_store_and_its_documents(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """A store says its size and how many documents are active or failed; a document its state, size and type."""
    invoke(client, mode, "file_search_stores.get", name=STORE)
    invoke(client, mode, "file_search_stores.documents.get", name=f"{STORE}/documents/minutes-khyubc7okzpz")
    store, document = (dict(span.attributes or {}) for span in telemetry.spans)
    assert store["gemini.resource.name"] == "fileSearchStores/*-fetnf75lobog"
    assert (store["gemini.resource.size"], store["gemini.store.active_documents"]) == (96, 2)
    assert document["gemini.resource.name"].endswith("/documents/*-khyubc7okzpz")
    assert document["gemini.resource.state"] == "STATE_ACTIVE"
    assert document["gemini.resource.mime_type"] == "text/plain"


@needs_stores
@pytest.mark.parametrize(
    ("scenario", "expected"), [("ok", "ok"), ("processing", "pending"), ("failed", "failed")]
)
def test_an_upload_to_a_store(telemetry: Telemetry, mode: str, scenario: str, expected: str) -> None:
    """The operation of an upload to a store tells whether the document is in, still being indexed, or refused."""
    with simulator.serve(scenario) as url:
        invoke(
            make_client(str(url)),
            mode,
            "file_search_stores.upload_to_file_search_store",
            file_search_store_name=STORE,
            file=io.BytesIO(b"minutes"),
            config={"mime_type": "text/plain", "display_name": "secret"},
        )
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == expected
    assert attributes["gemini.resource.size"] == 7
    assert attributes.get("gemini.failure.status") == ("INVALID_ARGUMENT" if expected == "failed" else None)


@pytest.mark.parametrize("back_end", [make_client, make_vertex_client])
def test_a_batch_job(telemetry: Telemetry, mode: str, back_end: Any) -> None:
    """A job that failed is outcome failed, with its state, and why."""
    with simulator.serve("failed") as url:
        name = "1" if back_end is make_vertex_client else "batches/b1"
        sent = invoke(back_end(str(url)), mode, "batches.get", name=name)
    assert sent.error is None
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "failed"
    assert attributes["gemini.resource.state"] == "JOB_STATE_FAILED"
    assert attributes["gemini.failure.status"] == "FAILED_PRECONDITION"
    assert attributes["gemini.failure.message"] == "Training data '<masked>' has 3 bad rows."
    assert attributes["gemini.hint.id"] == "job.failed"
    assert "salaries" not in telemetry.span.to_json()


@pytest.mark.parametrize("back_end", [make_client, make_vertex_client])
@pytest.mark.parametrize(
    ("scenario", "counts", "outcomes", "hints"),
    [
        ("ok", (3, 0, 0), {"ok"}, []),
        ("job_partly_failed", (2, 1, 0), {"ok", "incomplete"}, ["job.partly_failed"]),
        ("processing", (1, 0, 2), {"pending"}, []),
        ("job_cancelled", (1, 0, 2), {"cancelled"}, []),
    ],
)
def test_the_counts_of_a_batch_job(
    telemetry: Telemetry,
    mode: str,
    back_end: Any,
    scenario: str,
    counts: tuple[int, int, int],
    outcomes: set[str],
    hints: list[str],
) -> None:
    """How many of its requests succeeded, failed and are not done; on the Gemini API the SDK itself drops that."""
    with simulator.serve(scenario) as url:
        name = "1" if back_end is make_vertex_client else "batches/b1"
        job = invoke(back_end(str(url)), mode, "batches.get", name=name)
    assert job.error is None
    attributes = telemetry.attributes
    found = tuple(attributes[f"gemini.job.{each}"] for each in ("succeeded", "failed", "incomplete"))
    assert found == counts
    assert attributes["gemini.response.outcome"] in outcomes
    assert [event["gemini.hint.id"] for event in telemetry.events("gemini.hint")] == hints


def test_a_listing_counts_no_requests(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """The counts of the jobs in a list are not those of the listing."""
    invoke(client, mode, "batches.list")
    assert telemetry.attributes["gemini.resource.count"] == 5
    assert not [name for name in telemetry.attributes if name.startswith("gemini.job.")]


def test_a_model(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """A model says how long a prompt and an answer may be."""
    sent = invoke(client, mode, "models.get", model="gemini-2.5-flash")
    model = sent.responses[0]
    assert ours(telemetry) == {
        "gemini.model.input_token_limit": model.input_token_limit,
        "gemini.model.output_token_limit": model.output_token_limit,
        "gemini.response.outcome": "ok",
    }
    assert model.input_token_limit > 0


@pytest.mark.parametrize(
    ("scenario", "state", "expected"),
    [
        ("ok", "JOB_STATE_SUCCEEDED", "ok"),
        ("processing", "JOB_STATE_RUNNING", "pending"),
        ("job_cancelled", "JOB_STATE_CANCELLED", "cancelled"),
        ("failed", "JOB_STATE_FAILED", "failed"),
    ],
)
def test_a_tuning_job(telemetry: Telemetry, mode: str, scenario: str, state: str, expected: str) -> None:
    """The state of a tuning job is its outcome; one that failed says why, and gets a hint."""
    with simulator.serve(scenario) as url:
        name = "projects/my-project/locations/us-central1/tuningJobs/1"
        sent = invoke(make_vertex_client(str(url)), mode, "tunings.get", name=name)
    assert sent.error is None
    attributes = telemetry.attributes
    assert (attributes["gemini.resource.state"], attributes["gemini.response.outcome"]) == (state, expected)
    failed = expected == "failed"
    assert attributes.get("gemini.failure.status") == ("FAILED_PRECONDITION" if failed else None)
    assert attributes.get("gemini.hint.id") == ("job.failed" if failed else None)


def test_an_auth_token_is_never_shown(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """The name of an auth token, which is the token, is nowhere in the span."""
    token = invoke(client, mode, "auth_tokens.create", config={"uses": 2}).responses[0]
    assert telemetry.attributes["gemini.auth_token.uses"] == 2
    assert token.name.removeprefix("auth_tokens/") not in telemetry.span.to_json()


def test_the_warning_of_auth_tokens_names_the_caller(telemetry: Telemetry, client: genai.Client) -> None:
    """The SDK's warning that tokens are experimental points to the line that calls it, as without us."""
    create = type(client.auth_tokens).create
    cells = dict(zip(create.__code__.co_freevars, create.__closure__, strict=True))
    cells["warning_done"].cell_contents = False
    with pytest.warns(match="experimental") as caught:
        client.auth_tokens.create(config={"uses": 1})
    assert caught[0].filename == __file__
    assert telemetry.span.name == "create_auth_token"
