"""The prompt that calls are made with, by its name and version: said by the program, never its text."""

from __future__ import annotations

from opentelemetry import context as otel_context

from gemini_otel._facts import names
from gemini_otel._facts.sendable import text
from gemini_otel._telemetry.saying import Saying

_KEY = otel_context.create_key("gemini_otel.prompt")
_LONGEST = 256


def prompt_attributes() -> dict[str, str]:
    """Name and version of the prompt that this context is in."""
    found = otel_context.get_value(_KEY)
    return found if isinstance(found, dict) else {}


class prompt(Saying):  # noqa: N801  # reads as a statement, like `conversation`
    """`with prompt("summary", version="3"):` sets `gen_ai.prompt.name` and `.version` on the Gemini calls inside.

    They are set on spans and log events of requests to a model or an agent. Where it holds, and that the inner of two wins, is
    as with `conversation`.
    """

    def __init__(self, name: str, version: str | None = None) -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(f"prompt({name!r}) is not valid; give the name as a string that is not empty")
        if version is not None and (not isinstance(version, str) or not version):
            raise ValueError(
                f"prompt(version={version!r}) is not valid; give the version as a string that is not empty, or leave it out"
            )
        attributes = {names.PROMPT_NAME: text(name, _LONGEST)}
        if version is not None:
            attributes[names.PROMPT_VERSION] = text(version, _LONGEST)
        super().__init__(_KEY, attributes)
        self.name, self.version = name, version
