"""One row for each other instrumentation: its names for the attributes that hints need, as recorded from it
(tests/data/foreign), and its packages.

Attributes that a source writes under the conventions' names need no row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gemini_otel._facts import names


class Package(NamedTuple):
    """A distribution that instruments the SDK, or a framework that calls it, in this process.

    It is switched off by its `entry_point`, or else by `switch`; `also` is another way to do so.
    """

    name: str
    module: str
    shares: bool = False  # whether we add to its spans, so that a call has one span
    entry_point: str | None = None
    switch: str = ""
    also: str = ""
    framework: str | None = None
    apart_because: str = "it does not make its span the current one"  # why we cannot add to its spans


@dataclass(frozen=True, eq=False)
class Source:
    """One instrumentation: `aliases` has its names for ours; the first that is present counts."""

    name: str
    scopes: tuple[str, ...] = ()
    shared_scopes: tuple[str, ...] = ()  # scopes that it also uses for spans of anything else
    google_only: bool = False  # it traces only clients of Google
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    finish_reasons: tuple[str, ...] = (names.RESPONSE_FINISH_REASONS,)
    finish_words: Mapping[str, str] = field(default_factory=dict)  # its words for Gemini's reasons
    no_reason: tuple[str, ...] = ()  # its words that could stand for several of Gemini's reasons, or for none
    parameters: str | None = None  # attribute with the request's parameters as JSON
    answer: str | None = None  # attribute with the whole answer as JSON
    # The operations for the values of its `openinference.span.kind` or `traceloop.span.kind`.
    operations: Mapping[str, str] = field(default_factory=dict)
    calls: frozenset[str] = (
        frozenset()
    )  # names of spans that are calls, though no attribute says so if they fail
    raises_its_own: bool = False  # an exception may be its own, of any class
    reason_in_error: str | None = None  # words before a finish reason in the text of an exception
    leaves_out_thoughts: bool = False  # only the total of its token counts includes the thoughts
    always_says_reason: bool = False  # an answer without a finish reason had none
    packages: tuple[Package, ...] = ()


_OLDER_CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    names.PROVIDER_NAME: (names.SYSTEM,),
    names.USAGE_INPUT_TOKENS: ("gen_ai.usage.prompt_tokens",),
    names.USAGE_OUTPUT_TOKENS: ("gen_ai.usage.completion_tokens",),
    names.USAGE_REASONING_OUTPUT_TOKENS: ("gen_ai.usage.reasoning_tokens",),
    names.USAGE_TOTAL_TOKENS: ("gen_ai.usage.total_tokens",),
}
_OPENINFERENCE_ALIASES: Mapping[str, tuple[str, ...]] = {
    names.PROVIDER_NAME: (names.SYSTEM, "llm.provider", "llm.system"),
    names.REQUEST_MODEL: ("llm.model_name",),
    names.USAGE_INPUT_TOKENS: ("llm.token_count.prompt",),
    names.USAGE_OUTPUT_TOKENS: ("llm.token_count.completion",),
    names.USAGE_REASONING_OUTPUT_TOKENS: ("llm.token_count.completion_details.reasoning",),
    names.USAGE_TOTAL_TOKENS: ("llm.token_count.total",),
}
_OPENINFERENCE_OPERATIONS = {
    "LLM": "chat",
    "EMBEDDING": "embeddings",
    "PROMPT": "invoke_workflow",
    "CHAIN": "invoke_workflow",
    "AGENT": "invoke_agent",
    "TOOL": "execute_tool",
    "RETRIEVER": "retrieval",
    "RERANKER": "retrieval",
    "GUARDRAIL": "retrieval",
    "EVALUATOR": "retrieval",
}
_OPENLLMETRY_OPERATIONS = {
    "workflow": "invoke_workflow",
    "task": "invoke_workflow",
    "agent": "invoke_agent",
    "tool": "execute_tool",
}
# OpenAI's words for several of Gemini's reasons, or for none of them.
_OPENAI_NO_REASON = ("ERROR", "TOOL_CALL", "TOOL_CALLS", "FUNCTION_CALL", "UNKNOWN")
_OPENAI_WORDS = {"LENGTH": "MAX_TOKENS"}

OFFICIAL = Source(
    name="opentelemetry-instrumentation-google-genai",
    scopes=("opentelemetry.instrumentation.google_genai",),
    google_only=True,
    aliases=_OLDER_CONVENTIONS,
    always_says_reason=True,
    packages=(
        Package(
            "opentelemetry-instrumentation-google-genai",
            "opentelemetry.instrumentation.google_genai",
            shares=True,
            entry_point="google-genai",
        ),
    ),
)
# Logfire's additions to spans of the official instrumentation; these scopes are Logfire's own.
LOGFIRE = Source(
    name="logfire",
    scopes=("logfire.google_genai", "logfire.openai"),
    shared_scopes=("logfire",),
    aliases=_OLDER_CONVENTIONS,
    finish_words=_OPENAI_WORDS,
    no_reason=_OPENAI_NO_REASON,
)
OPENINFERENCE = Source(
    name="openinference-instrumentation-google-genai",
    scopes=("openinference.instrumentation.google_genai", "openinference.instrumentation.vertexai"),
    google_only=True,
    aliases=_OPENINFERENCE_ALIASES,
    finish_reasons=("llm.finish_reason", names.RESPONSE_FINISH_REASONS),
    parameters="llm.invocation_parameters",
    answer="output.value",
    operations=_OPENINFERENCE_OPERATIONS,
    packages=(
        Package(
            "openinference-instrumentation-google-genai",
            "openinference.instrumentation.google_genai",
            shares=True,
            entry_point="google_genai",
        ),
    ),
)
OPENLLMETRY = Source(
    name="opentelemetry-instrumentation-google-generativeai",
    scopes=(
        "opentelemetry.instrumentation.google_generativeai",
        "opentelemetry.instrumentation.vertexai",
    ),
    google_only=True,
    aliases={
        names.PROVIDER_NAME: (names.SYSTEM,),
        names.REQUEST_MODEL: ("llm.request.model",),
        names.REQUEST_MAX_TOKENS: ("llm.request.max_tokens",),
        names.USAGE_INPUT_TOKENS: ("gen_ai.usage.prompt_tokens",),
        names.USAGE_OUTPUT_TOKENS: ("gen_ai.usage.completion_tokens",),
        names.USAGE_TOTAL_TOKENS: ("gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
    },
    finish_words=_OPENAI_WORDS,
    no_reason=_OPENAI_NO_REASON,
    leaves_out_thoughts=True,
    packages=(
        Package(
            "opentelemetry-instrumentation-google-generativeai",
            "opentelemetry.instrumentation.google_generativeai",
            entry_point="google_generativeai",
            also="; Traceloop.init(block_instruments={Instruments.GOOGLE_GENERATIVEAI}) if it is traceloop-sdk that calls it",
        ),
    ),
)
# Hints do not read what it writes on its spans.
OPENLIT = Source(
    name="openlit",
    packages=(
        Package(
            "openlit",
            "openlit.instrumentation.google_ai_studio",
            switch='openlit.init(disabled_instrumentors=["google-ai-studio"])',
            apart_because="it marks its span as an inference only after the call",
        ),
    ),
)
ADK = Source(
    name="google-adk",
    scopes=("gcp.vertex.agent",),
    aliases=_OLDER_CONVENTIONS,
    calls=frozenset({"call_llm"}),
)
# Gemini's OpenAI-compatible endpoint, traced by instrumentations of the OpenAI client.
OPENAI_COMPATIBLE = Source(
    name="openai",
    scopes=(
        "opentelemetry.instrumentation.openai_v2",
        "opentelemetry.instrumentation.openai",
        "opentelemetry.instrumentation.openai.v1",
        "opentelemetry.util.genai.handler",
        "openinference.instrumentation.openai",
    ),
    aliases={
        **_OPENINFERENCE_ALIASES,
        names.USAGE_INPUT_TOKENS: ("gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
        names.USAGE_OUTPUT_TOKENS: ("gen_ai.usage.completion_tokens", "llm.token_count.completion"),
        names.USAGE_TOTAL_TOKENS: (
            "gen_ai.usage.total_tokens",
            "llm.usage.total_tokens",
            "llm.token_count.total",
        ),
    },
    finish_reasons=(names.RESPONSE_FINISH_REASONS, "llm.finish_reason"),
    finish_words=_OPENAI_WORDS,
    no_reason=_OPENAI_NO_REASON,
    parameters="llm.invocation_parameters",
    operations=_OPENINFERENCE_OPERATIONS,
    leaves_out_thoughts=True,
)
# LiteLLM's own callback writes its attributes only after the call.
LITELLM = Source(
    name="litellm",
    scopes=("litellm",),
    aliases={
        names.PROVIDER_NAME: (names.SYSTEM,),
        names.USAGE_INPUT_TOKENS: ("gen_ai.usage.prompt_tokens",),
        names.USAGE_OUTPUT_TOKENS: ("gen_ai.usage.completion_tokens",),
        names.USAGE_TOTAL_TOKENS: ("gen_ai.usage.total_tokens",),
    },
    finish_reasons=(names.RESPONSE_FINISH_REASONS, "gen_ai.response.finish_reason"),
    finish_words=_OPENAI_WORDS,
    no_reason=_OPENAI_NO_REASON,
)
# Instrumentations of frameworks: their spans get their kind and attributes only when they end.
OPENINFERENCE_FRAMEWORKS = Source(
    name="openinference-instrumentation-langchain",
    scopes=("openinference.instrumentation.langchain", "openinference.instrumentation.llama_index"),
    aliases=_OPENINFERENCE_ALIASES,
    finish_reasons=("llm.finish_reason", names.RESPONSE_FINISH_REASONS),
    finish_words=_OPENAI_WORDS,
    no_reason=_OPENAI_NO_REASON,
    parameters="llm.invocation_parameters",
    answer="output.value",
    operations=_OPENINFERENCE_OPERATIONS,
    raises_its_own=True,
    reason_in_error="Response was terminated early: ",
    packages=(
        Package(
            "openinference-instrumentation-langchain",
            "openinference.instrumentation.langchain",
            entry_point="langchain",
            framework="LangChain",
        ),
        Package(
            "openinference-instrumentation-llama-index",
            "openinference.instrumentation.llama_index",
            entry_point="llama_index",
            framework="LlamaIndex",
        ),
    ),
)
OPENLLMETRY_FRAMEWORKS = Source(
    name="opentelemetry-instrumentation-langchain",
    scopes=("opentelemetry.instrumentation.langchain", "opentelemetry.instrumentation.llamaindex"),
    aliases=_OLDER_CONVENTIONS,
    finish_words=_OPENAI_WORDS,
    no_reason=_OPENAI_NO_REASON,
    operations=_OPENLLMETRY_OPERATIONS,
    raises_its_own=True,
    reason_in_error="Response was terminated early: ",
    packages=(
        Package(
            "opentelemetry-instrumentation-langchain",
            "opentelemetry.instrumentation.langchain",
            entry_point="langchain",
            also=", or Traceloop.init(block_instruments={Instruments.LANGCHAIN})",
            framework="LangChain",
        ),
        Package(
            "opentelemetry-instrumentation-llamaindex",
            "opentelemetry.instrumentation.llamaindex",
            entry_point="llama-index",
            also=", or Traceloop.init(block_instruments={Instruments.LLAMA_INDEX})",
            framework="LlamaIndex",
        ),
    ),
)
FRAMEWORKS = (OPENINFERENCE_FRAMEWORKS, OPENLLMETRY_FRAMEWORKS)
SOURCES = (OFFICIAL, LOGFIRE, OPENINFERENCE, OPENLLMETRY, ADK, OPENAI_COMPATIBLE, *FRAMEWORKS, LITELLM)
PACKAGES = tuple(package for source in (*SOURCES, OPENLIT) for package in source.packages)

# Any other library that writes `gen_ai.*` or `llm.*`.
ANYONE = Source(
    name="anyone",
    aliases={
        names.PROVIDER_NAME: (names.SYSTEM, "llm.provider", "llm.system"),
        names.REQUEST_MODEL: ("llm.model_name", "llm.request.model"),
        names.REQUEST_MAX_TOKENS: ("llm.request.max_tokens",),
        names.USAGE_INPUT_TOKENS: ("llm.token_count.prompt", "gen_ai.usage.prompt_tokens"),
        names.USAGE_OUTPUT_TOKENS: ("llm.token_count.completion", "gen_ai.usage.completion_tokens"),
        names.USAGE_REASONING_OUTPUT_TOKENS: (
            "llm.token_count.completion_details.reasoning",
            "gen_ai.usage.reasoning_tokens",
        ),
        names.USAGE_TOTAL_TOKENS: (
            "llm.token_count.total",
            "llm.usage.total_tokens",
            "gen_ai.usage.total_tokens",
        ),
        names.BLOCK_REASON: ("google_genai.response.block_reason",),
    },
    finish_reasons=(names.RESPONSE_FINISH_REASONS, "llm.finish_reason", "gen_ai.response.finish_reason"),
    finish_words=_OPENAI_WORDS,
    no_reason=_OPENAI_NO_REASON,
    operations={**_OPENINFERENCE_OPERATIONS, **_OPENLLMETRY_OPERATIONS},
)

# Names of parameters in the JSON that some sources write.
PARAMETERS: Mapping[str, str] = {
    "model": names.REQUEST_MODEL,
    "temperature": names.REQUEST_TEMPERATURE,
    "top_p": names.REQUEST_TOP_P,
    "top_k": names.REQUEST_TOP_K,
    "candidate_count": names.REQUEST_CHOICE_COUNT,
    "max_output_tokens": names.REQUEST_MAX_TOKENS,
    "max_tokens": names.REQUEST_MAX_TOKENS,
    "presence_penalty": names.REQUEST_PRESENCE_PENALTY,
    "frequency_penalty": names.REQUEST_FREQUENCY_PENALTY,
    "thinking_budget": names.THINKING_BUDGET,
    "thinking_level": names.REQUEST_REASONING_LEVEL,
}
