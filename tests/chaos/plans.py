"""What an operation is to do: chosen by seed and number alone, so that each can be run again by itself."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from typing import Any

from gemini_otel.simulator import SCENARIOS, Reply, Scenario

# Kind of operation, and how many of a hundred are of it. Interactions take the SDK twenty times as long.
_KINDS = {
    "call": 15,
    "stream": 27,
    "async_call": 17,
    "async_stream": 26,
    "method": 8,
    "interaction": 2,
    "async_interaction": 2,
    "together": 2,
    "live": 1,
}
_HEALTHY = ("ok", "thinking", "multi_candidate", "cached", "grounding_tool_use", "inline_image", "null")
_BROKEN = (
    "bad_gateway",
    "bad_json_body",
    "bad_json_stream",
    "cut_before_headers",
    "cut_stream",
    "empty_stop",
    "error_in_stream",
    "error_in_stream_start",
    "hang",
    "hang_in_stream",
    "invalid_key",
    "overloaded_once",
    "rate_limited",
    "rate_limited_twice",
)
_TOOLS = ("tool_call", "tool_chain", "parallel_tools", "text_and_tool", "undeclared_tool", "made_up_tool")
_ENDINGS = tuple(sorted(name for name in SCENARIOS if name.startswith(("finish_", "block_", "loop_"))))
_GARBAGE = 12

_LEAVING = ("drain", "again", "drop", "close", "raise", "throw", "interrupt", "unread", "cycle", "nest")
_ACTIONS = {
    "call": ("plain",),
    "stream": (*_LEAVING, "hand_over", "close_elsewhere", "copied_context", "attach", "fork"),
    "async_call": ("plain", "cancel", "cancel", "time_out", "give_up", "never_awaited", "other_thread"),
    "async_stream": (*_LEAVING, "cancel", "cancel", "time_out", "other_task", "other_loop", "attach"),
    "method": ("count_tokens", "embed_content", "list_models", "get_model", "list_files", "missing_file"),
    "interaction": ("plain", "drain", "drop", "close", "raise", "cycle"),
    "async_interaction": ("plain", "drain", "drop", "close", "raise", "cancel", "time_out"),
    "together": ("threads", "tasks", "cancelled_tasks"),
    "live": ("drain", "break", "raise", "cancel", "leave", "close", "drop", "never_entered"),
}
_LIVE = (
    "live_text",
    "live_tool_call",
    "live_empty",
    "live_closed",
    "live_quota",
    "live_dies",
    "live_not_json",
    "live_server_error",
    "live_invalid_key",
    "live_no_setup",
)
_FUNCTIONS = (
    "plain",
    "plain",
    "asynchronous",
    "raises",
    "interrupts",
    "calls",
    "streams",
    "attaches",
    "cancels",
    "toggles",
    "odd",
)


@dataclass(frozen=True)
class Plan:
    """One operation."""

    number: int
    kind: str
    scenario: str
    action: str
    step: int  # the chunk, or the await, at which it happens
    via: str  # "models" or "chats"
    function: str | None  # what the tool does, where there is one
    retries: bool
    toggles: bool  # instrument and uninstrument while it runs
    wire: bool  # over sockets

    def __str__(self) -> str:
        return " ".join(
            f"{name}={value}" for name, value in asdict(self).items() if value not in (None, False)
        )


def plan(seed: int, number: int) -> Plan:
    """The operation of this number."""
    chance = random.Random(f"{seed} {number}")
    kind = chance.choices(tuple(_KINDS), tuple(_KINDS.values()))[0]
    action = chance.choice(_ACTIONS[kind])
    if action == "fork" and chance.random() < 0.7:
        action = "drop"  # a fork takes its time
    function = None
    if kind == "live":
        scenario = chance.choice(_LIVE)
    elif kind not in ("method", "interaction", "async_interaction") and chance.random() < 0.22:
        scenario, function = chance.choice(_TOOLS), chance.choice(_FUNCTIONS)
    else:
        scenario = _scenario(chance)
    if action == "time_out":
        scenario = "hang" if kind == "async_call" else "hang_in_stream"
    return Plan(
        number=number,
        kind=kind,
        scenario=scenario,
        action=action,
        step=chance.choice((0, 1, 1, 1, 2, 2, 3, 4, 6, 9, 14, 20)),
        via=chance.choice(("models", "models", "chats")),
        function=function,
        retries=chance.random() < 0.3,
        toggles=chance.random() < 0.05,
        # A forked child would take the bytes that its parent waits for.
        wire=chance.random() < 0.06
        and not scenario.startswith("hang")
        and action not in ("other_loop", "fork"),
    )


def _scenario(chance: random.Random) -> str:
    which = chance.random()
    if which < 0.3:
        return chance.choice(_HEALTHY)
    if which < 0.6:
        return chance.choice(_BROKEN)
    if which < 0.75:
        return chance.choice(_ENDINGS)
    return f"garbage_{chance.randrange(_GARBAGE)}"


def scenarios(seed: int) -> list[Scenario]:
    """Situations besides those that the simulator knows: garbage, and silence after the first chunks."""
    chance = random.Random(f"garbage {seed}")
    (cut,) = SCENARIOS["cut_stream"].replies
    return [
        Scenario(
            "hang_in_stream", "Silence after the first chunks.", (Reply(chunks=cut.chunks, ending="hang"),)
        ),
        *(Scenario(f"garbage_{n}", "Nonsense.", (_garbage(chance),)) for n in range(_GARBAGE)),
    ]


def _garbage(chance: random.Random) -> Reply:
    form = chance.choice(("answer", "answer", "stream", "stream", "stream", "error", "bytes"))
    if form == "answer":
        return Reply(body=json.dumps(_answer(chance)))
    if form == "error":
        body = {"error": {name: _value(chance) for name in ("code", "status", "message", "details")}}
        return Reply(chance.choice((400, 404, 429, 500)), body=json.dumps(body))
    if form == "bytes":
        return Reply(chance.choice((200, 400, 503)), body=chance.randbytes(60))
    events = "".join(f"data: {json.dumps(_answer(chance))}\r\n\r\n" for _ in range(chance.randrange(1, 5)))
    ending = chance.choice(("complete", "complete", "cut"))
    return Reply(headers={"content-type": "text/event-stream"}, body=events, ending=ending)


def _answer(chance: random.Random) -> dict[str, Any]:
    part = chance.choice(
        (
            {"text": "word " * chance.randrange(30)},
            {"text": "a\ud800b"},
            {"functionCall": {"name": "get_weather", "args": {"city": _value(chance)}}},
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
            {"unheard": _value(chance)},
        )
    )
    whole: dict[str, Any] = {
        "candidates": [
            {"content": {"parts": [part]}, "finishReason": chance.choice(("STOP", "", "ODD", "x y"))}
        ],
        "usageMetadata": {"promptTokenCount": chance.choice((5, 0, 2**70, -1)), "thoughtsTokenCount": 7},
        "modelVersion": chance.choice(("m", "\ud800", "x" * 5000)),
        "responseId": "r",
    }
    for name in ("candidates", "usageMetadata", "modelVersion"):
        if chance.random() < 0.15:
            whole[name] = _value(chance)
    return whole


def _value(chance: random.Random, depth: int = 0) -> Any:
    if depth < 3 and chance.random() < 0.3:
        return [_value(chance, depth + 1) for _ in range(2)]
    if depth < 3 and chance.random() < 0.3:
        return {"k": _value(chance, depth + 1), "@type": "t"}
    return chance.choice((None, True, 0, -1, 10**30, 1.5, "", "text", "\ud800", "[" * 2000, "é" * 300))
