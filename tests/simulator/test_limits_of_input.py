"""What the simulator does with input that nobody would send."""

from __future__ import annotations

import urllib.request

import pytest

from gemini_otel import simulator


@pytest.mark.parametrize("path", ["models", "files", "cachedContents"])
def test_a_page_token_of_5000_digits(path: str) -> None:
    """It is none, and the first page comes."""
    with simulator.serve() as url:
        address = f"{url}/v1beta/{path}?key=k&pageToken={'9' * 5000}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
