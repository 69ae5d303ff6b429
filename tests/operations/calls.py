"""A call of every unary method of the SDK, as a user writes it."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from google.genai import types


class Example(NamedTuple):
    """A call, the back end that serves it, and the name that its span must have."""

    method: str
    arguments: dict[str, Any]
    span: str
    back_end: str = "client"


MODEL = "gemini-2.5-flash"
IMAGE = types.Image(image_bytes=b"image", mime_type="image/png")
REFERENCE = types.RawReferenceImage(reference_id=1, reference_image=IMAGE)
STORE = "fileSearchStores/theboard-fetnf75lobog"
TUNED = "tunedModels/salaryoracle-fetnf75lobog"
TUNING_DATA = {"examples": [{"text_input": "a", "output": "b"}]}
VERTEX_TUNING_DATA = {"gcs_uri": "gs://bucket/data.jsonl"}
CACHED = {"ttl": "120s", "contents": "a long text", "display_name": "board minutes"}


def _file() -> io.BytesIO:
    return io.BytesIO(b"the minutes of the board")


EXAMPLES = (
    Example("models.embed_content", {"model": MODEL, "contents": "x"}, f"embeddings {MODEL}"),
    Example("models.count_tokens", {"model": MODEL, "contents": "x"}, f"count_tokens {MODEL}"),
    Example("models.compute_tokens", {"model": MODEL, "contents": "x"}, f"compute_tokens {MODEL}", "vertex"),
    Example(
        "models.generate_images", {"model": "imagen-4", "prompt": "x"}, "generate_images imagen-4", "vertex"
    ),
    Example(
        "models.edit_image",
        {"model": "imagen-3", "prompt": "x", "reference_images": [REFERENCE]},
        "edit_image imagen-3",
        "vertex",
    ),
    Example(
        "models.upscale_image",
        {"model": "imagen-4", "image": IMAGE, "upscale_factor": "x2"},
        "upscale_image imagen-4",
        "vertex",
    ),
    Example(
        "models.recontext_image",
        {"model": "try-on", "source": types.RecontextImageSource(prompt="x", person_image=IMAGE)},
        "recontext_image try-on",
        "vertex",
    ),
    Example(
        "models.segment_image",
        {"model": "segmenter", "source": types.SegmentImageSource(prompt="x", image=IMAGE)},
        "segment_image segmenter",
        "vertex",
    ),
    Example("models.get", {"model": MODEL}, f"get_model {MODEL}"),
    Example("models.list", {}, "list_models"),
    Example(
        "models.update",
        {"model": "tunedModels/mine", "config": {"display_name": "board"}},
        "update_model tunedModels/mine",
    ),
    Example("models.delete", {"model": "tunedModels/mine"}, "delete_model tunedModels/mine"),
    Example("caches.create", {"model": MODEL, "config": CACHED}, f"create_cached_content {MODEL}"),
    Example("caches.create", {"model": MODEL, "config": CACHED}, f"create_cached_content {MODEL}", "vertex"),
    Example("caches.get", {"name": "cachedContents/c1"}, "get_cached_content"),
    Example("caches.get", {"name": "c1"}, "get_cached_content", "vertex"),
    Example("caches.update", {"name": "c1", "config": {"ttl": "60s"}}, "update_cached_content"),
    Example("caches.delete", {"name": "cachedContents/c1"}, "delete_cached_content"),
    Example("caches.list", {"config": {"page_size": 2}}, "list_cached_contents"),
    Example("files.upload", {"file": _file(), "config": {"mime_type": "text/plain"}}, "upload_file"),
    Example("files.get", {"name": "files/f1"}, "get_file"),
    Example("files.delete", {"name": "files/f1"}, "delete_file"),
    Example("files.list", {}, "list_files"),
    Example("files.download", {"file": "files/f1"}, "download_file"),
    Example(
        "file_search_stores.create", {"config": {"display_name": "the board"}}, "create_file_search_store"
    ),
    Example("file_search_stores.get", {"name": STORE}, "get_file_search_store"),
    Example(
        "file_search_stores.delete", {"name": STORE, "config": {"force": True}}, "delete_file_search_store"
    ),
    Example("file_search_stores.list", {}, "list_file_search_stores"),
    Example(
        "file_search_stores.upload_to_file_search_store",
        {"file_search_store_name": STORE, "file": _file(), "config": {"mime_type": "text/plain"}},
        "upload_to_file_search_store",
    ),
    Example(
        "file_search_stores.import_file",
        {"file_search_store_name": STORE, "file_name": "files/f1"},
        "import_file",
    ),
    Example("file_search_stores.download_media", {"media_id": f"{STORE}/media/m1"}, "download_media"),
    Example("file_search_stores.documents.get", {"name": f"{STORE}/documents/d1"}, "get_document"),
    Example("file_search_stores.documents.delete", {"name": f"{STORE}/documents/d1"}, "delete_document"),
    Example("file_search_stores.documents.list", {"parent": STORE}, "list_documents"),
    Example(
        "tunings.tune", {"base_model": MODEL, "training_dataset": TUNING_DATA}, f"create_tuning_job {MODEL}"
    ),
    Example(
        "tunings.tune",
        {"base_model": MODEL, "training_dataset": VERTEX_TUNING_DATA},
        f"create_tuning_job {MODEL}",
        "vertex",
    ),
    Example("tunings.get", {"name": TUNED}, "get_tuning_job"),
    Example(
        "tunings.get",
        {"name": "projects/my-project/locations/us-central1/tuningJobs/1"},
        "get_tuning_job",
        "vertex",
    ),
    Example("tunings.cancel", {"name": TUNED}, "cancel_tuning_job"),
    Example("tunings.list", {}, "list_tuning_jobs", "vertex"),
    Example("auth_tokens.create", {"config": {"uses": 3}}, "create_auth_token"),
    Example("batches.get", {"name": "batches/b1"}, "get_batch_job"),
    Example("batches.cancel", {"name": "batches/b1"}, "cancel_batch_job"),
    Example("batches.delete", {"name": "batches/b1"}, "delete_batch_job"),
    Example("batches.list", {}, "list_batch_jobs"),
)
