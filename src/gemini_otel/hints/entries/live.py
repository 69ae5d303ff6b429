"""Live sessions: how a websocket was closed, and what went wrong in a connection or a turn.

Close codes: https://www.rfc-editor.org/rfc/rfc6455#section-7.4. The service puts its error message into the close frame, so
most closes have an entry among the API's errors, or here, that says more than the code.
"""

from __future__ import annotations

from gemini_otel._facts.names import (
    ERROR_TYPE,
    LIVE_CLOSE_CODE,
    LIVE_FILTERED_PROMPTS,
    LIVE_INPUT_AUDIO_SECONDS,
    LIVE_RESUMPTION,
    LIVE_TIME_LEFT,
    LIVE_TURN,
    OUTPUT_TYPE,
    REQUEST_MODEL,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._failure import FAILURE
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, number, on, where

_CLOSED = f"close code {{{ERROR_TYPE}}}"
_TURN = f"turn {{{LIVE_TURN}}} of the connection"
_MODEL = f"model {{{REQUEST_MODEL}}}"
_RESUME = (
    "Set session_resumption in the connection's config, keep the newest handle, and connect again with it."
)


def _unresumable_end(attributes: Attributes) -> bool:
    return attributes.get(LIVE_RESUMPTION) is False


def _prompts_filtered(attributes: Attributes) -> bool:
    return bool(number(attributes, LIVE_FILTERED_PROMPTS))


CLOSES = (
    Hint(
        id="live.keepalive",
        severity="error",
        retry="resume",
        summary="The connection was given up because a keepalive ping got no answer.",
        cause="The network may have been gone, or the event loop blocked for so long that the answer was not read in time.",
        remedy=(
            "Look for blocking calls in the event loop: playing sound, files, time.sleep. Move them to asyncio.to_thread.",
            "Keep one task receiving all the time.",
            _RESUME,
        ),
        reference=links.LIVE_SESSION,
        when=on(FAILURE, "live_keepalive"),
        evidence=(_CLOSED, _TURN),
    ),
    Hint(
        id="live.modality",
        severity="error",
        retry="no",
        summary="The model does not answer in the modality that was asked for.",
        cause="A session has one response modality. Models with native audio answer in AUDIO only.",
        remedy=(
            'Set response_modalities to ["AUDIO"], and output_audio_transcription to get the text too.',
            "Choose a Live model that answers in text.",
        ),
        reference=links.LIVE,
        when=on(FAILURE, "live_modality"),
        evidence=(_CLOSED, _MODEL, f"output type {{{OUTPUT_TYPE}}}"),
    ),
    Hint(
        id="live.activity",
        severity="error",
        retry="after_change",
        summary="Activity was marked by hand while the service detects it by itself.",
        cause="activity_start and activity_end belong to sessions in which automatic activity detection is off.",
        remedy=(
            "Set realtime_input_config.automatic_activity_detection.disabled to True in the connection's config.",
            "Or do not send activity_start and activity_end.",
        ),
        reference=links.LIVE,
        when=on(FAILURE, "live_activity"),
        evidence=(_CLOSED, _TURN),
    ),
    Hint(
        id="live.audio_format",
        severity="error",
        retry="after_change",
        summary="The sound that was sent has a format or a rate that the session does not take.",
        cause="Sound is raw audio/pcm, 16 bit, mono; its rate stands in the mime type and stays the same for the session.",
        remedy=(
            "Send all sound with one mime type, such as audio/pcm;rate=16000.",
            "Do not send empty chunks.",
        ),
        reference=links.LIVE,
        when=on(FAILURE, "live_audio_format"),
        evidence=(_CLOSED, _TURN, f"{{{LIVE_INPUT_AUDIO_SECONDS}:s}} of sound sent"),
    ),
    Hint(
        id="live.resumption",
        severity="error",
        retry="after_change",
        summary="The session to resume is not there.",
        cause="The handle is too old, was used with another model or project, or is not the newest one. Handles hold for about "
        "two hours after the connection ended.",
        remedy=(
            "Keep the new_handle of every session_resumption_update that is resumable, and use the last one.",
            "Connect without a handle, and send a summary of what was said.",
        ),
        reference=links.LIVE_SESSION,
        when=on(FAILURE, "live_resumption"),
        evidence=(_CLOSED, _MODEL),
    ),
    Hint(
        id="live.not_found",
        severity="error",
        retry="resume",
        summary="The service closed the session because something that it refers to does not exist.",
        cause="It does not say what. That was seen after tool responses whose id is not that of a pending function call.",
        remedy=(
            "Answer every function call once, with its id, and not after a tool_call_cancellation.",
            "Connect again.",
        ),
        reference=links.LIVE_TOOLS,
        when=on(FAILURE, "live_not_found"),
        evidence=(_CLOSED, _TURN),
    ),
    Hint(
        id="live.time_limit",
        severity="error",
        retry="resume",
        summary="The session seems to have reached a time limit of the service, or was idle for too long.",
        cause="A connection lasts about 10 minutes; a session without context compression 15 minutes with sound, 2 minutes "
        "with video. A go_away message precedes the end. "
        "A session in which nothing is generated for some minutes is closed, too.",
        remedy=(
            _RESUME,
            "Act on go_away: its time_left says how long there is to do so.",
            "Set context_window_compression for sessions that last longer.",
        ),
        reference=links.LIVE_SESSION,
        when=on(FAILURE, "live_time_limit"),
        evidence=("no response for {message.seconds:s}", _CLOSED, _TURN),
    ),
    Hint(
        id="live.invalid_argument",
        severity="error",
        retry="after_change",
        summary="The service closed the session because it found something invalid.",
        cause="Its message names no cause that this catalogue knows. It may be a field that the model does not know, a wrong MIME type or a tool "
        "response in the wrong shape.",
        remedy=(
            "At connect: leave out settings one by one, voice, tools and thinking first.",
            "In a turn: check what was sent last; sound has to be audio/pcm with its rate, 16 bit, mono.",
            "Check the response modality and the API version: some settings exist in v1alpha only.",
        ),
        reference=links.LIVE,
        when=on(FAILURE, "live_invalid_argument"),
        evidence=(_CLOSED, _TURN, _MODEL),
    ),
    Hint(
        id="live.unsupported",
        severity="error",
        retry="after_change",
        summary="The service closed the session because something is against its rules.",
        cause="What was asked may not be implemented, supported or enabled for this model or project. A session_resumption with a handle of "
        "None is refused like this by some models.",
        remedy=(
            "Check that the model supports each tool and setting of the session.",
            "Try another Live model, or another API version.",
            "Leave session_resumption.handle out on the first connection.",
        ),
        reference=links.LIVE_TOOLS,
        when=on(FAILURE, "live_unsupported"),
        evidence=(_CLOSED, _TURN, _MODEL),
    ),
    Hint(
        id="live.internal",
        severity="error",
        retry="resume",
        summary="The service closed the session because of an internal error.",
        cause="A fault of the service. It is more frequent with long system instructions, large tool responses and preview "
        "models.",
        remedy=(
            "Connect again with backoff. A session handle may be lost with the fault: be ready to start anew.",
            "Shorten the system instruction and the tool responses.",
            "Report it with the time if it persists.",
        ),
        reference=links.LIVE_SESSION,
        when=on(FAILURE, "live_internal"),
        evidence=(_CLOSED, _TURN, _MODEL),
    ),
    Hint(
        id="live.lost",
        severity="error",
        retry="resume",
        summary="The connection broke without a close frame.",
        cause="No close frame arrived: the network, a proxy or the service may have dropped it.",
        remedy=(
            _RESUME,
            "Look for proxies that limit how long a websocket may live or be silent.",
        ),
        reference=links.LIVE_SESSION,
        when=on(FAILURE, "live_lost"),
        evidence=(_CLOSED, _TURN, f"{{{LIVE_INPUT_AUDIO_SECONDS}:s}} of sound sent"),
    ),
    Hint(
        id="live.closed",
        severity="error",
        retry="resume",
        summary="The service ended the connection in the middle of a turn.",
        cause="It was an orderly end, as after go_away, but an answer was still awaited.",
        remedy=(_RESUME, "On go_away, let the turn end, then connect again before time_left is over."),
        reference=links.LIVE_SESSION,
        when=on(FAILURE, "live_closed"),
        evidence=(_CLOSED, _TURN),
    ),
)

NOTES = (
    Hint(
        id="live.go_away",
        severity="warning",
        retry="resume",
        summary="The service announced the end of the connection, and the session cannot be resumed.",
        cause="A connection lasts about 10 minutes. Without session_resumption everything that was said is lost with it.",
        remedy=(_RESUME, "Set context_window_compression for sessions that last longer than 15 minutes."),
        reference=links.LIVE_SESSION,
        when=where(_unresumable_end, outcomes=ANY, needs=LIVE_TIME_LEFT),
        evidence=(f"announced {{{LIVE_TIME_LEFT}:s}} ahead", f"close code {{{LIVE_CLOSE_CODE}}}"),
    ),
    Hint(
        id="live.prompts_filtered",
        severity="warning",
        retry="after_change",
        summary="Prompts for music were filtered out.",
        cause="The service considered them unsafe, or the name of an artist. The music plays without them.",
        remedy=(
            "Describe the style instead of naming an artist or a work.",
            "Read filtered_prompt of the messages.",
        ),
        reference=links.LIVE_MUSIC,
        when=where(_prompts_filtered, outcomes=ANY, needs=LIVE_FILTERED_PROMPTS),
        evidence=(f"{{{LIVE_FILTERED_PROMPTS}}} prompts",),
    ),
)
