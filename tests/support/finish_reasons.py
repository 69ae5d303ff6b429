"""What each finish reason leads to. The spans in tests/data/hints.json say it; no test has a table of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from gemini_otel._facts import names
from support import DATA


class Expected(NamedTuple):
    """The hint and the outcome of a finish reason, and whether only Live turns have it."""

    hint_id: str
    outcome: str
    of_live: bool


def _expected() -> Iterator[tuple[str, Expected]]:
    """The spans that end with one candidate and no peculiarity: the ids of their hints have no third part."""
    fixtures = json.loads((DATA / "hints.json").read_text(encoding="utf-8"))
    for hint_id, fixture in fixtures.items():
        attributes = fixture["attributes"]
        reason = attributes.get(names.FINISH_REASON, "STOP")
        family, *rest = hint_id.split(".")
        one_candidate = attributes.get(names.RESPONSE_FINISH_REASONS) == [reason.lower()]
        if (
            family == "finish"
            and len(rest) == 1
            and rest != ["unknown"]
            and reason != "STOP"
            and one_candidate
        ):
            of_live = attributes[names.OPERATION_NAME] == "live"
            yield reason, Expected(hint_id, attributes[names.OUTCOME], of_live)


FINISH_REASONS = dict(_expected())
