"""Opens what is to be read: files, compressed or not, and standard input; gives pieces of bytes."""

from __future__ import annotations

import contextlib
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

STDIN = "-"
PIECE = 1 << 20
_SHORT = 1 << 13
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class UnreadableError(Exception):
    """Nothing of a file can be read; the text says why, and what to do."""


def size(path: str) -> int | None:
    """How many bytes there are to read; None where nobody knows."""
    file = Path(path)
    return file.stat().st_size if path != STDIN and file.is_file() else None


def pieces(path: str, seen: Callable[[int], None], complain: Callable[[str], None]) -> Iterator[bytes]:
    """The bytes of a file, decompressed; `seen` is told how many of the file's own there were.

    Raises UnreadableError for what cannot be read at all. A file that is damaged is read up to there, and complained of.
    """
    with contextlib.ExitStack() as opened:
        stream = sys.stdin.buffer if path == STDIN else opened.enter_context(_opened(path))
        first = stream.read(PIECE)
        if not first:
            return
        if first.startswith(_ZSTD):
            raise UnreadableError(f"is compressed with zstd. Try: zstd -dc {path} | gemini-otel report -")
        raw = _counted(first, stream, seen)
        if first.startswith(_GZIP):
            yield from _decompressed(raw, complain)
        else:
            yield from raw


def _opened(path: str) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise UnreadableError("does not exist.") from None
    except IsADirectoryError:
        raise UnreadableError(f"is a directory. Name its files, for example: {path.rstrip('/')}/*") from None
    except OSError as error:
        raise UnreadableError(f"cannot be opened: {error.strerror}.") from None


def _counted(first: bytes, stream: IO[bytes], seen: Callable[[int], None]) -> Iterator[bytes]:
    piece = first
    while piece:
        seen(len(piece))
        yield piece
        piece = stream.read(PIECE)


def _shorter(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Short pieces: where one is damaged, nothing of it can be had."""
    for piece in raw:
        for at in range(0, len(piece), _SHORT):
            yield piece[at : at + _SHORT]


def _decompressed(raw: Iterator[bytes], complain: Callable[[str], None]) -> Iterator[bytes]:
    """A gzip file of any number of members; each piece is as bounded as the ones of a file that is not compressed."""
    member, inside = zlib.decompressobj(31), False
    try:
        for piece in _shorter(raw):
            data = piece
            while data := data if inside else data.lstrip(b"\0"):
                inside = True
                yield member.decompress(data, PIECE)
                data = member.unconsumed_tail
                while not data and not member.eof and (more := member.decompress(b"", PIECE)):
                    yield more
                if member.eof:
                    data = member.unused_data
                    member, inside = zlib.decompressobj(31), False
    except zlib.error:
        complain("the gzip data are damaged; what was before that was read")
        return
    if inside:
        complain("the gzip data end in the middle; what was there was read")
