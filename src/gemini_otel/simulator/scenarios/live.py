"""Live sessions: what is said over one websocket, and how it ends."""

from __future__ import annotations

import base64
import math
import struct

from .._errors import error_body
from .._live_scenario import Burst, LiveScenario
from .._scenario import Json, Reply

_RATE = 24_000
_GENERATED: Json = {"serverContent": {"generationComplete": True}}
_COMPLETE: Json = {"serverContent": {"turnComplete": True}}
_INTERRUPTED: Json = {"serverContent": {"interrupted": True}}
_CALL: Json = {
    "toolCall": {
        "functionCalls": [{"id": "function-call-1", "name": "get_weather", "args": {"location": "Boston"}}]
    }
}


def _text(text: str) -> Json:
    return {"serverContent": {"modelTurn": {"parts": [{"text": text}]}}}


def _audio(seconds: float) -> Json:
    """A tone, as the service sends speech: 16 bit samples, 24 kHz."""
    samples = [int(8000 * math.sin(2 * math.pi * 440 * n / _RATE)) for n in range(int(seconds * _RATE))]
    data = base64.b64encode(struct.pack(f"<{len(samples)}h", *samples)).decode()
    part = {"inlineData": {"mimeType": f"audio/pcm;rate={_RATE}", "data": data}}
    return {"serverContent": {"modelTurn": {"parts": [part]}}}


_CODE_RUN: tuple[Json, ...] = (
    {
        "serverContent": {
            "modelTurn": {"parts": [{"executableCode": {"language": "PYTHON", "code": "tide()"}}]}
        }
    },
    {"serverContent": {"modelTurn": {"parts": [{"codeExecutionResult": {"outcome": "OUTCOME_FAILED"}}]}}},
)
_LOOKED_UP: Json = {
    "serverContent": {
        "groundingMetadata": {
            "webSearchQueries": ["what causes tides"],
            "groundingChunks": [{"web": {"uri": "https://example.com/tides", "title": "example.com"}}],
        },
        "urlContextMetadata": {
            "urlMetadata": [
                {
                    "retrievedUrl": "https://example.com/a",
                    "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS",
                },
                {
                    "retrievedUrl": "https://example.com/b",
                    "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_UNSAFE",
                },
            ]
        },
    }
}


def _music(seconds: float) -> Json:
    part = _audio(seconds)["serverContent"]["modelTurn"]["parts"][0]["inlineData"]
    return {"serverContent": {"audioChunks": [part]}}


def _heard(text: str) -> Json:
    return {"serverContent": {"outputTranscription": {"text": text}}}


_ANSWER = (_text("Tides follow the moon, "), _text("twice a day."), _GENERATED, _COMPLETE)
_OK = Burst(_ANSWER)
_HALF = _ANSWER[:1]


def _closing(name: str, description: str, code: int, reason: str) -> LiveScenario:
    return LiveScenario(name, description, (Burst(_HALF, close=(code, reason)),))


def _refusing(name: str, description: str, code: int, reason: str) -> LiveScenario:
    return LiveScenario(name, description, (_OK,), setup=Burst(close=(code, reason)))


ALL = (
    LiveScenario("live_text", "A turn of text.", (_OK,)),
    LiveScenario(
        "live_slow", "A turn of text whose pieces come half a second apart.", (Burst(_ANSWER, 0.5),)
    ),
    LiveScenario(
        "live_server_tools",
        "A turn for which the service searched, read one of two pages, and ran code that failed.",
        (Burst((*_CODE_RUN, _text("Twice a day."), _LOOKED_UP, _GENERATED, _COMPLETE)),),
    ),
    LiveScenario(
        "live_audio",
        "A turn of half a second of sound, with its transcript.",
        (Burst((_audio(0.25), _heard("Twice a day."), _audio(0.25), _GENERATED, _COMPLETE)),),
    ),
    LiveScenario(
        "live_thinking",
        "A thought, then text.",
        (
            Burst(
                (
                    {"serverContent": {"modelTurn": {"parts": [{"text": "Moon...", "thought": True}]}}},
                    *_ANSWER,
                )
            ),
        ),
    ),
    LiveScenario("live_tool_call", "A function call; text follows its response.", (Burst((_CALL,)),), _OK),
    LiveScenario(
        "live_tool_cancelled",
        "A function call that is taken back because the user goes on speaking.",
        (
            Burst(
                (_CALL, {"toolCallCancellation": {"ids": ["function-call-1"]}}, _INTERRUPTED, _COMPLETE),
            ),
        ),
    ),
    LiveScenario(
        "live_interrupted", "An answer that the user interrupts.", (Burst((*_HALF, _INTERRUPTED, _COMPLETE)),)
    ),
    LiveScenario("live_empty", "A turn that completes without an answer.", (Burst((_GENERATED, _COMPLETE)),)),
    LiveScenario(
        "live_blocked",
        "A turn whose input is prohibited.",
        (
            Burst(
                (
                    {
                        "serverContent": {
                            "turnComplete": True,
                            "turnCompleteReason": "PROHIBITED_INPUT_CONTENT",
                        }
                    },
                )
            ),
        ),
    ),
    LiveScenario(
        "live_go_away",
        "A turn, a notice that the connection will end in 10 s, and its end.",
        (Burst((*_ANSWER, {"goAway": {"timeLeft": "10s"}}), close=(1000, "")),),
    ),
    LiveScenario(
        "live_going_away",
        "A notice that the connection will end in 10 s, and its end in the middle of a turn.",
        (Burst((*_HALF, {"goAway": {"timeLeft": "10s"}}), close=(1001, "")),),
    ),
    LiveScenario(
        "live_server_error",
        "An error message inside the session; the connection stays.",
        (
            Burst((*_HALF, error_body(503, "UNAVAILABLE", "The service is currently unavailable."))),
            _OK,
        ),
    ),
    LiveScenario("live_dies", "The connection breaks in the middle of a turn.", (Burst(_HALF, dies=True),)),
    LiveScenario(
        "live_not_json", "A message that is not JSON.", (Burst((*_HALF, {"raw": "{not json"})), _OK)
    ),
    LiveScenario("live_silent", "No answer at all.", (Burst(),)),
    _closing("live_closed", "Closed with 1000 in the middle of a turn.", 1000, ""),
    _closing(
        "live_invalid_argument",
        "Closed with 1007 in the middle of a turn.",
        1007,
        "Request contains an invalid argument.",
    ),
    _closing(
        "live_unsupported",
        "Closed with 1008: the model does not support what was asked.",
        1008,
        "Operation is not implemented, or supported, or enabled.",
    ),
    _closing(
        "live_internal", "Closed with 1011 in the middle of a turn.", 1011, "Internal error encountered."
    ),
    _closing(
        "live_unavailable", "Closed with 1011: overloaded.", 1011, "The service is currently unavailable."
    ),
    _closing(
        "live_quota",
        "Closed with 1011: the quota is used up.",
        1011,
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    _closing(
        "live_deadline",
        "Closed with 1011: a deadline of the service.",
        1011,
        "Deadline expired before operation could complete.",
    ),
    _refusing(
        "live_invalid_key",
        "Closed with 1007 at once: the API key is not valid.",
        1007,
        "API key not valid. Please pass a valid API key.",
    ),
    _refusing(
        "live_wrong_model",
        "Closed with 1008 at once: no such model for Live.",
        1008,
        "models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent.",
    ),
    _refusing(
        "live_wrong_modality",
        "Closed with 1007 at once: the model does not answer in this modality.",
        1007,
        "Cannot extract voices from a non-audio request.",
    ),
    _refusing(
        "live_expired_handle",
        "Closed with 1008 at once: the session to resume is gone.",
        1008,
        "BidiGenerateContent session not found",
    ),
    LiveScenario(
        "live_rejected",
        "HTTP 403 instead of a connection.",
        (_OK,),
        rejection=Reply(
            403, body=error_body(403, "PERMISSION_DENIED", "The caller does not have permission")
        ),
    ),
    LiveScenario(
        "live_no_setup", "The connection breaks before the session is set up.", (_OK,), setup=Burst(dies=True)
    ),
    LiveScenario("live_music", "Half a second of music.", (Burst((_music(0.25), _music(0.25))),)),
    LiveScenario(
        "live_music_filtered",
        "A prompt that is filtered out, and music without it.",
        (
            Burst(
                (
                    {"filteredPrompt": {"text": "like somebody", "filteredReason": "The name of an artist."}},
                    _music(0.25),
                )
            ),
        ),
    ),
    LiveScenario(
        "live_music_breaks",
        "Music, and an internal error.",
        (Burst((_music(0.25),), close=(1011, "Internal error encountered.")),),
    ),
    LiveScenario(
        "live_error_in_setup",
        "An error message instead of a set-up session.",
        (_OK,),
        setup=Burst((error_body(503, "UNAVAILABLE", "The service is currently unavailable."),)),
    ),
)
LIVE_SCENARIOS = {each.name: each for each in ALL}
