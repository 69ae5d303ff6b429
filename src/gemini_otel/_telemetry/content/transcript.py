"""Joins the pieces of an answer: one message for each candidate, within bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gemini_otel._facts import outcomes
from gemini_otel._facts.content import CandidateContent, CutText, Part
from gemini_otel._facts.parsing import parse_json
from gemini_otel._telemetry.content.rendering import MARGIN, Rendering, Rules
from gemini_otel._telemetry.content.streamed_arguments import assembled

MAX_CANDIDATES = 16
MAX_PARTS = 256  # of one candidate; a run of text counts as one
_ARGUMENTS = "arguments"  # pieces of JSON text of the function call before
_TEXTS = ("text", "reasoning", _ARGUMENTS)
_FINISH_REASONS = {"ok": "stop", "truncated": "length", "blocked": "content_filter"}


class Transcript:
    """Collects what each response adds; it keeps only as many characters of a candidate as are recorded."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._candidates: dict[int, _Candidate] = {}

    def feed(self, candidates: Iterable[CandidateContent]) -> None:
        for content in candidates:
            candidate = self._candidates.get(content.number)
            if candidate is None and len(self._candidates) < MAX_CANDIDATES:
                candidate = self._candidates[content.number] = _Candidate(self._rules)
            if candidate is not None:
                candidate.feed(content)

    @property
    def finish_message(self) -> str | None:
        """The service's explanation of how the answer ended."""
        messages = (candidate.finish_message for candidate in self._candidates.values())
        return next((message for message in messages if message), None)

    def render(self, rendering: Rendering) -> list[Any]:
        """The messages of the candidates, in their order."""
        return [candidate.render(rendering) for _, candidate in sorted(self._candidates.items())]


class _Candidate:
    def __init__(self, rules: Rules) -> None:
        self._room = rules.limit + MARGIN
        # Values other than text are made plain at once. That bounds them, and the program may change its objects later.
        self._plain = Rendering(rules)
        self._runs: list[_Run | dict[str, Any]] = []
        self._left_out = 0
        self._finish_reason: str | None = None
        self.finish_message: str | None = None

    def feed(self, content: CandidateContent) -> None:
        for part in content.parts:
            self._feed_part(part)
        self._finish_reason = content.finish_reason or self._finish_reason
        self.finish_message = content.finish_message or self.finish_message

    def _feed_part(self, part: Part) -> None:
        last = self._runs[-1] if self._runs else None
        if part.type in _TEXTS and isinstance(last, _Run) and last.type == part.type:
            self._room -= last.add(part.fields["content"], self._room)
        elif len(self._runs) >= MAX_PARTS:
            self._left_out += 1
        elif part.type in _TEXTS:
            run = _Run(part.type)
            self._room -= run.add(part.fields["content"], self._room)
            self._runs.append(run)
        elif part.type == "tool_call" and not part.fields.get("name") and isinstance(last, dict):
            self._continue_call(last, part)
        else:
            self._runs += self._plain.parts([part])

    def _continue_call(self, call: dict[str, Any], part: Part) -> None:
        """Add the next piece of a streamed function call, which has arguments and nothing else."""
        pieces = self._plain.value(part.fields.get("arguments") or [])
        known = call.setdefault("arguments", [])
        if isinstance(known, list) and isinstance(pieces, list):
            known += pieces

    def render(self, rendering: Rendering) -> dict[str, Any]:
        parts: list[dict[str, Any]] = []
        for run in self._runs:
            if isinstance(run, dict):
                parts.append(_with_whole_arguments(run, rendering))
            elif run.type != _ARGUMENTS:
                parts.append({"type": run.type, "content": rendering.text(run.text)})
            elif parts and parts[-1]["type"] == "tool_call":
                parts[-1][_ARGUMENTS] = _arguments(run.text, rendering)
        rendering.truncated |= self._plain.truncated
        if self._left_out:
            parts.append({"type": "omitted", "content": f"[{self._left_out} more parts left out]"})
            rendering.truncated = True
        calls = any(part["type"] == "tool_call" for part in parts)
        return {
            "role": "assistant",
            "parts": parts,
            "finish_reason": _finish_reason(self._finish_reason, calls),
        }


def _with_whole_arguments(part: dict[str, Any], rendering: Rendering) -> dict[str, Any]:
    """The part; a streamed function call gets its assembled arguments."""
    pieces = part.get("arguments")
    if part["type"] != "tool_call" or not isinstance(pieces, list):
        return part
    return {**part, "arguments": rendering.value(assembled(pieces))}


class _Run:
    """Text of one kind that arrives in pieces. It keeps bytes, because the collector that drops a stream closes a file in
    memory.
    """

    __slots__ = ("_kept", "_length", "type")

    def __init__(self, kind: str) -> None:
        self.type = kind
        self._kept = bytearray()
        self._length = 0

    def add(self, text: str, room: int) -> int:
        """Add as much of a piece as there is room for, and return how many characters that is."""
        self._length += len(text)
        piece = text[: max(room, 0)]
        self._kept += piece.encode("utf-8", "surrogatepass")
        return len(piece)

    @property
    def text(self) -> CutText:
        return CutText(self._kept.decode("utf-8", "surrogatepass"), self._length)


def _arguments(text: CutText, rendering: Rendering) -> Any:
    """The arguments of a function call; their text if it is not JSON or was cut."""
    if len(text.beginning) == text.length:
        parsed = parse_json(text.beginning)
        if parsed is not None:
            return rendering.value(parsed)
    return rendering.text(text)


def _finish_reason(raw: str | None, calls: bool) -> str:
    """The finish reason in the conventions' words; `error` if one was due and none came."""
    outcome = "incomplete" if raw is None else outcomes.finish_reason_outcome(raw)
    return "tool_call" if outcome == "ok" and calls else _FINISH_REASONS.get(outcome, "error")
