"""What tests of Live share."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from google import genai

from gemini_otel import simulator

LIVE_MODEL = "gemini-live-2.5-flash-preview"
SOUND = b"\x00\x01" * 1600  # a tenth of a second at 16 kHz
SILENCE = bytes(3200)

needs_live = pytest.mark.skipif(
    importlib.util.find_spec("trustme") is None, reason="the SDK opens Live connections over TLS only"
)


def live_client(url: simulator.Simulator, *, vertex: bool = False) -> genai.Client:
    """A client that trusts the simulator's certificate."""
    options: Any = {"base_url": str(url), "async_client_args": {"ssl": url.ssl_context()}}
    return genai.Client(vertexai=vertex, api_key="test-key", http_options=options)
