"""The tools that a request offers and that an answer uses: functions by name, and tools that the service runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import NOTHING, Measured, OfferedTools, RequestFacts, ToolUses, UsageFacts
from gemini_otel._facts.sendable import OTHER
from gemini_otel._sdk.reading.fields import field, fields, items
from gemini_otel._sdk.reading.server_tools import ServerToolUse

_GROUNDING = (
    "google_search",
    "google_search_retrieval",
    "enterprise_web_search",
    "google_maps",
    "retrieval",
    "file_search",
)
# Tools with which the model calls no function of the program; others, such as computer_use, declare functions.
_SERVER_TOOLS = (*_GROUNDING, "url_context", "code_execution")
# Fields of grounding metadata that show that something was looked up. An empty object shows nothing.
_SIGNS = (
    "web_search_queries",
    "image_search_queries",
    "retrieval_queries",
    "grounding_chunks",
    "grounding_supports",
)
_COMPUTER = "computer_use"
_TOOL_PARTS = frozenset({"tool_call", "tool_response"})  # tools of the service, under all of their names
_MOST_NAMES = 16
_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,63}", re.ASCII)


def offered_tools(models: Any, config: Mapping[str, Any]) -> OfferedTools:
    """The functions and the tools of the service that a request names.

    The functions are None if something else may declare more: a session, a cached content, or a request body from the user.
    """
    functions: set[str] = set()
    server: list[str] = []
    known = not _may_hold_more(models, config)
    for tool in items(config.get("tools")):
        given = {name: value for name, value in fields(tool).items() if value is not None}
        if callable(tool):
            declared: list[object] = [getattr(tool, "__name__", None)]
        else:
            declared = [field(each, "name") for each in items(given.get("function_declarations"))]
            others = given.keys() - {"function_declarations"}
            server += [name for name in _SERVER_TOOLS if name in others]
            known = known and bool(given) and others <= set(_SERVER_TOOLS)
        known = known and all(isinstance(name, str) for name in declared)
        functions.update(name for name in declared if isinstance(name, str))
    named = frozenset(functions)
    return OfferedTools(named if known else None, tuple(server), named)


def _may_hold_more(models: Any, config: Mapping[str, Any]) -> bool:
    if config.get("cached_content") is not None:
        return True
    options = (config.get("http_options"), fields(models._api_client).get("_http_options"))
    return any(field(each, "extra_body") is not None for each in options)


def count_tools(tools: object) -> tuple[int, tuple[str, ...]]:
    """How many tools a request offers, and the kinds of the built-in ones; a callable or a session counts as 1."""
    number, built_in = 0, dict[str, None]()
    for tool in items(tools):
        offered = fields(tool)
        if callable(tool) or ("function_declarations" not in offered and not isinstance(tool, dict)):
            number += 1
            continue
        kinds = [
            name for name, value in offered.items() if value is not None and name != "function_declarations"
        ]
        number += len(items(offered.get("function_declarations"))) + len(kinds)
        built_in.update(dict.fromkeys(kinds))
    return number, tuple(name if _NAME.fullmatch(name) else OTHER for name in built_in)[:_MOST_NAMES]


class ToolUse:
    """The tools that an answer uses; names and numbers only."""

    __slots__ = ("_called", "_grounded", "server")

    def __init__(self) -> None:
        self._called: dict[str, int] = {}  # with the number of uses
        self.server = ServerToolUse()
        self._grounded = False

    def call(self, name: object) -> None:
        """Take the name of a function that the model calls; the later pieces of a streamed call have none."""
        if isinstance(name, str) and (name in self._called or len(self._called) < _MOST_NAMES):
            self._called[name] = self._called.get(name, 0) + 1

    def feed(self, candidate: Mapping[str, Any]) -> None:
        """Take what a candidate says about the service's tools."""
        if (grounding := candidate.get("grounding_metadata")) is not None:
            self._grounded = self._grounded or any(fields(grounding).get(name) for name in _SIGNS)
            self.server.grounded(grounding)
        if (context := candidate.get("url_context_metadata")) is not None:
            self.server.read_pages(context)

    def measured(
        self,
        request: RequestFacts,
        reasons: tuple[str, ...],
        parts: Mapping[str, None],
        usage: UsageFacts,
    ) -> Measured:
        """The undeclared functions that were called, what the service's tools did, and the tools that were not used."""
        found = self.server.measured()
        offered = request.offered()
        if self._called and (undeclared := self._undeclared(offered.functions, reasons)):
            found[names.UNDECLARED_CALLS] = undeclared
        if actions := self._computer_actions(request):
            found[names.COMPUTER_ACTIONS] = actions
        used = usage.tool_use_tokens or parts.keys() & _TOOL_PARTS
        if offered.server and not used and (unused := self._unused(offered.server, parts)):
            found[names.UNUSED_TOOLS] = unused
        return found or NOTHING

    def uses(self, request: RequestFacts) -> ToolUses:
        """How often each of the service's tools was used."""
        found = self.server.uses()
        actions = self._computer_actions(request)
        return {**found, (_COMPUTER, "ok"): actions} if actions else found

    def _computer_actions(self, request: RequestFacts) -> int:
        """Calls of the functions that `computer_use` declares: all except those that the request declares."""
        asked = request.measured.get(names.SERVER_TOOLS)
        if not self._called or not isinstance(asked, tuple) or _COMPUTER not in asked:
            return 0
        declared = request.offered().declared
        return sum(times for name, times in self._called.items() if name not in declared)

    def _undeclared(self, declared: frozenset[str] | None, reasons: tuple[str, ...]) -> tuple[str, ...]:
        """The functions that were called and not declared.

        Unless the service itself refused the call, they count only if the request declares functions: otherwise there may be
        others.
        """
        refused = "UNEXPECTED_TOOL_CALL" in reasons
        if not declared and not (refused and declared is not None):
            return ()
        called = (name for name in self._called if name not in (declared or ()))
        return tuple(dict.fromkeys(name if _NAME.fullmatch(name) else OTHER for name in called))

    def _unused(self, server: tuple[str, ...], parts: Mapping[str, None]) -> tuple[str, ...]:
        ran_code = "executable_code" in parts or "code_execution_result" in parts
        used = {"code_execution": ran_code, "url_context": self.server.pages}
        return tuple(name for name in server if not used.get(name, self._grounded))
