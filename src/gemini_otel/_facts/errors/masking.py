"""Takes what may identify a caller or quote his data out of a service message; numbers and wording stay."""

from __future__ import annotations

import re

MAX_LENGTH = 512
_MASK = "<masked>"
_RESOURCES = (
    "projects|locations|publishers|models|tunedModels|endpoints|files|cachedContents|batches|operations|corpora|"
    "fileSearchStores|ragStores|documents|permissions|reasoningEngines|dynamic|agents|interactions"
)
# Where the service sends people for help.
_HELP = (
    r"ai\.google\.dev|ai\.dev|aistudio\.google\.com|(?:console\.)?cloud\.google\.com|(?:console\.)?developers\.google\.com|"
    r"support\.google\.com|policies\.google\.com"
)
# A rule is tried only where one of its signs is in the message, in lower case. Order matters: credentials first, so that no later rule leaves half of one.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        ("aiza", "aq.", "ya29.", "eyj"),
        re.compile(r"\bAIza[\w-]{20,}|\bAQ\.[\w-]{10,}|\bya29\.[\w.-]+|\beyJ[\w-]+\.[\w.-]+"),
        _MASK,
    ),
    (
        ("bearer", "key", "token="),
        re.compile(r"\b(Bearer|api[_ ]?key[:=]|key=|token=)\s*[^\s,;&]+", re.IGNORECASE),
        rf"\1{_MASK}",
    ),
    (("@",), re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), _MASK),
    (('"', "`", "“"), re.compile(r"\"[^\"]*(?:\"|$)|`[^`]*(?:`|$)|“[^”]*(?:”|$)", re.DOTALL), f'"{_MASK}"'),
    (("'",), re.compile(r"(?<!\w)'[^'\n]*'(?!\w)"), f"'{_MASK}'"),
    (("gs://",), re.compile(r"\bgs://\S+"), f"gs://{_MASK}"),
    (("://",), re.compile(rf"\b(https?)://(?!(?:{_HELP})(?:[/?#\s.,]|$))\S+"), rf"\1://{_MASK}"),
    (("/",), re.compile(rf"\b({_RESOURCES})/[^\s,;:()]+"), rf"\1/{_MASK}"),
    (("=",), re.compile(r"\b(project|consumer)=[^\s&,;]+", re.IGNORECASE), rf"\1={_MASK}"),
    (
        ("resource project",),
        re.compile(r"\bresource project [^\s.,;]+", re.IGNORECASE),
        f"resource project {_MASK}",
    ),
    (
        ("project",),
        re.compile(r"\bproject[ :#]+(?:\d{6,}|[a-z](?=[a-z0-9-]*[\d-])[a-z0-9-]{4,})", re.IGNORECASE),
        f"project {_MASK}",
    ),
    (("file ", "cached content "), re.compile(r"\b(File|Cached content) [\w-]{8,}"), rf"\1 {_MASK}"),
)


def mask(message: str) -> str:
    """`message` on one line, at most 512 characters, without quoted strings, resource names, project ids and keys."""
    text = message[: 8 * MAX_LENGTH]
    lower = text.lower()
    for signs, pattern, replacement in _RULES:
        if any(sign in lower for sign in signs):
            text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"
