"""A local Gemini API that plays scenarios, to rehearse failures with the real SDK.

    with simulator.serve() as url:
        client = google.genai.Client(api_key="any", http_options={"base_url": url})
        client.models.generate_content(model="gemini-3.5-flash", contents="simulate:rate_limited")

A prompt that contains ``simulate:NAME`` plays that scenario; ``serve("NAME")`` sets the one for all other requests.
"""

from ._live_scenario import Burst, LiveScenario
from ._replay import replay
from ._request import Request
from ._scenario import FIRST_DECLARED, Reply, Scenario
from ._serve import Simulator, serve, serve_forever
from .scenarios import LIVE_SCENARIOS, SCENARIOS

__all__ = [
    "FIRST_DECLARED",
    "LIVE_SCENARIOS",
    "SCENARIOS",
    "Burst",
    "LiveScenario",
    "Reply",
    "Request",
    "Scenario",
    "Simulator",
    "replay",
    "serve",
    "serve_forever",
]
