"""Writes docs/hints.md from the catalogue: `python tools/hints_page.py`; with `--check` it only says whether the page is stale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gemini_otel.hints import Hint, default_hints, related
from gemini_otel.hints.entries.narrowed import NARROWED

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "hints.md"

_INTRODUCTION = """\
# Hints

<!-- Written by tools/hints_page.py from gemini_otel.hints; edit the entries there. -->

Each entry below is a hint, with its id as the heading. On a span it is the event `gemini.hint` with this id in
`gemini.hint.id`; in a program, `gemini_otel.explain(...)` returns it. For one subject, such as the finish reason, a span gets
the most specific entry that applies, and at most three entries in all. Entries of severity `info` are left out unless
`hint_level="info"` asks for them; reference entries never appear on a span.
"""
# Title and the first parts of the ids.
_SECTIONS = (
    ("Errors of the API", ("http",)),
    ("Network, credentials and other exceptions", ("net", "auth", "sdk", "error")),
    ("Blocked prompts", ("block",)),
    ("Finish reasons", ("finish",)),
    ("Streams", ("stream",)),
    ("Live sessions", ("live",)),
    ("Interactions", ("interaction",)),
    ("Files, jobs, images, videos and embeddings", ("file", "job", "store", "image", "video", "embedding")),
    ("Repetition", ("repeat",)),
    ("Output", ("out",)),
    ("Automatic function calling", ("afc", "tool")),
    ("Configuration", ("cfg",)),
    ("Latency and cost", ("perf",)),
    ("States, stages and tiers", ("value",)),
    ("Reference", ("ref", "quality", "lang", "escalate")),
)
_RETRIES = {
    "yes": "worth a retry as it is",
    "no": "no retry",
    "after_change": "retry after a change",
    "wait": "retry after waiting",
    "resume": "resume",
}


def main(arguments: list[str]) -> int:
    page = render()
    if arguments == ["--check"]:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        print(f"{PAGE.name} is {'up to date' if fresh else 'stale: run python tools/hints_page.py'}")
        return 0 if fresh else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    return 0


def render() -> str:
    """The whole page."""
    sections = [(title, _entries(families)) for title, families in _SECTIONS]
    return "\n".join([_INTRODUCTION, *_contents(sections), *_body(sections)])


def _entries(families: tuple[str, ...]) -> list[Hint]:
    """The entries of a section: those of the API by HTTP code, the others in the catalogue's order."""
    hints = [hint for hint in default_hints() if hint.id.partition(".")[0] in families]
    return sorted(hints, key=_http_code)


def _http_code(hint: Hint) -> str:
    family, _, rest = hint.id.partition(".")
    return rest[:3] if family == "http" else ""


def _contents(sections: list[tuple[str, list[Hint]]]) -> Iterator[str]:
    yield "| hint | what happened |\n|---|---|"
    for title, hints in sections:
        yield f"| **{title}** | |"
        yield from (f"| [`{hint.id}`](#{hint.id}) | {_escaped(hint.summary)} |" for hint in hints)
    yield ""


def _body(sections: list[tuple[str, list[Hint]]]) -> Iterator[str]:
    for title, hints in sections:
        yield f"## {title}\n"
        for hint in hints:
            yield from _entry(hint)


def _entry(hint: Hint) -> Iterator[str]:
    yield f'<a id="{hint.id}"></a>\n'
    yield f"### `{hint.id}`\n"
    yield f"**{_escaped(hint.summary)}** ({hint.severity}; {_RETRIES[hint.retry]})\n"
    yield f"{_escaped(hint.cause)}\n"
    yield from (f"- {_escaped(sentence)}" for sentence in hint.remedy)
    yield ""
    yield from _narrower(hint)
    if hint.evidence:
        shown = ", ".join(f"`{sentence}`" for sentence in hint.evidence)
        yield f"Shown where the span has it: {shown}\n"
    others = ", ".join(f"[`{other.id}`](#{other.id})" for other in related(hint))
    if others:
        yield f"See also: {others}\n"
    yield f"Reference: <{hint.reference}>\n"


def _narrower(hint: Hint) -> Iterator[str]:
    for kind, words in NARROWED.items():
        if words.hint_id == hint.id:
            yield f"Of `gemini.error.kind` `{kind}`: **{_escaped(words.summary)}** {_escaped(words.cause)}\n"
            yield from (f"- {_escaped(sentence)}" for sentence in words.remedy)
            yield ""


def _escaped(text: str) -> str:
    """Escape characters that Markdown would interpret."""
    for character in "\\*|<":
        text = text.replace(character, "\\" + character)
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
