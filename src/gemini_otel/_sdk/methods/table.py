"""The SDK methods that make one call each: one row for a method and its async twin.

A row may name the private method below a public one that warns by stack level, so that the warning names the caller's line.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from gemini_otel._facts.calls import RequestFacts, ResponseFacts, StartFacts
from gemini_otel._facts.operation import Arguments, Listener, Operation
from gemini_otel._sdk.methods import resources as res
from gemini_otel._sdk.methods.generated_table import GENERATED_METHODS
from gemini_otel._sdk.methods.images import EDIT, GENERATE_IMAGES, IMAGES, MASKS
from gemini_otel._sdk.methods.resources import failure, outcome
from gemini_otel._sdk.methods.tokens import COMPUTED_TOKENS, EMBED_CONTENT, EMBEDDINGS, TOKEN_COUNT
from gemini_otel._sdk.methods.videos import VIDEO_OPERATION
from gemini_otel._sdk.reading import generated_clients as gen
from gemini_otel._sdk.reading.client import http_options, read_start
from gemini_otel._sdk.reading.measures import BELOW_DECORATOR, Measures, Method, Reader, measure

_METHODS: Mapping[str, tuple[Method, ...]] = {
    "google.genai.models": (
        Method("Models.embed_content", "embeddings", EMBED_CONTENT, EMBEDDINGS, timed=True),
        Method("Models.count_tokens", "count_tokens", answer=TOKEN_COUNT),
        Method("Models.compute_tokens", "compute_tokens", answer=COMPUTED_TOKENS),
        Method("Models._generate_images", "generate_images", GENERATE_IMAGES, IMAGES, timed=True),
        Method("Models._edit_image", "edit_image", GENERATE_IMAGES, IMAGES, timed=True),
        Method("Models.upscale_image", "upscale_image", EDIT, IMAGES, timed=True),
        Method("Models.recontext_image", "recontext_image", GENERATE_IMAGES, IMAGES, timed=True),
        Method("Models.segment_image", "segment_image", EDIT, MASKS, timed=True),
        Method("Models._generate_videos", "generate_videos", answer=VIDEO_OPERATION, timed=True),
        Method("Models.get", "get_model", answer=res.MODEL),
        Method("Models.list", "list_models", res.PAGE, res.LISTED),
        Method("Models.update", "update_model", answer=res.MODEL),
        Method("Models.delete", "delete_model"),
    ),
    "google.genai.caches": (
        Method("Caches.create", "create_cached_content", res.CACHE_REQUEST, res.CACHE),
        Method("Caches.get", "get_cached_content", res.NAME, res.CACHE),
        Method("Caches.update", "update_cached_content", res.NAME + res.CACHE_REQUEST, res.CACHE),
        Method("Caches.delete", "delete_cached_content", res.NAME),
        Method("Caches.list", "list_cached_contents", res.PAGE, res.LISTED),
    ),
    "google.genai.files": (
        Method("Files.upload", "upload_file", res.UPLOAD, res.FILE),
        Method("Files.get", "get_file", res.FILE_NAME, res.FILE),
        Method("Files.delete", "delete_file", res.FILE_NAME),
        Method("Files.list", "list_files", res.PAGE, res.LISTED),
        Method("Files.download", "download_file", res.ANY_FILE, res.DOWNLOADED),
        Method("Files.register_files", "register_files", res.URIS, res.FILES),
    ),
    "google.genai.file_search_stores": (
        Method("FileSearchStores.create", "create_file_search_store", answer=res.STORE),
        Method("FileSearchStores.get", "get_file_search_store", res.NAME, res.STORE),
        Method("FileSearchStores.delete", "delete_file_search_store", res.DELETION),
        Method("FileSearchStores.list", "list_file_search_stores", res.PAGE, res.LISTED),
        Method(
            "FileSearchStores.upload_to_file_search_store",
            "upload_to_file_search_store",
            res.STORE_NAME + res.UPLOAD,
            res.OPERATION,
        ),
        Method("FileSearchStores.import_file", "import_file", res.STORE_NAME, res.OPERATION),
        Method("FileSearchStores.download_media", "download_media", res.MEDIA, res.DOWNLOADED),
    ),
    "google.genai.documents": (
        Method("Documents.get", "get_document", res.NAME, res.DOCUMENT),
        Method("Documents.delete", "delete_document", res.DELETION),
        Method("Documents.list", "list_documents", res.PAGE_OF_STORE, res.LISTED),
    ),
    "google.genai.tunings": (
        Method("Tunings._tune", "create_tuning_job", answer=res.JOB),
        Method("Tunings._tune_mldev", "create_tuning_job", answer=res.JOB),
        Method("Tunings.get", "get_tuning_job", res.NAME, res.JOB),
        Method("Tunings.cancel", "cancel_tuning_job", res.NAME),
        Method("Tunings.list", "list_tuning_jobs", res.PAGE, res.LISTED),
        Method("Tunings.validate_reward", "validate_reward"),
    ),
    "google.genai.operations": (Method("Operations.get", "get_operation", answer=VIDEO_OPERATION),),
    "google.genai.tokens": (
        Method("Tokens.create" + BELOW_DECORATOR, "create_auth_token", res.AUTH_TOKEN_REQUEST),
    ),
    "google.genai.batches": (
        Method("Batches.create", "create_batch_job", answer=res.BATCH),
        Method("Batches.create_embeddings", "create_batch_job", answer=res.BATCH),
        Method("Batches.get", "get_batch_job", res.NAME, res.BATCH),
        Method("Batches.cancel", "cancel_batch_job", res.NAME),
        Method("Batches.delete", "delete_batch_job", res.NAME),
        Method("Batches.list", "list_batch_jobs", res.PAGE, res.LISTED),
    ),
}
METHODS: Mapping[str, tuple[Method, ...]] = {**_METHODS, **GENERATED_METHODS}


def operation_of(module: str, method: Method) -> Operation:
    """How the calls of a row are read."""
    generated = module in GENERATED_METHODS
    of_agent = method.operation == "create_agent"
    return Operation(
        name=method.operation,
        read_start=(gen.read_agent_start if of_agent else gen.read_start) if generated else read_start,
        read_request=partial(gen.read_request if generated else _read_request, method.request),
        answer=partial(MethodAnswer, method.answer),
        generates=False,
        timed=method.timed,
    )


def _read_request(measures: Measures, api: Any, arguments: Arguments) -> RequestFacts:
    options = http_options(api, arguments.get("config"))
    return RequestFacts(
        api_version=options.api_version,
        timeout=options.timeout,
        max_attempts=options.max_attempts,
        measured=measure(measures, arguments),
    )


class MethodAnswer:
    """Reads the one answer of a call."""

    def __init__(self, answer: Measures | Reader, request: RequestFacts) -> None:
        self._answer = answer
        self._facts = ResponseFacts(outcome="ok")

    def feed(self, response: Any, listener: Listener | None) -> None:
        if isinstance(self._answer, Reader):
            self._facts = self._answer.read(response)
        else:
            measured = measure(self._answer, response)
            self._facts = ResponseFacts(
                outcome=outcome(response, measured), measured={**measured, **failure(response)}
            )

    def facts(self) -> ResponseFacts:
        return self._facts


def _known_start(start: StartFacts, pager: Any, arguments: Arguments) -> StartFacts:
    return start


def _read_page_request(pager: Any, arguments: Arguments) -> RequestFacts:
    return RequestFacts(measured=measure(res.PAGER, pager))


def page_operation(items: str, start: StartFacts) -> Operation:
    """The operation that fetches a further page; `items` is the pager's word for what it lists, such as `files`."""
    return Operation(
        name=f"list_{items}",
        read_start=partial(_known_start, start),
        read_request=_read_page_request,
        answer=partial(MethodAnswer, res.FETCHED),
        generates=False,
        timed=False,
    )
