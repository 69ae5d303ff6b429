"""Finds looping model output while it streams. Standard library only."""

from ._detector import RepetitionDetector
from ._verdict import Repetition

__all__ = ["Repetition", "RepetitionDetector"]
