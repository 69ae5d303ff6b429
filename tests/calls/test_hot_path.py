"""What a call costs, as counts of what this package does in it: they are the same on every machine, however busy it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support import hot_path

# The figures of the day, with the newest SDK on Python 3.11; other Pythons and older SDKs need no more. Lower them when a call gets cheaper;
# `python tests/support/hot_path.py` prints what it takes now.
MOST = {
    "call": {"frames": 108, "files": 25, "steps": 3417},
    "100 chunks": {"frames": 2107, "files": 13, "steps": 53609},
}


@pytest.fixture(scope="module")
def taken() -> dict[str, dict[str, int]]:
    done = subprocess.run(
        [sys.executable, str(Path(hot_path.__file__))], capture_output=True, text=True, timeout=90, check=True
    )
    counts: dict[str, dict[str, int]] = json.loads(done.stdout)
    return counts


@pytest.mark.parametrize("work", MOST)
def test_frames_files_and_steps_are_bounded(taken: dict[str, dict[str, int]], work: str) -> None:
    """A plain call, sampled and with metrics, and chunks of a stream take no more frames, files and steps than they did."""
    assert taken.keys() == MOST.keys()
    over = {what: count for what, count in taken[work].items() if count > MOST[work][what]}
    assert not over, f"more than {MOST[work]}"
