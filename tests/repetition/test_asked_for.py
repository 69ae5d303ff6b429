"""Lists that somebody asked for."""

from __future__ import annotations

from asked_for import ASKED_FOR

from support.repetition import feed

CLOSING = "\nThat is all. Let me know whether you want it in another format or with other values, and I will adapt it."
# Longer than the lists of its kind: only length tells these from a loop.
ALARMING = 7


def test_few_lists_that_were_asked_for_raise_an_alarm() -> None:
    """Of 54 lists, tables and forms made of a template at most seven are taken for loops."""
    alarms = [
        name
        for name, (text, structured) in ASKED_FOR.items()
        if feed(text + CLOSING, structured=bool(structured)) is not None
    ]
    assert len(ASKED_FOR) == 54
    assert len(alarms) <= ALARMING, alarms
