"""Recognises a cancelled task. It is apart from the other exceptions, whose patterns take long to compile."""

from __future__ import annotations


def is_cancellation(error: BaseException) -> bool:
    """Whether `error` says that the task was cancelled (asyncio's, or trio's through anyio); imports neither."""
    return not isinstance(error, Exception) and type(error).__name__ in ("CancelledError", "Cancelled")
