"""Writes docs/methods.md, every traced method of the SDK, from the table in gemini_otel.operations.methods.

Usage: python tools/methods_page.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from gemini_otel import _semconv as names
from gemini_otel.operations._measures import Measures, Reader
from gemini_otel.operations.methods import METHODS, Method

PAGE = Path(__file__).parent.parent / "docs" / "methods.md"
_HEAD = """\
# Traced methods

<!-- Written by tools/methods_page.py from gemini_otel.operations.methods; edit the table there. -->

Besides `generate_content`, its streams, chats and function calling ([README](../README.md#what-is-on-a-span)), each of these
methods is one span of kind CLIENT, sync and async alike. Its name is the operation, with the model where the method takes
one. It carries provider, server, HTTP options, attempts, errors, outcome and hints as a `generate_content` span does, and
counts in `gemini.client.responses`. Where the conventions measure a duration, it is in `gen_ai.client.operation.duration`.

What the installed version of the SDK lacks is not traced, and nothing is logged about it.

| method | operation | read off the request | read off the answer | duration |
|---|---|---|---|---|
"""
_ATTRIBUTES = """
## Attributes

| attribute | type | meaning |
|---|---|---|
"""
_MEANINGS = {
    names.USAGE_INPUT_TOKENS: (
        "int",
        "tokens embedded, as the service counted them; on Vertex AI the sum over the batch",
    ),
    names.EMBEDDING_DIMENSIONS: ("int", "length of an embedding: as asked for, then as given"),
    names.EMBEDDING_BATCH_SIZE: ("int", "contents to embed, then embeddings given"),
    names.EMBEDDING_TASK_TYPE: ("string", "what the embeddings are for"),
    names.EMBEDDINGS_TRUNCATED: ("int", "embeddings whose text was too long and was cut off, if any"),
    names.BILLABLE_CHARACTERS: ("int", "characters that Vertex AI bills"),
    names.TOKEN_COUNT_TOTAL: ("int", "tokens counted; nothing was used, so this is no `usage`"),
    names.TOKEN_COUNT_CACHED: ("int", "of these, tokens of cached content"),
}


def main(arguments: list[str]) -> int:
    """Write the page, or with --check tell whether it is up to date."""
    page = _HEAD + "".join(_rows()) + _ATTRIBUTES + "".join(_meanings())
    if "--check" in arguments:
        stale = PAGE.read_text(encoding="utf-8") != page
        if stale:
            sys.stderr.write(f"{PAGE} is stale; run python tools/methods_page.py\n")
        return int(stale)
    PAGE.write_text(page, encoding="utf-8")
    return 0


def _rows() -> Iterator[str]:
    for module, methods in METHODS.items():
        area = module.rpartition(".")[2]
        for method in methods:
            yield (
                f"| `{_public_name(area, method)}` | `{method.operation}` | {_names(method.request)} "
                f"| {_names(method.answer)} | {'yes' if method.timed else ''} |\n"
            )


def _meanings() -> Iterator[str]:
    read = [measures for rows in METHODS.values() for row in rows for measures in (row.request, row.answer)]
    for name in dict.fromkeys(name for measures in read for name in _attributes(measures)):
        kind, meaning = _MEANINGS[name]
        yield f"| `{name}` | {kind} | {meaning} |\n"


def _public_name(area: str, method: Method) -> str:
    return f"{area}.{method.name.rpartition('.')[2].lstrip('_')}"


def _names(read: Measures | Reader) -> str:
    return ", ".join(f"`{name}`" for name in _attributes(read))


def _attributes(read: Measures | Reader) -> list[str]:
    found = read.names if isinstance(read, Reader) else [name for _, name, _ in read]
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
