"""Requests that the service refuses, and failures of the service."""

from __future__ import annotations

from .._errors import detail, error_body
from .._scenario import Json, Reply, Scenario

_KEY_NOT_VALID = "API key not valid. Please pass a valid API key."
_NO_KEYS_HERE = (
    "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that "
    "assert a principal. See https://cloud.google.com/docs/authentication"
)
_ACTIVATION = "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123456789012"
_DISABLED = (
    "Generative Language API has not been used in project 123456789012 before or it is disabled. Enable it by visiting "
    f"{_ACTIVATION} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our "
    "systems and retry."
)
_NO_MODEL = (
    "models/{model} is not found for API version {version}, or is not supported for {method}. Call "
    "ModelService.ListModels to see the list of available models and their supported methods."
)
_RESOURCE = "projects/PROJECT/locations/us-central1/publishers/google/models/{model}"
_INTERNAL = (
    "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)
_HTML = {"content-type": "text/html; charset=UTF-8"}
_FORBIDDEN = (
    "<html><title>Blocked</title><p>This address is not allowed by the policy of your network.</html>"
)
_BAD_GATEWAY = """<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 502 (Server Error)!!1</title>
  <p><b>502.</b> <ins>That's an error.</ins>
  <p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.
</html>
"""
_SERVICE: Json = {"service": "generativelanguage.googleapis.com"}

INVALID_KEY = error_body(
    400,
    "INVALID_ARGUMENT",
    _KEY_NOT_VALID,
    detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com", metadata=_SERVICE),
    detail("LocalizedMessage", locale="en-US", message=_KEY_NOT_VALID),
)
OVERLOADED = error_body(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")


def refused(body: Json, **headers: str) -> Reply:
    """The refusal with the error *body*; underscores in names of *headers* stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body["error"]["code"], named, body)


def _error(name: str, description: str, body: Json, vertex: Json | None = None, **headers: str) -> Scenario:
    return Scenario(
        name,
        description,
        (refused(body, **headers),),
        vertex=(refused(vertex),) if vertex is not None else (),
    )


ALL = (
    _error(
        "invalid_argument",
        "400: something in the request is wrong.",
        error_body(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    ),
    _error("invalid_key", "400: the API key is not valid.", INVALID_KEY),
    _error(
        "failed_precondition",
        "400: the API is not available where the caller is.",
        error_body(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    ),
    _error(
        "input_too_long",
        "400: the prompt exceeds the context window.",
        error_body(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
        ),
    ),
    _error(
        "unauthenticated",
        "401: an API key where an OAuth token is needed.",
        error_body(
            401,
            "UNAUTHENTICATED",
            _NO_KEYS_HERE,
            detail(
                "ErrorInfo",
                reason="CREDENTIALS_MISSING",
                domain="googleapis.com",
                metadata={
                    "method": "google.cloud.aiplatform.v1beta1.PredictionService.GenerateContent",
                    "service": "aiplatform.googleapis.com",
                },
            ),
        ),
        www_authenticate='Bearer realm="https://accounts.google.com/"',
    ),
    _error(
        "permission_denied",
        "403: the caller lacks the permission; on Vertex AI with its name.",
        error_body(403, "PERMISSION_DENIED", "The caller does not have permission"),
        vertex=error_body(
            403,
            "PERMISSION_DENIED",
            f"Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/{_RESOURCE}' "
            "(or it may not exist).",
            detail(
                "ErrorInfo",
                reason="IAM_PERMISSION_DENIED",
                domain="aiplatform.googleapis.com",
                metadata={"permission": "aiplatform.endpoints.predict", "resource": _RESOURCE},
            ),
        ),
    ),
    _error(
        "leaked_key",
        "403: the API key was reported as leaked.",
        error_body(
            403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."
        ),
    ),
    _error(
        "service_disabled",
        "403: the API is not enabled in the project.",
        error_body(
            403,
            "PERMISSION_DENIED",
            _DISABLED,
            detail(
                "Help",
                links=[{"description": "Google developers console API activation", "url": _ACTIVATION}],
            ),
            detail(
                "ErrorInfo",
                reason="SERVICE_DISABLED",
                domain="googleapis.com",
                metadata=_SERVICE | {"consumer": "projects/123456789012"},
            ),
        ),
    ),
    _error(
        "not_found",
        "404: something the request refers to.",
        error_body(404, "NOT_FOUND", "Requested entity was not found."),
    ),
    _error(
        "model_not_found",
        "404: the model does not exist or does not serve this method.",
        error_body(404, "NOT_FOUND", _NO_MODEL),
        vertex=error_body(
            404,
            "NOT_FOUND",
            f"Publisher Model `{_RESOURCE}` was not found or your project does not have access to it. Please ensure you "
            "are using a valid model version. For more information, see: "
            "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions",
        ),
    ),
    _error("internal", "500: an internal error.", error_body(500, "INTERNAL", _INTERNAL)),
    Scenario(
        "bad_gateway",
        "502: an HTML page of a proxy in between.",
        (Reply(502, _HTML, _BAD_GATEWAY),),
    ),
    Scenario("forbidden_page", "403: an HTML page of a company's proxy.", (Reply(403, _HTML, _FORBIDDEN),)),
    Scenario("proxy_auth", "407: a proxy asks for credentials.", (Reply(407, _HTML, _FORBIDDEN),)),
    _error("overloaded", "503: the model is overloaded.", OVERLOADED),
    _error(
        "deadline_exceeded",
        "504: the deadline passed before the answer.",
        error_body(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    ),
    _error(
        "error_in_stream_start",
        "400: a stream refused at once; plain JSON under the content type of a stream.",
        INVALID_KEY,
        content_type="text/event-stream",
    ),
)
