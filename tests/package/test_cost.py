"""What a call costs is what genai-prices says, and nothing where it says nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

pytest.importorskip("genai_prices")
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from gemini_otel._facts import names
from gemini_otel.cost import Bill, attributes_of, cost

FLASH, PRO = "gemini-2.5-flash", "gemini-2.5-pro"
DAY = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
AUDIO, CACHED_AUDIO = "gen_ai.usage.audio.input_tokens", "gen_ai.usage.audio.cache_read.input_tokens"


def call(model: str = FLASH, **more: Any) -> dict[str, Any]:
    return {
        names.REQUEST_MODEL: model,
        names.USAGE_INPUT_TOKENS: 1000,
        names.USAGE_OUTPUT_TOKENS: 300,
        **more,
    }


def expected(model: str, context: dict[str, str] | None = None, **units: int) -> Decimal:
    usage = Usage(**units)
    return calc_price(
        usage, model, provider_id="google", genai_request_timestamp=DAY, price_context=context
    ).total_price


def test_input_and_output() -> None:
    """The amount is the library's for input and output, thoughts among it."""
    thinking = call(**{names.USAGE_REASONING_OUTPUT_TOKENS: 200})
    assert cost(thinking, DAY) == (expected(FLASH, input_tokens=1000, output_tokens=300), None)


def test_cached_and_spoken_tokens_have_prices_of_their_own() -> None:
    """Tokens from the cache and of sound are billed at their own price, and sound from the cache at its."""
    cached = call(**{names.USAGE_CACHE_READ_INPUT_TOKENS: 400})
    assert cost(cached, DAY).amount == expected(
        FLASH, input_tokens=1000, cache_read_tokens=400, output_tokens=300
    )
    spoken = call(**{AUDIO: 600, "gen_ai.usage.text.input_tokens": 400})
    assert cost(spoken, DAY).amount == expected(
        FLASH, input_tokens=1000, input_audio_tokens=600, output_tokens=300
    )
    both = spoken | {names.USAGE_CACHE_READ_INPUT_TOKENS: 400, CACHED_AUDIO: 100}
    amount = expected(
        FLASH,
        input_tokens=1000,
        input_audio_tokens=600,
        cache_read_tokens=400,
        cache_audio_read_tokens=100,
        output_tokens=300,
    )
    assert cost(both, DAY).amount == amount
    only_text = spoken | {
        names.USAGE_CACHE_READ_INPUT_TOKENS: 400,
        "gen_ai.usage.text.cache_read.input_tokens": 400,
    }
    assert cost(only_text, DAY).amount is not None


def test_a_cache_of_unknown_content_has_no_price() -> None:
    """Where sound was sent and nobody says what the cache held, there is no amount."""
    amount, reason = cost(call(**{AUDIO: 600, names.USAGE_CACHE_READ_INPUT_TOKENS: 400}), DAY)
    assert amount is None
    assert "cache_audio_read_tokens" in str(reason)


def test_long_inputs_cost_more() -> None:
    """Beyond 200,000 input tokens the library's higher price holds for all tokens."""
    below, above = (call(PRO, **{names.USAGE_INPUT_TOKENS: tokens}) for tokens in (200_000, 200_001))
    assert cost(below, DAY).amount == expected(PRO, input_tokens=200_000, output_tokens=300)
    assert cost(above, DAY).amount == expected(PRO, input_tokens=200_001, output_tokens=300)
    assert float(cost(above, DAY).amount or 0) > 1.9 * float(cost(below, DAY).amount or 0)


def has_tier(model: str, tier: str) -> bool:
    """Whether the installed release has a price of its own for it."""
    variants = calc_price(Usage(), model, provider_id="google").model.price_variants or ()
    return any(variant.when == {"service_tier": tier} for variant in variants)


def test_the_tier_that_served() -> None:
    """A served tier has the library's price of it; one without a price, or only asked for, has none."""
    model = "gemini-3.8-flash-tts"
    flex = cost(call(model, **{names.RESPONSE_SERVICE_TIER: "flex"}), DAY)
    if has_tier(model, "flex"):
        amount = expected(model, {"service_tier": "flex"}, input_tokens=1000, output_tokens=300)
        assert flex.amount == amount != cost(call(model), DAY).amount
    else:  # the library's last release for Python 3.10
        assert flex.amount is None
    for standard in ("standard", "ON_DEMAND", "SERVICE_TIER_UNSPECIFIED"):
        assert cost(call(model, **{names.RESPONSE_SERVICE_TIER: standard}), DAY) == cost(call(model), DAY)
    for tier in ("provisioned_throughput", "turbo"):
        amount, reason = cost(call(model, **{names.RESPONSE_SERVICE_TIER: tier}), DAY)
        assert (amount, tier in str(reason)) == (None, True)
    assert cost(call(model, **{names.REQUEST_SERVICE_TIER: "flex"}), DAY).amount is None
    assert cost(call(model, **{names.TRAFFIC_TYPE: "PROVISIONED_THROUGHPUT"}), DAY).amount is None
    assert cost(call(model, **{names.TRAFFIC_TYPE: "ON_DEMAND"}), DAY).amount is not None


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (call("gemini-99-nobody-knows"), "does not know the model 'gemini-99-nobody-knows'"),
        (call("gemma-3-27b-it"), "has no price for gemma-3-27b-it"),
        (call("gemini-embedding-001"), "no price for output_tokens of gemini-embedding-001"),
        (call("gemini-1.5-pro", **{names.USAGE_CACHE_READ_INPUT_TOKENS: 9}), "no price for cache_read_tokens"),
        ({names.REQUEST_MODEL: FLASH}, "no tokens"),
        ({names.USAGE_INPUT_TOKENS: 5}, "names no model"),
        ({names.REQUEST_MODEL: FLASH, names.USAGE_INPUT_TOKENS: True, names.USAGE_OUTPUT_TOKENS: -1}, "no tokens"),
        ({names.REQUEST_MODEL: FLASH, names.USAGE_INPUT_TOKENS: 5, AUDIO: 9}, "input"),
    ],
)  # fmt: skip
def test_what_has_no_price(attributes: dict[str, Any], words: str) -> None:
    """A model, a kind of tokens or a span without a price gives None, and the reason."""
    amount, reason = cost(attributes, DAY)
    assert amount is None
    assert words in str(reason)


def test_the_model_that_answered() -> None:
    """The model of the answer is billed, and a path before its name is left out."""
    served = call(
        "gemini-flash-latest", **{names.RESPONSE_MODEL: "publishers/google/models/gemini-2.5-flash"}
    )
    assert cost(served, DAY) == cost(call(), DAY)


def test_the_price_of_the_day() -> None:
    """The price is that of the day of the call."""
    model = "gemini-3.6-flash"
    later = datetime(2027, 2, 1, tzinfo=timezone.utc)
    assert cost(call(model), later).amount == 2 * (cost(call(model), DAY).amount or 0)


CALLS = st.builds(
    lambda model, tokens, output, cached, spoken: {
        names.REQUEST_MODEL: model,
        names.USAGE_INPUT_TOKENS: tokens,
        names.USAGE_OUTPUT_TOKENS: output,
        names.USAGE_CACHE_READ_INPUT_TOKENS: min(cached, tokens),
        "gen_ai.usage.text.input_tokens": tokens - min(spoken, tokens),
        AUDIO: min(spoken, tokens),
    },
    st.sampled_from([FLASH, PRO, "gemini-3.1-pro-preview"]),
    st.integers(1, 400_000) | st.sampled_from([200_000, 200_001]),
    st.integers(0, 70_000),
    st.sampled_from([0, 0, 1, 7, 9999]),
    st.sampled_from([0, 0, 1, 3]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CALLS, min_size=1, max_size=8))
def test_a_bill_is_the_sum_of_its_calls(calls: list[dict[str, Any]]) -> None:
    """What is billed together costs exactly what its calls cost, and lacks a price for as many tokens."""
    bill, single = Bill(), [cost(each, DAY) for each in calls]
    for each in calls:
        bill.add(each, DAY.timestamp())
    tokens = [each[names.USAGE_INPUT_TOKENS] + each[names.USAGE_OUTPUT_TOKENS] for each in calls]
    amount, unknown = bill.priced()
    assert (amount or 0) == sum(each.amount for each in single if each.amount is not None)
    assert bill.tokens == sum(tokens)
    assert sum(unknown.values()) == sum(
        count for count, each in zip(tokens, single, strict=True) if each.amount is None
    )


def test_attributes_of_a_cost() -> None:
    """A cost has the attributes of the conventions' proposal; an unknown one has none."""
    attributes = attributes_of(cost(call(), DAY))
    assert attributes == {
        "gen_ai.usage.cost.amount": 0.00105,
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "local",
    }
    assert attributes_of(cost({}, DAY)) == {}


def test_nothing_asks_the_network() -> None:
    """A price is had with every socket forbidden."""
    code = (
        "import socket\n"
        "def refused(*_, **__): raise AssertionError('network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refused\n"
        "from gemini_otel.cost import cost\n"
        "assert cost({'gen_ai.request.model': 'gemini-2.5-flash', 'gen_ai.usage.input_tokens': 10}).amount\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_without_the_library() -> None:
    """Without genai-prices the error names the extra."""
    code = "import sys; sys.modules['genai_prices'] = None; from gemini_otel.cost import cost; cost({})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert "pip install 'gemini-otel[cost]'" in done.stderr
