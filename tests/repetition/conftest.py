"""Puts the helpers of these tests and the corpus tools on the path."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tools" / "repetition_corpus")]
