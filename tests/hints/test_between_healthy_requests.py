"""What breaks between healthy requests, and what only looks like it, through the SDK against the simulator."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.sdk.trace import ReadableSpan
from pydantic import BaseModel

import gemini_otel
from gemini_otel import simulator
from gemini_otel._facts import names
from support import SHAPES, Telemetry, ask, invoke, make_client, send

IMAGE_MODEL = "gemini-3.1-flash-image"


@pytest.fixture(params=["warning", "info"])
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, hint_level="info")
    yield telemetry
    gemini_otel.uninstrument()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator.serve() as address:
        yield str(address)


@pytest.fixture
def client(url: str) -> genai.Client:
    return make_client(url, timeout=60_000)


def hints(span: ReadableSpan, *severities: str) -> list[str]:
    """The ids of a span's hints of these severities; of warnings and errors if none is given."""
    wanted = severities or ("warning", "error")
    events = [dict(event.attributes or {}) for event in span.events if event.name == names.EVENT_HINT]
    return [str(each[names.HINT_ID]) for each in events if each[names.HINT_SEVERITY] in wanted]


def told(telemetry: Telemetry, *severities: str) -> list[tuple[str, list[str]]]:
    """Operation and hints of each span, in the order in which they began."""
    spans = sorted(telemetry.spans, key=lambda span: span.start_time or 0)
    return [(str((span.attributes or {})[names.OPERATION_NAME]), hints(span, *severities)) for span in spans]


def evidence(span: ReadableSpan, hint_id: str) -> str:
    events = [dict(event.attributes or {}) for event in span.events if event.name == names.EVENT_HINT]
    return next(str(each.get(names.HINT_EVIDENCE)) for each in events if each[names.HINT_ID] == hint_id)


def get_tide(harbour: str = "Brest") -> str:
    """The time of the next high water."""
    return "06:12"


def get_broken_tide(harbour: str = "Brest") -> str:
    """The time of the next high water."""
    raise LookupError("no such harbour")


# --- tools


@pytest.mark.parametrize("shape", SHAPES)
def test_a_misspelled_tool(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A call of a function that was not given is told on the round, with its name, and on the loop that the SDK's KeyError ends."""
    with pytest.raises(KeyError):
        ask(client, "models", shape, {"tools": [get_tide]}, "simulate:undeclared_tool")
    assert told(telemetry) == [
        ("invoke_workflow", ["afc.undeclared"]),
        ("generate_content", ["finish.unexpected_tool"]),
    ]
    loop, call = sorted(telemetry.spans, key=lambda span: span.start_time or 0)
    # A stream is still open when the SDK looks the function up.
    assert (call.attributes or {})[names.OUTCOME] == ("error" if "stream" in shape else "malformed")
    assert evidence(call, "finish.unexpected_tool").startswith("called: undeclared_function; 1 tool ")
    assert evidence(loop, "afc.undeclared") == (
        "called: undeclared_function; exception KeyError; 1 of 10 rounds"
    )


def declaration(name: str) -> types.Tool:
    return types.Tool(function_declarations=[types.FunctionDeclaration(name=name)])


@pytest.mark.parametrize(
    ("config", "known"),
    [
        ({"tools": [declaration("get_tide")]}, True),
        ({"tools": [{"functionDeclarations": [{"name": "get_tide"}]}]}, True),
        ({"tools": [declaration("undeclared_function"), declaration("get_tide")]}, False),
        ({"tools": [declaration("get_tide"), types.Tool(google_search=types.GoogleSearch())]}, True),
        ({"tools": [types.Tool(google_search=types.GoogleSearch())]}, False),
        ({}, False),
        ({"tools": [declaration("get_tide")], "cached_content": "cachedContents/abc"}, False),
        ({"tools": [declaration("get_tide")], "http_options": {"extra_body": {"tools": []}}}, False),
        *(
            [({"tools": [declaration("get_tide"), types.Tool(computer_use=types.ComputerUse())]}, False)]
            if hasattr(types, "ComputerUse")
            else []
        ),
    ],
)
def test_what_the_request_declares(
    telemetry: Telemetry, client: genai.Client, config: dict[str, Any], known: bool
) -> None:
    """A call is said to be undeclared only where the request declares functions, and nothing that may declare more."""
    ask(client, "models", "call", config, "simulate:undeclared_tool")
    assert hints(telemetry.span) == (["finish.unexpected_tool"] if known else [])
    assert telemetry.attributes[names.OUTCOME] == ("malformed" if known else "ok")


def test_a_name_without_the_form_of_one(telemetry: Telemetry) -> None:
    """What the model made up is shown only where it has the form of a name."""
    call = {"functionCall": {"name": "the user said: hello", "args": {}}}
    answer = simulator.Reply(
        chunks=({"candidates": [{"content": {"parts": [call]}, "finishReason": "STOP"}]},)
    )
    with simulator.serve(scenarios=[simulator.Scenario("odd_name", "x", (answer,))]) as address:
        send(make_client(str(address)), "call", "simulate:odd_name", tools=[declaration("get_tide")])
    assert telemetry.attributes[names.UNDECLARED_CALLS] == ("_OTHER",)
    assert "the user said" not in telemetry.span.to_json()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_call_that_the_service_refuses(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """UNEXPECTED_TOOL_CALL is explained by a name that was made up, which is shown."""
    send(client, shape, "simulate:made_up_tool", tools=[declaration("get_tide")])
    assert hints(telemetry.span) == ["finish.unexpected_tool"]
    assert "called: list_files" in evidence(telemetry.span, "finish.unexpected_tool")


def test_a_declared_call_that_the_service_refuses(telemetry: Telemetry, client: genai.Client) -> None:
    """Where the function is declared, its name is not given as undeclared."""
    send(client, "call", "simulate:made_up_tool", tools=[declaration("list_files")])
    assert hints(telemetry.span) == ["finish.unexpected_tool"]
    assert names.UNDECLARED_CALLS not in telemetry.attributes


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tool_that_raised(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Each run of a function that raised has a hint with the exception's class, and the loop counts them."""
    ask(client, "models", shape, {"tools": [get_broken_tide]}, "simulate:tool_chain")
    runs = [span for span in telemetry.spans if span.name.startswith("execute_tool")]
    assert [hints(run) for run in runs] == [["tool.raised"]] * 2
    assert evidence(runs[0], "tool.raised") == "function get_broken_tide; exception LookupError"
    (loop,) = (span for span in telemetry.spans if names.AFC_ROUNDS in (span.attributes or {}))
    assert (loop.attributes or {})[names.AFC_TOOLS_FAILED] == 2
    assert hints(loop) == []
    assert "no such harbour" not in "".join(span.to_json() for span in telemetry.spans)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tool_that_works(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Neither a run that went well nor its loop says anything of failures."""
    ask(client, "models", shape, {"tools": [get_tide]}, "simulate:tool_chain")
    assert [ids for _, ids in told(telemetry) if ids] == []
    assert not any(
        {names.AFC_TOOLS_FAILED, names.TOOL_FAILURE, names.UNDECLARED_CALLS} & {*(span.attributes or {})}
        for span in telemetry.spans
    )


# --- structured output


class Tide(BaseModel):
    harbour: str


def test_a_function_call_where_a_schema_was_asked_for(telemetry: Telemetry, client: genai.Client) -> None:
    """A round that calls a function has not failed to fit the schema; nor has the reply that does fit."""
    config = {
        "tools": [get_tide],
        "response_mime_type": "application/json",
        "response_schema": Tide,
    }
    ask(client, "models", "call", config, "simulate:tool_call")
    assert [ids for _, ids in told(telemetry) if ids] == []
    parsed = [
        (span.attributes or {}).get(names.PARSED) for span in telemetry.spans if "generate" in span.name
    ]
    assert parsed == [None, True]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("ok", []),
        ("null", []),
        ("finish_max_tokens", ["finish.max_tokens.structured"]),
        ("finish_safety", ["finish.safety"]),
        ("empty_stop", ["finish.stop.empty.thoughts"]),
        ("thinking", ["out.parsed_none"]),
        ("finish_missing", ["finish.missing"]),
        ("loop_text_done", ["repeat.text_structured"]),
    ],
)
def test_only_finished_text_is_parsed(telemetry: Telemetry, scenario: str, expected: list[str]) -> None:
    """That a reply does not fit its schema is said of text that ended well, and never beside what says more."""
    sentence = "I will check the harbour table once more. "
    looped = simulator.Reply(
        chunks=({"candidates": [{"content": {"parts": [{"text": sentence * 100}]}, "finishReason": "STOP"}]},)
    )
    more = [simulator.Scenario("loop_text_done", "x", (looped,))]
    with simulator.serve(scenarios=[*simulator.SCENARIOS.values(), *more]) as address:
        send(
            make_client(str(address)),
            "call",
            f"simulate:{scenario}",
            response_mime_type="application/json",
            response_schema=Tide,
        )
    assert hints(telemetry.span) == expected


# --- several candidates


@pytest.mark.parametrize("shape", SHAPES)
def test_two_candidates_of_which_one_is_cut(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """One complete candidate is an answer; that the other was cut is only noted."""
    send(client, shape, "simulate:multi_candidate", candidate_count=2)
    assert hints(telemetry.span) == []
    assert "finish.some_candidates" in hints(telemetry.span, "info")
    assert "finish reasons stop, max_tokens" in evidence(telemetry.span, "finish.some_candidates")


def test_all_candidates_cut(telemetry: Telemetry, client: genai.Client) -> None:
    """Where no candidate is complete, the answer was cut."""
    send(client, "call", "simulate:finish_max_tokens", candidate_count=2)
    assert hints(telemetry.span) == ["finish.max_tokens"]


# --- media


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("modality", "hint_id"), [("IMAGE", "finish.no_image"), ("AUDIO", "finish.no_sound")]
)
def test_words_in_the_place_of_media(
    telemetry: Telemetry, client: genai.Client, shape: str, modality: str, hint_id: str
) -> None:
    """Where only an image or only sound was asked for, words alone are no answer."""
    send(client, shape, "simulate:thinking", model=IMAGE_MODEL, response_modalities=[modality])
    assert hints(telemetry.span) == [hint_id]
    assert telemetry.attributes[names.OUTCOME] == "empty"


@pytest.mark.parametrize(
    ("scenario", "modalities"),
    [
        ("inline_image", ["IMAGE"]),
        ("inline_image", ["TEXT", "IMAGE"]),
        ("ok", ["TEXT", "IMAGE"]),
        ("ok", ["TEXT"]),
        ("tool_call", ["IMAGE"]),
    ],
)
def test_media_that_came_or_need_not(
    telemetry: Telemetry, client: genai.Client, scenario: str, modalities: list[str]
) -> None:
    """An image that came, words where they were asked for as well, and a call are answers."""
    send(
        client,
        "call",
        f"simulate:{scenario}",
        model=IMAGE_MODEL,
        response_modalities=modalities,
        tools=[declaration("get_tide")],
    )
    assert hints(telemetry.span) == []
    assert telemetry.attributes[names.OUTCOME] == "ok"


# --- tools of the service

SEARCH = types.Tool(google_search=types.GoogleSearch())
READER = types.Tool(url_context=types.UrlContext())
CODE = types.Tool(code_execution=types.ToolCodeExecution())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_page_that_was_not_read(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A page of the URL context that could not be read is told, with the reason and without its address."""
    send(client, shape, "simulate:url_not_read", tools=[READER])
    assert hints(telemetry.span) == ["out.url_not_read"]
    assert evidence(telemetry.span, "out.url_not_read").startswith("not read: PAYWALL; 1 read")
    assert "example.com" not in telemetry.span.to_json()


@pytest.mark.parametrize("more", [[], [{"retrievedUrl": "https://example.com/b"}]])
def test_pages_that_were_read(telemetry: Telemetry, more: list[Any]) -> None:
    """Where every page was read, that is a number and no hint; a page of which nothing is said has not failed."""
    page = {
        "retrievedUrl": "https://example.com/a",
        "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS",
    }
    candidate = {
        "content": {"parts": [{"text": "Read."}]},
        "finishReason": "STOP",
        "urlContextMetadata": {"urlMetadata": [page, *more]},
    }
    read = simulator.Reply(chunks=({"candidates": [candidate]},))
    with simulator.serve(scenarios=[simulator.Scenario("page_read", "x", (read,))]) as address:
        send(make_client(str(address), timeout=60_000), "call", "simulate:page_read", tools=[READER])
    assert hints(telemetry.span) == []
    assert telemetry.attributes[names.URLS_READ] == 1
    assert not {names.URLS_FAILED, names.UNUSED_TOOLS} & {*telemetry.attributes}


@pytest.mark.parametrize(
    ("scenario", "tools", "unused"),
    [
        ("ok", [SEARCH], ("google_search",)),
        ("ok", [SEARCH, READER, CODE], ("google_search", "url_context", "code_execution")),
        ("grounding_tool_use", [SEARCH], None),
        ("url_not_read", [SEARCH, READER], None),  # it counts tokens of tools, and does not say whose
        ("ok", [declaration("get_tide")], None),
        ("ok", [], None),
    ],
)
def test_a_search_that_was_not_made(
    telemetry: Telemetry,
    client: genai.Client,
    scenario: str,
    tools: list[Any],
    unused: tuple[str, ...] | None,
) -> None:
    """A tool of the service that was offered and not used is a note, where nothing at all shows that one was used."""
    send(client, "call", f"simulate:{scenario}", tools=tools)
    assert telemetry.attributes.get(names.UNUSED_TOOLS) == unused
    assert ("out.tools_unused" in hints(telemetry.span, "info")) is (unused is not None)
    assert "out.tools_unused" not in hints(telemetry.span)


@pytest.mark.parametrize("shape", ["call", "stream"])
def test_floods_of_pages_and_calls(telemetry: Telemetry, shape: str) -> None:
    """However many pages and calls an answer names, the span names sixteen of each at most."""
    pages = [{"retrievedUrl": f"p{number}", "urlRetrievalStatus": "x y"} for number in range(90)]
    more = [{**page, "retrievedUrl": f"q{page['retrievedUrl']}"} for page in pages]
    calls = [{"functionCall": {"name": f"made_up_{number}", "args": {}}} for number in range(40)]
    chunks = [
        {"content": {"parts": calls}, "finishReason": "STOP", "urlContextMetadata": {"urlMetadata": each}}
        for each in (pages, more)
    ]
    flood = simulator.Reply(chunks=tuple({"candidates": [each]} for each in chunks))
    with simulator.serve(scenarios=[simulator.Scenario("flood", "x", (flood,))]) as address:
        send(make_client(str(address)), shape, "simulate:flood", tools=[declaration("get_tide")])
    assert telemetry.attributes[names.URLS_FAILED] == ("_OTHER",) * 16
    assert telemetry.attributes[names.UNDECLARED_CALLS] == tuple(f"made_up_{number}" for number in range(16))


# --- uploads and operations


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("scenario", ["upload_unconfirmed", "upload_without_address"])
def test_an_upload_that_was_not_confirmed(
    telemetry: Telemetry, client: genai.Client, mode: str, scenario: str
) -> None:
    """An answer that lacks what it must hold is to blame, and no argument of the call."""
    config = {"mime_type": "text/plain", "display_name": f"simulate:{scenario}"}
    sent = invoke(client, mode, "files.upload", file=io.BytesIO(b"x" * 50), config=config)
    assert isinstance(sent.error, ValueError | KeyError)
    assert hints(telemetry.span) == ["net.bad_response"]


def test_an_argument_that_the_sdk_refuses(telemetry: Telemetry, client: genai.Client) -> None:
    """What is refused before a request was made is the request's."""
    with pytest.raises(ValueError):
        client.models.generate_content(model="", contents="x")
    assert hints(telemetry.span) == ["sdk.invalid_request"]


def test_an_answer_that_the_sdk_cannot_parse(telemetry: Telemetry) -> None:
    """An exception over an answer that came with HTTP 200 is the answer's."""
    part = {"functionCall": {"name": "weather", "args": {}}, "thoughtSignature": "thought_abc123"}
    odd = simulator.Reply(
        chunks=({"candidates": [{"content": {"parts": [part], "role": "model"}, "finishReason": "STOP"}]},)
    )
    with simulator.serve(scenarios=[simulator.Scenario("odd_signature", "x", (odd,))]) as address:
        sent = send(make_client(str(address)), "call", "simulate:odd_signature")
    assert sent.error is not None
    assert hints(telemetry.span) == ["net.bad_response"]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [("operation_without_result", ["job.empty"]), ("processing", []), ("ok", []), ("failed", ["job.failed"])],
)
def test_an_operation_that_is_done_with_nothing(
    telemetry: Telemetry, scenario: str, expected: list[str]
) -> None:
    """An operation that is done, with neither a result nor an error, is not called well."""
    with simulator.serve(scenario) as address:
        client = make_client(str(address), timeout=60_000)
        client.operations.get(types.GenerateVideosOperation(name="models/veo-3/operations/abc"))
    assert hints(telemetry.span) == expected
    assert (telemetry.attributes[names.OUTCOME] == "empty") is (expected == ["job.empty"])


# --- streams that broke


@pytest.mark.parametrize("shape", ["stream", "async_stream"])
def test_a_stream_that_had_begun(telemetry: Telemetry, url: str, shape: str) -> None:
    """An error inside a stream is not blamed on the retries that the SDK would not have made."""
    sent = send(make_client(url, attempts=3), shape, "simulate:error_in_stream")
    if sent.error is None:
        pytest.skip("this SDK reads over an error in a stream")
    (event, *_) = telemetry.events(names.EVENT_HINT)
    assert event[names.HINT_ID] == "http.503.overloaded"
    assert event[names.HINT_REMEDY].startswith("Start the request again, and discard what came")
    assert "attempts allowed" not in event[names.HINT_EVIDENCE]
    assert "a stream that has begun is not repeated" in event[names.HINT_EVIDENCE]
    assert "broke after" in event[names.HINT_EVIDENCE]
    assert "cfg.no_retry" not in hints(telemetry.span, "info")


def test_a_refusal_before_the_stream(telemetry: Telemetry, url: str) -> None:
    """A stream that was refused at once is spoken of as any call is."""
    send(make_client(url), "stream", "simulate:overloaded")
    (event, *_) = telemetry.events(names.EVENT_HINT)
    assert "has begun" not in event.get(names.HINT_EVIDENCE, "")
    assert hints(telemetry.span, "info") == ["cfg.no_retry"]


# --- caches


def test_turns(telemetry: Telemetry, client: genai.Client) -> None:
    """The second message of a chat goes on from an answer; the first does not."""
    chat = client.chats.create(model="gemini-3.8-flash")
    for _ in range(2):
        chat.send_message("Hello.")
    assert [(span.attributes or {}).get(names.REQUEST_TURNS) for span in telemetry.spans] == [None, 3]


def test_a_cache_that_was_missed(telemetry: Telemetry) -> None:
    """A long chat that used nothing of a cache is a note on the second message, and none on the first."""
    usage = {"promptTokenCount": 5000, "candidatesTokenCount": 5, "totalTokenCount": 5005}
    candidate = {"content": {"parts": [{"text": "Yes."}], "role": "model"}, "finishReason": "STOP"}
    reply = simulator.Reply(chunks=({"candidates": [candidate], "usageMetadata": usage},))
    with simulator.serve(scenarios=[simulator.Scenario("ok", "x", (reply,))]) as address:
        client = make_client(str(address), timeout=60_000)
        chat = client.chats.create(model="gemini-3.8-flash")
        for _ in range(2):
            chat.send_message("Hello.")
    assert [hints(span, "info") for span in telemetry.spans] == [[], ["perf.cache_miss"]]
