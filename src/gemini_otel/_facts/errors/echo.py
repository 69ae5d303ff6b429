"""Takes the words of a request out of the service's message about it, which may quote them without quotation marks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_CHARACTERS = 4_000_000
MAX_VALUES = 50_000

_MASK = "<masked>"
_WORD = re.compile(r"[\w-]{3,}")
_MASKS = re.compile(rf"(?:{_MASK}[\s.,:-]*){{2,}}")
# Words that messages of the service consist of: a request that has them, too, does not make them worth hiding.
_USUAL = frozenset(
    """
    about above access account accounts action activate add allowed and another any api are argument arguments
    attempt available back backend because been before begin billing body bytes cached call calls can cannot cause
    certain change check code complete config configuration contact contain contains content contents context
    continue correct could count country create credentials current currently day days deadline declaration
    declarations default delete denied deployed deprecated details developer did different disabled does done due
    during each either empty enable enabled encountered end endpoint error errors even every exceed exceeded
    exceeds exist existing expected expired failed fails feature field fields file files find finished first
    following for format forbidden found free from function functions future gemini generate generation generated
    get given google greater has have head header high hit how however http https image images info information
    input instead instruction internal interrupted into invalid its json key keys known large last later least
    length less like limit limits list load location long longer made make many match max maximum may media
    message messages metric mime mode model models more most must name names need needs new next non none not
    number object occurred off old one only operation option order other our out over overloaded page parameter
    parameters part parts pass path per permission permissions plan please plus policies policy process processed
    project proto provide provided put quota quotas range rate reached read reason receive received region request
    requests required requires resource response result results retry role run same schema second seconds see
    select sent sequence server service set should size some something specified start state status still stop
    such support supported system temporarily than that the their them then there these they this thoughts tier
    time timeout timed times token tokens too tool tools total try turn turns two type types unable unavailable
    unexpected unknown unsupported until update upgrade usage use used user using valid value values version via
    wait was were what when where which while who why will with within without would wrong you your
    """.split()  # noqa: SIM905  # one word a line would be no easier to read
)


def mask_echo(
    message: str, request: Mapping[str, Any], *, shown: str = "", kinds: tuple[type, ...] = (str, bytes)
) -> str:
    """`message` without the words of the request, except for those that every message has, and for what is `shown` anyway.

    `kinds` says what of the request is looked at: its texts, its bytes, or both.
    """
    said = "\n".join(each for kind, each in _texts([*request.values()]) if kind in kinds)

    def mask(found: re.Match[str]) -> str:
        word = found[0]
        usual = word.lower() in _USUAL or word in shown or (word.isdigit() and len(word) < 6)
        return word if usual or word not in said else _MASK

    return _MASKS.sub(f"{_MASK} ", _WORD.sub(mask, message.replace(_MASK, "\0"))).replace("\0", _MASK).strip()


def _texts(root: object) -> Iterator[tuple[type, str]]:
    """Every text in a request, names of fields included, and its bytes as they are sent, up to a bound that is hardly ever reached."""
    pending, room = [root], MAX_CHARACTERS
    for _ in range(MAX_VALUES):
        if not pending or room <= 0:
            return
        value = pending.pop()
        if isinstance(value, str):
            yield str, value[:room]
            room -= len(value)
        elif isinstance(value, bytes):
            yield bytes, base64.urlsafe_b64encode(value[:room]).decode()
            room -= len(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield str, str(value)
        elif isinstance(value, Mapping):
            pending += [*value, *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            pending += value
        elif value is not None and not isinstance(value, type):
            pending += (getattr(value, "__dict__", None) or {}).values()
            pending += [text for text in (getattr(value, "__doc__", None),) if callable(value)]
