"""What a request lets the model use, and what an answer shows in use: functions by name, and tools that the service runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import NOTHING, Measured, OfferedTools, RequestFacts, UsageFacts, Value
from gemini_otel._sdk.reading.fields import enum_value, field, fields, items

_GROUNDING = (
    "google_search",
    "google_search_retrieval",
    "enterprise_web_search",
    "google_maps",
    "retrieval",
    "file_search",
)
# Tools that make the model call no function of the program's; others, such as computer_use, declare functions of their own.
_SERVER_TOOLS = (*_GROUNDING, "url_context", "code_execution")
# Of grounding metadata: what shows that something was looked up. An empty object shows nothing.
_SIGNS = (
    "web_search_queries",
    "image_search_queries",
    "retrieval_queries",
    "grounding_chunks",
    "grounding_supports",
)
_TOOL_PARTS = frozenset({"tool_call", "tool_response"})  # tools of the service, by whatever name
_MOST_NAMES = 16
_MOST_PAGES = 100  # the service reads twenty
_NOT_FAILED = ("SUCCESS", "UNSPECIFIED")
_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,63}", re.ASCII)


def offered_tools(models: Any, config: Mapping[str, Any]) -> OfferedTools:
    """The functions and the tools of the service that a request names.

    The functions are None where something else may declare more: a session, a cached content, a body of the user's own.
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
    return OfferedTools(frozenset(functions) if known else None, tuple(server))


def _may_hold_more(models: Any, config: Mapping[str, Any]) -> bool:
    if config.get("cached_content") is not None:
        return True
    options = (config.get("http_options"), fields(models._api_client).get("_http_options"))
    return any(field(each, "extra_body") is not None for each in options)


def _page_status(value: object) -> str:
    """What became of a page, in one word."""
    status = (enum_value(value) or "UNSPECIFIED").removeprefix("URL_RETRIEVAL_STATUS_")
    return status if _NAME.fullmatch(status) else "_OTHER"


class ToolUse:
    """Which tools an answer shows in use; names and numbers only."""

    __slots__ = ("_called", "_grounded", "_urls")

    def __init__(self) -> None:
        self._called: dict[str, None] = {}  # an ordered set
        self._urls: dict[object, str] = {}  # what became of each
        self._grounded = False

    def call(self, name: object) -> None:
        """Take the name of a function that the model wants to be called; the pieces of a streamed call have none."""
        if isinstance(name, str) and len(self._called) < _MOST_NAMES:
            self._called[name] = None

    def feed(self, candidate: Mapping[str, Any]) -> None:
        """Take what the service says of its own tools with a candidate."""
        if (grounding := candidate.get("grounding_metadata")) is not None:
            self._grounded = self._grounded or any(fields(grounding).get(name) for name in _SIGNS)
        if (context := candidate.get("url_context_metadata")) is not None:
            for each in items(field(context, "url_metadata"))[:_MOST_PAGES]:
                if len(self._urls) < _MOST_PAGES:
                    self._urls[field(each, "retrieved_url")] = _page_status(
                        field(each, "url_retrieval_status")
                    )

    def measured(
        self,
        request: RequestFacts,
        reasons: tuple[str, ...],
        parts: Mapping[str, None],
        usage: UsageFacts,
    ) -> Measured:
        """Functions called that are not declared, what the service's own tools did, and which were not used."""
        found: dict[str, Value] = {}
        offered = request.offered()
        if self._called and (undeclared := self._undeclared(offered.functions, reasons)):
            found[names.UNDECLARED_CALLS] = undeclared
        if self._urls:
            became = list(self._urls.values())
            found[names.URLS_READ] = became.count("SUCCESS")
            if failed := tuple(each for each in became if each not in _NOT_FAILED):
                found[names.URLS_FAILED] = failed[:_MOST_NAMES]
        used = usage.tool_use_tokens or parts.keys() & _TOOL_PARTS
        if offered.server and not used and (unused := self._unused(offered.server, parts)):
            found[names.UNUSED_TOOLS] = unused
        return found or NOTHING

    def _undeclared(self, declared: frozenset[str] | None, reasons: tuple[str, ...]) -> tuple[str, ...]:
        """The functions called that are not among those declared.

        Where the service itself did not refuse the call, only beside functions that are declared: there may be others.
        """
        refused = "UNEXPECTED_TOOL_CALL" in reasons
        if not declared and not (refused and declared is not None):
            return ()
        called = (name for name in self._called if name not in (declared or ()))
        return tuple(dict.fromkeys(name if _NAME.fullmatch(name) else "_OTHER" for name in called))

    def _unused(self, server: tuple[str, ...], parts: Mapping[str, None]) -> tuple[str, ...]:
        ran_code = "executable_code" in parts or "code_execution_result" in parts
        used = {"code_execution": ran_code, "url_context": bool(self._urls)}
        return tuple(name for name in server if not used.get(name, self._grounded))
