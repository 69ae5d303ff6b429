"""Masks what may identify a caller or quote a caller's data in a service message; numbers and wording stay."""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_LENGTH = 512
MASK = "<masked>"
_RESOURCES = (
    "projects|locations|publishers|models|tunedModels|endpoints|files|cachedContents|batches|operations|corpora|"
    "fileSearchStores|ragStores|documents|permissions|reasoningEngines|dynamic|agents|interactions"
)
# Pages to which the service sends people for help.
_HELP = (
    r"ai\.google\.dev|ai\.dev|ai\.studio|aistudio\.google\.com|developers\.generativeai\.google|(?:console\.|docs\.)?cloud\.google\.com|(?:console\.)?developers\.google\.com|"
    r"support\.google\.com|policies\.google\.com"
)
# The place of something in a request, by names of the API and numbers of items:
# `tools[0].function_declarations[3].parameters`. A key of the caller is in brackets, and is masked.
_FIELDS = (
    "contents|content|parts|part|role|text|inline_data|file_data|mime_type|data|file_uri|function_call|function_response|name|args|response|id|"
    "tools|function_declarations|functionDeclarations|parameters|parameters_json_schema|tool_config|toolConfig|function_calling_config|mode|"
    "generation_config|generationConfig|response_schema|responseSchema|response_json_schema|response_mime_type|thinking_config|"
    "thinkingConfig|speech_config|image_config|safety_settings|category|threshold|system_instruction|systemInstruction|properties|value|key|"
    "items|any_of|anyOf|required|enum|type|format|description|schema|requests|instances|request|model|cached_content"
)
_PLACE = rf"(?:{_FIELDS})(?:\[\d{{1,4}}\]|\.(?:{_FIELDS})\b){{0,40}}"
# Keywords of JSON schema that the API does not know; they are the most frequent unknown names.
_KEYWORDS = (
    r"\$?(?:additional_?[pP]roperties|schema|defs|ref|id|default|title|examples?|const|oneOf|one_of|allOf|all_of|not|strict|if|then|else|"
    r"exclusiveM(?:in|ax)imum|exclusive_m(?:in|ax)imum|propertyNames|property_names|patternProperties|pattern_properties|prefixItems|"
    r"prefix_items|definitions|unevaluatedProperties|contentEncoding|multipleOf|uniqueItems|dependentRequired)"
)
_OF_THE_API = re.compile(rf"(['\"`])(?:{_PLACE}|{_KEYWORDS})\1")


def _quoted(mark: str) -> Callable[[re.Match[str]], str]:
    """What replaces a quoted text: a mask, or the text itself if it is a name of the API."""
    return lambda match: match[0] if _OF_THE_API.fullmatch(match[0]) else f"{mark}{MASK}{mark}"


# A rule is tried only if one of its signs is in the message, in lower case. The order matters: credentials come first, so
# that no later rule leaves half of one.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (
        ("aiza", "aq.", "ya29.", "eyj"),
        re.compile(r"\bAIza[\w-]{20,}|\bAQ\.[\w-]{10,}|\bya29\.[\w.-]+|\beyJ[\w-]+\.[\w.-]+"),
        MASK,
    ),
    (
        ("bearer", "key", "token="),
        re.compile(r"\b(Bearer|api[_ ]?key[:=]|key=|token=)\s*[^\s,;&]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (("@",), re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), MASK),
    (('"', "`", "“"), re.compile(r"\"[^\"]*(?:\"|$)|`[^`]*(?:`|$)|“[^”]*(?:”|$)", re.DOTALL), _quoted('"')),
    (("'",), re.compile(r"(?<!\w)'[^'\n]*'(?!\w)"), _quoted("'")),
    (("gs://",), re.compile(r"\bgs://\S+"), f"gs://{MASK}"),
    (("://",), re.compile(rf"\b(https?)://(?!(?:{_HELP})(?:[/?#\s.,]|$))\S+"), rf"\1://{MASK}"),
    (("/",), re.compile(rf"\b({_RESOURCES})/[^\s,;:()]+"), rf"\1/{MASK}"),
    (("=",), re.compile(r"\b(project|consumer)=[^\s&,;]+", re.IGNORECASE), rf"\1={MASK}"),
    (
        ("resource project",),
        re.compile(r"\bresource project [^\s.,;]+", re.IGNORECASE),
        f"resource project {MASK}",
    ),
    (
        ("project",),
        re.compile(r"\bproject[ :#]+(?:\d{6,}|[a-z](?=[a-z0-9-]*[\d-])[a-z0-9-]{4,})", re.IGNORECASE),
        f"project {MASK}",
    ),
    (("file ", "cached content "), re.compile(r"\b(File|Cached content) [\w-]{8,}"), rf"\1 {MASK}"),
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
