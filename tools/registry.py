"""Reads docs/registry: what the package emits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parent.parent / "docs"
Groups = dict[str, list[dict[str, Any]]]


def load() -> Groups:
    """The registry's groups by type: attribute_group, span, event, metric."""
    groups: Groups = {}
    for path in sorted((DOCS / "registry").glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8")).get("groups", ()):
            groups.setdefault(group["type"], []).append(group)
    return groups


def attributes(registry: Groups) -> dict[str, dict[str, Any]]:
    """The definitions of attributes by name."""
    return {each["id"]: each for group in registry["attribute_group"] for each in group["attributes"]}


def level(requirement: str | dict[str, str]) -> str:
    """`required`, `recommended`, `opt_in` or `conditionally_required`."""
    return requirement if isinstance(requirement, str) else next(iter(requirement))
