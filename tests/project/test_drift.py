"""The drift report: what it says of two lists, and that tests/newest.txt and what is kept beside it belong together."""

from __future__ import annotations

import importlib.metadata

import drift
import pytest
import surface

from gemini_otel._commands.check import NEWEST_SDK
from support import DATA

DRIFT = DATA / "drift"
OLD = (DRIFT / "google-genai-3.4.0.txt").read_text(encoding="utf-8").splitlines()
NEW = (DRIFT / "google-genai-3.6.1.txt").read_text(encoding="utf-8").splitlines()


def sections(before: list[str], now: list[str]) -> dict[str, set[str]]:
    """The report's headings, without counts, and the names below each, without remarks."""
    found: dict[str, set[str]] = {}
    heading = ""
    for line in drift.report(before, now):
        if line.startswith("  "):
            found[heading].add(line.strip().partition("  ")[0])
        elif line:
            heading = line.rpartition(" (")[0]
            found[heading] = set()
    return found


def test_from_3_4_0_to_3_6_1() -> None:
    """The report names exactly what google-genai 3.5 and 3.6 added."""
    found = sections(OLD, NEW)
    clients = "google.genai._gaos.google_genai"
    websocket = "google.genai._interactions_websocket:InteractionWebSocketConnection"
    assert found.pop("New methods that may reach the service") == {
        *(
            f"{clients}:{kind}GeminiNextGenAuthTokens.{name}"
            for kind in ("", "Async")
            for name in ("create", "delete")
        ),
        f"{clients}:GeminiNextGenAuthTokens.do_request",
        f"{clients}:AsyncGeminiNextGenAuthTokens.do_request_async",
        f"{clients}:AsyncGeminiNextGenInteractions.connect",
        *(f"{websocket}.{name}" for name in ("send", "receive", "complete", "cancel", "detach")),
    }
    assert found.pop("New values of enums") == {
        "EnvironmentMode.on_demand",
        "EnvironmentMode.self_hosted",
        "InteractionStatus.idle",
        "InteractionSseEventInteractionStatus.idle",
        "InteractionStatusUpdateStatus.idle",
    }
    assert found.pop("New exceptions") == {"APIWebSocketError"}
    fields = found.pop("New fields of answers and usage")
    assert {name.rpartition(".")[0] for name in fields} == {
        "environments.Environment",
        "interactions.Environment",
        "interactions.InteractionAuthToken",
        "interactions.WorldSetupEvent",
        "interactions.InputEvent",
        "interactions.DisconnectEvent",
        *(
            f"interactions.{name}Event"
            for name in (
                "CancelInteraction",
                "CompleteInteraction",
                "ConnectInteraction",
                "CreateInteraction",
                "InteractionCancelled",
                "InteractionConnected",
                "LiveInteractionCompleted",
                "LiveInteractionCreated",
            )
        ),
    }
    assert {
        f"environments.Environment.{name}" for name in ("mode", "custom_config", "environment_key")
    } <= fields
    assert found == {}


def test_no_difference() -> None:
    """Of two equal lists nothing is said but that."""
    assert list(drift.report(OLD, OLD)) == ["Nothing is new."]


@pytest.mark.parametrize(
    ("before", "now", "heading", "line"),
    [
        ([], ["value JobState.JOB_STATE_LOST"], "New values of enums", "JobState.JOB_STATE_LOST  without an entry"),
        ([], ["value JobState.JOB_STATE_FAILED"], "New values of enums", "JobState.JOB_STATE_FAILED"),
        ([], ["field Usage.zyqxv_count"], "New fields of answers and usage", "Usage.zyqxv_count  not read"),
        ([], ["field Usage.usage_metadata"], "New fields of answers and usage", "Usage.usage_metadata"),
        (["patch m:A.f(self, a)"], ["patch m:A.f(self, a, b)"], "Changed parameters", "patch m:A.f(self, a) -> (self, a, b)"),
        (["patch m:A.f(self)"], [], "Gone", "patch m:A.f"),
        (["name opentelemetry.trace.Span(self)"], [], "Gone", "name opentelemetry.trace.Span"),
    ],
)  # fmt: skip
def test_what_it_means(before: list[str], now: list[str], heading: str, line: str) -> None:
    """An addition says whether we read or explain it; a moved patch point and a changed signature are named."""
    assert list(drift.report(before, now)) == ["", f"{heading} (1)", f"  {line}"]


def test_requirements_of_every_form() -> None:
    """A package counts with extras, markers, remarks and any spelling of its name; what is not held at a version does not."""
    assert drift.versions(
        """\
# google-genai==9.9
plain==1.2.3
Some_Name[one,two] == 4.0b1
marked==2.0; python_version >= "3.11"  # a remark
free>=3
"""
    ) == {"plain": "1.2.3", "some-name": "4.0b1", "marked": "2.0"}


def test_the_file_names_every_package() -> None:
    """tests/newest.txt has the core, the packages of tests/coexistence, and the version that `check` compares with."""
    tested = drift.versions(drift.NEWEST.read_text(encoding="utf-8"))
    assert tested.keys() == {*drift.CORE, *drift.neighbours()}
    assert tested["google-genai"] == NEWEST_SDK


@pytest.mark.skipif(
    importlib.metadata.version("google-genai") != NEWEST_SDK, reason="the list is that of the newest SDK"
)
def test_the_list_has_todays_patch_points() -> None:
    """What the package patches is in tests/newest_surface.txt; after a change of it, run: nox -s drift -- --update."""
    known = {
        line for line in drift.KNOWN.read_text(encoding="utf-8").splitlines() if line.startswith("patch ")
    }
    assert known == set(surface._patches())
