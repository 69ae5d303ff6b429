"""Function calls as they arrive: whole, or in pieces (`stream_function_call_arguments`).

The first piece of a streamed call has its name and no arguments. The following pieces have `partial_args` and no name. The
last one does not have `will_continue`.
"""

from __future__ import annotations

from typing import Any

from gemini_otel._facts.operation import Listener
from gemini_otel._sdk.reading.fields import field, fields, items

_MOST_PATHS = 256
_HEAD, _TAIL = 4_000, 8_000  # characters kept of all strings of a call
_VALUES = ("number_value", "bool_value", "null_value")


class FunctionCalls:
    """Passes each call to the listener once, when it is complete or the answer ends; keeps at most 12,000 characters of a
    call.
    """

    def __init__(self) -> None:
        self._begun: dict[int, _StreamedCall] = {}

    def feed(self, candidate: int, call: Any, listener: Listener) -> None:
        name, args, pieces = field(call, "name"), field(call, "args"), items(field(call, "partial_args"))
        continues = bool(field(call, "will_continue"))
        if name:
            self.finish(candidate, listener)
            if not pieces and not continues:
                listener.function_call(candidate, name, args)
                return
            self._begun[candidate] = _StreamedCall(name)
        if (begun := self._begun.get(candidate)) is not None:
            begun.feed(pieces)
            if not continues:
                self.finish(candidate, listener)

    def finish(self, candidate: int, listener: Listener | None) -> None:
        """Pass on the call that has begun, if there is one, because its rest will not come."""
        call = self._begun.pop(candidate, None)
        if call is not None and listener is not None:
            listener.function_call(candidate, call.name, call.args)


class _StreamedCall:
    def __init__(self, name: str) -> None:
        self.name = name
        self._strings: dict[str, str] = {}
        self._others: dict[str, object] = {}
        self._length = self._kept = 0

    @property
    def args(self) -> dict[str, object]:
        whole: dict[str, object] = {**self._others, **self._strings}
        return {**whole, "length": self._length} if self._length > self._kept else whole

    def feed(self, pieces: Any) -> None:
        for piece in map(fields, pieces):
            path = str(piece.get("json_path"))
            if len(self._strings) + len(self._others) >= _MOST_PATHS:
                path = "other"
            if isinstance(text := piece.get("string_value"), str):
                self._append(path, text)
            else:
                self._others[path] = next(
                    (piece[name] for name in _VALUES if piece.get(name) is not None), None
                )

    def _append(self, path: str, text: str) -> None:
        """Keep the beginning and the end of a long string, because a loop is at its end."""
        self._length += len(text)
        before = self._strings.get(path, "")
        whole = before + text
        room = max(_HEAD, _HEAD + _TAIL - self._kept + len(before))
        if len(whole) > room:
            whole = whole[: room // 3] + whole[-(room - room // 3) :]
        self._strings[path] = whole
        self._kept += len(whole) - len(before)
