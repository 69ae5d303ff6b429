"""Reads docs/registry: what the package emits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DOCS = Path(__file__).parent.parent / "docs"
Groups = dict[str, list[dict[str, Any]]]


def load() -> Groups:
    """The registry's groups by type: attribute_group, span, event, metric. A group has the attributes of the one it extends."""
    files = sorted((DOCS / "registry").glob("*.yaml"))
    read = [
        group
        for path in files
        for group in yaml.safe_load(path.read_text(encoding="utf-8")).get("groups", ())
    ]
    shared = {group["id"]: group["attributes"] for group in read}
    groups: Groups = {}
    for group in read:
        if (extended := group.pop("extends", None)) is not None:
            group["attributes"] = [*group["attributes"], *shared[extended]]
        if not group["id"].startswith("attributes."):  # the groups that others extend
            groups.setdefault(group["type"], []).append(group)
    return groups


def attributes(registry: Groups) -> dict[str, dict[str, Any]]:
    """The definitions of attributes by name."""
    return {each["id"]: each for group in registry["attribute_group"] for each in group["attributes"]}


def level(requirement: str | dict[str, str]) -> str:
    """`required`, `recommended`, `opt_in` or `conditionally_required`."""
    return requirement if isinstance(requirement, str) else next(iter(requirement))


class Exposed(NamedTuple):
    """A metric in Prometheus: its name and type, the labels it always has and those it may have."""

    name: str
    type: str
    always: set[str]
    allowed: set[str]


def exposed() -> Iterator[tuple[str, Exposed]]:
    """Each metric of the registry by its name under Prometheus' naming rules."""
    for metric in load()["metric"]:
        name = plain(metric["metric_name"]) + ("_seconds" if metric["unit"] == "s" else "")
        labels = {plain(each["ref"]): level(each["requirement_level"]) for each in metric["attributes"]}
        always = {label for label, level in labels.items() if level == "required"}
        if metric["instrument"] == "counter":
            name += "_total"
        yield metric["metric_name"], Exposed(name, metric["instrument"], always, set(labels))


def plain(name: str) -> str:
    """Prometheus' name for an attribute."""
    return name.replace(".", "_")
