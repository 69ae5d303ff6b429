"""A progress bar for the files, which is removed at the end; on a terminal only."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TextIO

_BETWEEN = 0.25  # seconds
_WIDTH = 30


@contextlib.contextmanager
def progress(stream: TextIO, total: int | None) -> Iterator[Callable[[int], None]]:
    """Returns a function to be called with each number of bytes read; `total` is the number of all bytes, if known."""
    read, last, shown = 0, time.monotonic(), stream.isatty()

    def seen(count: int) -> None:
        nonlocal read, last
        read += count
        if shown and (now := time.monotonic()) - last > _BETWEEN:
            last = now
            stream.write("\r" + bar(read, total))
            stream.flush()

    try:
        yield seen
    finally:
        if shown:
            stream.write("\r" + " " * (_WIDTH + 30) + "\r")
            stream.flush()


def bar(read: int, total: int | None) -> str:
    """The bar; without a total, only the number of bytes."""
    amount = f"{read / 1e6:,.0f} MB read"
    if not total:
        return amount
    done = min(read / total, 1.0)
    filled = round(done * _WIDTH)
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {done:4.0%} {amount}"
