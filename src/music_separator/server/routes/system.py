"""What the server is: models, health, the page, the Socket.IO browser client."""

from dataclasses import asdict
from importlib.metadata import version
from importlib.resources import files

import av
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from music_separator.bootstrap import weights_of
from music_separator.engines.graphics import graphics
from music_separator.engines.registry import BEST_AVAILABLE, MODELS, availability
from music_separator.engines.transcription.registry import states as transcriber_states
from music_separator.server.context import Here, Installation
from music_separator.server.schemas import GpuBody, HealthBody, ModelBody, ModelList, TranscriberBody
from music_separator.store.clock import now_iso

router = APIRouter(tags=["system"])

FILE_TYPES = ("mp3", "wav", "flac", "m4a", "ogg", "opus", "aiff", "mp4", "mkv", "webm", "mov")
"""What people usually send; content decides, not the name."""
WEB = files("music_separator") / "web"
"""The page lives in the package: what is served is what was checked out."""


@router.get("/models", operation_id="list_models")
def models(here: Here) -> ModelList:
    """Say which separation models and transcribers there are, which run here, and why the others do not."""
    store = weights_of(here.settings)
    states = {model.name: availability(model.name, store) for model in MODELS}
    bodies = {
        model.name: ModelBody(
            name=model.name,
            available=states[model.name].available,
            reason=states[model.name].reason,
            title=model.title,
            default_model=model.name,
            available_models=[model.name],
            purpose="Separation into vocals and instrumental",
            file_types=list(FILE_TYPES),
        )
        for model in MODELS
    }
    known = transcriber_states(store)
    return ModelList(
        models=bodies,
        transcribers={state.name: TranscriberBody(**asdict(state)) for state in known},
        lyrics_lookup=here.settings.looks_up_at,
        default=BEST_AVAILABLE[0],
        message="auto and demucs take the best that runs here.",
    )


@router.get("/health", operation_id="health")
@router.get("/health/health", include_in_schema=False)
@router.get("/health/status", include_in_schema=False)
def health(here: Here) -> HealthBody:
    """Say that the server lives and what it has to work with."""
    free = here.service.files.free_bytes()
    enough = free >= here.settings.min_free_mib << 20
    return HealthBody(
        status="healthy" if enough else "degraded",
        version=version("ai-music-separator"),
        jobs_active=len(here.service.jobs.active()),
        free_disk_bytes=free,
        ffmpeg=".".join(str(part) for part in av.library_versions["libavcodec"]),
        message="Everything works." if enough else "Little disk is left: jobs wait until there is room.",
        available_models=_runnable(here),
        websocket_support=True,
        transcription_endpoint=None,
        timestamp=now_iso(),
        server_type="ai-backend",
    )


def _runnable(here: Installation) -> list[str]:
    store = weights_of(here.settings)
    return [model.name for model in MODELS if availability(model.name, store).available]


@router.get("/gpu-status", operation_id="gpu_status")
def gpu_status() -> GpuBody:
    """Say which graphics cards there are, whether networks run on them, and what to do where they do not."""
    found = graphics()
    used = "Networks run on the graphics card." if found.usable else "Everything runs on the processor."
    return GpuBody(
        available=found.usable,
        torch_installed=found.torch is not None,
        torch_version=None if found.torch is None else found.torch.version,
        cuda_available=bool(found.devices) and found.usable,
        gpu_count=len(found.devices),
        devices=[asdict(device) for device in found.devices],
        message=found.advice or used,
    )


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
@router.get("/test_progress.html", response_class=HTMLResponse, operation_id="demo_page")
def page() -> HTMLResponse:
    """Serve the page."""
    text = (WEB / "test_progress.html").read_text(encoding="utf-8")
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


def socket_io_client(request: Request) -> Response:
    """Serve the Socket.IO browser client, so that no page needs another host."""
    body = (WEB / "vendor" / "socket.io.min.js").read_bytes()
    headers = {"Cache-Control": "max-age=3600", "Access-Control-Allow-Origin": "*"}
    return Response(body, media_type="text/javascript", headers=headers)
