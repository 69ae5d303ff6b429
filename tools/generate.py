"""Writes every file that is generated: `python tools/generate.py`; with `--check` it only says which are stale.

    python tools/generate.py                    # all of them
    python tools/generate.py hints dashboard    # some
    python tools/generate.py --check            # status 1 where one is stale

Needs the extra `lint`, and Python 3.11 for the dashboard. The pictures of Jaeger, which take a browser, come from tools/pictures.py.
"""

from __future__ import annotations

import argparse
import importlib
import sys

# Name, module with a `main(arguments)`, and its arguments besides --check.
GENERATORS = {
    "hints": ("hints_page", []),
    "settings": ("settings_table", []),
    "telemetry": ("telemetry_page", []),
    "methods": ("methods_page", []),
    "api": ("api_page", []),
    "terminal": ("pictures", ["--terminal"]),
    "dashboard": ("dashboard", []),
    "alerts": ("alerts", []),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Writes every file that is generated.")
    parser.add_argument("--check", action="store_true", help="only say which files are stale")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(GENERATORS)}; all without any")
    options = parser.parse_args(arguments)
    for name in set(options.names) - GENERATORS.keys():
        parser.error(f"nothing named {name!r} is generated; choose from: {', '.join(GENERATORS)}")
    status = 0
    for name in options.names or GENERATORS:
        module, writing = GENERATORS[name]
        status |= importlib.import_module(module).main(["--check"] if options.check else writing)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
