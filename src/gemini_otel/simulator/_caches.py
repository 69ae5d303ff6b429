"""Cached contents."""

from __future__ import annotations

from functools import partial

from ._errors import bad_request
from ._request import Call, field_of
from ._resources import moment, new_id, page, parent_of
from ._route import answering, nothing, route
from ._scenario import Json, Reply
from ._usage import prompt_counts

_LEAST_TOKENS = 1024
_HOUR = 3600.0


def _create(call: Call, reply: Reply) -> Json | Reply:
    tokens = sum(prompt_counts(call).values())
    if reply.variant == "too_small":
        return bad_request(
            f"Cached content is too small. total_token_count={tokens}, min_total_token_count={_LEAST_TOKENS}"
        )
    return _cache(call, new_id(), str(call.body.get("model", "")), tokens + _LEAST_TOKENS)


def _get(call: Call, _reply: Reply) -> Json:
    return _cache(call, call.resource)


def _cache(call: Call, name: str, model: str = "models/gemini-2.5-flash", tokens: int = 2162) -> Json:
    ttl = str(call.body.get("ttl", ""))
    seconds = float(ttl.removesuffix("s")) if ttl.endswith("s") else _HOUR
    return {
        "name": f"{parent_of(call)}cachedContents/{name}",
        "model": model,
        "createTime": moment(),
        "updateTime": moment(),
        "expireTime": field_of(call.body, "expireTime") or moment(seconds),
        "displayName": field_of(call.body, "displayName") or "",
        "usageMetadata": {"totalTokenCount": tokens},
    }


def _list(call: Call, _reply: Reply) -> Json:
    return page(call, "cachedContents", partial(_cache, call))


_ONE = r"cachedContents/(?P<resource>[^/]+)"

PLAYS = {"caches": frozenset({"too_small"})}
ROUTES = (
    route("POST", "cachedContents", answering(_create)),
    route("GET", "cachedContents", answering(_list)),
    route("GET", _ONE, answering(_get)),
    route("PATCH", _ONE, answering(_get)),
    route("DELETE", _ONE, answering(nothing)),
)
