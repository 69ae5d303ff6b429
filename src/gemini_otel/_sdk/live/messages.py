"""Live sessions: what the caller sends, what the service sends, and the answer of one turn."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from gemini_otel._facts.calls import NOTHING, RequestFacts, ResponseFacts
from gemini_otel._facts.errors.exceptions import ErrorBody
from gemini_otel._facts.live import (
    MediaFacts,
    Plain,
    ReceivedFacts,
    SentFacts,
    ToolCall,
    ToolResponse,
)
from gemini_otel._facts.operation import Answer, Arguments, Listener, Operation
from gemini_otel._facts.sendable import finite, tool_name, whole_number
from gemini_otel._sdk.generate_content.operation import GenerateContentAnswer
from gemini_otel._sdk.generate_content.request import read_request
from gemini_otel._sdk.reading.client import read_start
from gemini_otel._sdk.reading.fields import enum_code, enum_value, field, fields, identifier, integer, items
from gemini_otel._sdk.reading.plain import plain

_SAMPLE_BYTES = 2  # https://ai.google.dev/gemini-api/docs/live: 16 bit samples
_PCM = ("audio/pcm", "audio/l16")
_NOT_SAID = (None, "TURN_COMPLETE_REASON_UNSPECIFIED", "INTERACTION_STATUS_UNSPECIFIED")
_LOOKUPS = ("grounding_metadata", "url_context_metadata")
_SPEECH_STARTS = ("VAD_SIGNAL_TYPE_SOS", "ACTIVITY_START")
_SPEECH_ENDS = ("VAD_SIGNAL_TYPE_EOS", "ACTIVITY_END")


class LiveAnswer(GenerateContentAnswer):
    """Sums up the messages of one turn. A turn that completes without a reason has the finish reason STOP."""

    def __init__(self, request: RequestFacts) -> None:
        super().__init__(request)
        self._interrupted = False

    def feed(self, response: ReceivedFacts, listener: Listener | None) -> None:
        for part in response.parts:
            self._feed_part(part, 0, listener)
        if response.lookups:
            self._tool_use().feed(response.lookups)
        if response.transcript:
            self._parts["transcription"] = None
            self._usable = True
            if listener is not None:
                listener.text(0, False, response.transcript)
        if response.usage:
            self._usage.feed(response.usage)
        self._interrupted = self._interrupted or response.interrupted
        if response.complete:
            self._finish_reasons[0] = response.finish_reason or self._own_reason()

    def _own_reason(self) -> str:
        return "INTERRUPTED" if self._interrupted else "STOP"


class ConnectionAnswer:
    """A connection has no answer of its own; its turns have one each."""

    def __init__(self, request: RequestFacts) -> None:
        pass

    def feed(self, response: object, listener: Listener | None) -> None:
        pass

    def facts(self) -> ResponseFacts:
        return ResponseFacts(outcome="ok")


def read_live_request(live: Any, arguments: Arguments) -> RequestFacts:
    """The settings of the session; timeout and retries do not apply to it."""
    config = fields(arguments.get("config"))
    older = fields(config.get("generation_config"))  # deprecated, but still read by the service
    settings = {**older, **{name: value for name, value in config.items() if value is not None}}
    facts = read_request(live, {**arguments, "config": settings})
    return facts._replace(timeout=None, max_attempts=None, choice_count=None)


def read_resumption(arguments: Arguments) -> tuple[bool, bool]:
    """Whether the setup asks for a session that can be resumed, and whether it resumes one. The handle itself is a
    credential.
    """
    resumption = field(arguments.get("config"), "session_resumption")
    return resumption is not None, bool(field(resumption, "handle"))


def read_session_id(live_session: Any) -> str | None:
    """The service's id of the session, which only Vertex AI gives."""
    session_id = field(live_session, "session_id")
    return identifier(session_id)


def read_received(message: Any) -> ReceivedFacts:
    """The facts of a message from the service."""
    get = fields(message).get
    content = fields(get("server_content"))
    parts = tuple(map(plain, items(field(content.get("model_turn"), "parts"))))
    calls = tuple(map(plain, items(field(get("tool_call"), "function_calls"))))
    go_away, usage, activity = get("go_away"), get("usage_metadata"), _activity(get)
    return ReceivedFacts(
        parts=(*parts, *({"function_call": call} for call in calls)) if calls else parts,
        transcript=field(content.get("output_transcription"), "text"),
        lookups=_lookups(content),
        usage=NOTHING if usage is None else plain(usage),
        finish_reason=_finish_reason(content),
        complete=_is_complete(content),
        hears=content.get("input_transcription") is not None,
        speech_starts=activity in _SPEECH_STARTS,
        speech_ends=activity in _SPEECH_ENDS,
        interrupted=content.get("interrupted") is True,
        generation_complete=content.get("generation_complete") is True,
        media=_sum(part.get("inline_data") for part in parts),
        tool_calls=tuple(map(_tool_call, calls)),
        cancelled_calls=tuple(map(str, items(field(get("tool_call_cancellation"), "ids")))),
        go_away=go_away is not None,
        time_left=_seconds(field(go_away, "time_left")),
        resumable=_resumable(get("session_resumption_update")),
    )


def _lookups(content: Mapping[str, Any]) -> Plain:
    return {name: plain(found) for name in _LOOKUPS if (found := content.get(name)) is not None} or NOTHING


def _is_complete(content: Mapping[str, Any]) -> bool:
    """Whether the turn is complete, as the SDK's own `receive` decides."""
    status = enum_value(content.get("interaction_status"))
    if status not in _NOT_SAID:
        return status == "IDLE"
    return content.get("turn_complete") is True


def _finish_reason(content: Mapping[str, Any]) -> str | None:
    reason = enum_code(content.get("turn_complete_reason"))
    return None if reason in _NOT_SAID else reason


def read_music_received(message: Any) -> ReceivedFacts:
    """The facts of a message from the music service."""
    get = fields(message).get
    chunks = items(field(get("server_content"), "audio_chunks"))
    return ReceivedFacts(media=_sum(chunks), filtered_prompts=int(get("filtered_prompt") is not None))


def readable_error(error: BaseException) -> BaseException:
    """The service's error message, if `error` is the exception that the SDK raises while it reads that message; else `error`
    itself.

    The SDK looks for the code in the wrong place. Its TypeError says nothing about the message, so the message is read from
    the frame that raised it.
    """
    step = error.__traceback__ if isinstance(error, TypeError) else None
    while step is not None:
        if step.tb_frame.f_code.co_name == "_receive":
            body = step.tb_frame.f_locals.get("response")
            code = integer(field(field(body, "error"), "code"))
            return error if code is None else ErrorBody(code, body)
        step = step.tb_next
    return error


def close_code(websocket: object) -> Callable[[], int | None]:
    """The websocket's close code; None while it is open, and after the websocket is gone."""
    reference = weakref.ref(websocket)

    def ask() -> int | None:
        code = getattr(reference(), "close_code", None)
        return int(code) if isinstance(code, int) else None  # an enum of websockets, if the connection broke

    return ask


def _tool_call(call: Plain) -> ToolCall:
    return ToolCall(tool_name(call.get("name") or "unknown"), call.get("id"), call.get("args"))


def _activity(get: Callable[[str], Any]) -> str | None:
    """The start or end of speech that the service detected."""
    signal = field(get("voice_activity_detection_signal"), "vad_signal_type")
    return enum_value(signal or field(get("voice_activity"), "voice_activity_type"))


def _resumable(update: object) -> bool | None:
    return None if update is None else bool(field(update, "resumable"))


def _seconds(duration: object) -> float | None:
    """The seconds of a protobuf duration such as `9.5s`."""
    return finite(duration[:32].removesuffix("s")) if isinstance(duration, str) else None


def read_sent(method: str, arguments: Arguments) -> SentFacts:
    """What a call of a session's `send_*` method sends to the model; `arguments` are its keyword arguments."""
    if method == "send_realtime_input":
        return _realtime(arguments)
    if method == "send_client_content":
        asks = bool(arguments.get("turn_complete", True))
        return SentFacts(asks=asks, ends_input=asks)
    if method == "send_tool_response":
        return SentFacts(tool_responses=_answered(arguments))
    return SentFacts()


def read_message_sent(message: Any) -> SentFacts:
    """What the deprecated `send` sends to the model, from the message that it makes."""
    get = fields(message).get
    if (content := get("client_content")) is not None:
        asks = bool(field(content, "turn_complete"))
        return SentFacts(asks=asks, ends_input=asks)
    if (response := get("tool_response")) is not None:
        return SentFacts(tool_responses=_answered(fields(response)))
    return _realtime(fields(get("realtime_input")))


def _realtime(arguments: Arguments) -> SentFacts:
    get = arguments.get
    blobs = (get("audio"), get("video"), get("media"), *items(get("media_chunks")))
    ended = get("activity_end") is not None
    asks = bool(get("text")) or ended
    return SentFacts(asks, asks or bool(get("audio_stream_end")), _sum(blobs))


def _answered(arguments: Arguments) -> tuple[ToolResponse, ...]:
    responses = arguments.get("function_responses")
    return tuple(map(_tool_response, items(responses) or (responses,)))


def _tool_response(response: object) -> ToolResponse:
    result = field(response, "response")
    # https://ai.google.dev/api/caching#FunctionResponse: "error" is the key for what went wrong
    return ToolResponse(field(response, "id"), result, failed=isinstance(result, dict) and "error" in result)


def _sum(blobs: Any) -> MediaFacts:
    total = MediaFacts()
    for blob in blobs:
        about = fields(blob)
        data, mime_type = about.get("data"), about.get("mime_type")
        if isinstance(data, bytes | str) and isinstance(mime_type, str):
            total = total.plus(_measured(len(data) if isinstance(data, bytes) else _decoded(data), mime_type))
    return total


def _decoded(base64: str) -> int:
    return (len(base64) - base64.count("=", -2)) * 3 // 4


def _measured(size: int, mime_type: str) -> MediaFacts:
    if not mime_type.startswith("audio/"):
        return MediaFacts(video_bytes=size)
    rate = _bytes_per_second(mime_type[:128])
    return MediaFacts(size, size / rate if rate else 0.0)


@functools.lru_cache(maxsize=64)
def _bytes_per_second(mime_type: str) -> int | None:
    """Bytes per second of uncompressed sound whose MIME type states the rate: `audio/pcm;rate=24000`."""
    kind, *parameters = (part.strip() for part in mime_type.lower().split(";"))
    values = dict(parameter.partition("=")[::2] for parameter in parameters)
    rate, channels = values.get("rate", ""), values.get("channels", "1")
    samples, tracks = whole_number(rate), whole_number(channels)
    return samples * tracks * _SAMPLE_BYTES if kind in _PCM and samples and tracks else None


def _operation(name: str, answer: Callable[[RequestFacts], Answer], *, generates: bool) -> Operation:
    return Operation(
        name=name,
        read_start=read_start,
        read_request=read_live_request,
        answer=answer,
        generates=generates,
    )


LIVE = _operation("live", LiveAnswer, generates=True)
LIVE_CONNECTION = _operation("live_connection", ConnectionAnswer, generates=False)
LIVE_MUSIC = _operation("live_music", ConnectionAnswer, generates=False)
