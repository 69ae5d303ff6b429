"""What calls cost at list price, by the library genai-prices: `pip install 'gemini-otel[cost]'`.

The prices are those bundled with the installed release of the library; no network is used, and this package has no price
table. The attributes for a cost follow the conventions' proposal, which is not merged yet:
https://github.com/open-telemetry/semantic-conventions-genai/pull/443 (gen_ai.usage.cost.* of spans,
gen_ai.client.operation.cost of metrics).
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
# Names of the standard tier, which has no price of its own; `on_demand` is Vertex AI's name for it.
_STANDARD = frozenset({"", "standard", "default", "unspecified", "service_tier_unspecified", "on_demand"})
_MODALITIES = ("text", "image", "audio", "video")
# The library's names for the tokens that a span counts. Documents are priced as images.
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
    """An `amount` in US dollars; None if it is not known, with the `reason` as a sentence."""

    amount: Decimal | None
    reason: str | None = None


class _Prices(NamedTuple):
    """The library's prices for one model, tier and day: the input sizes above which another price applies, and the kinds of
    tokens that have a price.
    """

    steps: tuple[int, ...] = ()
    kinds: frozenset[str] = frozenset()
    reason: str | None = None


class _Key(NamedTuple):
    """Calls with the same key differ only in their numbers of tokens, and have the same price for each kind of token."""

    model: str
    tier: str
    day: int
    units: tuple[str, ...]
    step: int  # how many of the model's price steps the input exceeds
    # The counts of each call, where calls must not be added up: between two steps.
    counts: tuple[int, ...] = ()


def require() -> None:
    """Raise ImportError, with the command that installs the library, if it is missing."""
    try:
        import genai_prices  # noqa: F401
    except ImportError as missing:
        raise ImportError(_MISSING) from missing


def cost(attributes: Mapping[str, Any], at: datetime | None = None) -> Cost:
    """The cost of one call from the attributes of its span, at the prices of the time `at` (default: now).

    The amount covers tokens; searches, the storage of caches and discounts are billed separately. It is None for a model,
    tier or kind of tokens that the library has no price for, and for a span without tokens. Raises ImportError without the
    extra `cost`.
    """
    require()
    bill = Bill()
    bill.add(attributes, (at or datetime.now(timezone.utc)).timestamp())
    return bill.cost()


def attributes_of(known: Cost) -> dict[str, str | float]:
    """A cost as the attributes gen_ai.usage.cost.amount, .currency and .source of the conventions' proposal; an empty dict
    if the amount is not known.
    """
    if known.amount is None:
        return {}
    return {
        COST_AMOUNT: float(known.amount),
        COST_CURRENCY: CURRENCY,
        COST_SOURCE: "local",
    }


class Bill:
    """Adds up calls, and asks the library once for all calls with the same key, because one look-up takes longer than
    reading a span.

    `tokens` is the sum over all calls; `unknown` has the tokens without a price, by reason.
    """

    __slots__ = ("_sums", "tokens", "unknown")

    def __init__(self) -> None:
        self._sums: dict[
            _Key, list[int]
        ] = {}  # the number of calls, then tokens in the order of the key's units
        self.tokens = 0
        self.unknown: Counter[str] = Counter()

    def add(self, attributes: Mapping[str, Any], at: float) -> None:
        """Count the call of a span that began at this time, in seconds since 1970."""
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
        """Add all calls of another bill."""
        self.tokens += other.tokens
        self.unknown += other.unknown
        for key, theirs in other._sums.items():
            mine = self._sums.get(key)
            self._sums[key] = (
                theirs.copy() if mine is None else list(map(sum, zip(mine, theirs, strict=True)))
            )

    def cost(self) -> Cost:
        """The cost of all calls that have a price; if none has, None and the most frequent reason."""
        amount, unknown = self.priced()
        if amount is None:
            return Cost(None, unknown.most_common(1)[0][0] if unknown else "there is no call")
        return Cost(amount)

    def priced(self) -> tuple[Decimal | None, Counter[str]]:
        """The known amount, None if there is none, and the tokens without a price by reason."""
        amount, unknown = None, Counter(self.unknown)
        for key, sums in self._sums.items():
            try:
                amount = (amount or Decimal(0)) + _price(key, sums)
            except ValueError as error:  # counts that contradict each other
                unknown[f"{_LIBRARY}: {error}"] += _tokens(key, sums)
        return amount, unknown


def _counts(attributes: Mapping[str, Any]) -> dict[str, int]:
    """Tokens by the library's names.

    If the span says how many cached tokens one modality has, each other modality of the input without a cached count gets 0.
    """
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
    """The model that answered, else the requested model."""
    name = attributes.get(names.RESPONSE_MODEL) or attributes.get(names.REQUEST_MODEL)
    return name.rpartition("/")[2][:200].lower() if isinstance(name, str) else ""


def _tier(attributes: Mapping[str, Any]) -> str | None:
    """The tier that served the call, "" for the standard tier; None if another tier was requested and the span does not say
    which one served.

    Some types of Vertex AI's traffic, such as provisioned throughput, have no tier; then the type itself is returned.
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
    """The library's prices for a model and tier. The library itself would use the standard price for a tier that it does not
    know.
    """
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
    """Why some kind of token has no price, None if each has one; and the input sizes above which another price applies.

    A modality without its own price has the price of its direction. Cached tokens cost less, so their price must be known.
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
    """The price of all calls with this key: it is proportional to their tokens while the price step stays the same."""
    from genai_prices import calc_price
    from genai_prices.types import Usage

    parts = _parts(key, sums[0])
    with localcontext(Context(prec=100)):  # so that no part is rounded, and parts of a sum never exceed it
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
    """The number by which the tokens of all calls are divided. Below the first price step it is a power of two, so that the
    result stays below the step without rounding.
    """
    if key.counts:
        return calls
    below = key.step == 0 and _prices(key.model, key.tier, key.day).steps
    return 1 << (calls - 1).bit_length() if below else 1


def _tokens(key: _Key, sums: list[int]) -> int:
    counts = dict(zip(key.units, sums[1:], strict=True))
    return counts.get("input_tokens", 0) + counts.get("output_tokens", 0)


def _moment(day: int) -> datetime:
    return datetime.fromtimestamp(day * 86_400 + 43_200, timezone.utc)
