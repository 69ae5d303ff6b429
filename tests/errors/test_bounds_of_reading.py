"""How much of an error is read: what ends at a limit is read, what ends one character behind it is not."""

from __future__ import annotations

import json

import pytest

from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors.bodies import code_word, integer, said_by, said_in
from gemini_otel._facts.errors.bounded import bounded
from gemini_otel._facts.errors.causes import kind_of_text
from gemini_otel._facts.errors.echo import mask_bytes, mask_echo
from gemini_otel._facts.errors.exceptions import ErrorBody, read_error
from gemini_otel._facts.errors.masking import mask
from gemini_otel._facts.errors.texts import read_text


def _code(text: str) -> int | None:
    facts = read_text(text)
    return None if facts is None else facts.code


def test_a_text() -> None:
    """Of a text, 64,000 characters are read."""
    assert _code("Error code: 429".rjust(64_000)) == 429
    assert _code("Error code: 429".rjust(64_001)) is None


def test_a_message_of_a_body() -> None:
    """A parsed message is kept up to 64,000 characters, one in a text up to 8,000."""
    error = {"error": {"code": 400, "message": "x" * 70_000}}
    assert len(said_by(error).message or "") == 64_000
    said = said_in('{"error": {"code": 400, "status": "ABORTED", "message": "' + "x" * 9_000)
    assert said is not None
    assert len(said.message or "") == 8_000


def test_a_message_behind_a_code() -> None:
    """A message that is not in a body is kept up to 4,000 characters."""
    facts = read_text("429 RESOURCE_EXHAUSTED. " + "x" * 5_000)
    assert facts is not None
    assert len(facts.raw_message or "") == 4_000


@pytest.mark.parametrize(("end", "code"), [(20_000, 403), (20_001, None)])
def test_a_body_in_a_text(end: int, code: int | None) -> None:
    """Of a body in a text, 20,000 characters are read."""
    begin, field = '{"message": "Denied.",', '"code": 7'
    said = said_in('{"error": ' + begin + field.rjust(end - len(begin)) + "}}")
    assert said is not None
    assert said.code == code


@pytest.mark.parametrize(("others", "status"), [(19, "ABORTED"), (20, "OTHER")])
def test_many_bodies_in_a_text(others: int, status: str) -> None:
    """Of the bodies in a text, the first 20 are read."""
    bodies = [*(["OTHER"] * others), "ABORTED"]
    said = said_in(" ".join(json.dumps({"error": {"code": 409, "status": word}}) for word in bodies))
    assert said is not None
    assert said.status == status


def test_a_number() -> None:
    """A number has at most 18 digits."""
    assert integer("9" * 18) == 10**18 - 1
    assert integer("9" * 19) is None
    assert integer(True) is None


def test_a_word_at_the_end_of_a_uri() -> None:
    """Of a URI, 500 characters are read."""
    assert code_word("/quota_exceeded".rjust(500, "x")) == "quota_exceeded"
    assert code_word("/quota_exceeded".rjust(501, "x")) == "quota_exceede"
    assert code_word("https://example.com/a/b#no_image") == "no_image"


@pytest.mark.parametrize(("length", "reason"), [(200, "API_KEY_INVALID"), (201, None)])
def test_the_type_of_a_detail(length: int, reason: str | None) -> None:
    """Of a type, 200 characters are read."""
    detail = {"@type": "/google.rpc.ErrorInfo".rjust(length, "x"), "reason": "API_KEY_INVALID"}
    assert said_by({"error": {"code": 400, "details": [detail]}}).reason == reason


@pytest.mark.parametrize(("length", "hit"), [(200, "daily"), (201, "first")])
def test_the_id_of_a_quota(length: int, hit: str) -> None:
    """In 200 characters of a quota's id it is seen that it is a daily one, which counts more than the first."""
    daily = {"quotaId": "PerDay".rjust(length, "x"), "quotaMetric": "daily"}
    violations = [{"quotaId": "PerMinute", "quotaMetric": "first"}, daily]
    details = [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}]
    assert said_by({"error": {"code": 429, "details": details}}).quota_metric == hit


def test_the_text_of_an_exception() -> None:
    """In the text of an exception, 4,000 characters are searched for its cause."""
    words = "Event loop is closed"
    assert kind_of_text("RuntimeError", words.rjust(4_000)) == "closed_loop"
    assert kind_of_text("RuntimeError", words.rjust(4_001)) is None


@pytest.mark.parametrize(("below", "code"), [(10, 429), (11, None)])
def test_a_chain_of_exceptions(below: int, code: int | None) -> None:
    """The error of the service is found up to 10 exceptions below the one that was raised."""
    error: Exception = ErrorBody(429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}})
    for _ in range(below):
        above = ValueError()
        above.__cause__, error = error, above
    assert read_error(error).code == code


def test_the_type_of_an_error() -> None:
    """The class of an exception is shown up to 256 characters."""
    assert len(bounded(ErrorFacts(type="x" * 300)).type) == 256


def test_a_message_that_is_shown() -> None:
    """A message is masked and shown up to 512 characters, made of its first 4,096."""
    assert mask("x" * 512) == "x" * 512
    assert mask("x" * 513) == "x" * 511 + "…"
    assert mask("a" + "b".rjust(4_095)) == "a b"
    assert mask("a" + "b".rjust(4_096)) == "a"
    assert len(mask_bytes("a b " * 2_000, {})) == 4_096


@pytest.mark.parametrize(("length", "shown"), [(8_192, "diagnosis"), (8_193, "<masked>")])
def test_the_texts_of_a_request(length: int, shown: str) -> None:
    """Of a request that has more than 8,192 characters it is not known what else it says: all unusual words are masked."""
    assert mask_echo("diagnosis", {"contents": "x" * length}) == shown


@pytest.mark.parametrize(("number", "shown"), [(1_998, "diagnosis"), (1_999, "<masked>")])
def test_the_values_of_a_request(number: int, shown: str) -> None:
    """The same holds for a request with more than 2,000 texts, objects and lists, its own and its contents among them."""
    assert mask_echo("diagnosis", {"contents": [""] * number}) == shown


@pytest.mark.parametrize(("length", "shown"), [(40, "x" * 40), (41, "<masked>")])
def test_a_long_word(length: int, shown: str) -> None:
    """A word of more than 40 characters is data, whatever the request says."""
    assert mask_echo("x" * length, {}) == shown


@pytest.mark.parametrize(("word", "shown"), [("gout", "x-unitgoutx"), ("gouty", "<masked>")])
def test_a_word_of_the_request_in_a_longer_one(word: str, shown: str) -> None:
    """A word of five letters or more is masked with what is around it."""
    assert mask_echo(f"x-unit{word}x", {"contents": word}) == shown


@pytest.mark.parametrize(("number", "shown"), [("12345", "12345"), ("123456", "<masked>")])
def test_a_number_of_the_request(number: str, shown: str) -> None:
    """A number of less than six digits is nobody's; one that the request has is masked from six on."""
    assert mask_echo(f"at {number}", {"contents": number}) == f"at {shown}"
