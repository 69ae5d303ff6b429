"""A call of every unary method of the SDK, as a user writes it."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from google.genai import types

from support import StaticCredentials


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


def _operation(name: str) -> types.GenerateVideosOperation:
    return types.GenerateVideosOperation(name=name)


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
    Example("batches.create", {"model": MODEL, "src": "files/f1"}, f"create_batch_job {MODEL}"),
    Example(
        "agents.create",
        {"id": "a1", "base_agent": "antigravity", "description": "the board"},
        "create_agent a1",
    ),
    Example("agents.list", {"page_size": 2}, "list_agents"),
    Example("agents.get", {"id": "a1"}, "get_agent"),
    Example("agents.delete", {"id": "a1"}, "delete_agent"),
    Example(
        "triggers.create",
        {
            "interaction": {"input": "read the minutes", "agent": "antigravity"},
            "schedule": "0 9 * * 1",
            "time_zone": "UTC",
        },
        "create_trigger",
    ),
    Example("triggers.list", {}, "list_triggers"),
    Example("triggers.get", {"id": "t1"}, "get_trigger"),
    Example("triggers.update", {"id": "t1", "display_name": "the board"}, "update_trigger"),
    Example("triggers.delete", {"id": "t1"}, "delete_trigger"),
    Example("triggers.run", {"trigger_id": "t1"}, "run_trigger"),
    Example("triggers.list_executions", {"trigger_id": "t1"}, "list_trigger_executions"),
    Example(
        "webhooks.create",
        {"subscribed_events": ["batch.succeeded"], "uri": "https://board.example.com", "name": "board"},
        "create_webhook",
    ),
    Example("webhooks.list", {}, "list_webhooks"),
    Example("webhooks.get", {"id": "w1"}, "get_webhook"),
    Example("webhooks.update", {"id": "w1", "uri": "https://board.example.com"}, "update_webhook"),
    Example("webhooks.delete", {"id": "w1"}, "delete_webhook"),
    Example("webhooks.ping", {"id": "w1"}, "ping_webhook"),
    Example("webhooks.rotate_signing_secret", {"id": "w1"}, "rotate_webhook_signing_secret"),
    Example("environments.create", {}, "create_environment"),
    Example("environments.list", {}, "list_environments"),
    Example("environments.get", {"id": "e1"}, "get_environment"),
    Example("environments.delete", {"id": "e1"}, "delete_environment"),
    Example("environments.files.list", {"environment": "e1", "path": "minutes"}, "list_environment_files"),
    Example(
        "environments.files.download", {"environment": "e1", "path": "minutes"}, "download_environment_file"
    ),
    Example(
        "environments.files.upload",
        {"environment": "e1", "path": "minutes", "file": b"the board"},
        "upload_environment_file",
    ),
    Example("interactions.auth_tokens.create", {"interaction_id": "i1"}, "create_interaction_auth_token"),
    Example(
        "interactions.auth_tokens.delete",
        {"interaction_id": "i1", "auth_token": "auth_tokens/secret-7"},
        "delete_interaction_auth_token",
    ),
    Example("voices.create", {"voice": {"type": "prompted", "display_name": "the board"}}, "create_voice"),
    Example("voices.list", {}, "list_voices"),
    Example("voices.get", {"id": "v1"}, "get_voice"),
    Example("voices.delete", {"id": "v1"}, "delete_voice"),
    Example(
        "credentials.create", {"id": "c1", "type": "bearer_token", "token": "secret-4"}, "create_credential"
    ),
    Example("credentials.list", {}, "list_credentials"),
    Example("credentials.get", {"id": "c1"}, "get_credential"),
    Example(
        "credentials.update", {"id": "c1", "type": "bearer_token", "token": "secret-5"}, "update_credential"
    ),
    Example("credentials.delete", {"id": "c1"}, "delete_credential"),
    Example(
        "decisions.create",
        {
            "model": MODEL,
            "input": "the minutes",
            "questions": {"q": {"type": "noul", "instructions": "secret?"}},
        },
        f"create_decision {MODEL}",
    ),
    Example(
        "batches.create_embeddings",
        {"model": MODEL, "src": {"file_name": "files/f1"}},
        f"create_batch_job {MODEL}",
    ),
    Example(
        "batches.create",
        {"model": MODEL, "src": "gs://secret/b.jsonl"},
        f"create_batch_job {MODEL}",
        "vertex",
    ),
    Example("models.generate_videos", {"model": "veo-3", "prompt": "x"}, "generate_videos veo-3", "vertex"),
    Example("operations.get", {"operation": _operation("models/veo-3/operations/o1")}, "get_operation"),
    Example(
        "operations.get",
        {"operation": _operation("projects/p/locations/l/publishers/google/models/veo-3/operations/o1")},
        "get_operation",
        "vertex",
    ),
    Example(
        "files.register_files", {"auth": StaticCredentials(), "uris": ["gs://secret/x"]}, "register_files"
    ),
    Example(
        "tunings.validate_reward",
        {
            "parent": "projects/my-project/locations/us-central1",
            "sample_response": {"parts": [{"text": "secret-6"}]},
            "example": {},
            "single_reward_config": {},
        },
        "validate_reward",
        "vertex",
    ),
)
