"""Everything that the package emits stands in docs/registry, and that agrees with the conventions (tests/data/conventions.json).

Nothing is emitted that is not there, and nothing is there that is never emitted.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import Histogram
from opentelemetry.trace import StatusCode
from registry import attributes, level, load

from gemini_otel._facts import names
from gemini_otel._facts.outcomes import DEFAULT_ERROR_OUTCOMES
from gemini_otel._facts.profiles import OPERATION_KINDS
from support import DATA
from support.emissions import HAS_LIVE
from support.emissions import collect as emitted
from support.names import WRITTEN

CONVENTIONS = json.loads((DATA / "conventions.json").read_text(encoding="utf-8"))
REGISTRY = load()
DEFINED = attributes(REGISTRY)
SPANS = {group["id"].removeprefix("span."): group for group in REGISTRY["span"]}
EVENTS = {group["name"]: group for group in REGISTRY["event"]}
METRICS = {group["metric_name"]: group for group in REGISTRY["metric"]}
STANDARD = ("gen_ai.", "error.", "exception.", "server.", "http.")
TYPES: Mapping[str, Any] = {"string": str, "int": int, "double": float, "boolean": bool}
# What we put on a span of the conventions beyond what they list there; each is an attribute of theirs, used as they define it.
BEYOND = {
    "generate_content": {"http.response.status_code", "http.request.resend_count"},
    "embeddings": {"http.response.status_code", "http.request.resend_count", "gen_ai.conversation.id"},
    "execute_tool": {"gen_ai.conversation.id"},
    "invoke_workflow": {"gen_ai.conversation.id", "gen_ai.request.model"},
}
# The loop has one name, so it is always there; stop sequences may quote a prompt, and a tool's description is part of one: they are content.
DIFFERING = {
    "execute_tool": {names.TOOL_DESCRIPTION: "opt_in"},
    "invoke_workflow": {names.WORKFLOW_NAME: "required"},
    "generate_content": {names.REQUEST_STOP_SEQUENCES: "opt_in"},
}
EDITIONS = {"default": {"1.41"}, "gen_ai_latest_experimental": {"latest"}}
EDITIONS["gen_ai_latest_experimental/dup"] = {"1.41", "latest"}
# Live music has no id either, Vertex AI alone says the traffic; tests/live/test_live.py has what the simulator does not serve. Several hints at once are rare.
NOT_SIMULATED = {"live_connection: gemini.live.session_id", "live: gemini.response.traffic_type"} | {
    f"{span}: gemini.hint.ids"
    for span in ("execute_tool", "invoke_workflow", "live_connection", "live_music")
}
# No scenario sends prose in the place of a name; tests/robustness/test_robustness.py does.
REPLACED = "gemini.response.replaced_values"
OF_MODEL_CALLS = "gen_ai.client.operation.duration"  # newest edition: for other operations only


def declared(group: dict[str, Any]) -> dict[str, str]:
    """Names of a group's attributes with their levels."""
    return {each["ref"]: level(each["requirement_level"]) for each in group["attributes"]}


def is_of_type(value: object, kind: str) -> bool:
    if kind == "any":
        return True
    if kind.endswith("[]"):
        return isinstance(value, (tuple, list)) and all(is_of_type(each, kind[:-2]) for each in value)
    return type(value) is TYPES[kind]


@pytest.fixture(params=names.PROFILE_NAMES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def group_of(span: Any) -> str:
    operation = str(span.attributes[names.OPERATION_NAME])
    return operation if operation in SPANS else "method"


def wrong(group: dict[str, Any], found: Mapping[str, Any], where: str) -> Iterator[str]:
    """What is wrong with the attributes of something emitted."""
    known = declared(group)
    for name, value in found.items():
        if name not in known:
            yield f"{where}: {name} is not declared"
        elif not is_of_type(value, DEFINED[name]["type"]):
            yield f"{where}: {name}={value!r} is no {DEFINED[name]['type']}"
    for name in known:
        if known[name] == "required" and name not in found:
            yield f"{where}: {name} is missing"
    if "server.address" in found and "server.port" in known and "server.port" not in found:
        yield f"{where}: server.port is missing"


# The package's own code against the registry


def test_every_name_is_in_the_registry() -> None:
    """Each name in names.py, of a profile's metric or of a token counter, is an attribute, event or metric of the registry, and the other way round."""
    known = set(DEFINED) | set(EVENTS) | set(METRICS)
    assert sorted(WRITTEN - known) == []
    by_modality = {name for name in DEFINED if ".usage." in name and name not in WRITTEN}
    assert sorted(known - WRITTEN - by_modality) == []


def test_groups_refer_to_defined_attributes() -> None:
    """Each attribute of a span, event or metric is defined once."""
    defined = [each["id"] for group in REGISTRY["attribute_group"] for each in group["attributes"]]
    assert len(defined) == len(set(defined))
    for group in (*SPANS.values(), *EVENTS.values(), *METRICS.values()):
        refs = [each["ref"] for each in group["attributes"]]
        assert sorted(set(refs) - set(defined)) == []
        assert len(refs) == len(set(refs))


# The registry against the conventions


@pytest.mark.parametrize("name", [name for name in DEFINED if name.startswith(STANDARD)])
def test_standard_attributes(name: str) -> None:
    """An attribute in a namespace of the conventions is theirs, and of their type."""
    assert DEFINED[name]["type"] == CONVENTIONS["attributes"][name]


@pytest.mark.parametrize("name", [name for name in DEFINED if not name.startswith(STANDARD)])
def test_own_attributes(name: str) -> None:
    """Every other attribute is below our own namespace."""
    assert name.startswith("gemini.")


@pytest.mark.parametrize("span", sorted(CONVENTIONS["spans"]))
def test_standard_spans(span: str) -> None:
    """A span of the conventions has their kind, and their attributes at their level."""
    ours, theirs = SPANS[span], CONVENTIONS["spans"][span]
    assert ours["span_kind"] == theirs["kind"]
    standard = {name: found for name, found in declared(ours).items() if name.startswith(STANDARD)}
    beyond = set(standard) - set(theirs["attributes"])
    assert beyond == BEYOND[span]
    differing = {
        name: found
        for name, found in standard.items()
        if name not in beyond and found != theirs["attributes"][name]
    }
    assert differing == DIFFERING.get(span, {})
    required = {name for name, found in theirs["attributes"].items() if found == "required"}
    assert required <= set(standard)


@pytest.mark.parametrize("metric", sorted(name for name in METRICS if name.startswith("gen_ai.")))
def test_standard_metrics(metric: str) -> None:
    """A metric of the conventions has their instrument, unit and attributes."""
    ours, theirs = METRICS[metric], CONVENTIONS["metrics"][metric]
    assert (ours["instrument"], ours["unit"]) == (theirs["instrument"], theirs["unit"])
    found = {name: found for name, found in declared(ours).items() if name.startswith(STANDARD)}
    assert {name: theirs["attributes"].get(name) for name in found} == found
    assert {name for name, each in theirs["attributes"].items() if each == "required"} <= set(found)


# What is emitted against the registry


def test_spans(profile: str) -> None:
    """Every span has the name, kind and attributes of its group."""
    problems = []
    for span in emitted(profile).spans:
        group = group_of(span)
        problems += wrong(SPANS[group], span.attributes, span.name)
        if span.kind.name.lower() != SPANS[group]["span_kind"]:
            problems.append(f"{span.name}: kind {span.kind.name}")
        if span.name != span_name(group, span.attributes):
            problems.append(f"{span.name} should be {span_name(group, span.attributes)}")
        without_the_answer = (
            span.attributes.get(names.OUTCOME) in DEFAULT_ERROR_OUTCOMES
            or names.REPETITION_KIND in span.attributes
        )
        is_error = names.ERROR_TYPE in span.attributes or without_the_answer
        if (span.status.status_code is StatusCode.ERROR) != is_error:
            problems.append(f"{span.name}: {span.status.status_code} and error.type disagree")
        if span.attributes.get(names.REQUEST_STREAM) is False:
            problems.append(f"{span.name}: {names.REQUEST_STREAM} is false")
    assert sorted(set(problems)) == []


def span_name(group: str, found: Mapping[str, Any]) -> str:
    head = found[names.WORKFLOW_NAME if group == "invoke_workflow" else names.OPERATION_NAME]
    tails = {"execute_tool": names.TOOL_NAME, "invoke_agent": names.AGENT_NAME}
    tail = found.get(names.AGENT_NAME if head == "create_agent" else tails.get(group, names.REQUEST_MODEL))
    return f"{head} {tail}" if tail else head


def test_events(profile: str) -> None:
    """Every span event and log event has the attributes of its group."""
    emissions = emitted(profile)
    found = [(event.name, event.attributes) for span in emissions.spans for event in span.events]
    found += [(record_name(record), record_attributes(record)) for record in emissions.log_records]
    problems = {problem for name, values in found for problem in wrong(EVENTS[name], values, name)}
    assert sorted(problems) == []


def record_name(record: Any) -> str:
    return getattr(record, "event_name", None) or record.attributes["event.name"]


def record_attributes(record: Any) -> dict[str, Any]:
    """An older SDK keeps the event's name among its attributes."""
    return {name: value for name, value in record.attributes.items() if name != "event.name"}


def test_metrics(profile: str) -> None:
    """Every metric has the instrument, unit, buckets and attributes that it is declared with."""
    problems = []
    for metric in emitted(profile).metrics:
        group = METRICS[metric.name]
        is_histogram = isinstance(metric.data, Histogram)
        if (metric.unit, is_histogram) != (group["unit"], group["instrument"] == "histogram"):
            problems.append(f"{metric.name}: {metric.unit}, {type(metric.data).__name__}")
        if not is_histogram and not metric.data.is_monotonic:
            problems.append(f"{metric.name}: not monotonic")
        for point in metric.data.data_points:
            problems += wrong(group, point.attributes, metric.name)
            if is_histogram and list(point.explicit_bounds) != bounds(metric.name):
                problems.append(f"{metric.name}: buckets {point.explicit_bounds}")
    assert sorted(set(problems)) == []


def bounds(metric: str) -> list[float]:
    return CONVENTIONS["buckets"][CONVENTIONS["metrics"][metric]["buckets"]]


def test_metrics_of_the_profile(profile: str) -> None:
    """The metrics of the conventions are those of the profile's edition."""
    found = {metric.name: metric for metric in emitted(profile).metrics if metric.name.startswith("gen_ai.")}
    for name in found:
        assert EDITIONS[profile] & set(CONVENTIONS["metrics"][name]["editions"]), name
    if profile == "gen_ai_latest_experimental" and OF_MODEL_CALLS in found:
        operations = {
            point.attributes[names.OPERATION_NAME] for point in found[OF_MODEL_CALLS].data.data_points
        }
        assert operations.isdisjoint(OPERATION_KINDS)


# The registry against what is emitted


@pytest.mark.skipif(
    int(importlib.metadata.version("google-genai").split(".")[0]) < 3 or not HAS_LIVE,
    reason="an older SDK lacks some methods, and Live needs trustme",
)
@pytest.mark.timeout(900)  # all that the package can do, once for each profile
def test_nothing_is_declared_in_vain() -> None:
    """Each attribute of each span, event and metric is emitted in one profile at least."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for each in names.PROFILE_NAMES:
        emissions = emitted(each)
        for span in emissions.spans:
            seen[group_of(span)] |= set(span.attributes)
            for event in span.events:
                seen[event.name] |= set(event.attributes)
        for record in emissions.log_records:
            seen[record_name(record)] |= set(record.attributes)
        for metric in emissions.metrics:
            for point in metric.data.data_points:
                seen[metric.name] |= set(point.attributes)
    never = [
        f"{name}: {attribute}"
        for groups in (SPANS, EVENTS, METRICS)
        for name, group in groups.items()
        for attribute in sorted(set(declared(group)) - seen[name])
    ]
    assert {each for each in never if not each.endswith(REPLACED)} == NOT_SIMULATED
