"""The site: its search finds what people type."""

from __future__ import annotations

import re

import pytest
import yaml

from gemini_otel.hints import default_hints
from support import ROOT


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, which names functions of Python."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)
SITE = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), _Loader)  # a SafeLoader


@pytest.mark.parametrize("hint_id", [*[hint.id for hint in default_hints()][::10], "http.429.rate_day"])
def test_parts_of_an_id_are_words(hint_id: str) -> None:
    """The search takes each part of an id for a word, so `rate_day` and `429` find http.429.rate_day."""
    (options,) = [plugin["search"] for plugin in SITE["plugins"] if "search" in plugin]
    words = re.split(options["separator"], hint_id)
    assert words == re.findall(r"[a-z0-9]+", hint_id)


def test_hints_come_first() -> None:
    """The page of the hints weighs more than those that only mention one."""
    assert "tools/site_search.py" in SITE["hooks"]
    assert 'FIRST = "hints.md"' in (ROOT / "tools/site_search.py").read_text(encoding="utf-8")
