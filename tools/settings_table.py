"""Writes the table of settings in docs/settings.md: `python tools/settings_table.py`; with `--check` it only says whether it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from gemini_otel._settings.table import SETTINGS, shown

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
_HEAD = "| keyword | variables, the stronger first | default | choices | meaning |\n|---|---|---|---|---|\n"


def main(arguments: list[str]) -> int:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(_HEAD)
    current = before + _HEAD + render() + rest[rest.index("\n\n") + 1 :]
    if arguments == ["--check"]:
        print(
            f"The settings are {'up to date' if page == current else 'stale: run python tools/settings_table.py'}"
        )
        return 0 if page == current else 1
    PAGE.write_text(current, encoding="utf-8")
    return 0


def render() -> str:
    """The rows of the table."""
    return "".join(
        f"| `{row.name}` | {', '.join(f'`{name}`' for name in row.variables) or 'none'} | {shown(row.default)} | {row.choices} | {row.meaning} |\n"
        for row in SETTINGS
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
