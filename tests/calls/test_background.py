"""Work that goes on at the service: what begins it ends as pending, and every look at it is linked to its beginning."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from google import genai

from gemini_otel import simulator
from gemini_otel._telemetry import background
from support import MODEL, Telemetry, make_client, make_vertex_client

pytestmark = pytest.mark.filterwarnings("ignore:The generate_videos method:DeprecationWarning")
VIDEO_MODEL = "veo-3.1-generate-preview"


@pytest.fixture(autouse=True)
def nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_begun", type(background._begun)())


def assert_linked(telemetry: Telemetry) -> None:
    beginning, *looks = telemetry.spans
    assert dict(beginning.attributes or {})["gemini.response.outcome"] == "pending"
    for look in looks:
        assert [link.context for link in look.links] == [beginning.get_span_context()]


def outcomes(telemetry: Telemetry) -> list[Any]:
    return [dict(span.attributes or {})["gemini.response.outcome"] for span in telemetry.spans]


@pytest.mark.parametrize(
    ("situation", "outcome", "hint"),
    [
        ("ok", "ok", None),
        ("failed", "failed", "job.failed"),
        ("images_filtered", "blocked", "video.filtered"),
    ],
)
def test_a_video(telemetry: Telemetry, situation: str, outcome: str, hint: str | None) -> None:
    """Start and polls are one story: the final state, the videos, what was filtered, and the error stand on the last look."""
    with simulator.serve("processing") as url:
        client = make_vertex_client(str(url))
        operation = client.models.generate_videos(model=VIDEO_MODEL, prompt="A lighthouse.")
        operation = client.operations.get(operation)
    with simulator.serve(situation) as url:
        client = make_vertex_client(str(url))
        operation = client.operations.get(operation)
    assert operation.done
    assert [span.name for span in telemetry.spans] == [
        f"generate_videos {VIDEO_MODEL}",
        "get_operation",
        "get_operation",
    ]
    assert_linked(telemetry)
    assert outcomes(telemetry) == ["pending", "pending", outcome]
    last = dict(telemetry.spans[-1].attributes or {})
    assert last.get("gemini.hint.id") == hint
    assert last["gemini.resource.done"] is True
    if situation == "failed":
        assert last["gemini.failure.status"]
        assert last["gemini.failure.message"]
    else:
        assert last["gemini.videos.count"] == (1 if outcome == "ok" else 0)
    if outcome == "blocked":
        assert last["gemini.videos.filtered"] == 1
        assert "could not create your video" in last["gemini.videos.filtered_reasons"][0]


def test_a_batch_job(telemetry: Telemetry) -> None:
    """A batch job is followed from its creation."""
    with simulator.serve("processing") as url:
        client = make_client(str(url))
        job = client.batches.create(model=MODEL, src=[{"contents": [{"parts": [{"text": "hello"}]}]}])
        client.batches.get(name=job.name or "")
    assert [span.name.split()[0] for span in telemetry.spans] == ["create_batch_job", "get_batch_job"]
    assert_linked(telemetry)


def test_an_interaction(telemetry: Telemetry) -> None:
    """So is an agent's work."""
    if not hasattr(genai.Client, "interactions"):
        pytest.skip("google-genai before 1.55 has no interactions")
    with simulator.serve() as url, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK says that interactions are experimental
        client = make_client(str(url))
        prompt = "simulate:interaction_background"
        begun = client.interactions.create(agent="deep-research", input=prompt, background=True)
        for _ in range(3):
            client.interactions.get(begun.id)
    assert_linked(telemetry)
    assert outcomes(telemetry) == ["pending", "pending", "pending", "ok"]


def test_a_look_from_another_process(telemetry: Telemetry, client: genai.Client) -> None:
    """It is a span like any other, without a link."""
    from google.genai import types

    client.operations.get(types.GenerateVideosOperation(name=f"models/{VIDEO_MODEL}/operations/abc123"))
    assert telemetry.span.links == ()
    assert telemetry.attributes["gemini.response.outcome"] == "ok"


def test_beginnings_are_bounded(telemetry: Telemetry, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest of them is forgotten."""
    monkeypatch.setattr(background, "_MOST", 2)
    client = make_vertex_client(url)
    for _ in range(3):
        client.models.generate_videos(model=VIDEO_MODEL, prompt="A lighthouse.")
    assert len(background._begun) == 2
