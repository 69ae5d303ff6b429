"""The pytest plugin: what it fails, what it allows, and what it leaves as it was."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from google.genai import models
from opentelemetry import trace

import gemini_otel
from gemini_otel import _instrumentor
from gemini_otel.pytest import _plugin
from gemini_otel.pytest._totals import Totals
from support import make_client, send

pytest_plugins = ["pytester"]

HEAD = """
import asyncio, os, unittest
import pytest
from google import genai

def new_client():
    return genai.Client(api_key="none", http_options={{"base_url": "{url}"}})

client = new_client()

def ask(scenario="ok"):
    return client.models.generate_content(model="gemini-2.5-flash", contents=f"simulate:{{scenario}}")

async def ask_async(scenario="ok"):
    return await new_client().aio.models.generate_content(model="gemini-2.5-flash", contents=f"simulate:{{scenario}}")

"""


@pytest.fixture(scope="module", autouse=True)
def imported(url: str) -> None:
    """A run that is not the first to import a module ends without it: what is imported here is imported once."""
    gemini_otel.instrument()
    send(make_client(url), "call", "simulate:finish_safety")
    gemini_otel.uninstrument()
    assert _plugin.Plugin.NAME


class Project:
    """A test suite of a user's."""

    def __init__(self, pytester: pytest.Pytester, url: str) -> None:
        self.pytester = pytester
        self._head = HEAD.format(url=url)

    def run(
        self,
        code: str,
        *options: str,
        on: tuple[str, ...] = ("-p", "gemini_otel.pytest"),
        fresh: bool = False,
    ) -> pytest.RunResult:
        """pytest's run of a file with this code; `fresh` in a process of its own."""
        self.pytester.makepyfile(self._head + textwrap.dedent(code))
        run = self.pytester.runpytest_subprocess if fresh else self.pytester.runpytest_inprocess
        return run("-p", "no:cacheprovider", "-p", "no:cov", *on, *options)


@pytest.fixture
def project(pytester: pytest.Pytester, url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # of the entry points of this environment
    return Project(pytester, url)


def test_a_hint_fails_the_test(project: Project) -> None:
    """A test whose call earned a hint fails with summary, evidence, remedy and the way to allow it; a healthy one passes."""
    result = project.run(
        """
        def test_cut_off():
            ask("thoughts_ate_budget")

        def test_healthy():
            ask()
        """
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*a hint of severity warning or error fails its test",
            "*The Gemini calls of this test earned hints:",
            "*finish.max_tokens.thinking (error)",
            "*Thinking used up the output token limit.",
            "*Seen: thoughts 1010 of 1010 output tokens",
            "*What to do:",
            "*- Raise max_output_tokens*",
            "*Span: generate_content gemini-2.5-flash",
            '*To allow this: @pytest.mark.allow_hint("finish.max_tokens.thinking")',
            "*= Gemini calls =*",
            "Used  2 calls in 2 tests, * 1.05 k tokens",
            "What to do first: hints by severity, then by tokens",
            " 1 finish.max_tokens.thinking  error  1x  * 1.02 k tokens",
            "   Raise max_output_tokens *",
            "   first in test_a_hint_fails_the_test.py::test_cut_off",
        ]
    )


def test_what_does_not_fail(project: Project) -> None:
    """Allowed hints, hints below the severity and skipped tests do not fail; an expected failure is one."""
    result = project.run(
        """
        class TestAllowed:
            pytestmark = pytest.mark.allow_hint("finish")

            def test_class(self):
                ask("finish_safety")

        @pytest.mark.allow_hint("http.429.rate_day", "cfg")
        def test_function():
            with pytest.raises(genai.errors.ClientError):
                ask("daily_quota")

        def test_below():
            ask("thoughts_ate_budget").text
            pytest.skip("enough")

        @pytest.mark.xfail(strict=True)
        def test_expected():
            ask("finish_safety")
        """
    )
    result.assert_outcomes(passed=2, skipped=1, xfailed=1)


def test_severity_and_off(project: Project) -> None:
    """`--gemini-hints` sets the severity; `off` wins over -p."""
    code = 'def test_warning():\n    ask("finish_max_tokens")\n'
    project.run(code, "--gemini-hints=error").assert_outcomes(passed=1)
    project.run(code, "--gemini-hints=info").assert_outcomes(failed=1)
    off = project.run(code, "--gemini-hints=off")
    off.assert_outcomes(passed=1)
    off.stdout.no_fnmatch_line("*Gemini calls*")


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('"finish.near_cup"', "allow_hint: no hint is named 'finish.near_cup'. Close: finish.near_cap*"),
        ("", "allow_hint takes ids of hints*given nothing"),
        ("429", "allow_hint takes ids of hints*given 429"),
    ],
)
def test_bad_markers(project: Project, marker: str, said: str) -> None:
    """A marker that names no hint fails the test before it runs, and says what is close."""
    result = project.run(f"@pytest.mark.allow_hint({marker})\ndef test(): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])


def test_a_test_that_fails_by_itself(project: Project) -> None:
    """It keeps its own failure, with the hints beside it."""
    result = project.run('def test():\n    assert ask("finish_safety").text == "hello"\n')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *assert None == 'hello'", "*Gemini hints*", "*finish.safety (error)"])


def test_kinds_of_tests(project: Project) -> None:
    """unittest classes, asyncio and trio are watched alike, and calls of fixtures belong to their test."""
    result = project.run(
        """
        class Case(unittest.TestCase):
            def test_sync(self):
                ask("finish_safety")

        class AsyncCase(unittest.IsolatedAsyncioTestCase):
            async def test_async(self):
                await ask_async("finish_safety")

        @pytest.mark.asyncio
        async def test_asyncio():
            await ask_async("finish_safety")

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["trio"])
        async def test_trio(anyio_backend):
            import trio
            await trio.to_thread.run_sync(ask, "finish_safety")

        @pytest.fixture
        def before():
            ask("finish_safety")

        @pytest.fixture
        def after():
            yield
            ask("finish_safety")

        def test_before(before):
            pass

        def test_after(after):
            pass
        """,
        *(
            "-p",
            "pytest_asyncio.plugin",
            "-p",
            "anyio.pytest_plugin",
            "-o",
            "asyncio_default_fixture_loop_scope=function",
        ),
    )
    result.assert_outcomes(failed=5, passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["Used  6 calls in 6 tests, *", " 1 finish.safety  error  6x  *", "   first in *::Case::test_sync"]
    )


FIXTURE = """
    def test_numbers(gemini_calls):
        assert (len(gemini_calls), gemini_calls.tokens, gemini_calls.hints) == (0, 0, [])
        ask("tool_call")
        ask("finish_safety")
        assert len(gemini_calls) == 2
        assert [hint.id for hint in gemini_calls.hints if hint.hint.severity == "error"] == ["finish.safety"]
        assert gemini_calls.tokens == gemini_calls.input_tokens + gemini_calls.output_tokens > 10
        assert gemini_calls.seconds > 0
        assert {span.name for span in gemini_calls.spans} == {"generate_content gemini-2.5-flash"}

    def test_another(gemini_calls):
        assert len(gemini_calls) == 0
"""


def test_the_fixture(project: Project) -> None:
    """`gemini_calls` gives spans, tokens, seconds and hints of this test alone; it needs no option."""
    project.run(FIXTURE).assert_outcomes(failed=1, passed=1)
    result = project.run(FIXTURE, on=("-p", "gemini_otel.pytest._option"))
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*Gemini calls*")


def test_loops_and_tools_are_no_calls(project: Project) -> None:
    """A function calling loop is as many calls as it has rounds, and their tokens count once."""
    result = project.run(
        """
        def get_weather(city: str = "") -> str:
            "The weather."
            return "sunny"

        def test(gemini_calls):
            client.models.generate_content(
                model="gemini-2.5-flash", contents="simulate:tool_call", config={"tools": [get_weather]}
            )
            assert len(gemini_calls) == 2
            assert len(gemini_calls.spans) == 4  # two rounds, a tool, the loop
        """
    )
    result.assert_outcomes(passed=1)


PROGRAM = """
    import gemini_otel
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    def instrumented(**settings):
        provider, exporter = TracerProvider(), InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        gemini_otel.instrument(tracer_provider=provider, **settings)
        return exporter
"""


def test_beside_the_programs_own_telemetry(project: Project) -> None:
    """A program that instruments itself, in the test or before, has its spans as without the plugin, and the plugin sees them."""
    result = project.run(
        PROGRAM
        + """
    @pytest.fixture
    def exported():
        yield instrumented(hints=False)
        gemini_otel.uninstrument()

    def test_in_a_fixture(exported):
        ask("finish_safety")
        (span,) = exported.get_finished_spans()
        assert span.events == ()

    @pytest.fixture
    def for_a_moment():
        instrumented()
        gemini_otel.uninstrument()

    def test_in_a_fixture_for_a_moment(for_a_moment):
        ask("finish_safety")

    def test_in_the_test():
        ask()
        exported = instrumented(hint_level="error")
        ask("finish_safety")
        gemini_otel.uninstrument()
        (span,) = exported.get_finished_spans()
        assert span.attributes["gemini.hint.id"] == "finish.safety"

    def test_afterwards():
        ask("finish_safety")

    def test_switched_off():
        instrumented(disabled_hints=["finish"])
        ask("finish_safety")

        gemini_otel.uninstrument()

    def test_afterwards_not():
        ask("ok")
    """
    )
    result.assert_outcomes(failed=4, passed=2)
    result.stdout.no_fnmatch_line("E *")


def test_hints_of_the_programs_own(project: Project) -> None:
    """A hint that the program's own processor adds counts like those of the catalogue, and can be allowed."""
    result = project.run(
        PROGRAM
        + """
    from gemini_otel import Hint, HintSpanProcessor

    MINE = Hint("mine.any", "warning", "Mine.", "Because.", ("Do.",), "no", "https://example.org", when=lambda _: True)

    @pytest.fixture(autouse=True)
    def ours():
        instrumented(hints=False)
        gemini_otel._instrumentor.active_instrumentation().providers.given[0].add_span_processor(HintSpanProcessor(hints=[MINE]))
        yield
        gemini_otel.uninstrument()

    def test_fails():
        ask()

    @pytest.mark.allow_hint("mine")
    def test_allowed():
        ask()
    """
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["mine.any (warning)", "  Mine.", " 1 mine.any *2x *"])


def test_spans_of_others(project: Project) -> None:
    """Spans of other instrumentations are read; an error counts once, however many spans it passes; other spans are no calls."""
    result = project.run(
        PROGRAM
        + """
    from opentelemetry.trace import Status, StatusCode

    @pytest.mark.allow_hint("http.503")
    def test_nested(gemini_calls):
        instrumented()
        tracer = gemini_otel._instrumentor.active_instrumentation().providers.given[0].get_tracer("mine")
        attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gemini-2.5-flash", "error.type": "503"}
        with tracer.start_as_current_span("GET /trips"):
            for _ in range(2):
                with tracer.start_as_current_span("outer", attributes={**attributes, "gen_ai.operation.name": "invoke_agent"}) as outer:
                    outer.set_status(Status(StatusCode.ERROR, "503"))
                    with tracer.start_as_current_span("inner", attributes=attributes) as inner:
                        inner.set_status(Status(StatusCode.ERROR, "503"))
        gemini_otel.uninstrument()
        assert [hint.id for hint in gemini_calls.hints if hint.hint.severity != "info"] == ["http.503.overloaded"] * 2
        assert [span.name for span in gemini_calls.spans] == ["inner", "outer"] * 2
        assert len(gemini_calls) == 2
    """
    )
    result.assert_outcomes(passed=1)


def test_the_sums_of_workers() -> None:
    """Sums of several workers are added up, by hint; the costliest hints of the highest severity come first."""
    totals = Totals(("warning", "error"))
    for name, tokens in (("one", 1_000), ("other", 24)):
        sums = {"calls": 1, "tokens": tokens, "seconds": 0.5}
        told = {"remedy": "Do.", "first": name, **sums}
        by_hint = {"b": {"severity": "warning", **told}, f"a.{name}": {"severity": "error", **told}}
        totals.merge({"all": {**sums, "tests": 1}, "by_hint": by_hint})
    assert list(totals.lines()) == [
        "Used  2 calls in 2 tests, 1 s, 1.02 k tokens",
        "What to do first: hints by severity, then by tokens",
        *(" 1 a.one    error    1x  500 ms, 1 k tokens", "   Do.", "   first in one"),
        *(" 2 a.other  error    1x  500 ms, 24 tokens", "   Do.", "   first in other"),
        *(" 3 b        warning  2x  1 s, 1.02 k tokens", "   Do.", "   first in one"),
    ]


def test_without_the_sdk_of_opentelemetry(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where opentelemetry-sdk is not installed, the run ends with one line that says how to get it."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "opentelemetry.sdk" else find(name, *a)
    )
    result = project.run("def test(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --gemini-hints and gemini_calls need opentelemetry-sdk. Install it with: *"]
    )


def test_a_stream_that_another_test_ends(project: Project) -> None:
    """A call that ends when its test is over fails no other test, and is in the summary."""
    result = project.run(
        """
        kept = []

        def test_begins():
            kept.append(client.models.generate_content_stream(model="gemini-2.5-flash", contents="simulate:finish_safety"))
            next(kept[0])

        def test_ends():
            list(kept.pop())
        """
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([" 1 finish.safety *", "   first in (outside of tests)"])


def test_all_is_as_before(project: Project) -> None:
    """When the run is over, the SDK is not patched, nothing listens, and the global provider is the one that it was."""
    before, provider = dict(vars(models.Models)), trace.get_tracer_provider()
    project.run("def test():\n    ask()\n").assert_outcomes(passed=1)
    assert dict(vars(models.Models)) == before
    assert _instrumentor.listeners == []
    assert _instrumentor.active_instrumentation() is None
    assert trace.get_tracer_provider() is provider


def test_the_entry_point_and_xdist(project: Project) -> None:
    """The option alone switches it on; xdist's workers fail the tests, and the summary adds them up. A global provider keeps its spans."""
    result = project.run(
        PROGRAM
        + """
    trace.set_tracer_provider(TracerProvider())
    exporter = InMemorySpanExporter()
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))

    @pytest.mark.parametrize("scenario", ["ok", "finish_safety", "finish_max_tokens"])
    def test(scenario):
        ask(scenario)
        assert exporter.get_finished_spans() == ()  # nobody asked for spans of Gemini calls there

    def test_by_hand(gemini_calls):
        with trace.get_tracer("mine").start_as_current_span("chat gemini-2.5-flash") as span:
            span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ("SAFETY",)})
        assert len(gemini_calls) == 1
    """,
        *("-p", "xdist", "-n", "1"),
        on=("-p", "gemini_hints", "--gemini-hints=warning"),
        fresh=True,
    )
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        ["Used  4 calls in 4 tests, *", " 1 finish.safety *2x *", " 2 finish.max_tokens *1x *"]
    )


def test_what_it_costs_while_it_is_off(tmp_path: Path) -> None:
    """Where nobody asks for it, the entry point imports nothing of OpenTelemetry, nor any other room of the package."""
    code = """
import pytest, sys
pytest.main(["--markers", "-p", "gemini_hints"])
print(sorted(name for name in sys.modules if name.startswith(("opentelemetry", "gemini_otel", "google.genai"))))
"""
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    printed = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=tmp_path, env=environ)
    assert "@pytest.mark.allow_hint(*ids)" in printed
    assert printed.splitlines()[-1] == str(
        [
            "gemini_otel",
            "gemini_otel._facts",
            "gemini_otel._facts.names",
            "gemini_otel._facts.version",
            "gemini_otel.pytest",
            "gemini_otel.pytest._option",
        ]
    )
    (point,) = importlib.metadata.entry_points(
        group="pytest11", name="gemini_hints"
    )  # loaded without -p, too
    assert point.value == "gemini_otel.pytest._option"
