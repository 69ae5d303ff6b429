"""Questions about byte strings that the C routines of the standard library answer fast."""

from __future__ import annotations

__all__ = ["DIGITS", "characters", "run_length", "suffix_with_digits", "unit_with_digits"]

DIGITS = b"0123456789"
_CONTINUATION = bytes(range(0x80, 0xC0))


def characters(data: bytes | bytearray) -> int:
    """Return how many characters the UTF-8 bytes hold."""
    return len(data.translate(None, _CONTINUATION))


def run_length(data: bytes | bytearray, period: int) -> int:
    """Return the length of the longest end of `data` that has the period, including the first unit."""
    size = len(data)
    proved, most, step = 0, size - period, 128
    while proved < most:
        probe = min(proved + step, most)
        if data[size - probe : size - proved] == data[size - probe - period : size - proved - period]:
            proved, step = probe, step * 2
        else:
            most = probe - 1
            step = max(1, (most - proved + 1) // 2)
    return proved + period


def suffix_with_digits(data: bytes | bytearray, bare: int) -> int:
    """Return the length of the shortest end of `data` that holds `bare` bytes besides digits."""
    length = bare
    while length < len(data):
        missing = bare - len(data[-length:].translate(None, DIGITS))
        if missing <= 0:
            break
        length += missing
    return min(length, len(data))


def unit_with_digits(data: bytes | bytearray, bare: int) -> int:
    """Return the length of the last unit of `bare` bytes besides digits, with all the digits it holds."""
    return suffix_with_digits(data, bare + 1) - suffix_with_digits(data, 1)
