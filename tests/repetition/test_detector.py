"""RepetitionDetector: text and calls in, verdict out."""

from __future__ import annotations

import dataclasses
import random
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from gemini_otel import Repetition, RepetitionDetector
from support.repetition import feed, pieces

SENTENCE = "I should check this again before I answer. "


def test_equal_sentences_are_text() -> None:
    """A reply of 100 equal sentences is flagged as text, with the sentence's length as period."""
    verdict = RepetitionDetector().feed(SENTENCE * 100)
    assert verdict is not None
    assert (verdict.kind, verdict.period, verdict.start, verdict.share) == ("text", len(SENTENCE), 0, 1.0)
    assert verdict.count == 600 // len(SENTENCE)


def test_start_is_where_the_loop_began() -> None:
    """The verdict's start is the offset of the first repeated character and its share counts from there."""
    opening = "Here is what I found after reading all of the files you gave me:\n"
    verdict = feed(opening + SENTENCE * 40)
    assert verdict is not None
    assert verdict.start == len(opening)
    assert 0.85 < verdict.share < 1


def test_offsets_are_characters_not_bytes() -> None:
    """Period and start count characters in text whose characters take several bytes."""
    opening, unit = "😀 привет, вот ответ на ваш вопрос:\n", "我需要再检查一次这个问题。"
    verdict = feed(opening + unit * 200)
    assert verdict is not None
    assert (verdict.kind, verdict.period, verdict.start) == ("text", len(unit), len(opening))


@pytest.mark.parametrize(
    ("kind", "structured", "text"),
    [
        ("table_hyphens", False, "| Name | Value |\n| --- | " + "-" * 2_000),
        ("table_hyphens", False, "| Name | Value |\n|" + "---|" * 500),
        ("table_tokens", False, "| Name | Value |\n| --- | --- |\n| Ann |" + " " * 2_000),
        ("table_tokens", False, "| Name | Value |\n| --- | --- |\n" + "| Ann | 12 |\n" * 200),
        ("table_tokens", False, "No | V\n---|---\n" + "".join(f"{i} | not known\n" for i in range(300))),
        ("table_tokens", False, "| No | V |\n|---|---|\n" + "".join(f"| {i} | N/A |\n" for i in range(300))),
        ("newlines", True, '{"name": "Ann"' + "\n" * 900),
        ("newlines", True, '{"name": "Ann' + "\\n" * 900),
        ("newlines", True, '{"name": "Ann"' + "\n      " * 200),
        ("structured_text", True, '{"names": [' + '"Ann", ' * 300),
        ("structured_text", True, '{"value": 0.' + "3" * 1_500),
        ("structured_text", True, '{"a": ' + '{"child": ' * 200),
        ("structured_text", True, "[" + "".join(f'{{"id": {i}, "name": "Ann"}}, ' for i in range(200))),
        ("text", False, "So it goes. " + "no " * 500),
        ("text", False, "Well" + "." * 1_500),
        ("text", False, "".join(f"Step {i}: I read the file again.\n" for i in range(1, 99))),
        ("text", False, "".join(f"2024-05-{i:02}: nothing happened at all.\n" for i in range(1, 31)) * 2),
        (
            "text",
            False,
            "Order has been sent to you. " * 5
            + "".join(f"Order {i} has been sent to you. " for i in range(99)),
        ),
        ("text", False, "".join(f'<a href="/page/{i}">next</a>\n' for i in range(200))),
        ("text", False, ("One long paragraph of advice, again and again, " * 2 + "then a turn. ") * 30),
    ],
)
def test_kinds(kind: str, structured: bool, text: str) -> None:
    """Each of the kinds found in text is named from what repeats and where it stands."""
    verdict = feed(text, structured=structured)
    assert verdict is not None
    assert verdict.kind == kind


@pytest.mark.parametrize("size", [1_200, 2_700, 4_400])
@pytest.mark.parametrize("opening", [0, 700, 5_000])
def test_long_paragraphs(size: int, opening: int) -> None:
    """A paragraph of up to 4400 characters without inner repetition is found before it has come eight times."""
    rng = random.Random(4)
    text = " ".join("".join(rng.choices("abcdefghijklmnop", k=rng.randint(2, 9))) for _ in range(3_000))
    verdict = feed(text[-opening:] * bool(opening) + text[:size] * 8)
    assert verdict is not None
    assert (verdict.kind, verdict.period) == ("text", size)
    assert verdict.start >= opening - 2


def test_same_few_words_in_changing_order() -> None:
    """Lines that shuffle the same few words are a loop although no line equals the one before."""
    words = ("good", "fine", "great", "solid", "nice")
    lines = [f"It is a {words[i * 7 % 5]} plan and it has a {words[i * i % 5]} result. " for i in range(200)]
    verdict = feed("".join(lines))
    assert verdict is not None
    assert verdict.kind == "text"


@pytest.mark.parametrize(
    "text",
    [
        "=" * 300 + "\nTITLE\n" + "=" * 300,
        "| Name | Value |\n| " + "-" * 200 + " | " + "-" * 200 + " |\n" + "| a " + " " * 196 + " | b |\n" * 3,
        "".join(f"{i * i % 97},{i * 37 % 1009},{i * i * i % 89}\n" for i in range(400)),
        "".join(f"INFO step {i} took {i * i % 997} ms\n" for i in range(400)),
        "The ship sails on, the ship sails on.\n" * 4 + "And then it was gone.\n",
        "AAAA" * 100,
        "unsigned char d[] = {" + "0x00, " * 120,
        "".join(
            f"\t'{i}':  hexChar | " + "encodeFragment | encodeHost | " * 3 + "encodePath,\n"
            for i in range(10)
        ),
        "".join(
            f'\t\tIf.pos{i} {{\n\t\t\tCondition {{\n\t\t\t\tType String\n\t\t\t\tEmpty "${{var:Pos{i}}}"\n\t\t\t}}\n\t\t}}\n'
            for i in range(16)
        ),
    ],
)
def test_ordinary_repetition_is_no_loop(text: str) -> None:
    """Rules, wide tables, data, logs, refrains and short runs raise no alarm."""
    assert feed(text) is None


def jumping() -> dict[str, str]:
    """Texts whose numbers or words jump about."""
    rng = random.Random(11)
    few, more = ["yes", "no"], ["open", "shut", "north", "south", "red", "blue", "cold", "warm"]
    sent = " has been sent to you by the office in town."
    return {
        "huge numbers": "".join(f"Order {rng.getrandbits(100):031}{sent}\n" for _ in range(200)),
        "random numbers": "".join(f"Order {rng.randrange(10_000)}{sent}\n" for _ in range(200)),
        "late steps": "".join(
            f"Order {rng.randrange(999) if i % 20 < 12 else i}{sent}\n" for i in range(200)
        ),
        "short numbers": "".join(f"{rng.randrange(999)}, " for _ in range(900)),
        "markup": "".join(f"<td>Order {rng.randrange(999)}</td>\n" for _ in range(200)),
        "two words": " ".join(rng.choices(few, k=900)),
        "two of ten": " ".join(rng.choices(few * 9 + more, k=900)),
        "ten words": " ".join(rng.choices(few + more, k=900)),
        "ten of twelve": " ".join(rng.choices([*few * 6, "a", "b", "c", "d", "e", "f"], k=900)),
        "skewed": " ".join(rng.choices([*few * 30, *more], k=1_500)),
        "sixteen words": " ".join(rng.choices(few + more + [word + "ly" for word in more], k=1_500)),
        "long words": " ".join(rng.choices([word * 9 for word in more], k=200)),
    }


@pytest.mark.parametrize("name", jumping())
def test_numbers_and_words_that_jump_are_no_loop(name: str) -> None:
    """Numbers without a steady step, and lists of few words in any order, raise no alarm."""
    assert feed(jumping()[name]) is None


def test_verdict_stays() -> None:
    """After the alarm, feed and feed_call return the same verdict whatever follows."""
    detector = RepetitionDetector()
    verdict = detector.feed(SENTENCE * 100)
    assert detector.feed("Something new.") is verdict
    assert detector.feed_call("search", {}) is verdict
    assert detector.feed(None) is verdict  # type: ignore[arg-type]


def test_verdict_never_holds_text() -> None:
    """Of the verdict's fields only the kind is a string, and it cannot be changed."""
    verdict = feed(SENTENCE * 100)
    assert verdict is not None
    strings = [name for name, value in dataclasses.asdict(verdict).items() if isinstance(value, str)]
    assert strings == ["kind"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.kind = "other"  # type: ignore[misc]


class Undecided:
    """Has a length and, like an array, no truth value."""

    def __len__(self) -> int:
        return 3

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")


@pytest.mark.parametrize(
    "junk",
    [None, 3, b"bytes", b"b" * 5_000, ["a"], {}, "", "\ud800", "\udfff\ud800", "\x00", object(), Undecided()],
)
def test_bad_chunks_are_harmless(junk: object) -> None:
    """Chunks that are no text raise nothing and change nothing about the text around them."""
    detector = RepetitionDetector()
    verdict: Repetition | None = None
    for piece in pieces(SENTENCE * 60, 40):
        verdict = detector.feed(piece)
        if not isinstance(junk, str):
            detector.feed(junk)  # type: ignore[arg-type]
    assert verdict is not None
    assert RepetitionDetector().feed(junk) is None  # type: ignore[arg-type]


def test_lone_surrogates_repeat_like_any_character() -> None:
    """A run of lone surrogates is a loop."""
    verdict = feed("\ud83d" * 2_000)
    assert verdict is not None
    assert (verdict.kind, verdict.period) == ("text", 1)


@pytest.mark.parametrize("structured", [None, 1, "yes", b""])
def test_structured_must_be_a_bool(structured: object) -> None:
    """A value of structured that is no bool is refused with its type."""
    with pytest.raises(TypeError, match=type(structured).__name__):
        RepetitionDetector(structured=structured)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text_run", 63),
        ("text_run", 4_001),
        ("table_run", True),
        ("blank_run", "200"),
        ("counter_units", 1),
        ("identical_calls", 51),
        ("no_such_limit", 3),
    ],
)
def test_thresholds_out_of_range(name: str, value: object) -> None:
    """A threshold that is unknown or out of range is a ValueError that names it."""
    with pytest.raises(ValueError, match=name):
        RepetitionDetector(thresholds={name: value})  # type: ignore[dict-item]


def test_thresholds_move_the_alarm() -> None:
    """A lower text_run finds a shorter loop, a higher one does not find it."""
    text = "An ordinary opening line, to begin with.\n" + "and so on " * 50 + "the end" * 9
    assert feed(text) is None
    detector = RepetitionDetector(thresholds={"text_run": 300})
    assert any(detector.feed(piece) for piece in pieces(text + "." * 100, 20))


SCRIPTS = {
    "letters": range(0x61, 0x7B),
    "two bytes": range(0xC0, 0x17F),
    "Chinese": range(0x4E00, 0x9FA0),
    "emoji": range(0x1F300, 0x1F640),
}


def alternating(text: str) -> Iterator[str]:
    """Yield single characters and long pieces in turn."""
    start = 0
    while start < len(text):
        size = 400 if start // 900 % 2 else 1
        yield text[start : start + size]
        start += size


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "cut", [lambda t: pieces(t, 1), lambda t: pieces(t, 20), lambda t: pieces(t, 5_000), alternating]
)
def test_state_stays_small(script: str, cut: Callable[[str], Iterator[str]]) -> None:
    """A detector never keeps more than 40 KiB between two chunks, whatever the script and the chunks."""
    text = "".join(map(chr, random.Random(6).choices(SCRIPTS[script], k=50_000)))
    assert feed(text) is None
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        detector, most = RepetitionDetector(), 0
        for piece in cut(text):
            detector.feed(piece)
            del piece
            most = max(most, tracemalloc.get_traced_memory()[0])
        assert most - before < 40 * 1_024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("nothing", ["", [], b"", {}])
def test_a_million_empty_chunks_take_no_memory(nothing: object) -> None:
    """Empty chunks are not kept."""
    detector = RepetitionDetector()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100_000):
            detector.feed(nothing)  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[0] - before < 4_096
    finally:
        tracemalloc.stop()
