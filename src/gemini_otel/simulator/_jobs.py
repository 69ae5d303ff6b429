"""Tuning jobs, batch jobs and auth tokens."""

from __future__ import annotations

from functools import partial

from ._request import Call
from ._resources import moment, new_id, page, parent_of
from ._route import MODEL, answering, nothing, route
from ._scenario import Json, Reply

_STATES = {
    "processing": "RUNNING",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
    "partly": "PARTIALLY_SUCCEEDED",
}
_COUNTS = {"processing": (1, 0, 2), "failed": (0, 3, 0), "cancelled": (1, 0, 2), "partly": (2, 1, 0)}
_FAILED: Json = {"code": 9, "message": "Training data 'gs://secret-bucket/salaries.jsonl' has 3 bad rows."}


def _counts(variant: str) -> tuple[str, str, str]:
    """How many requests of a batch succeeded, failed, and are not done; 64-bit counts are text in JSON."""
    succeeded, failed, pending = _COUNTS.get(variant, (3, 0, 0))
    return str(succeeded), str(failed), str(pending)


def _state(variant: str) -> str:
    return _STATES.get(variant, "SUCCEEDED")


# --- tuning


def _tuning_job(call: Call, variant: str, name: str) -> Json:
    job: Json = {
        "name": f"{parent_of(call)}tuningJobs/{name}",
        "tunedModelDisplayName": "salary oracle",
        "baseModel": "gemini-2.5-flash",
        "state": f"JOB_STATE_{_state(variant)}",
        "createTime": moment(),
        "updateTime": moment(),
    }
    return job | ({"error": _FAILED} if variant == "failed" else {})


def _tuned_model(variant: str, name: str) -> Json:
    state = {"processing": "CREATING", "failed": "FAILED"}.get(variant, "ACTIVE")
    return {
        "name": f"tunedModels/{name}",
        "displayName": "salary oracle",
        "baseModel": "models/gemini-2.5-flash",
        "state": state,
        "createTime": moment(),
        "updateTime": moment(),
    }


def _create_tuning_job(call: Call, _reply: Reply) -> Json:
    return _tuning_job(call, "processing", new_id())


def _create_tuned_model(_call: Call, _reply: Reply) -> Json:
    name = f"tunedModels/salaryoracle-{new_id()}"
    return {"name": f"{name}/operations/{new_id()}", "metadata": {"tunedModel": name}}


def _get_tuning_job(call: Call, reply: Reply) -> Json:
    return _tuning_job(call, reply.variant, call.resource)


def _get_tuned_model(call: Call, reply: Reply) -> Json:
    return _tuned_model(reply.variant, call.resource)


def _list_tuning_jobs(call: Call, reply: Reply) -> Json:
    return page(call, "tuningJobs", partial(_tuning_job, call, reply.variant))


def _list_tuned_models(call: Call, reply: Reply) -> Json:
    return page(call, "tunedModels", partial(_tuned_model, reply.variant))


def _validate_reward(_call: Call, _reply: Reply) -> Json:
    return {"overallReward": 0.5}


# --- batches


def _batch(call: Call, reply: Reply, name: str) -> Json:
    return _vertex_batch(call, reply, name) if call.vertex else _developer_batch(reply, name)


def _developer_batch(reply: Reply, name: str) -> Json:
    state = "SUCCEEDED" if reply.variant == "partly" else _state(reply.variant)
    succeeded, failed, pending = _counts(reply.variant)
    metadata: Json = {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
        "name": f"batches/{name}",
        "model": "models/gemini-2.5-flash",
        "displayName": "salaries",
        "createTime": moment(),
        "updateTime": moment(),
        "state": f"BATCH_STATE_{state}",
        "batchStats": {
            "requestCount": "3",
            "successfulRequestCount": succeeded,
            "failedRequestCount": failed,
            "pendingRequestCount": pending,
        },
    }
    told: Json = {"name": f"batches/{name}", "metadata": metadata}
    if state == "FAILED":
        return told | {"done": True, "error": _FAILED}
    return told | ({"done": True, "response": {}} if state == "SUCCEEDED" else {})


def _vertex_batch(call: Call, reply: Reply, name: str) -> Json:
    state = _state(reply.variant)
    succeeded, failed, pending = _counts(reply.variant)
    return {
        "name": f"{parent_of(call)}batchPredictionJobs/{name}",
        "displayName": "salaries",
        "model": "publishers/google/models/gemini-2.5-flash",
        "state": f"JOB_STATE_{state}",
        "createTime": moment(),
        "updateTime": moment(),
        "completionStats": {
            "successfulCount": succeeded,
            "failedCount": failed,
            "incompleteCount": pending,
        },
    } | ({"error": _FAILED} if state == "FAILED" else {})


def _create_batch(call: Call, _reply: Reply) -> Json:
    return _batch(call, Reply(variant="processing"), new_id())


def _get_batch(call: Call, reply: Reply) -> Json:
    return _batch(call, reply, call.resource)


def _list_batches(call: Call, reply: Reply) -> Json:
    key = "batchPredictionJobs" if call.vertex else "operations"
    return page(call, key, partial(_batch, call, reply))


# --- auth tokens


def _create_token(_call: Call, _reply: Reply) -> Json:
    return {"name": f"auth_tokens/{new_id() * 4}"}


_TUNING = r"tuningJobs/(?P<resource>[^/:]+)"
_TUNED = r"tunedModels/(?P<resource>[^/:]+)"
_BATCH = r"(?:batches|batchPredictionJobs)/(?P<resource>[^/:]+)"
_BATCHES = r"(?:batches|batchPredictionJobs)"

PLAYS = {"tuning and batch jobs": frozenset(_STATES)}
ROUTES = (
    route("POST", r"tuningJobs:validateReinforcementTuningReward", answering(_validate_reward)),
    route("POST", _TUNING + ":cancel", answering(nothing)),
    route("POST", _TUNED + ":cancel", answering(nothing)),
    route("POST", "tuningJobs", answering(_create_tuning_job)),
    route("POST", "tunedModels", answering(_create_tuned_model)),
    route("GET", "tuningJobs", answering(_list_tuning_jobs)),
    route("GET", "tunedModels", answering(_list_tuned_models)),
    route("GET", _TUNING, answering(_get_tuning_job)),
    route("GET", _TUNED, answering(_get_tuned_model)),
    route(
        "POST", MODEL + ":(?P<method>batchGenerateContent|asyncBatchEmbedContent)", answering(_create_batch)
    ),
    route("POST", "batchPredictionJobs", answering(_create_batch)),
    route("POST", _BATCH + ":cancel", answering(nothing)),
    route("GET", _BATCHES, answering(_list_batches)),
    route("GET", _BATCH, answering(_get_batch)),
    route("DELETE", _BATCH, answering(nothing)),
    route("POST", "auth_tokens", answering(_create_token)),
)
