"""Rounds of function calling: the function called is the first that the request declares."""

from __future__ import annotations

from .._chunks import chunk
from .._scenario import FIRST_DECLARED, Json, Reply, Scenario
from .answers import OK

# Fixed counts, so that sums over rounds are easy to check.
_TOKENS = {"promptTokenCount": 20, "candidatesTokenCount": 5, "totalTokenCount": 25}


def _call(call_id: str) -> Json:
    return {"functionCall": {"name": FIRST_DECLARED, "id": call_id}}


def _last(*parts: Json) -> Json:
    message = "Model generated function call(s)."
    return chunk(*parts, finish="STOP", finishMessage=message, usageMetadata=_TOKENS)


def _calls(*call_ids: str) -> Reply:
    return Reply(chunks=(_last(*map(_call, call_ids)),))


ALL = (
    Scenario(
        "tool_chain",
        "Calls a function, calls it again, then answers with text.",
        (_calls("call-1"),),
        after_tools=(_calls("call-2"), OK),
    ),
    Scenario(
        "tool_loop",
        "Calls a function again and again and never answers.",
        (_calls("call-0"),),
        after_tools=tuple(_calls(f"call-{number}") for number in range(1, 30)),
    ),
    Scenario(
        "parallel_tools",
        "Calls a function twice in one answer, then answers with text.",
        (_calls("call-1", "call-2"),),
        after_tools=(OK,),
    ),
    Scenario(
        "text_and_tool",
        "Says something, calls a function in the same answer, then answers with text.",
        (
            Reply(
                chunks=(
                    chunk({"text": "Let me look that up. "}, usageMetadata=_TOKENS),
                    _last(_call("call-1")),
                )
            ),
        ),
        after_tools=(OK,),
    ),
    Scenario(
        "made_up_tool",
        "UNEXPECTED_TOOL_CALL: the service stops at a call of a function that nobody declared.",
        (
            Reply(
                chunks=(
                    chunk(
                        {"functionCall": {"name": "list_files", "args": {}}}, finish="UNEXPECTED_TOOL_CALL"
                    ),
                )
            ),
        ),
    ),
    Scenario(
        "undeclared_tool",
        "Calls a function that nobody declared.",
        (Reply(chunks=(_last({"functionCall": {"name": "undeclared_function", "args": {}}}),)),),
    ),
)
