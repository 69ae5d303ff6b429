"""advise(), and what tenacity does with it: what helps is sent again, in time; what does not is sent once."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest
import tenacity
import websockets
from google import genai
from google.genai import errors

from gemini_otel import Advice, Hint, advice, advise, default_hints, simulator
from gemini_otel._facts.errors.exceptions import read_error
from gemini_otel._facts.errors.kinds import KINDS
from gemini_otel.advice import retry_if_it_helps, wait_as_told
from gemini_otel.hints._failure import FAILURE, HAVE_ENTRIES
from gemini_otel.hints._hint import Retry
from gemini_otel.hints._trigger import Trigger
from support import MODEL, QUOTA, make_client


def raised(client: genai.Client, scenario: str) -> Exception:
    """What the SDK raises in a scenario."""
    with pytest.raises(Exception) as caught:  # of the SDK or of its transport
        client.models.generate_content(model=MODEL, contents=f"simulate:{scenario}")
    return caught.value  # type: ignore[no-any-return]


def summary(given: Advice) -> tuple[bool, float | None, str | None]:
    return given.retry, given.wait, given.hint and given.hint.id


@pytest.mark.parametrize(
    ("scenario", "retry", "wait", "hint_id"),
    [
        ("daily_quota", False, None, "http.429.rate_day"),  # though it says "retry in 5 s"
        ("rate_limited", True, 34.0, "http.429.rate_minute"),
        ("shared_capacity", True, 1.0, "http.429.shared_capacity"),
        ("overloaded", True, 1.0, "http.503.overloaded"),
        ("internal", True, 1.0, "http.500.internal"),
        ("bad_gateway", True, 30.0, "http.502.bad_gateway"),
        ("cut_before_headers", True, 1.0, "net.disconnected"),
        ("deadline_exceeded", False, None, "http.504.deadline"),
        ("invalid_key", False, None, "http.400.api_key_invalid"),
        ("input_too_long", False, None, "http.400.input_too_long"),
    ],
)
def test_what_the_sdk_raises(
    client: genai.Client, scenario: str, retry: bool, wait: float | None, hint_id: str
) -> None:
    """A retry is advised where the same request may succeed, after the delay that the service asks for, else the first backoff."""
    assert summary(advise(raised(client, scenario))) == (retry, wait, hint_id)


def test_the_backoff_grows() -> None:
    """Without a delay of the service the wait doubles with each attempt up to a minute; with one it stays."""
    overloaded = errors.ServerError(503, {})
    attempts = (1, 2, 3, 6, 7, 8, 10**9)
    assert [advise(overloaded, attempt=n).wait for n in attempts] == [1, 2, 4, 32, 60, 60, 60]
    assert advise(errors.ClientError(429, QUOTA), attempt=5).wait == 34


@pytest.mark.parametrize(
    ("message", "wait"),
    [
        ("You exceeded your current quota.\nPlease retry in 12.3s.", 12.3),
        ("Quota exceeded. Please retry in 850.5ms.", 0.8505),
        ("Please retry in 2m7.5s.", 127.5),
        ("Please retry in 1h0m3s.", 3603.0),
        ("Please try again in 20 seconds.", 20.0),
        ("Please retry after 2 minutes.", 120.0),
        ("You may retry in 3 requests. Please retry in 7s.", 7.0),
        ("Please retry in a moment.", 1.0),
        ("Please retry in 3 steps.", 1.0),
        ("Please retry in " + "9" * 400 + "s.", 1.0),
        ("Please try again later. This took 12.3s.", 1.0),
    ],
)
def test_a_delay_in_the_message(message: str, wait: float) -> None:
    """Where no RetryInfo says how long to wait, the message does; without either it is the backoff."""
    body = {"error": {"code": 503, "status": "UNAVAILABLE", "message": message}}
    assert advise(errors.ServerError(503, body)).wait == pytest.approx(wait)
    texts = [f"503 UNAVAILABLE. {json.dumps(body)}", f"503 UNAVAILABLE. {message}"]
    assert [advise(Exception(text)).wait for text in texts] == [pytest.approx(wait)] * 2


def test_a_number_in_a_quoted_prompt_is_no_delay() -> None:
    """A message that may quote the prompt says nothing about waiting."""
    said = "Invalid value at 'contents[0]': \"our retry in 451 seconds plan\""
    body = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": said}}
    error = read_error(errors.ClientError(400, body))
    assert error is not None
    assert error.retry_delay is None


def test_the_details_say_more_than_the_message() -> None:
    """A RetryInfo and a Retry-After header go before the words of the message."""
    message = "Please retry in 12.3s."
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
    error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": message}
    assert advise(errors.ClientError(429, {"error": error | {"details": [detail]}})).wait == 7.0
    answer = httpx.Response(429, headers={"retry-after": "5"}, json={"error": error})
    assert advise(errors.ClientError(429, {"error": error}, answer)).wait == 5.0
    assert advise(errors.ClientError(429, {"error": error})).wait == 12.3


def test_the_codes_that_google_genai_repeats() -> None:
    """Of the codes that the SDK repeats when it is told to, 504 alone is not advised: the request needs a change."""
    codes = (408, 429, 500, 502, 503, 504)
    assert {code: advise(errors.APIError(code, {})).retry for code in codes} == {
        **dict.fromkeys(codes, True),
        504: False,
    }


def of_another_client(name: str, **fields: Any) -> Exception:
    """An exception of a class that another client has."""
    module, _, short = name.rpartition(".")
    kind = type(short, (Exception,), {"__module__": module})
    error: Exception = kind(fields.pop("text", ""))
    vars(error).update(fields)
    return error


def raised_from(cause: Exception) -> Exception:
    error = of_another_client(
        "langchain_google_genai.chat_models.ChatGoogleGenerativeAIError", text="wrapped"
    )
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(
            of_another_client("pydantic_ai.exceptions.ModelHTTPError", status_code=429, body=QUOTA),
            (True, 34.0, "http.429.rate_minute"),
            id="pydantic-ai",
        ),
        pytest.param(
            raised_from(errors.ClientError(429, QUOTA)),
            (True, 34.0, "http.429.rate_minute"),
            id="LangChain, raised from",
        ),
        pytest.param(
            of_another_client(
                "litellm.exceptions.RateLimitError",
                status_code=429,
                message=f"litellm.RateLimitError: GeminiException - {json.dumps(QUOTA)}",
            ),
            (True, 34.0, "http.429.rate_minute"),
            id="LiteLLM",
        ),
        pytest.param(
            of_another_client(
                "google.api_core.exceptions.ServiceUnavailable", code=503, text="503 overloaded"
            ),
            (True, 1.0, "http.503.overloaded"),
            id="google.api_core",
        ),
        pytest.param(httpx.ConnectError("refused"), (True, 1.0, "net.unreachable"), id="httpx"),
        pytest.param(
            httpx.UnsupportedProtocol("no scheme"), (False, None, "net.bad_url"), id="httpx, bad address"
        ),
        pytest.param(
            of_another_client("aiohttp.client_exceptions.ServerDisconnectedError"),
            (True, 1.0, "net.disconnected"),
            id="aiohttp",
        ),
        pytest.param(
            websockets.ConnectionClosedError(websockets.frames.Close(1011, "API key not valid"), None),
            (False, None, "http.400.api_key_invalid"),
            id="websockets",
        ),
        pytest.param(
            websockets.ConnectionClosedError(None, None), (False, None, "live.lost"), id="websockets, lost"
        ),
        pytest.param(TimeoutError(), (True, 1.0, "net.timeout"), id="built-in"),
        pytest.param(KeyError("price"), (False, None, "error.exception"), id="anything else"),
    ],
)
def test_other_clients(error: Exception, expected: tuple[bool, float | None, str]) -> None:
    """Errors of other clients and of transports are understood as the one reader of errors understands them."""
    assert summary(advise(error)) == expected


def test_retry_after() -> None:
    """A Retry-After header is a delay that the service asks for."""
    response = httpx.Response(503, headers={"retry-after": "7"})
    assert (
        advise(of_another_client("openai.InternalServerError", status_code=503, response=response)).wait == 7
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), asyncio.CancelledError()])
def test_what_the_program_wants(error: BaseException) -> None:
    """No retry is advised after what the program itself asked for: the end of a task or of the process."""
    assert not advise(error).retry
    assert advise(error).wait is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (429, "advise() takes an exception, not int; explain() takes codes and responses"),
        (None, "advise() takes an exception, not NoneType; explain() takes codes and responses"),
        (
            ValueError,
            "advise() takes an exception, not the class ValueError; give the exception that was caught",
        ),
    ],
)
def test_other_input(given: Any, said: str) -> None:
    """Anything that is not an exception is a TypeError that says what it is."""
    with pytest.raises(TypeError) as caught:
        advise(given)
    assert str(caught.value) == said


def test_bad_numbers() -> None:
    """Numbers that make no sense are ValueErrors that name them."""
    with pytest.raises(ValueError, match="attempt=0 is not valid; the first attempt is 1"):
        advise(ValueError(), attempt=0)
    with pytest.raises(ValueError, match=r"jitter=-1 is not valid; give seconds, 0 or more"):
        wait_as_told(jitter=-1)


class Unreadable(Exception):
    """Its attributes raise."""

    @property
    def code(self) -> int:
        raise RuntimeError("no code")

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_an_unreadable_exception() -> None:
    """An exception whose attributes raise does not break the retry loop: no retry is advised."""
    assert summary(advise(Unreadable())) == (False, None, "error.exception")


# --- the catalogue

OF_ERRORS = [
    hint for hint in default_hints() if isinstance(hint.when, Trigger) and hint.when.subject is FAILURE
]


@pytest.mark.parametrize("hint", OF_ERRORS, ids=lambda hint: hint.id)
def test_each_entry_of_an_error_decides(hint: Hint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Advice follows what the entry says of a retry: "yes" and "wait" send the same request again, nothing else does."""
    monkeypatch.setattr(advice, "find", lambda _: [hint])
    assert hint.retry in get_args(Retry)
    given = advise(errors.APIError(599, {}))
    assert (given.retry, given.hint) == (hint.retry in {"yes", "wait"}, hint)
    assert (given.wait is not None) is given.retry


def test_every_error_has_an_entry_that_decides() -> None:
    """Each kind of API error and each known class of exception is a value of one of these entries."""
    assert set(KINDS) <= HAVE_ENTRIES
    named = {value for hint in OF_ERRORS if isinstance(hint.when, Trigger) for value in hint.when.values}
    assert {kind for kind in HAVE_ENTRIES if kind not in named} <= {"Cancelled", "CancelledError", "unknown"}


def test_what_nobody_knows_is_not_promised() -> None:
    """The entries for unknown errors promise nothing."""
    unknown = {"http.unknown", "error.exception"}
    assert {hint.id for hint in OF_ERRORS if hint.id in unknown and hint.retry == "no"} == unknown


# --- tenacity


class Loop:
    """A program's own retry loop, which notes how long it would have slept."""

    def __init__(self, **options: Any) -> None:
        self.slept: list[float] = []
        self.options = {
            "retry": retry_if_it_helps(),
            "wait": wait_as_told(),
            "stop": tenacity.stop_after_attempt(3),
            "reraise": True,
            **options,
        }

    def run(self, call: Callable[[], Any]) -> Any:
        return tenacity.Retrying(sleep=self.slept.append, **self.options)(call)

    async def run_async(self, call: Callable[[], Any]) -> Any:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        return await tenacity.AsyncRetrying(sleep=sleep, **self.options)(call)


def outcome_of(scenario: str) -> tuple[int, list[float], Any]:
    """Requests, seconds slept, and the answer's text or the code of the last exception."""
    loop = Loop()
    with simulator.serve(scenario) as url:
        client = make_client(url)
        try:
            said: Any = loop.run(lambda: client.models.generate_content(model=MODEL, contents="hello")).text
        except errors.APIError as error:
            said = error.code
        return len(url.requests), loop.slept, said


@pytest.mark.parametrize("scenario", ["daily_quota", "invalid_key"])
def test_sent_once(scenario: str) -> None:
    """A daily quota and an invalid key are tried once, and the caller gets the SDK's own exception."""
    requests, slept, code = outcome_of(scenario)
    assert (requests, slept) == (1, [])
    assert code in {429, 400}


def test_the_told_delay() -> None:
    """The quota of a minute is tried again after the delay that the service asks for, never earlier."""
    requests, slept, text = outcome_of("rate_limited_twice")
    assert requests == 3
    assert [34 <= seconds <= 35 for seconds in slept] == [True, True]
    assert text.startswith("Tides")


def test_backoff_with_jitter() -> None:
    """A 503 is tried again after a backoff that doubles, with jitter: two loops do not wait equally long."""
    (_, one, code), (_, other, _) = outcome_of("overloaded"), outcome_of("overloaded")
    assert code == 503
    assert [1 <= one[0] <= 2, 2 <= one[1] <= 3] == [True, True]
    assert one != other


async def test_async(url: str) -> None:
    """An async loop takes the same two."""
    loop, client = Loop(wait=wait_as_told(jitter=0)), make_client(url)

    async def call() -> Any:
        return await client.aio.models.generate_content(model=MODEL, contents="simulate:overloaded")

    with pytest.raises(errors.ServerError):
        await loop.run_async(call)
    assert loop.slept == [1, 2]


def test_beside_conditions_of_the_programs_own() -> None:
    """They go together with other conditions: where one of those wants a retry, the wait is the backoff."""
    results = iter(["", KeyError("price"), "done"])

    def call() -> str:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    loop = Loop(
        retry=retry_if_it_helps()
        | tenacity.retry_if_exception_type(KeyError)
        | tenacity.retry_if_result(lambda r: not r),
        wait=wait_as_told(jitter=0) + tenacity.wait_fixed(0.5),
    )
    assert loop.run(call) == "done"
    assert loop.slept == [1.5, 2.5]


def test_the_error_of_tenacity() -> None:
    """Tenacity's own RetryError is understood as what it was raised from."""
    loop = Loop(reraise=False, stop=tenacity.stop_after_attempt(1))

    def call() -> None:
        raise errors.ClientError(429, QUOTA)

    with pytest.raises(tenacity.RetryError) as caught:
        loop.run(call)
    assert summary(advise(caught.value)) == (True, 34.0, "http.429.rate_minute")


def test_without_tenacity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tenacity is not installed the two say so, and advise() works."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for function in (retry_if_it_helps, wait_as_told):
        with pytest.raises(ImportError, match=r"need tenacity\. Install it with: pip install tenacity"):
            function()
    assert advise(TimeoutError()).retry
