"""Connections that break, streams that end badly, and silence."""

from __future__ import annotations

from .._chunks import text_chunks
from .._scenario import Reply, Scenario
from .answers import TEXT
from .errors import OVERLOADED

_UNFINISHED = text_chunks(TEXT[:60], finish=None)
_BROKEN_JSON = '{"candidates": [{"content": {"parts": [{"text": "Tides follow'

ALL = (
    Scenario(
        "cut_stream",
        "The connection closes in the middle of the answer.",
        (Reply(chunks=_UNFINISHED, ending="cut"),),
    ),
    Scenario("cut_before_headers", "The connection closes without an answer.", (Reply(ending="no_answer"),)),
    Scenario(
        "error_in_stream",
        "503 inside a 200 stream that has begun; a unary call gets the 503.",
        (Reply(chunks=_UNFINISHED, ending="error", body=OVERLOADED),),
    ),
    Scenario(
        "bad_json_stream",
        "The last event of the stream is not JSON.",
        (Reply(chunks=_UNFINISHED, ending="bad_json"),),
    ),
    Scenario("bad_json_body", "HTTP 200 with half a JSON document.", (Reply(body=_BROKEN_JSON),)),
    Scenario("hang", "Silence; the connection closes after 5 seconds.", (Reply(ending="hang"),)),
)
