"""A scenario is played where it belongs; a request for which it is no answer is told so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google import genai
from google.genai import errors
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from gemini_otel import simulator
from gemini_otel.simulator.scenarios import resources
from support.raw_calls import fetch
from support.sdk_calls import MODEL, ask, make_client

LIVE_PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
ELSEWHERE = [*(each.name for each in resources.ALL), "live_internal"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_named_in_a_prompt(sdk: genai.Client, shape: str, name: str) -> None:
    """generate_content answers 400 where its prompt names a scenario of something else, and says of what."""
    with pytest.raises(errors.ClientError) as caught:
        ask(sdk, shape, name)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    message = caught.value.message or ""
    assert message.startswith(f"The scenario {name!r} is for ")
    assert message.endswith("; generate_content does not play it.")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("upload_cut", "files, file search stores and environments"),
        ("job_partly_failed", "tuning and batch jobs"),
        ("embeddings_without_usage", "embeddings"),
        ("operation_without_result", "videos"),
        ("interaction_budget_exceeded", "interactions"),
        ("live_text", "Live sessions"),
    ],
)
def test_what_a_scenario_is_for(sdk: genai.Client, name: str, what: str) -> None:
    """The message names everything that plays the scenario."""
    with pytest.raises(errors.ClientError, match=f"The scenario '{name}' is for {what}; generate_content"):
        ask(sdk, "call", name)


@pytest.mark.parametrize("name", ["processing", "interaction_failed", "live_internal"])
def test_served_for_all_requests(name: str) -> None:
    """Where such a scenario is the server's, generate_content answers 400 too, and with what to do; others go on."""
    with simulator.serve(name) as url:
        client = make_client(url)
        with pytest.raises(errors.ClientError, match=rf"Serve both: simulator.serve\(\['{name}', 'ok'\]\)"):
            client.models.generate_content(model=MODEL, contents="Hello")
        assert client.models.get(model=MODEL).name
        assert ask(client, "call", "ok")


def test_several_are_served() -> None:
    """Of several scenarios, each request gets the first that is for it."""
    with simulator.serve(["processing", "live_internal", "finish_safety", "ok"]) as url:
        client = make_client(url)
        (candidate,) = client.models.generate_content(model=MODEL, contents="Hello").candidates or ()
        assert candidate.finish_reason == "SAFETY"
        state = client.files.get(name="files/mine").state
        assert state is not None
        assert state.name == "PROCESSING"
        assert closing_of(url) == (1011, "Internal error encountered.")


def test_no_scenario_is_an_error() -> None:
    """An empty list is refused."""
    with pytest.raises(ValueError, match=r"No scenario was given. Give at least one, such as 'ok'\."):
        simulator.serve([])


def test_live_is_told_too() -> None:
    """A Live session with a server that plays something else is closed, with the way out as the reason."""
    with simulator.serve("finish_safety") as url:
        code, reason = closing_of(url)
    assert code == 1007
    assert reason == (
        "The scenario 'finish_safety' is not one of Live. Serve both: simulator.serve(['finish_safety', 'live_text'])."
    )


def test_named_for_another_method(sdk: genai.Client) -> None:
    """Other methods refuse a scenario that is not for them, and play those that are for everybody."""
    with pytest.raises(
        errors.ClientError, match=r"'processing' is for files, .*; this method does not play it"
    ):
        sdk.models.embed_content(model="gemini-embedding-001", contents="simulate:processing")
    assert sdk.models.count_tokens(model=MODEL, contents="simulate:finish_safety").total_tokens


def test_an_own_variant(server: simulator.Simulator) -> None:
    """A variant of one's own is for the endpoints that read variants; generate_content says that it reads none."""
    own = simulator.Scenario("mine", "Mine.", (simulator.Reply(chunks=({},), variant="on_leave"),))
    with simulator.serve(scenarios=[own]) as url:
        client = make_client(url)
        with pytest.raises(
            errors.ClientError, match="'mine' has a variant that generate_content does not play"
        ):
            ask(client, "call", "mine")
        _, _, body = fetch(url, "/v1beta/interactions", {"input": "simulate:mine"})
    assert json.loads(body)["status"] == "on_leave"


def closing_of(url: simulator.Simulator) -> tuple[int, str]:
    """Code and reason of the close frame that answers a set-up and a question."""
    address = str(url).replace("http", "ws", 1) + LIVE_PATH
    with connect(address) as websocket, pytest.raises(ConnectionClosed) as closed:
        _ask_until_the_end(websocket)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def _ask_until_the_end(websocket: ClientConnection) -> None:
    turn = {"turns": [{"parts": [{"text": "Hello"}]}], "turnComplete": True}
    for message in ({"setup": {"model": "models/gemini-live"}}, {"clientContent": turn}):
        websocket.send(json.dumps(message))
        websocket.recv(timeout=10)
    for _ in websocket:
        pass


@pytest.mark.parametrize("bad", [None, 1, [1], [None]])
def test_what_is_no_scenario_is_refused(bad: Any) -> None:
    """The error names the value and what may stand there."""
    with pytest.raises(ValueError, match=r"is not a scenario\. Give a name, a Scenario, a LiveScenario"):
        simulator.serve(bad)
