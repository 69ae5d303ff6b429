"""Finds looping model output while it streams. It needs only the standard library."""

from ._detector import RepetitionDetector
from ._verdict import Repetition

__all__ = ["Repetition", "RepetitionDetector"]
