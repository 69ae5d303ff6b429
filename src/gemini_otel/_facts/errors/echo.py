"""Masks the words of a request in the service's message about it, because the message may quote them without quotation
marks.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from gemini_otel._facts.errors.masking import MASK, MAX_LENGTH

MAX_CHARACTERS = 8_192  # characters of the request that are read
MAX_VALUES = 2_000  # texts, objects and lists of the request that are read
MAX_RAW = 4_096  # characters of a message that may be shown

_WORD = re.compile(r"[\w-]{3,}")
_PIECE = re.compile(r"[A-Z]?[^\W\dA-Z_]+|[A-Z]+(?![a-z])|\d+")  # of a name with hyphens, underscores or humps
_LONG_WORD = re.compile(r"[^\W_]{5,}")
_MASKS = re.compile(rf"(?:{MASK}[\s.,:-]*){{2,}}")
_LONGEST_WORD = 40  # a longer one is data, not a word
_JOINED = 5  # letters that a word of the request needs to be masked inside a longer word of the message
# Common words of the service's messages. They are not masked, even if the request has them, too.
_USUAL = frozenset(
    """
    aborted about above alpha bad beta bidi accepted accepts access account accounts action activate activation active add address after
    again against all allowed alternate and another answer answers any api are argument arguments array attempt
    audio auth authentication automatic available back backend base batch because been before begin being below
    between billing bit bits block blocked blocklist body both budget but byte bytes cache cached call called
    calling calls can cancelled candidate candidates cannot capacity category cause certain change characters check
    chunk chunks client close closed cloud code codec codes com combined complete complex condition config
    configuration connection console consumer contact contain contains content contents context continue correct
    could count counted country counts create credentials current currently custom daily data day days deactivated
    deadline decision declaration declarations declared decode decoded decoding default delay delete deleted denied
    depleted deployed deprecated depth detail details detection dev developer developers did didn different digits
    disabled docs document documentation documents does doesn don done due during each either embedding empty enable
    enabled encode encoded encoding encountered end ended endpoint endpoints enum environment equal error errors
    even event events every exceed exceeded exceeds except exhausted exist existing expected experimental expired
    failed fails false feature fetch fetched field fields file files filter filtered filters find finish finished
    first following for forbidden format found four frame free from full function functions further future gateway
    gemini genai generate generated generating generation generative get given google googleapis greater grounding
    has have head header high hit how however html http https identical ids image images immediately include
    included increase index info information injection input installed instead instruction interaction interactions
    internal interrupted into invalid invocation isn issue item items its jailbreak job jobs json key keys known
    language large last later leaked learn least length less letter letters level like limit limits line lines list
    listed listmodels live load location locations long longer low lower made make malformed many match max maximum
    may media message messages metadata method methods metric mime minimum minute minutes missing modality mode
    model models more most multimodal multiple multiturn must name names near need needed needs nested nesting
    network new next non none not null number object occurred off old once one ones online only open operation
    operations option order org organization other our out output over overloaded own package page parameter
    parameters parse parsed part parts pass passed path payload per permission permissions plan please plus policies
    policy precondition predict prediction prepay preview pro process processed processing prohibited project
    projects prompt prompts proto protocol provide provided provisioned proxy publisher publishers put query quota
    quotafailure quotas range rate raw reached read ready realtime reason receive received recently recitation refer
    reference refused region rejected reload remove repeated report request requests required requires resource
    resources response responses restricted result results retried retry retryinfo return returned returns role rows
    rpc rule rules run running safety same schema search second seconds see select self sensitive sent separator
    sequence server service session sessions set setting several should signature similar since size small some
    something source specified specify speech spending sse start state states status still stop stopped storage
    store string strings submit succeeded such support supported suspended system table task team temporarily
    terminated text texts than that the their them then there these they third this thought thoughts tier time timed
    timeout times token tokens too tool tools total training transcript tried trigger triggers true try tts tuned
    tuning turn turned turns two type types unable unavailable under unexpected unknown unless unreachable unset
    unsupported until update upgrade upload uploaded uploads url usage usagemetadata use used user users using utc
    additional anyof const defs definitions examples exclusive multimodal nullable oneof overview pattern properties property quotas
    rate reference signatures studio thinking title troubleshooting thought unique
    valid value values version vertex via video videos violated violation violations voice wait was websocket were
    what when where which while who whose why will window with within without work works would wrong xml you your
    """.split()  # noqa: SIM905  # one word a line would be no easier to read
)


def mask_echo(message: str, request: Mapping[str, Any], *, shown: str = "") -> str:
    """`message` without the words of the request, except common words of messages and what is `shown` anyway.

    Upper and lower case are treated alike. If the request is longer than what is read, every uncommon word is masked.
    """
    texts, complete = _texts([*request.values()])
    said = "\n".join(texts).casefold()
    if not complete:
        return _mask(message, shown, lambda word: word in said or not _is_amount(word))
    words = set(_LONG_WORD.findall(said)) - _USUAL
    return _mask(message, shown, functools.cache(lambda word: word in said or _hides(word, words)))


def mask_unusual(message: str, *, shown: str = "") -> str:
    """`message` with only the common words of messages, for a request that is not at hand."""
    return _mask(message, shown, lambda word: not _is_amount(word))


def mask_bytes(message: str, request: Mapping[str, Any]) -> str:
    """`message` without the request's bytes, which appear in it as base64."""
    found = _bytes([*request.values()])
    return _MASKS.sub(
        f"{MASK} ",
        _WORD.sub(
            lambda match: (
                MASK if found and (len(match[0]) > _LONGEST_WORD or match[0] in found) else match[0]
            ),
            message[:MAX_RAW],
        ),
    )


def _mask(message: str, shown: str, is_said: Callable[[str], bool]) -> str:
    shown = shown.casefold()

    def mask(found: re.Match[str]) -> str:
        word = found[0].casefold()
        unusual = (
            []
            if word in _USUAL
            else [piece for piece in map(str.casefold, _PIECE.findall(found[0])) if _is_unusual(piece)]
        )
        if not unusual or (word in shown and len(word) <= _LONGEST_WORD):
            return found[0]
        said = len(word) > _LONGEST_WORD or is_said(word) or any(map(is_said, unusual))
        return MASK if said else found[0]

    kept = message[:MAX_LENGTH].replace(MASK, "\0")
    return _MASKS.sub(f"{MASK} ", _WORD.sub(mask, kept)).replace("\0", MASK).strip()


def _is_unusual(piece: str) -> bool:
    """Whether a word is neither common in messages nor a number too short to identify anybody."""
    return len(piece) > 2 and piece not in _USUAL and not (piece.isdecimal() and len(piece) < 6)


def _is_amount(piece: str) -> bool:
    """Whether a number is an amount, such as the tokens that a model takes, which says more about the failure than about the
    request.
    """
    return piece.isdecimal() and len(piece) < 8


def _hides(word: str, words: set[str]) -> bool:
    """Whether a word of the request is part of a longer word."""
    ends = range(_JOINED, len(word) + 1)
    return any(word[start:end] in words for end in ends for start in range(end - _JOINED + 1))


def _texts(root: object) -> tuple[list[str], bool]:
    """The texts of a request, names of fields included, its bytes as they are sent, and whether these are all."""
    found: list[str] = []
    room = MAX_CHARACTERS
    for value in _values(root):
        if value is None:
            return found, False
        text = base64.urlsafe_b64encode(value[: room + 1]).decode() if isinstance(value, bytes) else value
        if len(text) > room:
            return found, False
        found.append(text)
        room -= len(text)
    return found, True


def _bytes(root: object) -> str:
    """The beginnings of all bytes in a request, in the form in which they are sent."""
    each = (value for value in _values(root) if isinstance(value, bytes))
    encoded = (base64.b64encode(value[:MAX_CHARACTERS]).decode() for value in islice(each, 8))
    return "\n".join(text + "\n" + text.translate(_URL_SAFE) for text in encoded)


_URL_SAFE = str.maketrans("+/", "-_")


def _values(root: object) -> Iterator[str | bytes | None]:
    """Every text and all bytes in a request. The last item is None if the request has too many values."""
    pending = [root]
    for _ in range(MAX_VALUES):
        if not pending:
            return
        value = pending.pop()
        if isinstance(value, str | bytes):
            yield value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield str(value) if abs(value) < _LARGE else ""
        elif isinstance(value, Mapping):
            pending += [each for entry in islice(value.items(), MAX_VALUES) for each in entry]
        elif isinstance(value, list | tuple | set | frozenset):
            pending += islice(value, MAX_VALUES)
        elif value is not None and not isinstance(value, type):
            pending += islice((getattr(value, "__dict__", None) or {}).values(), MAX_VALUES)
            pending += [text for text in (getattr(value, "__doc__", None),) if callable(value)]
    if pending:
        yield None


_LARGE = 10.0**300  # a number with more digits than Python converts to text
