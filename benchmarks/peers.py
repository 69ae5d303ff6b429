"""Other instrumentations of google-genai: how each is installed and started, and the table that compares them with
gemini-otel.
"""

from __future__ import annotations

import importlib
import subprocess
import venv
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ROOT / ".venv-peers"
_SDK_2 = "google-genai==2.34.0"  # the newest that instrumentations of google-genai 2 accept
_SDK_3 = "google-genai==3.6.1"


class Peer(NamedTuple):
    """One instrumentation, started as its own documentation says."""

    start: Callable[..., None]
    requirements: tuple[str, ...]
    captures: bool  # whether prompts and replies are recorded by default
    records: str  # which metrics
    sampled_only: bool = False  # it creates its own providers


def _instrumentor(module: str, name: str) -> Callable[..., None]:
    def start(**providers: Any) -> None:
        getattr(importlib.import_module(module), name)().instrument(**providers)

    return start


def _start_logfire(**_: Any) -> None:
    logfire: Any = importlib.import_module("logfire")
    logfire.configure(send_to_logfire=False, console=False)
    logfire.instrument_google_genai()


PEERS: Mapping[str, Peer] = {
    "opentelemetry-instrumentation-google-genai": Peer(
        _instrumentor("opentelemetry.instrumentation.google_genai", "GoogleGenAiSdkInstrumentor"),
        ("opentelemetry-instrumentation-google-genai==1.3b0", "opentelemetry-util-genai==1.3b0", _SDK_2),
        captures=False,
        records="durations, tokens",
    ),
    "logfire": Peer(
        _start_logfire,
        ("logfire==5.2.0", "opentelemetry-instrumentation-google-genai==1.3b0", _SDK_2),
        captures=False,
        records="durations, tokens",
        sampled_only=True,
    ),
    "openinference-instrumentation-google-genai": Peer(
        _instrumentor("openinference.instrumentation.google_genai", "GoogleGenAIInstrumentor"),
        ("openinference-instrumentation-google-genai==1.4.14", _SDK_3),
        captures=True,
        records="none",
    ),
    "opentelemetry-instrumentation-google-generativeai": Peer(
        _instrumentor("opentelemetry.instrumentation.google_generativeai", "GoogleGenerativeAiInstrumentor"),
        ("opentelemetry-instrumentation-google-generativeai==0.62.4", _SDK_3),
        captures=True,
        records="durations, tokens",
    ),
    "traceai-google-genai": Peer(
        _instrumentor("traceai_google_genai", "GoogleGenAIInstrumentor"),
        ("traceai-google-genai==0.1.2", _SDK_3),
        captures=True,
        records="none",
    ),
}


class Figures(NamedTuple):
    """Figures of one instrumentation in one environment: CPU time relative to the bare SDK, None if it was not measured."""

    call: float | None
    stream: float | None
    sampled_out: float | None
    no_provider: float | None


class Compared(NamedTuple):
    theirs: Figures
    ours: Figures
    steps: tuple[int, int]  # byte-code steps that it and gemini-otel add to a call


def python_of(name: str) -> str:
    """The interpreter of the peer's environment, which is created if necessary and kept for later runs."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    command = [str(python), "-m", "pip", "install", "-q", *PEERS[name].requirements, "-e", f"{ROOT}[console]"]
    subprocess.run(command, check=True)
    return str(python)


def table(names: Iterable[str], compare: Callable[[str, str], Compared]) -> Iterator[str]:
    """The lines of the table in Markdown; `compare` measures a peer, by its name, with the interpreter of its environment."""
    yield "| CPU time beside the bare SDK: theirs / gemini-otel's | one call | 200-chunk stream | sampled out | no provider | steps added to one call | google-genai | metrics | content unless told otherwise |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name in names:
        peer = PEERS[name]
        figures = compare(name, python_of(name))
        cells = [
            f"{_shown(theirs)} / {_shown(ours)}"
            for theirs, ours in zip(figures.theirs, figures.ours, strict=True)
        ]
        cells.append(" / ".join(f"{steps:,}" for steps in figures.steps))
        sdk = next(each.partition("==")[2] for each in peer.requirements if each.startswith("google-genai=="))
        version = peer.requirements[0].replace("==", " ")
        yield f"| {version} | {' | '.join(cells)} | {sdk} | {peer.records} | {'yes' if peer.captures else 'no'} |"


def _shown(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"
