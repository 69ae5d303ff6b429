"""What an answer says about the service's tools: numbers and words of the service, never what was looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import ToolUses, Value
from gemini_otel._facts.sendable import OTHER
from gemini_otel._sdk.reading.fields import enum_value, field, fields, items

_MOST = 1000  # of each; an answer has about twenty
_MOST_WORDS = 16
_SUCCESS = "SUCCESS"
_NOT_FAILED = (_SUCCESS, "UNSPECIFIED")
_RAN = ("OK", "UNSPECIFIED")
_QUERIES = {
    "web_search_queries": "google_search",
    "image_search_queries": "google_search",
    "retrieval_queries": "retrieval",
}
# By the kind of a source: the tool that found it, if that tool reports no searches.
_FINDERS = {"maps": "google_maps", "file_search": "file_search", "retrieved_context": "retrieval"}
_WORD = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)


class ServerToolUse:
    """Collects what the parts of an answer say. A repeated statement, as in the chunks of a stream, counts once."""

    __slots__ = ("_called", "_failed_runs", "_pages", "_queries", "_runs", "_sources")

    def __init__(self) -> None:
        self._queries: dict[tuple[str, int], None] = {}  # tool, and the hash of what was searched for
        self._sources: dict[tuple[str, int], None] = {}  # kind, and the hash of its address
        self._pages: dict[int, str] = {}  # the status of each page
        self._runs: dict[object, None] = {}  # of code
        self._failed_runs: list[str] = []
        self._called: dict[str, None] = {}  # tools of which only the use is known

    @property
    def pages(self) -> bool:
        """Whether pages were reported."""
        return bool(self._pages)

    def grounded(self, grounding: object) -> None:
        """Take the grounding metadata of a candidate."""
        given = fields(grounding)
        for name, tool in _QUERIES.items():
            for query in items(given.get(name)):
                self.searched(tool, query)
        for chunk in items(given.get("grounding_chunks")):
            for kind, source in fields(chunk).items():
                if source is not None:
                    self._take_source(kind, fields(source))

    def _take_source(self, kind: str, source: Mapping[str, Any]) -> None:
        if kind == "retrieved_context" and source.get("file_search_store"):
            kind = "file_search"
        address = next(
            (source[name] for name in ("uri", "image_uri", "document_name", "title") if source.get(name)), ""
        )
        self.found(kind, address)

    def searched(self, tool: str, query: object) -> None:
        """A search was made."""
        if query and len(self._queries) < _MOST:
            self._queries[tool, hash(str(query))] = None

    def found(self, kind: str, address: object) -> None:
        """Something was found at an address."""
        if len(self._sources) < _MOST:
            self._sources[_word(kind), hash(str(address))] = None

    def read(self, page: object, status: object) -> None:
        """A page was read, or could not be read."""
        if len(self._pages) < _MOST:
            word = (enum_value(status) or "UNSPECIFIED").removeprefix("URL_RETRIEVAL_STATUS_")
            self._pages[hash(str(page))] = _word(word.upper())

    def read_pages(self, context: object) -> None:
        """Take the URL context metadata of a candidate."""
        for each in items(field(context, "url_metadata")):
            self.read(field(each, "retrieved_url"), field(each, "url_retrieval_status"))

    def ran_code(self, run: object = None) -> None:
        """Code was run; `run` is its id, if it has one."""
        if len(self._runs) < _MOST:
            self._runs[len(self._runs) if run is None else run] = None

    def code_ended(self, outcome: object) -> None:
        """A run of code ended with this result."""
        word = _word((enum_value(outcome) or "UNSPECIFIED").removeprefix("OUTCOME_"))
        if word not in _RAN and len(self._failed_runs) < _MOST:
            self._failed_runs.append(word)

    def called(self, tool: str) -> None:
        """A tool was used, without further details."""
        self._called[tool] = None

    def measured(self) -> dict[str, Value]:
        """The numbers by attribute; empty if nothing was reported."""
        found: dict[str, Value] = {}
        if self._queries:
            found[names.SEARCHES] = len(self._queries)
        if self._sources:
            found[names.SOURCES] = len(self._sources)
            found[names.SOURCE_KINDS] = tuple(dict.fromkeys(kind for kind, _ in self._sources))[:_MOST_WORDS]
        if self._pages:
            became = list(self._pages.values())
            found[names.URLS_READ] = became.count(_SUCCESS)
            if failed := tuple(each for each in became if each not in _NOT_FAILED):
                found[names.URLS_FAILED] = failed[:_MOST_WORDS]
        if self._runs:
            found[names.CODE_RUNS] = len(self._runs)
            if self._failed_runs:
                found[names.CODE_FAILED] = tuple(self._failed_runs[:_MOST_WORDS])
        return found

    def uses(self) -> ToolUses:
        """How often each tool was used, by tool and result."""
        found: dict[tuple[str, str], int] = {}

        def count(tool: str, result: str = "ok", times: int = 1) -> None:
            if times:
                found[tool, result] = found.get((tool, result), 0) + times

        for tool, _ in self._queries:
            count(tool)
        for status in self._pages.values():
            count("url_context", "ok" if status in _NOT_FAILED else status.lower())
        for outcome in self._failed_runs:
            count("code_execution", outcome.lower())
        count("code_execution", times=max(len(self._runs) - len(self._failed_runs), 0))
        searched = {tool for tool, _ in self._queries}
        finders = {_FINDERS[kind] for kind, _ in self._sources if kind in _FINDERS}
        for tool in sorted(finders.union(self._called) - searched):
            count(tool)
        return found


def _word(word: str) -> str:
    return word if _WORD.fullmatch(word) else OTHER
