"""What calls cost at list price, as the library genai-prices knows it: `pip install 'gemini-otel[cost]'`.

The prices are those bundled with the installed release of the library: nothing here asks the network, and there is no table of
our own. Attributes that say a cost follow the conventions' proposal, which is not merged yet:
https://github.com/open-telemetry/semantic-conventions-genai/pull/443 (gen_ai.usage.cost.* of spans, gen_ai.client.operation.cost of metrics).
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from decimal import Context, Decimal, localcontext
from typing import Any, NamedTuple

from gemini_otel._facts import names

__all__ = ["Bill", "Cost", "attributes_of", "cost", "require"]

# Of the conventions' proposal, see above.
COST_AMOUNT = "gen_ai.usage.cost.amount"
COST_CURRENCY = "gen_ai.usage.cost.currency"
COST_SOURCE = "gen_ai.usage.cost.source"
CURRENCY = "USD"
_MISSING = "gemini_otel.cost needs genai-prices. Install it with: pip install 'gemini-otel[cost]'"
_LIBRARY = "genai-prices"
# Tiers that are no tier of their own: `on_demand` is how Vertex AI calls its standard one.
_STANDARD = frozenset({"", "standard", "default", "unspecified", "service_tier_unspecified", "on_demand"})
_MODALITIES = ("text", "image", "audio", "video")
# What the library calls the tokens that a span counts. A document is read as images, and the library counts it so.
_UNITS: Mapping[str, str] = {
    names.USAGE_INPUT_TOKENS: "input_tokens",
    names.USAGE_OUTPUT_TOKENS: "output_tokens",
    names.USAGE_CACHE_READ_INPUT_TOKENS: "cache_read_tokens",
    names.USAGE_REASONING_OUTPUT_TOKENS: "output_reasoning_tokens",
    **{
        f"{namespace}.usage.{modality}.{suffix}": unit.format("image" if modality == "document" else modality)
        for namespace, modality in (
            *(("gen_ai", modality) for modality in ("text", "image", "audio")),
            *(("gemini", modality) for modality in ("video", "document")),
        )
        for suffix, unit in (
            ("input_tokens", "input_{}_tokens"),
            ("output_tokens", "output_{}_tokens"),
            ("cache_read.input_tokens", "cache_{}_read_tokens"),
        )
    },
}
_OF_CACHES = frozenset(f"cache_{modality}_read_tokens" for modality in _MODALITIES)


class Cost(NamedTuple):
    """An amount in US dollars; None where it is not known, with the `reason`."""

    amount: Decimal | None
    reason: str | None = None


class _Prices(NamedTuple):
    """What the library has for one model, tier and day: the inputs beyond which another price holds, and the kinds it has."""

    steps: tuple[int, ...] = ()
    kinds: frozenset[str] = frozenset()
    reason: str | None = None


class _Key(NamedTuple):
    """Calls of one key differ only in the number of their tokens, and have the same price for each kind of them."""

    model: str
    tier: str
    day: int
    units: tuple[str, ...]
    step: int  # how many of the model's steps the input is beyond
    counts: tuple[int, ...] = ()  # of each call, where they must not be added up: between two steps


def require() -> None:
    """Raise ImportError, with what to do, where the library is missing."""
    try:
        import genai_prices  # noqa: F401
    except ImportError as missing:
        raise ImportError(_MISSING) from missing


def cost(attributes: Mapping[str, Any], at: datetime | None = None) -> Cost:
    """The cost of one call by the attributes of its span, at the prices of the moment `at` (default: now).

    The amount covers tokens: searches, the storage of caches and discounts are billed apart. It is None for a model, tier or kind
    of tokens that the library has no price for, and for a span without tokens. Raises ImportError without the extra `cost`.
    """
    require()
    bill = Bill()
    bill.add(attributes, (at or datetime.now(timezone.utc)).timestamp())
    return bill.cost()


def attributes_of(known: Cost) -> dict[str, str | float]:
    """A cost as attributes of the conventions' proposal; none where the amount is not known."""
    if known.amount is None:
        return {}
    return {
        COST_AMOUNT: float(known.amount),
        COST_CURRENCY: CURRENCY,
        COST_SOURCE: "local",
    }


class Bill:
    """Adds up calls, and asks the library once for all calls of a kind: it takes longer for one than reading its span does.

    `tokens` counts those of all calls; `unknown` those without a price, by the reason.
    """

    __slots__ = ("_sums", "tokens", "unknown")

    def __init__(self) -> None:
        self._sums: dict[
            _Key, list[int]
        ] = {}  # the number of calls, then tokens in the order of the key's units
        self.tokens = 0
        self.unknown: Counter[str] = Counter()

    def add(self, attributes: Mapping[str, Any], at: float) -> None:
        """Count the call that a span speaks of, begun at that time in seconds since 1970."""
        counts = _counts(attributes)
        tokens = counts.get("input_tokens", 0) + counts.get("output_tokens", 0)
        self.tokens += tokens
        model, tier, day = _model(attributes), _tier(attributes), int(at // 86_400)
        reason = _unknown(tokens, model, tier)
        if tier is None or reason is not None:
            self.unknown[reason or ""] += tokens
            return
        units = tuple(counts)
        reason, steps = _found(model, tier, day, units)
        if reason is not None:
            self.unknown[reason] += tokens
            return
        step = sum(counts.get("input_tokens", 0) > start for start in steps) if steps else 0
        between = tuple(counts.values()) if 0 < step < len(steps) else ()
        key = _Key(model, tier, day, units, step, between)
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = [0] * (1 + len(counts))
        sums[0] += 1
        for place, count in enumerate(counts.values(), 1):
            sums[place] += count

    def include(self, other: Bill) -> None:
        """Count all calls of another bill."""
        self.tokens += other.tokens
        self.unknown += other.unknown
        for key, theirs in other._sums.items():
            mine = self._sums.get(key)
            self._sums[key] = (
                theirs.copy() if mine is None else list(map(sum, zip(mine, theirs, strict=True)))
            )

    def cost(self) -> Cost:
        """The cost of what has one; None, with the commonest reason, where nothing has."""
        amount, unknown = self.priced()
        if amount is None:
            return Cost(None, unknown.most_common(1)[0][0] if unknown else "there is no call")
        return Cost(amount)

    def priced(self) -> tuple[Decimal | None, Counter[str]]:
        """The amount that is known, None without any, and the tokens without a price by the reason."""
        amount, unknown = None, Counter(self.unknown)
        for key, sums in self._sums.items():
            try:
                amount = (amount or Decimal(0)) + _price(key, sums)
            except ValueError as error:  # counts that do not go together
                unknown[f"{_LIBRARY}: {error}"] += _tokens(key, sums)
        return amount, unknown


def _counts(attributes: Mapping[str, Any]) -> dict[str, int]:
    """Tokens by the library's names; 0 of a modality that could have been in the cache and was not, where the cache's are told."""
    found: dict[str, int] = {}
    for name, count in attributes.items():
        unit = _UNITS.get(name)
        if unit is not None and type(count) is int and count > 0:
            found[unit] = found.get(unit, 0) + count
    if not _OF_CACHES.isdisjoint(found):
        for modality in _MODALITIES:
            if f"input_{modality}_tokens" in found:
                found.setdefault(f"cache_{modality}_read_tokens", 0)
    return found


def _model(attributes: Mapping[str, Any]) -> str:
    """The model that answered, else the one that was asked."""
    name = attributes.get(names.RESPONSE_MODEL) or attributes.get(names.REQUEST_MODEL)
    return name.rpartition("/")[2][:200].lower() if isinstance(name, str) else ""


def _tier(attributes: Mapping[str, Any]) -> str | None:
    """The tier that served the call, empty for the standard one; None where another was asked for and none is told.

    What Vertex AI calls a type of traffic stands for the tier where that has no name, as with provisioned throughput.
    """
    served = _word(attributes, names.RESPONSE_SERVICE_TIER) or _word(attributes, names.TRAFFIC_TYPE)
    if not served and _word(attributes, names.REQUEST_SERVICE_TIER) not in _STANDARD:
        return None
    return "" if served in _STANDARD else served.removeprefix("on_demand_")


def _word(attributes: Mapping[str, Any], name: str) -> str:
    value = attributes.get(name)
    return value.lower()[:50] if isinstance(value, str) else ""


def _unknown(tokens: int, model: str, tier: str | None) -> str | None:
    if not tokens:
        return "the span has no tokens"
    if not model:
        return "the span names no model"
    return (
        "the span does not say whether the tier that was asked for served the call" if tier is None else None
    )


def _context(tier: str) -> dict[str, str] | None:
    return None if not tier else {"processing": tier} if tier == "batch" else {"service_tier": tier}


@functools.lru_cache(maxsize=4096)
def _prices(model: str, tier: str, day: int) -> _Prices:
    """What there is for a model; the library itself would take the standard price for a tier that it does not know."""
    from genai_prices import __version__, calc_price
    from genai_prices.types import TieredPrices, Usage

    moment, context = _moment(day), _context(tier)
    try:
        found = calc_price(
            Usage(),
            model,
            provider_id="google",
            genai_request_timestamp=moment,
            price_context=context,
        )
    except LookupError:
        return _Prices(reason=f"{_LIBRARY} {__version__} does not know the model {model!r}")
    if context is not None and not any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(moment))
        for variant in found.model.price_variants or ()
    ):
        return _Prices(
            reason=f"{_LIBRARY} {__version__} has no price of the tier {tier!r} for {model} on that day"
        )
    prices = {name: price for name, price in vars(found.model_price).items() if price is not None}
    if not prices:
        return _Prices(reason=f"{_LIBRARY} {__version__} has no price for {model}")
    stepped = (price for price in prices.values() if isinstance(price, TieredPrices))
    steps = sorted({step.start for price in stepped for step in price.tiers})
    return _Prices(tuple(steps), frozenset(prices))


@functools.lru_cache(maxsize=4096)
def _found(model: str, tier: str, day: int, units: tuple[str, ...]) -> tuple[str | None, tuple[int, ...]]:
    """Why there is no price for some kind of tokens, None where each has one; and the inputs beyond which another holds.

    A modality without a price of its own has that of its direction. Tokens from a cache cost less, so theirs must be known.
    """
    prices = _prices(model, tier, day)
    if prices.reason is not None:
        return prices.reason, ()
    lacking = next((unit for unit in units if not _has_price(unit, prices.kinds)), None)
    return (None if lacking is None else f"{_LIBRARY} has no price for {lacking} of {model}"), prices.steps


def _has_price(unit: str, kinds: Iterable[str]) -> bool:
    price = unit.removesuffix("_tokens") + "_mtok"
    direction, _, rest = unit.partition("_")
    if direction != "cache":
        return price in kinds or f"{direction}_mtok" in kinds
    modality = rest.partition("_")[0]
    if f"input_{modality}_mtok" in kinds:
        return price in kinds
    return "cache_read_mtok" in kinds


def _price(key: _Key, sums: list[int]) -> Decimal:
    """The price of all calls of a key, which is in proportion to their tokens as long as the step stays the same."""
    from genai_prices import calc_price
    from genai_prices.types import Usage

    parts = _parts(key, sums[0])
    with localcontext(Context(prec=100)):  # so that no part is rounded, and parts of a whole stay within it
        units = {
            unit: tokens // parts if tokens % parts == 0 else Decimal(tokens) / parts
            for unit, tokens in zip(key.units, sums[1:], strict=True)
        }
        price = calc_price(
            Usage(**units),
            key.model,
            provider_id="google",
            genai_request_timestamp=_moment(key.day),
            price_context=_context(key.tier),
        )
        return price.total_price * parts


def _parts(key: _Key, calls: int) -> int:
    """By what the tokens of all calls are divided: below the first step by a power of two, to stay there without rounding."""
    if key.counts:
        return calls
    below = key.step == 0 and _prices(key.model, key.tier, key.day).steps
    return 1 << (calls - 1).bit_length() if below else 1


def _tokens(key: _Key, sums: list[int]) -> int:
    counts = dict(zip(key.units, sums[1:], strict=True))
    return counts.get("input_tokens", 0) + counts.get("output_tokens", 0)


def _moment(day: int) -> datetime:
    return datetime.fromtimestamp(day * 86_400 + 43_200, timezone.utc)
