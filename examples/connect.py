"""The client of the examples: the real API if GEMINI_API_KEY is set, otherwise a local simulator.

In your own program this is one line: `client = genai.Client()`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from google import genai

from gemini_otel import simulator


@contextmanager
def gemini_client() -> Iterator[genai.Client]:
    if os.environ.get("GEMINI_API_KEY"):
        yield genai.Client()
        return
    # The simulator plays what `simulate:NAME` in the prompt asks for; to the real API it is just text.
    with simulator.serve() as url:
        yield genai.Client(api_key="none", http_options={"base_url": url})
