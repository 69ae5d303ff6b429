"""What `gemini-otel report` reads: formats, broken input, and files that are none."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gemini_otel import cli
from gemini_otel._commands.report import lines
from gemini_otel._commands.report import values as values_module
from gemini_otel._commands.report.bar import bar, progress
from gemini_otel._commands.report.files import PIECE, pieces
from gemini_otel._commands.report.spans import shown_trace
from gemini_otel._commands.report.values import NotJsonError, Values
from gemini_otel._facts import names
from gemini_otel._facts.durations import duration
from support.trace_files import Described, described, jaeger, otlp_lines, tempo


def a_call(reason: str = "STOP", outcome: str = "ok", **more: Any) -> Described:
    attributes = {
        names.OPERATION_NAME: "generate_content",
        names.PROVIDER_NAME: "gcp.gemini",
        names.REQUEST_MODEL: "gemini-2.5-flash",
        names.FINISH_REASON: reason,
        names.OUTCOME: outcome,
        names.USAGE_INPUT_TOKENS: 100,
        names.USAGE_OUTPUT_TOKENS: 50,
    }
    return described(attributes, **more)


def cut_off(**more: Any) -> Described:
    return a_call("MAX_TOKENS", "truncated", **more)


OTHER = described(
    {"http.request.method": "GET"}, scope="opentelemetry.instrumentation.requests", name="GET /"
)
SPANS = [a_call(), OTHER, cut_off(), a_call(service="mail"), cut_off(service="mail")]
LINES = otlp_lines(SPANS, 2)


class Ran:
    """What the command printed and its status."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        self.status = cli.main(["report", *map(str, arguments)])
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *arguments: Ran(capsys, *arguments)


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def made(content: bytes, name: str = "traces.json") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return made


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        gzip.compress(LINES),
        gzip.compress(LINES[:700]) + gzip.compress(LINES[700:]),
        LINES.rstrip(b"\n"),
        LINES.replace(b"\n", b"\r\n\r\n"),
        b"\xef\xbb\xbf" + LINES,
        json.dumps([json.loads(line) for line in LINES.splitlines()]).encode(),
        json.dumps([json.loads(line) for line in LINES.splitlines()], indent=1).encode(),
        tempo(SPANS),
        tempo(SPANS, newest=True),
        b"".join(tempo([span]) + b"\n" for span in SPANS),
        tempo(SPANS).replace(b"scopeSpans", b"instrumentationLibrarySpans").replace(b'"scope"', b'"instrumentationLibrary"'),
        jaeger(SPANS),
        jaeger(SPANS, indent=2),
        json.dumps(json.loads(jaeger(SPANS[:1] * 1))["data"][0]).encode() + b"\n" + jaeger(SPANS[1:]),
        json.dumps({"result": {"resourceSpans": json.loads(tempo(SPANS))["batches"]}}).encode(),
    ],
    ids=[
        *("lines", "gzip", "gzip-members", "no-last-newline", "crlf", "bom", "array", "array-indented"),
        *("tempo", "tempo-2", "tempo-many", "tempo-older", "jaeger", "jaeger-indented", "jaeger-trace", "jaeger-3"),
    ],
)  # fmt: skip
def test_formats(report: Any, file: Any, content: bytes) -> None:
    """Each format gives the same sums, services and hints."""
    found = report(file(content), "--json")
    assert (found.status, found.err) == (0, "")
    total = found.json["total"]
    assert (total["calls"], total["lost_calls"], total["tokens"]["input"]) == (4, 2, 400)
    assert total["lost_seconds"] == pytest.approx(2)
    groups = {(each["key"]["hint"], each["key"]["service"]): each["calls"] for each in found.json["groups"]}
    assert groups == {
        ("finish.max_tokens", "shop"): 1,
        ("finish.max_tokens", "mail"): 1,
        ("(no hint)", "shop"): 1,
        ("(no hint)", "mail"): 1,
    }
    assert found.json["notes"] == []


def test_trace_ids_are_those_of_back_ends(report: Any, file: Any) -> None:
    """A trace id is printed in hexadecimal, also where the file has it in base64."""
    span = cut_off(trace="4bf92f3577b34da6a3ce929d0e0e4736")
    for content in (otlp_lines([span]), tempo([span]), jaeger([span])):
        assert "trace 4bf92f3577b34da6a3ce929d0e0e4736" in report(file(content)).out


def test_standard_input(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads standard input, as does a pipe without a file, compressed or not."""
    for arguments in ((), ("-",)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LINES))))
        found = report(*arguments, "--json")
        assert (found.status, found.json["total"]["calls"]) == (0, 4)
    assert "standard input" not in found.err


def test_a_terminal_is_no_input(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file and a pipe the command says what to give."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    found = report()
    assert (found.status, found.err) == (
        2,
        "gemini-otel: give a file of traces, or pipe one to standard input.\n",
    )


FORMATS = "What can be read: OTLP as JSON (the Collector's file exporter with format: json), Jaeger's or Tempo's trace JSON"


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 3, ["{file}: is empty", "there is no span of a Gemini call."]),
        (b" \n\n", 3, ["{file}: is empty", "there is no span of a Gemini call."]),
        (gzip.compress(b""), 3, ["{file}: is empty", "there is no span of a Gemini call."]),
        (otlp_lines([OTHER]), 3, ["there is no span of a Gemini call."]),
        (b"\x0a\xf2\x01\x0a\x1f\x0a\x00\xff", 2, [f"{{file}} is not JSON. {FORMATS}; gzip is fine."]),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), 2, [f"{{file}} is not JSON. {FORMATS}; gzip is fine."]),
        (b"just a text\nof two lines\n", 2, [f"{{file}} is not JSON. {FORMATS}; gzip is fine."]),
        (b"\x28\xb5\x2f\xfd", 2, ["{file} is compressed with zstd. Try: zstd -dc {file} | gemini-otel report -"]),
        (b'{"gen_ai.": 1}', 2, [f"{{file}} holds JSON of an unknown form. {FORMATS}."]),
        (b'[1, "gemini"]', 2, [f"{{file}} holds JSON of an unknown form. {FORMATS}."]),
        (b'{"resourceLogs":[{"x":"gen_ai.x"}]}', 3, ["{file}: 1 lines with logs, metrics or profiles were left out"]),
        (LINES[:120], 3, ["{file}: line 1 ends in the middle of a value", "there is no span of a Gemini call."]),
    ],
    ids=[
        *("empty", "blank", "empty-gzip", "no-gemini", "protobuf", "png", "text"),
        *("zstd", "unknown", "unknown-list", "logs", "half-a-line"),
    ],
)  # fmt: skip
def test_files_without_a_report(report: Any, file: Any, content: bytes, status: int, said: list[str]) -> None:
    """A file that gives no report has its sentence and its exit status, and nothing on standard output."""
    path = file(content)
    found = report(path)
    assert (found.status, found.out) == (status, "")
    for sentence in said:
        assert f"gemini-otel: {sentence.format(file=path)}\n" in found.err


def test_what_is_no_file(report: Any, tmp_path: Path) -> None:
    """A directory and a file that does not exist are said to be so, with status 2."""
    directory = report(tmp_path)
    assert (directory.status, directory.out) == (2, "")
    assert f"{tmp_path} is a directory. Name its files, for example: {tmp_path}/*\n" in directory.err
    missing = report(tmp_path / "nothing.json")
    assert (missing.status, missing.out) == (2, "")
    assert f"{tmp_path / 'nothing.json'} does not exist.\n" in missing.err


def test_one_bad_file_among_good_ones(report: Any, file: Any, tmp_path: Path) -> None:
    """The good files are reported, the bad one is named, and the status is 2."""
    found = report(file(LINES), tmp_path, "--json")
    assert (found.status, found.json["total"]["calls"]) == (2, 4)
    assert "is a directory" in found.err


def test_broken_lines(report: Any, file: Any) -> None:
    """Lines that are broken are counted and said once, and all others are read, also the spans before a break."""
    lines = otlp_lines([cut_off(span=f"{number:016x}") for number in range(6)], 1).splitlines(keepends=True)
    half = lines[1][:200] + b"\n"  # in the middle of a text
    after_a_span = lines[2].rstrip()[:-2] + b"\n"  # the rest of the brackets is missing
    content = b"".join(
        (lines[0], half, after_a_span, b"2026-11-29 a log line\n", lines[3], lines[4], lines[5][:300])
    )
    found = report(file(content), "--json")
    assert (found.status, found.json["total"]["calls"]) == (0, 4)
    path = file(content)
    assert found.json["notes"] == [
        f"{path}: line 2 is broken JSON",
        f"{path}: 4 places are not JSON and were left out",
    ]


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (b'{"resourceSpans": []}', None),
        (b'{"resourceSpans": [{}]}', None),
        (b'{"resourceSpans": [{"scopeSpans": []}]}', None),
        (b'{"resourceSpans":\n' + b"[" * 200_000, "is nested too deeply"),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name":\n\n', "ends in the middle of a value"),
        (b'{"batches": [7, "gen_ai.request.model", null]}', None),
    ],
    ids=["none", "empty", "no-spans", "deep", "half", "no-objects"],
)
def test_odd_shapes(report: Any, file: Any, odd: bytes, what: str | None) -> None:
    """Lists and objects with nothing in them are no fault; others are spoken of; the lines before are read."""
    found = report(file(LINES + odd), "--json")
    assert (found.status, found.json["total"]["calls"]) == (0, 4)
    assert what is None or any(what in note for note in found.json["notes"])


def test_figures_as_people_read_them() -> None:
    """Few digits, and the unit that fits."""
    times = (0, 0.00259, 0.5, 0.9996, 1.25, 99, 600, 7200, 36_000_000)
    assert [duration(each) for each in times] == [
        *("0 ms", "3 ms", "500 ms", "1 s", "1.25 s", "99 s", "10 min", "2 h", "10,000 h")
    ]
    assert [lines.percent(some, 100) for some in (0, 0.26, 3, 42)] == ["0 %", "0.3 %", "3 %", "42 %"]
    assert lines.percent(1, 0) == "0 %"
    amounts = [lines.money(Decimal(each)) for each in ("0", "0.012", "1.5", "1234")]
    assert amounts == ["$0", "$0.012", "$1.50", "$1,234"]


def test_a_damaged_archive(report: Any, file: Any) -> None:
    """What is before the end or the damage of a gzip file is read, and the rest is spoken of."""
    spans = [cut_off(span=f"{number:016x}", trace=f"{number**9:032x}") for number in range(1, 1200)]
    whole = gzip.compress(otlp_lines(spans, 1))
    half = report(file(whole[: len(whole) // 2]), "--json")
    assert (half.status, 300 < half.json["total"]["calls"] < 900) == (0, True)
    assert any("the gzip data are cut off" in note for note in half.json["notes"])
    damaged = report(file(whole[:-4000] + bytes(3000) + whole[-1000:]), "--json")
    assert 300 < damaged.json["total"]["calls"] < 1199
    assert any("gzip data" in note for note in damaged.json["notes"])
    appended = report(file(whole + b"garbage" * 9), "--json")
    assert appended.json["total"]["calls"] == 1199
    assert any("the gzip data are damaged" in note for note in appended.json["notes"])


@pytest.mark.parametrize(
    "broken",
    [
        {"traceId": "1", "attributes": [{"key": "gen_ai.x"}]},
        {"traceId": "1", "attributes": {"gen_ai.x": 1}},
        {"traceId": "1", "startTimeUnixNano": "noon", "attributes": [{"key": "gen_ai.x", "value": {"intValue": "1"}}]},
        {"traceId": "1", "attributes": [{"key": "gen_ai.x", "value": {"intValue": "many"}}]},
        "gen_ai.x",
        None,
    ],
)  # fmt: skip
def test_a_span_of_another_form(report: Any, file: Any, broken: Any) -> None:
    """A span that does not have the form of its format is counted, and those beside it are read."""
    document = json.loads(otlp_lines([a_call(), a_call()], 2))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"].insert(1, broken)
    found = report(file(json.dumps(document).encode()), "--json")
    assert found.json["total"]["calls"] == 2
    assert "1 spans are malformed" in found.json["notes"][0]


HOSTILE = [
    b'{"resourceSpans": ' + b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"data":' * 50 + b'"gemini"' + b"}" * 50,
    b'{"resourceSpans":[null,1,{"scopeSpans":7},{"scopeSpans":[null]},{"scopeSpans":[{"scope":3,"spans":5}]}],"gemini":0}',
    b'{"data":[null,{"spans":[{"tags":[{"key":"gen_ai.x","type":"int64","value":"no"}]}, 4],"processes":[]}]}',
    b'{"resourceSpans":[{"resource":5,"scopeSpans":[{"spans":[{"attributes":[{"key":"gen_ai.x","value":{"stringValue":5}}]}]}]}]}',
    b'{"a":1e999999,"gemini":"\\ud800"}',
    b'{"gemini": NaN}',
]


@pytest.mark.parametrize("content", HOSTILE)
def test_hostile_input(report: Any, file: Any, content: bytes) -> None:
    """Whatever a file holds, the rest is read, and the command ends with a sentence instead of a traceback."""
    found = report(file(LINES + content + b"\n" + LINES.replace(b'"spanId":"', b'"spanId":"f')), "--json")
    assert found.json["total"]["calls"] == 8
    assert report(file(content)).status in {2, 3}


def test_any_cut_of_the_bytes(file: Any) -> None:
    """However the bytes come, in pieces of any length, the values are the same, also where they are taken apart."""
    for content in (LINES, tempo(SPANS), jaeger(SPANS, indent=1), LINES + tempo(SPANS) + LINES):
        whole = spans_in(content, len(content))
        assert len(whole) == content.count(b'"spanI') - content.count(b'"refType"')
        for length in (1, 7, 100):
            assert spans_in(content, length) == whole


def spans_in(content: bytes, length: int) -> list[str]:
    cut = (content[at : at + length] for at in range(0, len(content), length))
    found: list[str] = []
    for value in Values(cut, found.append):
        collect(value, found)
    return found


def collect(value: Any, found: list[str]) -> None:
    if isinstance(value, dict):
        if "spanId" in value or "operationName" in value:
            found.append(json.dumps(value, sort_keys=True))
        else:
            value = list(value.values())
    if isinstance(value, list):
        for each in value:
            collect(each, found)


def test_long_lines_are_taken_apart(report: Any, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than the bound gives the same report as one that is parsed at once, and so do those after it."""
    spans = [cut_off(span=f"{number:016x}") for number in range(400)]
    content = otlp_lines(spans, 390)
    at_once = report(file(content), "--json").json
    monkeypatch.setattr(values_module, "LONGEST_LINE", 50_000)
    monkeypatch.setattr("gemini_otel._commands.report.files.PIECE", 8192)
    apart = report(file(content), "--json").json
    assert apart == at_once
    assert apart["total"]["calls"] == 400


def test_a_value_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single value that is longer than the bound is given up, and the line after it is read."""
    monkeypatch.setattr(values_module, "LONGEST_LINE", 1000)
    monkeypatch.setattr(values_module, "LONGEST_VALUE", 5000)
    content = b'{"gemini":"' + b"x" * 20_000 + b'"}\n{"gemini":1}\n'
    told: list[str] = []
    cut = (content[at : at + 500] for at in range(0, len(content), 500))
    assert list(Values(cut, told.append)) == [{"gemini": 1}]
    assert told == ["line 1 has a value that is too long"]


def test_not_json() -> None:
    """What does not begin as JSON is refused at once."""
    with pytest.raises(NotJsonError):
        list(Values([b"<html>"], print))


def test_lines_of_others_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line in which nothing names a model's call is not parsed."""
    parsed: list[bytes] = []
    monkeypatch.setattr(values_module, "loads", lambda line: parsed.append(line) or json.loads(line))
    list(Values([otlp_lines([OTHER] * 9, 1), otlp_lines([a_call()], 1)], print))
    assert len(parsed) == 1


def test_without_orjson(file: Any) -> None:
    """The report is the same without the extra."""
    path = str(file(LINES))
    code = f"import sys; sys.modules['orjson'] = None; from gemini_otel.cli import main; main(['report', {path!r}, '--json'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout)["total"]["calls"] == 4


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says how much memory there was")
def test_memory_is_bounded(file: Any) -> None:
    """Reading 36 MB, half of them in one line, takes less than 200 MB of memory."""
    spans = [cut_off(span=f"{number:016x}", trace=f"{number:032x}") for number in range(12_000)]
    content = otlp_lines(spans, len(spans)) * 2 + otlp_lines(spans, 20) * 2
    path = str(file(content))
    code = (
        "import re, sys\nfrom gemini_otel.cli import main\n"
        f"main(['report', {path!r}, '--json'])\n"
        "print(re.search('VmHWM: *(.*) kB', open('/proc/self/status').read().replace('\\t', ''))[1], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=200
    )
    assert len(content) > 35e6
    assert int(done.stderr) * 1024 < 200e6


def test_it_keeps_pace_with_parsing(file: Any) -> None:
    """A file of nothing but Gemini calls takes less than five times what the standard library takes to parse it."""
    content = otlp_lines([cut_off(span=f"{number:016x}") for number in range(4000)], 20)
    path = str(file(content))
    begun = time.process_time()
    for line in content.splitlines():
        json.loads(line)
    parsing = time.process_time() - begun
    begun = time.process_time()
    assert cli.main(["report", path, "--json"]) == 0
    assert time.process_time() - begun < 5 * parsing + 1


def test_progress() -> None:
    """On a terminal a bar tells how much was read, and goes away; elsewhere nothing is written."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gemini_otel._commands.report.bar._BETWEEN", -1)
        for stream in (terminal, pipe):
            with progress(stream, 4_000_000) as seen:
                seen(1_000_000)
    assert "\r[########......................]  25% 1 MB read" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")
    assert pipe.getvalue() == ""
    assert bar(5_000_000, None) == "5 MB read"


def test_pieces_of_an_archive_are_bounded(file: Any) -> None:
    """A small archive of a large file comes in pieces of a bounded length."""
    path = file(gzip.compress(b" " * 30_000_000))
    assert max(map(len, pieces(str(path), lambda _: None, print))) <= PIECE


@pytest.mark.parametrize(
    ("content", "read", "said"),
    [
        (b'{"resourceSpans":[{},{"scopeSpans":[]}],"kept":[{"spanId":"1"}]}', [], []),
        (b'{"resourceSpans":[]}\n{"spanId":"2"}\n', [{"spanId": "2"}], []),
        (b'{"resourceSpans":[{"resource":{}}]}', [], []),
    ],
    ids=["empty parts", "an empty list", "no spans"],
)
def test_long_lines_without_spans(
    content: bytes, read: list[Any], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty objects and lists of a long line hold no spans, and break nothing."""
    monkeypatch.setattr(values_module, "LONGEST_LINE", 10)
    told: list[str] = []
    cut = (content[at : at + 5] for at in range(0, len(content), 5))
    values = [value for value in Values(cut, told.append) if "spanId" in str(value)]
    assert [value for value in values if "kept" not in value] == read
    assert told == said


def test_deep_values_of_a_long_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is nested too deeply is named, and the line after it is read."""
    monkeypatch.setattr(values_module, "LONGEST_LINE", 10)
    content = b'{"resourceSpans":' + b"[" * 5000 + b"]" * 5000 + b'}\n{"spanId":"2"}\n'
    told: list[str] = []
    cut = (content[at : at + 100] for at in range(0, len(content), 100))
    assert list(Values(cut, told.append))[-1] == {"spanId": "2"}
    assert all("line 1" in each for each in told)


@pytest.mark.parametrize(
    ("trace", "shown"),
    [
        ("ESIzRFVmd4iZqrvM3e7/AA==", "112233445566778899aabbccddeeff00"),
        ("!" * 22 + "==", "!" * 22 + "=="),
        ("112233445566778899aabbccddeeff00", "112233445566778899aabbccddeeff00"),
    ],
    ids=["base64", "neither", "hex"],
)
def test_ids_of_traces(trace: str, shown: str) -> None:
    """Tempo's base64 is shown as back ends show it; what is something else, as it is."""
    assert shown_trace(trace) == shown


def test_lists_of_jaeger(report: Any, file: Any) -> None:
    """Jaeger has lists as text; one that is broken is read as a text."""
    listed = {names.OPERATION_NAME: "chat", names.REQUEST_MODEL: "gemini-2.5-flash"}
    spans = [
        described({**listed, "gen_ai.response.finish_reasons": text}) for text in ('["stop"]', '["stop"')
    ]
    assert report(file(jaeger(spans)), "--json").json["total"]["calls"] == 2
