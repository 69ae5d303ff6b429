"""Automatic function calling, where the SDK does it: below `models` and `chats` alike. The caller's tools are never touched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._guard import guarded
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.tool_runs import ToolRun, begin_tool
from gemini_otel._telemetry.user_calls import current_user_call

Positional = tuple[Any, ...]

MODULE = "google.genai._extra_utils"
MCP_MODULE = "google.genai._adapters"
# opentelemetry-instrumentation-google-genai puts a function of its own around each of the caller's tools.
_OFFICIAL_TOOLS = "opentelemetry.instrumentation.google_genai.tool_call_wrapper"


@guarded
def _open_loop(instrumentation: Instrumentation, config: Any, limit: int) -> None:
    """Open the loop's span if there is anything to run: the SDK enters its loop without tools as well."""
    turn = current_user_call()
    tools = getattr(config, "tools", None) or ()
    if turn is None:
        if any(map(callable, tools)):
            instrumentation.bypassed()
    elif turn.has_mcp_tools or any(map(callable, tools)):
        turn.open_loop(limit)


async def _mcp_sessions(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`parse_config_for_mcp_sessions(config)`: gives the config and the MCP tools that it found."""
    found = await wrapped(*args, **kwargs)
    _note_mcp_tools(found)
    return found


@guarded
def _note_mcp_tools(found: Any) -> None:
    turn = current_user_call()
    if turn is not None and found[1]:
        turn.has_mcp_tools = True


def _calls(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`get_function_response_parts(response, function_map)`, plain and async: the tool runs of one response."""
    _expect_calls(args[0] if args else kwargs.get("response"))
    return wrapped(*args, **kwargs)


@guarded
def _expect_calls(response: Any) -> None:
    turn = current_user_call()
    if turn is not None:
        turn.expect_calls(list(_function_calls(response)))


def _function_calls(response: Any) -> Iterator[tuple[str, str | None]]:
    candidates = response.candidates
    for part in (candidates[0].content.parts or ()) if candidates and candidates[0].content else ():
        call = part.function_call
        if call is not None and call.name:
            yield call.name, call.id


def drivers(instrumentation: Instrumentation) -> tuple[tuple[str, Driver], ...]:
    """Name in the SDK's `_extra_utils`, and what runs in its place."""

    def limit(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
        """`get_max_remote_calls_afc(config)`: the SDK calls it once, right before a loop's first round."""
        found = wrapped(*args, **kwargs)
        _open_loop(instrumentation, args[0] if args else kwargs.get("config"), found)
        return found

    def tool(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
        run = _begin_function(instrumentation, *_tool_call(*args, **kwargs))
        if run is None:
            return wrapped(*args, **kwargs)
        with run:
            result = wrapped(*args, **kwargs)
        run.observe(result)
        run.finish()
        return result

    async def async_tool(
        wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
    ) -> Any:
        run = _begin_function(instrumentation, *_tool_call(*args, **kwargs))
        if run is None:
            return await wrapped(*args, **kwargs)
        with run:
            result = await wrapped(*args, **kwargs)
        run.observe(result)
        run.finish()
        return result

    return (
        ("get_max_remote_calls_afc", limit),
        ("parse_config_for_mcp_sessions", _mcp_sessions),
        ("get_function_response_parts", _calls),
        ("get_function_response_parts_async", _calls),
        ("invoke_function_from_dict_args", tool),
        ("invoke_function_from_dict_args_async", async_tool),
    )


def mcp_drivers(instrumentation: Instrumentation) -> tuple[tuple[str, Driver], ...]:
    """Name in the SDK's `_adapters`, and what runs in its place."""

    async def mcp_tool(
        wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
    ) -> Any:
        call = args[0] if args else kwargs.get("function_call")
        run = begin_tool(
            instrumentation,
            getattr(call, "name", None) or "unknown",
            "extension",
            getattr(call, "args", None),
            server=_server(instance),
            description=_described(instance, getattr(call, "name", None)),
        )
        if run is None:
            return await wrapped(*args, **kwargs)
        with run:
            result = await wrapped(*args, **kwargs)
        _note_failure(run, result)
        run.observe(result)
        run.finish()
        return result

    return (("McpToGenAiToolAdapter.call_tool", mcp_tool),)


def _begin_function(instrumentation: Instrumentation, arguments: object, function: Any) -> ToolRun | None:
    name = str(getattr(function, "__name__", "unknown"))
    owned = getattr(function, "__globals__", {}).get("__name__") == _OFFICIAL_TOOLS
    description = getattr(function, "__doc__", None)
    return begin_tool(instrumentation, name, "function", arguments, description=description, owned=owned)


def _tool_call(args: object = None, function_to_invoke: object = None, *_: Any, **__: Any) -> tuple[Any, Any]:
    """The arguments and the tool of `invoke_function_from_dict_args(args, function_to_invoke)`."""
    return args, function_to_invoke


def _server(adapter: Any) -> str | None:
    """The MCP server's own name, as the session learned it when it began; no request is made."""
    info = getattr(
        getattr(adapter, "_mcp_session", None), "server_info", None
    )  # mcp 2; older sessions do not keep it
    name = getattr(info, "name", None)
    return name if isinstance(name, str) else None


def _described(adapter: Any, name: object) -> str | None:
    """What the MCP server says of the tool, as the session listed it."""
    tools = getattr(getattr(adapter, "_list_tools_result", None), "tools", None) or ()
    return next((tool.description for tool in tools if getattr(tool, "name", None) == name), None)


@guarded
def _note_failure(run: ToolRun, result: Any) -> None:
    """An MCP tool says that it failed in its result."""
    if getattr(result, "is_error", getattr(result, "isError", False)) is True:
        run.failure = "tool_error"
