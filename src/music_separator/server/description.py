"""Makes the framework's OpenAPI description whole: sentences, examples, every error, the event over Socket.IO.

Works by inspection, so that a new route is described without being named here.
"""

import copy
import re
from http import HTTPStatus
from typing import Any

from music_separator.domain import errors as e
from music_separator.domain.progress import WORK_STAGES
from music_separator.engines.registry import known_names
from music_separator.engines.transcription.registry import known_transcribers
from music_separator.server.errors import codes_of, status_of
from music_separator.server.meanings import FILE_ID, Meaning, meaning_of

Json = dict[str, Any]

TAGS = {
    "upload": "Send songs.",
    "jobs": "Follow and control the work on a song.",
    "processing": "Run one stage of a stored song.",
    "karaoke": "Songs that are ready to sing.",
    "library": "Songs, their files, deletion.",
    "system": "What the server is and what runs on it.",
}
ERROR_SCHEMA = {"$ref": "#/components/schemas/ErrorBody"}
EVERYWHERE = (400, 503)
"""Any request can be refused for its Host header, or meet a disk that cannot be read or written."""
ANSWERS = {
    200: "Done.",
    202: "Taken on; the work goes on, and `processing_progress` tells of it.",
    206: "The part of the file that was asked for.",
    304: "The client has this very file already (If-None-Match).",
    400: "The request cannot be understood, or names a host that this server does not answer to.",
    401: "No token, or one that is not known.",
    403: "A page of that origin may not control jobs, or a link's signature is not valid.",
    404: "What was asked for is not here.",
    409: "Not now, or not under this name.",
    413: "Larger or longer than the limits.",
    415: "This is no sound.",
    416: "The file has no such range of bytes.",
    422: "What was sent cannot be used.",
    503: "It cannot be done here, or not just now.",
    507: "Too little free disk.",
}
EXAMPLES = (
    e.InvalidRequest("after: Input should be greater than or equal to 0"),
    e.TokenMissing(),
    e.LinkExpired(),
    e.UnknownTrack(FILE_ID),
    e.FileIdTaken(FILE_ID),
    e.FileTooLarge(2 << 30),
    e.NotAudio("text"),
    e.EmptyLyrics(),
    e.StorageUnavailable(),
    e.NotEnoughSpace(300 << 20, 120 << 20),
)
"""An error for each status."""
PARAMETERS: dict[str, Json] = {
    "file_id": {"description": "Id of the song.", "example": FILE_ID},
    "model": {"description": "Separation model; `demucs` and `auto` mean the best that runs here."},
    "name": {"description": "Result, such as `vocals`, `no_vocals`, `mixture` or the name of a karaoke file."},
    "number": {"description": "Number of a version of the lyrics.", "example": 1},
    "align": {"description": "`changed` puts only changed lines on the voice, `all` every line without times."},
    "after": {"description": "Number of the last event that is known; 0 for the whole log."},
    "format": {"description": "Give a stem as `flac`, `wav` (32-bit float), `mp3` or `opus`."},
    "upload file_id": {"description": "Id that the client made for the song, a UUID; the server makes one without it."},
    "process model": {"description": "Separation model, transcriber, or `karaoke`."},
}
"""By name, or by operation and name where it means something else there."""
FILE_HEADERS: list[Json] = [
    {
        "name": "Range",
        "in": "header",
        "required": False,
        "description": "The part to send, such as `bytes=0-1023`.",
        "schema": {"type": "string"},
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` of the file that the client has.",
        "schema": {"type": "string"},
    },
]
"""What every route that sends a stored file understands."""
CHOICES: dict[str, tuple[str, ...]] = {
    "model": known_names(),
    "process model": (*known_names(), *known_transcribers(), WORK_STAGES[-1]),
}
SOCKETS: Json = {
    "description": "Socket.IO protocol 5 (JavaScript clients 3.x and 4.x), default namespace; the client is served at "
    "/socket.io/socket.io.js.",
    "path": "/socket.io/",
    "server_sends": {"processing_progress": {"$ref": "#/components/schemas/ProgressEventBody"}},
    "client_sends": {
        "subscribe": {
            "description": "Replay what each song's log holds after a number, then go on live. Acknowledged with "
            "`{ok, last_seq, unknown}`.",
            "example": {FILE_ID: 12},
        },
        "unsubscribe": {"description": "Forget the numbers of these songs; live events go on.", "example": [FILE_ID]},
    },
}


def complete(document: Json) -> None:
    """Fill in what the framework cannot know."""
    document["info"]["license"] = {"name": "MIT", "identifier": "MIT"}
    document["tags"] = [{"name": name, "description": sentence} for name, sentence in TAGS.items()]
    document["x-socket-io"] = SOCKETS
    for operation in (found for place in document["paths"].values() for found in place.values()):
        _describe_operation(operation)
    for name, schema in document["components"]["schemas"].items():
        describe_properties(name, schema)


def describe_properties(body: str, schema: Json) -> None:
    """Say of each property what it means, with an example."""
    for name, found in schema.get("properties", {}).items():
        meaning = meaning_of(body, name)
        if meaning is not None:
            found.update(_told(meaning, found))


def _told(meaning: Meaning, schema: Json) -> Json:
    sentence, example = meaning
    is_nullable = {"type": "null"} in schema.get("anyOf", ())
    return {"description": sentence} | ({"examples": [example]} if example is not None or is_nullable else {})


def _describe_operation(operation: Json) -> None:
    operation["summary"] = re.split(r"[.:;](?:\s|$)", operation["description"])[0]
    for parameter in operation.get("parameters", ()):
        _describe_parameter(operation["operationId"], parameter)
    answers = operation["responses"]
    if "206" in answers:
        operation["parameters"] += copy.deepcopy(FILE_HEADERS)
    for status in (*EVERYWHERE, *((413,) if "requestBody" in operation else ())):
        answers.setdefault(str(status), {"content": {"application/json": {"schema": ERROR_SCHEMA.copy()}}})
    for status, found in answers.items():
        _describe_answer(int(status), found)
    operation["responses"] = dict(sorted(answers.items()))


def _describe_parameter(operation: str, parameter: Json) -> None:
    name = parameter["name"]
    own = f"{operation.removesuffix('_model')} {name}"
    parameter.update(PARAMETERS.get(own) or PARAMETERS.get(name, {}))
    choices = CHOICES.get(own) or CHOICES.get(name)
    if choices is not None:
        parameter["schema"]["enum"] = list(choices)


def _describe_answer(status: int, found: Json) -> None:
    said = ANSWERS.get(status, HTTPStatus(status).phrase)
    if status < 400:
        found["description"] = said
        return
    codes = ", ".join(f"`{code}`" for code in codes_of(status))
    found["description"] = f"{said} Codes: {codes}." if codes else said
    for error in EXAMPLES:
        if status_of(error) == status:
            body = {"error": str(error), "code": error.code, "request_id": FILE_ID}
            found["content"]["application/json"]["example"] = body
