"""A recorded exchange as a scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ._scenario import Reply, Scenario


def replay(exchange: Mapping[str, Any], *, name: str = "replay") -> Scenario:
    """A scenario that answers exactly what was recorded: status, headers and body, whatever is asked.

    *exchange* has ``status``, ``response_headers`` and ``response_body`` (JSON, or the raw text of a stream).
    """
    status = exchange["status"]
    if not isinstance(status, int) or status < 200:
        raise ValueError(
            f"The exchange has status {status!r}; only answers to HTTP requests can be replayed."
        )
    body = exchange.get("response_body")
    text = body if isinstance(body, str | None) else json.dumps(body, ensure_ascii=False)
    headers = {str(header): str(value) for header, value in (exchange.get("response_headers") or {}).items()}
    description = f"The answer {status} recorded in {exchange.get('source', 'an unnamed source')}."
    return Scenario(name, description, (Reply(status, headers, text),))
