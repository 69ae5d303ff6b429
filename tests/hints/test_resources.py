"""Files, jobs, media and clients that failed, through the SDK against the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google import genai

import gemini_otel
from gemini_otel import simulator
from gemini_otel._facts import names
from support import Telemetry

from .test_catalogue import ids

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("scenario", "call", "hint_id"),
    [
        ("failed", lambda client: client.files.get(name="files/abc"), "file.failed"),
        ("failed", lambda client: client.batches.get(name="batches/abc"), "job.failed"),
        ("job_cancelled", lambda client: client.batches.get(name="batches/abc"), None),
        ("processing", lambda client: client.files.get(name="files/abc"), None),
        ("processing", lambda client: client.batches.get(name="batches/abc"), None),
    ],
)
def test_files_and_jobs(
    telemetry: Telemetry, scenario: str, call: Callable[[genai.Client], object], hint_id: str | None
) -> None:
    """A file or a job that failed has its hint on the span of the call that told; one that is under way has none."""
    with simulator.serve(scenario) as url:
        call(genai.Client(api_key="k", http_options={"base_url": url, "timeout": 60_000}))
    shown = [each["gemini.hint.id"] for each in telemetry.events("gemini.hint")]
    assert shown[:1] == ([hint_id] if hint_id else [])


def test_a_closed_client(telemetry: Telemetry) -> None:
    """A call of a closed client says that it was closed."""
    with simulator.serve() as url:
        client = genai.Client(api_key="k", http_options={"base_url": url})
        if not hasattr(client, "close"):
            pytest.skip("this release cannot close a client")
        client.close()
        with pytest.raises(RuntimeError):
            client.models.generate_content(model="gemini-3.8-flash", contents="x")
    (hint,) = telemetry.events("gemini.hint")
    assert hint["gemini.hint.id"] == "sdk.client_closed"
    assert telemetry.attributes["gemini.error.kind"] == "client_closed"


@pytest.mark.parametrize(
    ("text", "hint_id"),
    [
        ("Session is closed", "sdk.client_closed"),
        ("Event loop is closed", "sdk.closed_loop"),
        ("Task <x> got Future <y> attached to a different loop", "sdk.closed_loop"),
        ("<asyncio.locks.Event object> is bound to a different event loop", "sdk.closed_loop"),
        ("something else", "error.exception"),
    ],
)
def test_runtime_errors(text: str, hint_id: str) -> None:
    """What libraries say by the text of a RuntimeError is told apart; the text itself goes nowhere."""
    assert [hint.id for hint in gemini_otel.explain(RuntimeError(text))] == [hint_id]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({names.JOB_FAILED: 0, names.OUTCOME: "ok"}, []),
        ({names.JOB_FAILED: 2, names.OUTCOME: "ok"}, ["job.partly_failed"]),
        ({names.JOB_FAILED: 2, names.OUTCOME: "failed", names.RESOURCE_STATE: "FAILED"}, ["job.failed"]),
        ({names.STORE_FAILED: 0, names.OUTCOME: "ok"}, []),
        ({names.STORE_FAILED: 1, names.OUTCOME: "ok"}, ["store.documents_failed"]),
        ({names.RESOURCE_STATE: "OF_TOMORROW", names.OUTCOME: "incomplete"}, []),
        ({names.OUTCOME: "cancelled"}, ["net.cancelled"]),
    ],
)
def test_counts_and_states(attributes: dict[str, Any], expected: list[str]) -> None:
    """How much is missing decides; what is well or under way has no hint."""
    assert ids(attributes) == expected


def test_the_kind_of_a_files_error() -> None:
    """The error of a file that could not be processed is no failure of a call."""
    file = {names.RESOURCE_NAME: "files/f", names.RESOURCE_STATE: "FAILED", names.OPERATION_NAME: "get_file"}
    attributes = {**file, names.OUTCOME: "failed", names.ERROR_KIND: "invalid_argument"}
    assert ids(attributes) == ["file.failed"]
