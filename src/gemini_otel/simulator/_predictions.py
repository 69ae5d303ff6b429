"""``:predict``, which serves embeddings on Vertex AI, and images on both."""

from __future__ import annotations

from ._embeddings import predicted_embeddings
from ._images import images, is_image_request
from ._request import Call
from ._route import MODEL, answering, route
from ._scenario import Json, Reply


def _predict(call: Call, reply: Reply) -> Json:
    return images(call, reply) if is_image_request(call) else predicted_embeddings(call, reply)


PLAYS = {
    "embeddings": frozenset({"truncated"}),
    "images": frozenset({"filtered", "partly_filtered", "none"}),
}
ROUTES = (route("POST", MODEL + r":(?P<method>predict)", answering(_predict)),)
