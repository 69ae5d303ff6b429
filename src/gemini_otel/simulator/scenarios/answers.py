"""Answers that are well."""

from __future__ import annotations

from random import Random

from .._chunks import chunk, text_chunks
from .._samples import PIXEL
from .._scenario import FIRST_DECLARED, Json, Reply, Scenario

TEXT = "Tides follow the Moon: its pull raises two bulges of water, and the turning Earth carries us through both."
_SIGNATURE = "c2ltdWxhdGVkIHRob3VnaHQgc2lnbmF0dXJl"
_GROUNDING: Json = {
    "searchEntryPoint": {"renderedContent": '<div class="container">tides</div>'},
    "groundingChunks": [{"web": {"uri": "https://example.com/tides", "title": "example.com"}}],
    "groundingSupports": [
        {"segment": {"endIndex": 22, "text": "Tides follow the Moon:"}, "groundingChunkIndices": [0]}
    ],
    "webSearchQueries": ["what causes tides"],
}

_PAGES: Json = {
    "urlMetadata": [
        {"retrievedUrl": "https://example.com/tides", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
        {"retrievedUrl": "https://example.com/members", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_PAYWALL"},
    ]
}


def _code_run(run: int, outcome: str) -> Json:
    return chunk(
        {"executableCode": {"id": f"run-{run}", "language": "PYTHON", "code": f"print(tide({run}))"}},
        {"codeExecutionResult": {"id": f"run-{run}", "outcome": outcome, "output": "high"}},
    )


_CODE_RUNS = (_code_run(1, "OUTCOME_FAILED"), _code_run(2, "OUTCOME_OK"))

_SUBJECTS = "harbour pilots, ferry captains, old charts, grey gulls, marsh birds, salt farmers, deep channels, sand banks"
_VERBS = "follow, measure, ignore, announce, remember, outlast, redraw, welcome, resist, explain"
_OBJECTS = "the rising water, a neap tide, the winter storms, every full moon, slow currents, the morning ebb, old wrecks"
_ENDINGS = "before dawn, near the estuary, without a sound, against the wind, in early spring, far from land, once again"


def _prose(words: int) -> str:
    """An ordinary text of at least so many words, the same every time and without repetition."""
    chance = Random(words)  # noqa: S311  # a text is no secret
    text: list[str] = []
    while len(text) < words:
        lists = (_SUBJECTS, _VERBS, _OBJECTS, _ENDINGS)[: chance.choice((3, 4))]
        sentence = " ".join(chance.choice(each.split(", ")) for each in lists)
        text += f"{sentence.capitalize()}.".split()
    return " ".join(text)


OK = Reply(chunks=text_chunks(TEXT), structured=True)


def thought(text: str, tokens: int) -> Json:
    """A chunk with a thought summary; *tokens* is the running count of thought tokens."""
    return chunk({"text": text, "thought": True}, usageMetadata={"thoughtsTokenCount": tokens})


_THINKING = (
    thought(
        "**Considering the Question**\n\nThe Moon's pull differs between the near and the far side.\n\n\n", 44
    ),
    thought(
        "**Settling the Answer**\n\nTwo bulges follow from that difference, and the Earth turns.\n\n\n", 88
    ),
    *text_chunks(TEXT),
)
_CACHED_TOKENS: Json = {
    "cachedContentTokenCount": 1081,
    "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 1081}],
}
_TOOL_TOKENS: Json = {
    "toolUsePromptTokenCount": 63,
    "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 63}],
}
_TOKEN = "Y29udGludWUgaGVyZQ=="
_CALL = chunk(
    {"functionCall": {"name": FIRST_DECLARED}, "thoughtSignature": _SIGNATURE},
    finish="STOP",
    finishMessage="Model generated function call(s).",
    usageMetadata={"thoughtsTokenCount": 23},
)
_IMAGE = chunk({"inlineData": {"data": PIXEL, "mimeType": "image/png"}}, finish="STOP")
_SECOND_CUT = text_chunks(TEXT[:60], finish="MAX_TOKENS")


def _as_second(each: Json) -> Json:
    return {"candidates": [candidate | {"index": 1} for candidate in each["candidates"]]}


_TWO_CANDIDATES = tuple(
    each
    for first, second in zip(text_chunks(TEXT), _SECOND_CUT, strict=True)
    for each in (first, _as_second(second))
)

ALL = (
    Scenario("ok", "A short answer; JSON where JSON is asked for, as many candidates as asked for.", (OK,)),
    Scenario(
        "slow",
        "As ok, but the first chunk takes 0.3 seconds.",
        (Reply(chunks=OK.chunks, structured=True, first_delay=0.3),),
    ),
    Scenario(
        "long_stream", "An answer in 200 chunks.", (Reply(chunks=text_chunks(_prose(600), pieces=200)),)
    ),
    Scenario("thinking", "Two thought summaries, then the answer.", (Reply(chunks=_THINKING),)),
    Scenario(
        "cached",
        "Most of the prompt comes from cached content.",
        (Reply(chunks=tuple(each | {"usageMetadata": _CACHED_TOKENS} for each in OK.chunks)),),
    ),
    Scenario(
        "tool_call",
        "Calls the first declared function; answers with text once its response is in.",
        (Reply(chunks=(_CALL,)),),
        after_tools=(OK,),
    ),
    Scenario(
        "continuation",
        "An answer in two parts: the first ends with a continuation token, which the SDK resumes from 2.30 on.",
        (
            Reply(
                chunks=text_chunks(
                    "The first part. ", pieces=1, finish="CONTINUATION", continuationToken=_TOKEN
                )
            ),
        ),
        resumed=(Reply(chunks=text_chunks("The second part.", pieces=1)),),
    ),
    Scenario(
        "multi_candidate",
        "Two candidates: the first is complete, the second is cut off by MAX_TOKENS.",
        (Reply(chunks=_TWO_CANDIDATES),),
    ),
    Scenario(
        "grounding_tool_use",
        "An answer grounded in a search, with tokens for the tool's results.",
        (Reply(chunks=text_chunks(TEXT, groundingMetadata=_GROUNDING, usageMetadata=_TOOL_TOKENS)),),
    ),
    Scenario(
        "url_not_read",
        "An answer for which one page was read and another could not be.",
        (Reply(chunks=text_chunks(TEXT, urlContextMetadata=_PAGES, usageMetadata=_TOOL_TOKENS)),),
    ),
    Scenario(
        "code_execution",
        "An answer for which the model ran code at the service: first it failed, then it was well.",
        (Reply(chunks=(*_CODE_RUNS, *text_chunks(TEXT, usageMetadata=_TOOL_TOKENS))),),
    ),
    Scenario(
        "standard_tier",
        "The standard tier serves the request, whatever tier it asks for.",
        (
            Reply(
                chunks=text_chunks(
                    TEXT, usageMetadata={"serviceTier": "standard", "trafficType": "ON_DEMAND"}
                )
            ),
        ),
    ),
    Scenario(
        "null",
        "JSON's null, as an optional schema allows.",
        (Reply(chunks=text_chunks("null", pieces=1)),),
    ),
    Scenario(
        "inline_image",
        "A sentence and a generated image.",
        (Reply(chunks=(chunk({"text": "Here is the picture. "}), _IMAGE)),),
    ),
    Scenario(
        "empty_stop",
        "STOP after thinking only: no visible text.",
        (Reply(chunks=(_THINKING[0], chunk({"text": "", "thoughtSignature": _SIGNATURE}, finish="STOP"))),),
    ),
)
