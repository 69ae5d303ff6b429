"""Every value of the SDK's enums of reasons, states, stages and tiers is explained or known to be healthy."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import pytest
from google import genai
from google.genai import types
from surface import enums, literals

from gemini_otel import explain
from gemini_otel.cli import main
from gemini_otel.hints import default_hints, is_healthy
from gemini_otel.hints.entries.values import EXPLAINED, HEALTHY, HINTS

# What the names of such enums end with. A value of another enum is something that the user asks for.
_MET = re.compile(r"(Reason|State|Status|Stage|Tier|TrafficType|Outcome)$")


def values() -> Iterator[tuple[str, str]]:
    """The enums that tell what became of something, and their values."""
    for found in (literals(), enums()):
        for name, members in found.items():
            if _MET.search(name):
                yield from ((name, value) for value in members)


def unexplained(found: Iterator[tuple[str, str]]) -> list[str]:
    return [f"{name}.{value}" for name, value in found if not explain(value) and not is_healthy(value)]


def test_every_value_is_explained() -> None:
    """Each value of the installed SDK has an entry, or a place in the list of healthy values."""
    assert unexplained(values()) == []


def test_a_new_value_is_named() -> None:
    """A value that a new SDK would bring is named by the check above."""
    assert unexplained(iter([("JobState", "JOB_STATE_LOST"), ("JobState", "JOB_STATE_FAILED")])) == [
        "JobState.JOB_STATE_LOST"
    ]


def test_the_walk_sees_the_enums() -> None:
    """The walk above is not blind."""
    found = {name for name, _ in values()}
    assert {"FinishReason", "BlockedReason", "JobState", "UrlRetrievalStatus", "TrafficType"} <= found


@pytest.mark.parametrize("name", sorted(EXPLAINED))
def test_rows_lead_to_entries(name: str) -> None:
    """Each id in the table of values is one of the catalogue's, and the value gives that entry."""
    assert set(EXPLAINED[name]) <= {hint.id for hint in default_hints()} & {hint.id for hint in explain(name)}


def test_no_value_is_both() -> None:
    """What has a row is not in the list of healthy values."""
    assert HEALTHY.isdisjoint(EXPLAINED)


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        (types.JobState.JOB_STATE_FAILED, "job.failed"),
        ("JobState.JOB_STATE_CANCELLED", "job.cancelled"),
        ("UrlRetrievalStatus.URL_RETRIEVAL_STATUS_PAYWALL", "value.url_paywall"),
        ("deprecated", "cfg.model_retiring"),
        ("FAILED", "file.failed"),
        ("failed", "interaction.failed"),
        ("JOB_STATE_UNSPECIFIED", "value.unspecified"),
        ("LEGACY", "value.legacy_model"),
        ("RETIRED", "value.unusable_model"),
        ("JOB_STATE_EXPIRED", "value.job_expired"),
        ("JOB_STATE_CANCELLING", "value.job_cancelling"),
        ("DocumentState.STATE_FAILED", "value.document_failed"),
        ("timed_out", "value.trigger_timeout"),
        ("TriggerStatus.error", "value.trigger_error"),
        ("paused", "value.trigger_paused"),
    ],
)
def test_spellings_of_a_value(subject: str | enum.Enum, hint: str) -> None:
    """A value is known as a member of its enum, as text in any case, and with the enum's name before it."""
    assert hint in [each.id for each in explain(subject)]  # type: ignore[arg-type]


def said(pattern: str) -> set[str]:
    """What the entries for values name in code."""
    texts = " ".join(" ".join((hint.cause, *hint.remedy)) for hint in HINTS)
    return set(re.findall(pattern, texts))


@pytest.mark.filterwarnings("ignore:.*experimental:UserWarning")
@pytest.mark.skipif(not hasattr(genai.Client, "triggers"), reason="this SDK has no triggers")
def test_what_an_entry_sends_to_is_there() -> None:
    """Each field and each method of the SDK that an entry for a value names exists."""
    client = genai.Client(api_key="k")
    methods = said(r"(?:client\.)?(\w+\.\w+)\(\)")
    assert {"triggers.update", "webhooks.ping", "models.list"} <= methods
    assert [name for name in methods if not callable(attrgetter(name)(client))] == []
    package = Path(genai.__file__).parent
    sources = "".join(
        file.read_text(encoding="utf-8")
        for file in (package / "types.py", *package.glob("_gaos/types/**/*.py"))
    )
    fields = said(r"`(\w+)`")
    assert "max_consecutive_failures" in fields
    assert [name for name in fields if f"    {name}: " not in sources and f"  {name}: " not in sources] == []


@pytest.mark.parametrize(("arguments", "shown"), [([], "nothing is wrong"), (["--json"], "[]")])
def test_the_command_on_a_healthy_value(
    capsys: pytest.CaptureFixture[str], arguments: list[str], shown: str
) -> None:
    """Of a healthy value the command says so, and does not fail."""
    assert main(["explain", "JOB_STATE_RUNNING", *arguments]) == 0
    assert shown in capsys.readouterr().out
