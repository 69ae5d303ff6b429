"""Opens the input, files, compressed or not, and standard input, and reads it in pieces of bytes."""

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
    """The number of bytes to read; None if it is not known."""
    file = Path(path)
    return file.stat().st_size if path != STDIN and file.is_file() else None


def pieces(path: str, seen: Callable[[int], None], complain: Callable[[str], None]) -> Iterator[bytes]:
    """The bytes of a file, decompressed; `seen` is called with the number of bytes read from the file itself.

    Raises UnreadableError if nothing can be read. A damaged file is read up to the damage, which is reported.
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
    """Shorter pieces, because a damaged piece is lost as a whole."""
    for piece in raw:
        for at in range(0, len(piece), _SHORT):
            yield piece[at : at + _SHORT]


def _decompressed(raw: Iterator[bytes], complain: Callable[[str], None]) -> Iterator[bytes]:
    """A gzip file with any number of members, in pieces that are as bounded as those of an uncompressed file."""
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
        complain("the gzip data are damaged; everything before the damage was read")
        return
    if inside:
        complain("the gzip data are cut off; everything before the end was read")
