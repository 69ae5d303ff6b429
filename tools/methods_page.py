"""Writes docs/methods.md, every traced method of the SDK, from the table in gemini_otel._sdk.methods.table.

Usage: python tools/methods_page.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from registry import attributes, load

from gemini_otel._sdk.methods.generated_table import GENERATED_METHODS
from gemini_otel._sdk.methods.table import METHODS
from gemini_otel._sdk.reading.measures import BELOW_DECORATOR, Measures, Method, Reader

PAGE = Path(__file__).parent.parent / "docs" / "methods.md"
_HEAD = """\
# Traced methods

<!-- Written by tools/methods_page.py from gemini_otel._sdk.methods.table; edit the table there. -->

Besides `generate_content`, its streams, chats and function calling ([What you see](what-you-see.md)), each of these
methods is one span of kind CLIENT, sync and async alike. Its name is the operation, with the model where the method takes
one. It carries provider, server, HTTP options, attempts, errors, outcome and hints as a `generate_content` span does, and
counts in `gemini.client.responses`. Where the conventions measure a duration, it is in `gen_ai.client.operation.duration`.

A method that the installed version of the SDK lacks is not traced; the log says so at level DEBUG.

A `list` method makes one request and returns a pager, which makes further requests when it is iterated. The listing is a span
that ends with its first page. Each later page is a span of the same name below it, wherever and whenever the pager is iterated,
so that a listing is one trace. A page that is fetched while a span of another trace is current is linked to that span.

An upload is one span over all of its requests; a piece that the SDK sends again counts in `http.request.resend_count` and is a
`gemini.attempt` event. A call that reports a file that could not be processed, or a job that failed, has the outcome `failed`
and leaves the span's status unset, because the call itself succeeded (`error_outcomes` changes that).

Work that continues at the service after the call (a video, a batch job, a file that is processed, an agent's work) has the
outcome `pending`. Each later poll of it by the same process is a separate span, linked to the span that started the work; the
last one has the final state. No span stays open if nobody polls.

`interactions.create` is a span `generate_content {model}`, or `invoke_agent {agent}` for an agent. With `stream=True` it ends
when the stream is read, closed or dropped. The answer has a status instead of a finish reason (`gemini.interaction.status`):
`failed`, `cancelled`, `incomplete` and `budget_exceeded` come without an exception and become the outcome. Errors that an
interaction reports are in `gemini.error.*`, like those of a refused call. An interaction that runs on in the background is
`pending`. `interactions.get` is the operation `fetch_response`: its tokens are in `gemini.interaction.total_tokens` and do not
count as usage, because the same interaction may be fetched many times. `cancel_interaction` and `delete_interaction` are
separate spans.

| method | operation | read from the request | read from the answer | duration |
|---|---|---|---|---|
"""
# Where the client has a module's methods, if not under the module's name.
_AREAS = {
    "tokens": "auth_tokens",
    "documents": "file_search_stores.documents",
    "environmentfiles": "environments.files",
}
_ATTRIBUTES = """
## Attributes

| attribute | type | meaning |
|---|---|---|
"""


def main(arguments: list[str]) -> int:
    """Write the page; with --check, only say whether it is up to date."""
    page = _HEAD + "".join(_rows()) + _ATTRIBUTES + "".join(_meanings())
    if "--check" in arguments:
        stale = PAGE.read_text(encoding="utf-8") != page
        if stale:
            sys.stderr.write(f"{PAGE} is stale; run python tools/methods_page.py\n")
        return int(stale)
    PAGE.write_text(page, encoding="utf-8")
    return 0


def _rows() -> Iterator[str]:
    rows = (
        f"| `{_public_name(module, method)}` | `{method.operation}` | {_names(method.request)} "
        f"| {_names(method.answer)} | {'yes' if method.timed else ''} |\n"
        for module, methods in METHODS.items()
        for method in methods
    )
    return iter(dict.fromkeys(rows))


def _meanings() -> Iterator[str]:
    read = [measures for rows in METHODS.values() for row in rows for measures in (row.request, row.answer)]
    found = {name: None for measures in read for name in _attributes(measures)}
    known = attributes(load())
    missing = set(found) - set(known)
    if missing:
        raise SystemExit(f"No meaning for {sorted(missing)}; add it to docs/registry/attributes.yaml")
    for name, defined in known.items():
        if name in found:
            yield f"| `{name}` | {defined['type']} | {defined['brief']} |\n"


def _public_name(module: str, method: Method) -> str:
    """The method as a user writes it, after the client."""
    class_name, _, name = method.name.removesuffix(BELOW_DECORATOR).partition(".")
    area = module.rpartition(".")[2]
    if module in GENERATED_METHODS:
        area = class_name.removeprefix("GeminiNextGen").removesuffix("Resource").lower()
    area = _AREAS.get(area, area)
    name = name.lstrip("_").removesuffix("_mldev")
    return f"{area}.{name.removesuffix('s').removesuffix('_environment') if area == 'environments' else name}"


def _names(read: Measures | Reader) -> str:
    return ", ".join(f"`{name}`" for name in _attributes(read))


def _attributes(read: Measures | Reader) -> list[str]:
    found = read.names if isinstance(read, Reader) else [name for _, name, _ in read]
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
