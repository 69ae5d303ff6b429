"""Automatic function calling in the SDK, below both `models` and `chats`. The caller's tools are never changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from gemini_otel._facts.guard import guarded
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.tool_runs import ToolRun, begin_tool
from gemini_otel._telemetry.user_calls import current_user_call

# opentelemetry-instrumentation-google-genai wraps each of the caller's tools in a function of this module.
_OFFICIAL_TOOLS = "opentelemetry.instrumentation.google_genai.tool_call_wrapper"


def _limit(
    instrumentation: Instrumentation,
    wrapped: Callable[..., Any],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> Any:
    """`get_max_remote_calls_afc(config)`: the SDK calls it once, right before a loop's first round."""
    limit = wrapped(*args, **kwargs)
    config = args[0] if args else kwargs.get("config")
    if config is not None:
        _open_loop(instrumentation, config, limit)
    return limit


@guarded
def _open_loop(instrumentation: Instrumentation, config: Any, limit: int) -> None:
    """Open the loop's span if there is anything to run, because the SDK enters its loop without tools as well."""
    turn = current_user_call()
    tools = getattr(config, "tools", None) or ()
    if turn is None:
        if any(map(callable, tools)):
            instrumentation.bypassed()
    elif turn.has_mcp_tools or any(map(callable, tools)):
        turn.open_loop(limit)


async def _mcp_sessions(
    _: object, wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`parse_config_for_mcp_sessions(config)`: returns the config and the MCP tools that it found."""
    parsed = await wrapped(*args, **kwargs)
    _note_mcp_tools(parsed)
    return parsed


@guarded
def _note_mcp_tools(parsed: Any) -> None:
    turn = current_user_call()
    if turn is not None and parsed[1]:
        turn.has_mcp_tools = True


@guarded
def _expect_calls(_: object, __: object, arguments: Arguments) -> None:
    """`get_function_response_parts(response, function_map)`, plain and async: runs the tools of one response."""
    turn = current_user_call()
    if turn is not None:
        turn.expect_calls(list(_function_calls(arguments["response"])))


def _function_calls(response: Any) -> Iterator[tuple[str, str | None]]:
    candidates = response.candidates
    for part in (candidates[0].content.parts or ()) if candidates and candidates[0].content else ():
        call = part.function_call
        if call is not None and call.name:
            yield call.name, call.id


@guarded
def _begin_function(instrumentation: Instrumentation, _: object, arguments: Arguments) -> ToolRun | None:
    """`invoke_function_from_dict_args(args, function_to_invoke)`."""
    function = arguments.get("function_to_invoke")
    return begin_tool(
        instrumentation,
        str(getattr(function, "__name__", "unknown")),
        "function",
        arguments.get("args"),
        description=getattr(function, "__doc__", None),
        owned=getattr(function, "__globals__", {}).get("__name__") == _OFFICIAL_TOOLS,
    )


@guarded
def _begin_mcp_tool(instrumentation: Instrumentation, adapter: Any, arguments: Arguments) -> ToolRun | None:
    """`McpToGenAiToolAdapter.call_tool(function_call)`."""
    call = arguments.get("function_call")
    name = getattr(call, "name", None)
    return begin_tool(
        instrumentation,
        name or "unknown",
        "extension",
        getattr(call, "args", None),
        server=_server(adapter),
        description=_described(adapter, name),
        read_failure=_failure,
    )


def _server(adapter: Any) -> str | None:
    """The MCP server's name, as the session learned it at initialization; no request is made."""
    # Sessions of mcp 2 keep it, older ones do not.
    info = getattr(getattr(adapter, "_mcp_session", None), "server_info", None)
    name = getattr(info, "name", None)
    return name if isinstance(name, str) else None


def _described(adapter: Any, name: object) -> str | None:
    """The MCP server's description of the tool, as the session listed it."""
    tools = getattr(getattr(adapter, "_list_tools_result", None), "tools", None) or ()
    return next((tool.description for tool in tools if getattr(tool, "name", None) == name), None)


def _failure(result: Any) -> str | None:
    """The failure of an MCP tool, which its result reports."""
    failed = getattr(result, "is_error", getattr(result, "isError", False))
    return "tool_error" if failed is True else None


_row = partial(patch, "automatic function calling", "google.genai._extra_utils")
PATCHES = (
    _row("get_max_remote_calls_afc", Shape.INSTEAD, _limit),
    _row("parse_config_for_mcp_sessions", Shape.INSTEAD, _mcp_sessions),
    _row("get_function_response_parts", Shape.CALL, _expect_calls),
    _row("get_function_response_parts_async", Shape.CALL, _expect_calls),
    _row("invoke_function_from_dict_args", Shape.CALL, _begin_function),
    _row("invoke_function_from_dict_args_async", Shape.ASYNC_CALL, _begin_function),
    patch(
        "MCP tools",
        "google.genai._adapters",
        "McpToGenAiToolAdapter.call_tool",
        Shape.ASYNC_CALL,
        _begin_mcp_tool,
    ),
)
