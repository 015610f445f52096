"""What each name of the public JSON means: a sentence and an example. One word, one meaning: told once for all bodies.

``name`` is of every body, ``Body.name`` of that one alone. OpenAPI, the API page and the reference draw from here.
"""

FILE_ID = "123e4567-e89b-12d3-a456-426614174000"
_STEM_URL = f"/download/{FILE_ID}/vocals"

Meaning = tuple[str, object]

EVENT: dict[str, Meaning] = {
    "file_id": ("Id of the song: a UUID, made by the server or by the client.", FILE_ID),
    "stage": ("The stage, one of five.", "separation"),
    "progress": ("Whole percent of the stage; never falls within an attempt.", 45),
    "message": ("A sentence for people.", "Separating audio tracks..."),
    "error": ("Why it failed and what to do; null where nothing failed.", None),
    "code": ("The machine's word for the error; null where nothing failed.", None),
    "seq": ("Number of the event within the song: 1, 2, 3 ... without a gap.", 12),
    "status": ("Where the stage is.", "running"),
    "detail": ("Sub-step, for machines; null where there is none.", "separating"),
    "eta_seconds": ("Seconds left; null until that can be known.", 34.5),
    "stage_eta_seconds": ("Seconds left of the stage; null until that can be known.", 12.0),
    "attempt": ("Number of the attempt: 1, and one more for every retry.", 1),
    "batch_id": ("The client's own name for a group of songs; null where none was given.", None),
    "timestamp": ("When, in ISO 8601, UTC.", "2026-01-02T03:04:05.678Z"),
}

JOB: dict[str, Meaning] = {
    "JobBody.status": ("Where the job is as a whole.", "running"),
    "JobBody.message": ("What became of the request; null in a snapshot.", None),
    "JobBody.error": ("The error of the stage that failed; null where none did.", None),
    "title": ("Title of the song; null where nobody knows.", "The Star"),
    "artist": ("Who made it; null where nobody knows.", "Jane Taylor"),
    "language": ("Language of the lyrics, ISO 639-1; null where nobody knows.", "en"),
    "duration_seconds": ("Length as the file's header says; null where it does not.", 40.0),
    "model": ("Separation model that was asked for.", "demucs"),
    "has_lyrics": ("Whether lyrics were given or found in the tags.", True),
    "lyrics_source": (
        "Where the words come from: edited, given, timed_tags, tags, lookup or transcriber; null while there are none.",
        "given",
    ),
    "lyrics_by": ("Who made them: the transcriber, or the place that was asked; null for a person.", "whisper-small"),
    "lyrics_versions": ("How many versions of the lyrics are kept; GET /jobs/<file_id>/lyrics lists them.", 2),
    "warnings": ("Sentences for people: what was done otherwise than asked.", []),
    "warning_codes": ("The machine's word for each of the warnings, in their order.", []),
    "created_at": ("When the song came, in ISO 8601, UTC.", "2026-01-02T03:04:05.678Z"),
    "updated_at": ("When the last event was, in ISO 8601, UTC.", "2026-01-02T03:04:35.678Z"),
    "last_seq": ("Number of the last event; ask for events after it.", 12),
    "stages": ("The stages that were reached, in order.", None),
    "results": ("The files that can be downloaded.", None),
    "song_name": ("Title, or the file's name without its ending.", "The Star"),
    "original_size": ("Bytes of the upload.", 961_234),
    "tracks": ("The stems alone.", None),
    "existing": ("Whether this very song with these options was here already.", False),
    "jobs": ("The jobs, the newest first.", None),
    "count": ("How many there are.", 1),
    "events": ("Events in order, at most 1000; ask again after the last.", None),
    "ControlBody.status": ("Where the job is now.", "cancelled"),
    "ControlBody.message": ("What happened, for people.", "The job is cancelled."),
    "done": ("What happened, in one word.", "cancelled"),
    "lyrics": ("Plain text, LRC, SRT, WebVTT or timed JSON.", "[00:01.00]Twinkle, twinkle, little star"),
    "transcriber": ("Who writes down lyrics that are not given; see GET /models.", "whisper"),
    "RetryIn.stage": ("Where to begin; without it, where the last attempt ended.", "karaoke"),
    "RetryIn.model": ("Another separation model.", "center"),
    "preset": ("How the song is separated: exact, fast, or preview, which needs no network.", "fast"),
    "overlap": ("Share of a segment that lies in the next one too; else the preset's.", 0.25),
    "shifts": ("Average over so many shifted passes.", 0),
    "RetryIn.stems": ("How many stems: 2, 4 or 6; else all that the model has.", 2),
}

LYRICS: dict[str, Meaning] = {
    "number": ("Number of a version of the lyrics, from 1 on; null while there are none.", 1),
    "source": (
        "Where the words come from: edited, given, timed_tags, tags, lookup or transcriber; null while there are none.",
        "given",
    ),
    "made_by": ("Who made them: the transcriber, or the place that was asked; null for a person.", None),
    "timed": ("Whether every line came with its time.", False),
    "in_use": ("Whether these are the words that are sung.", True),
    "beginning": ("How the text begins.", "Twinkle, twinkle, little star"),
    "current": ("Whether the karaoke has been made of these lines; false while that is under way.", True),
    "lines": ("The lines in the order they are sung.", None),
    "versions": ("Every version that is kept, the oldest first.", None),
    "LyricsBody.text": (
        "The words in use as they came in; null while there are none.",
        "Twinkle, twinkle, little star",
    ),
    "LyricsVersionBody.text": ("The words as they came in.", "Twinkle, twinkle, little star"),
    "text": ("The words.", "Twinkle, twinkle, little star"),
    "start_ms": ("When it begins, in milliseconds; null while nobody knows.", 1200),
    "end_ms": ("When it ends, in milliseconds; null while nobody knows.", 3400),
    "words": ("Its words with their times; empty where only the line's are known.", []),
    "aligned": ("Whether the times come from the voice, and not from a person.", True),
    "found": (
        "Whether anybody was heard singing it; where not, its times only say between which lines it stands.",
        True,
    ),
    "confidence": ("How likely its words' times are right within a second, 0-1; null where it has no words.", 0.93),
    "warning": ("uncertain_times where the times of its words should be checked, else null.", None),
}

LIBRARY: dict[str, Meaning] = {
    "name": ("What it is asked for by.", "vocals"),
    "kind": ("stem, karaoke or transcript.", "stem"),
    "filename": ("Name of the file.", "the-star.mp3"),
    "media_type": ("Media type.", "audio/flac"),
    "size": ("Bytes.", 2_345_678),
    "sha256": ("SHA-256 of the file, in hexadecimal.", "9f" * 32),
    "download_url": ("Address on this server.", _STEM_URL),
    "url": ("The whole address.", f"http://localhost:5000{_STEM_URL}"),
    "SongBody.status": ("Where its job is.", "done"),
    "duration": ("Length in seconds; null where nobody knows.", 40.0),
    "size_bytes": ("Bytes of the upload.", 961_234),
    "songs": ("The songs, the newest first.", None),
    "id": ("The file_id again.", FILE_ID),
    "files": ("Names of the karaoke files: lrc, audio, metadata.", {"lrc": f"{FILE_ID}_karaoke.lrc"}),
    "total_lines": ("Lines of lyrics; null where nobody counted.", 6),
    "generated_at": ("When the karaoke was made, in ISO 8601, UTC.", "2026-01-02T03:04:35.678Z"),
    "DeletedBody.message": ("What was done, for people.", "The song and everything made from it are deleted."),
    "deleted_files": ("Names of what was deleted.", ["mixture", "vocals"]),
}

SYSTEM: dict[str, Meaning] = {
    "ErrorBody.error": ("What went wrong and what to do.", "There is no such song. Send it again."),
    "ErrorBody.code": ("The machine's word for it.", "unknown_file_id"),
    "request_id": ("Id of the request, as in the header X-Request-ID and in the log.", FILE_ID),
    "available": ("Whether it runs here.", True),
    "reason": ("Why it does not run, or what it needs first; null where nothing is to be said.", None),
    "ModelBody.name": ("Exact name of the model.", "center"),
    "ModelBody.title": ("What it is.", "Centre mask and REPET-SIM"),
    "TranscriberBody.name": ("Exact name of the transcriber.", "whisper-small"),
    "default_model": ("The name again.", "center"),
    "available_models": ("Names of models that run here.", ["center"]),
    "purpose": ("What it is for.", "Separation into vocals and instrumental"),
    "file_types": ("Endings of files that people usually send.", ["mp3", "wav", "flac"]),
    "models": ("The separation models by name.", None),
    "transcribers": ("The transcribers by name.", None),
    "lyrics_lookup": (
        "Where missing lyrics are looked up: title, artist, album and length are sent there; null where nobody agreed.",
        None,
    ),
    "default": ("The model of a request that names none.", "demucs"),
    "ModelList.message": ("How to choose.", "auto and demucs take the best that runs here."),
    "HealthBody.status": ("degraded where too little disk is left.", "healthy"),
    "HealthBody.message": ("The same, for people.", "Everything works."),
    "version": ("Version of the server.", "0.1.0"),
    "jobs_active": ("Jobs that are owed work.", 0),
    "free_disk_bytes": ("Free bytes where the data lies.", 100_000_000_000),
    "ffmpeg": ("Version of libavcodec.", "62.11.100"),
    "websocket_support": ("Always true: Socket.IO is there.", True),
    "transcription_endpoint": ("Always null: recognition runs here.", None),
    "server_type": ("Always ai-backend.", "ai-backend"),
    "GpuBody.available": ("Whether an engine uses a graphics card here.", False),
    "GpuBody.message": ("The same, for people.", "Everything runs on the processor."),
    "torch_installed": ("Whether PyTorch is installed.", False),
    "torch_version": ("Its version; null where it is not installed.", None),
    "cuda_available": ("Whether an NVIDIA card was found.", False),
    "gpu_count": ("How many cards were found.", 0),
    "devices": ("The cards: name, memory in MiB, driver.", []),
}

MEANINGS = EVENT | JOB | LYRICS | LIBRARY | SYSTEM


def meaning_of(body: str, name: str) -> Meaning | None:
    """Find what a name means in a body."""
    return MEANINGS.get(f"{body}.{name}") or MEANINGS.get(name)
