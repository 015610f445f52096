"""Every verb a person has: add a track, start, cancel, retry, save lyrics, delete.

Answers are values; what goes wrong is an error of domain/errors.
"""

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from music_separator.access.links import Links
from music_separator.access.tokens import Tokens
from music_separator.audio.encode import AudioFormat
from music_separator.audio.media import MediaLimits
from music_separator.audio.probe import probe
from music_separator.audio.stream import convert
from music_separator.domain.attempt import first_stage
from music_separator.domain.errors import FileIdTaken, StageNotReady, UnknownTrack
from music_separator.domain.job import INTERNAL, Artifact, Job, JobOptions, JobStatus, Track
from music_separator.domain.progress import ProgressEvent, StageName, StageStatus, is_milestone, queued
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.karaoke.readers import read_lyrics
from music_separator.orchestration.port import JobEngine
from music_separator.service.arrival import Added, NewTrack, clean_name, lyrics_in, request_digest, track_of
from music_separator.service.options import check_lyrics, check_options, longest_ms
from music_separator.store.clock import now_iso
from music_separator.store.events import EventLog
from music_separator.store.files import FileStore
from music_separator.store.jobs import JobStore
from music_separator.words import Words
from music_separator.workers.lost import WorkerCounts

STOP_S = 5.0
"""A worker that was cancelled is gone after one second; more means that the machine is very busy."""
STOP_POLL_S = 0.05


class Cancels(Protocol):
    """Whoever can stop running work, and counts who does it."""

    def cancel(self, key: str) -> bool:
        """Stop the work under ``key``; False when none runs."""
        ...

    def counts(self) -> WorkerCounts:
        """Give how many workers were started and lost."""
        ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a control verb did: ``done`` is one word, ``message`` a sentence."""

    job: Job
    done: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """The verbs over one data directory."""

    jobs: JobStore
    log: EventLog
    files: FileStore
    words: Words
    tokens: Tokens
    links: Links
    engine: JobEngine
    workers: Cancels
    limits: MediaLimits

    def reserve(self, file_id: str, *, owner: str, filename: str) -> int:
        """Open the log of an upload under an id that the client made; gives the attempt. Raises FileIdTaken."""
        track = Track(
            file_id=file_id,
            owner=owner,
            blob="",
            filename=clean_name(filename),
            size_bytes=0,
            created_at=now_iso(),
        )
        return self.jobs.reserve(track)

    def upload_percent(self, file_id: str) -> int:
        """Give how far the upload under a reserved id has been told to be; -1 where nothing was told."""
        state = self.jobs.get(file_id).stage(StageName.UPLOAD)
        return state.progress if state is not None else -1

    def owned(self, file_id: str, owner: str | None) -> Track:
        """Find a track of an owner (None: of any), also one whose bytes still arrive. Raises UnknownTrack."""
        return self.jobs.track(file_id, owner=owner)

    def owned_track(self, file_id: str, owner: str | None) -> Track:
        """Find a track of an owner whose bytes are stored. Raises UnknownTrack."""
        track = self.owned(file_id, owner)
        if not track.blob:
            raise UnknownTrack(file_id)
        return track

    def is_taken(self, file_id: str, owner: str) -> bool:
        """Whether an owner cannot use an id: it names a track whose bytes are stored, or anything of another owner."""
        try:
            track = self.jobs.track(file_id)
        except UnknownTrack:
            return False
        return track.blob != "" or track.owner != owner

    def add_track(self, new: NewTrack) -> Added:
        """Store an uploaded song and queue its job. Raises InputError for no audio, UnknownModel, FileIdTaken."""
        check_options(new.options)
        request = request_digest(new)
        known = self.jobs.find_request(request)
        if known is not None:
            return self._again(known, new)
        if new.file_id is not None and self.is_taken(new.file_id, new.owner):
            raise FileIdTaken(new.file_id)
        info = probe(new.path, self.limits)
        check_lyrics(new.options, longest_ms(info.duration_s))
        tag_lyrics = lyrics_in(info.tags)
        track = track_of(new, info, tag_lyrics[0] if tag_lyrics else None)
        with self.files.references:
            self.files.keep_blob(new.path, new.sha256)
            try:
                job = self.jobs.add(track, new.options, request=request, start=new.start, batch_id=new.batch_id)
            finally:
                self._drop_unused(new.sha256)
        if job.file_id != track.file_id:
            return self._again(job.file_id, new)
        self.words.remember(track, new.options, tag_lyrics[1:])
        if job.status.is_active:
            self._announce_queue(job)
            self.engine.ensure(job.file_id, job.attempt)
        return Added(track=track, job=self.jobs.get(track.file_id))

    def start(
        self,
        file_id: str,
        *,
        first_stage: StageName = StageName.SEPARATION,
        last_stage: StageName = StageName.KARAOKE,
    ) -> Job:
        """Queue a stored track's job, or its next attempt, from ``first_stage`` to ``last_stage``."""
        report = queued(first_stage, "Waiting to start")
        job = self.jobs.begin_attempt(file_id, first_stage=first_stage, last_stage=last_stage, report=report)
        self.engine.ensure(file_id, job.attempt)
        return self.jobs.get(file_id)

    def cancel(self, file_id: str) -> Outcome:
        """End the running attempt; what finished stages made stays."""
        if not self.jobs.request_cancel(file_id):
            job = self.jobs.get(file_id)
            return Outcome(job=job, done=job.status, message=f"Nothing to cancel: the job is {job.status}.")
        job = self.jobs.get(file_id)
        self.engine.withdraw(file_id, job.attempt)
        if self.workers.cancel(file_id):
            return Outcome(job=job, done="cancelling", message="The running stage is being stopped.")
        self.jobs.end_cancelled(file_id)
        return Outcome(job=self.jobs.get(file_id), done="cancelled", message="The job is cancelled.")

    def retry(self, file_id: str, *, stage: str | None = None, options: JobOptions | None = None) -> Outcome:
        """Begin the next attempt at ``stage``, where the last one ended, or where other options make a difference.

        While one runs, nothing begins; new lyrics are kept for it as ``save_lyrics`` does.
        """
        job = self.jobs.get(file_id)
        chosen = options or job.options
        if job.status.is_active:
            if chosen.lyrics is not None and chosen.lyrics != job.options.lyrics:
                return self.save_lyrics(file_id, chosen.lyrics)
            return Outcome(job=job, done=job.status, message="The job is already under way.")
        first = first_stage(job, chosen, wanted=stage)
        if first is None:
            return Outcome(job=job, done=job.status, message="Nothing to retry: everything is done.")
        if chosen != job.options:
            check_options(chosen)
            check_lyrics(chosen, self._duration_ms(job))
            if chosen.lyrics is not None and chosen.lyrics != job.options.lyrics:
                self.words.save(job, chosen.lyrics)
            self.jobs.set_options(file_id, chosen)
        job = self.start(file_id, first_stage=first)
        return Outcome(job=job, done="queued", message=f"Attempt {job.attempt} goes on from {first}.")

    def run_stage(self, file_id: str, stage: StageName, options: JobOptions) -> Outcome:
        """Run one stage of a stored song and nothing after it. Raises StageNotReady without what it builds on."""
        job = self.jobs.get(file_id)
        if job.status.is_active:
            return Outcome(job=job, done=job.status, message="The job is already under way.")
        first_stage(job, options, wanted=stage)
        check_options(options)
        self.jobs.set_options(file_id, options)
        job = self.start(file_id, first_stage=stage, last_stage=stage)
        return Outcome(job=job, done="queued", message=f"Attempt {job.attempt} runs {stage} alone.")

    def save_lyrics(self, file_id: str, lyrics: str, *, align_all: bool = False) -> Outcome:
        """Replace the lyrics and make the karaoke anew; lines that are the same keep their times unless ``align_all``.

        Raises what ``read_lyrics`` does, and StageNotReady.
        """
        job = self.jobs.get(file_id)
        read_lyrics(lyrics, self._duration_ms(job))
        _check_not_in_use(job)
        self.words.save(job, lyrics, align_all=align_all)
        return self._sing(job, lyrics)

    def choose_lyrics(self, file_id: str, number: int, *, align_all: bool = False) -> Outcome:
        """Sing lyrics that are kept, by their number. Raises UnknownLyrics, StageNotReady."""
        job = self.jobs.get(file_id)
        _check_not_in_use(job)
        return self._sing(job, self.words.choose(job, number, align_all=align_all))

    def _sing(self, job: Job, lyrics: str) -> Outcome:
        """Have the karaoke made of these words, now or when it is its turn."""
        states = {state.stage: state.status for state in job.stages}
        self.jobs.set_options(job.file_id, replace(job.options, lyrics=lyrics))
        if job.status.is_active or states.get(StageName.SEPARATION) is not StageStatus.DONE:
            job = self.jobs.get(job.file_id)
            return Outcome(
                job=job, done="saved", message="The lyrics are saved and will be used when it is their turn."
            )
        had_words = states.get(StageName.TRANSCRIPTION) is StageStatus.DONE
        first = StageName.KARAOKE if had_words else StageName.TRANSCRIPTION
        job = self.start(job.file_id, first_stage=first)
        return Outcome(job=job, done="queued", message=f"Attempt {job.attempt} goes on from {first}.")

    def delete(self, file_id: str) -> None:
        """Remove everything stored about a track; running work on it is stopped first."""
        track = self.jobs.track(file_id)
        self.cancel(file_id)
        self._wait_until_stopped(file_id)
        self.engine.forget(file_id)
        with self.files.references:
            for digest in self.jobs.delete(file_id):
                self.files.drop_result(digest)
            self._drop_unused(track.blob)
        self.files.drop_work(file_id)

    def results(self, job: Job) -> list[Artifact]:
        """List the files that the job's finished stages have made."""
        return [artifact for _, artifact in self.stored_results(job)]

    def facts(self, job: Job, stage: StageName) -> dict[str, str | float | bool]:
        """Give what a finished stage noted about its result; nothing where it is not finished."""
        state = job.stage(stage)
        return self.files.result(state.result).facts if state is not None and state.result is not None else {}

    def converted(self, digest: str, artifact: Artifact, audio_format: AudioFormat) -> Path:
        """Give a stem in another format, made once and kept with its result."""
        path = self.files.converted(digest, artifact.name, audio_format)
        if not path.exists():
            self.files.require_space(artifact.size)
            convert(self.files.artifact_path(digest, artifact.name), path, audio_format)
        return path

    def stored_results(self, job: Job) -> list[tuple[str, Artifact]]:
        """List the same files, each with the digest that it is stored under; of two of a name the later stage's."""
        found = {
            artifact.name: (state.result, artifact)
            for state in job.stages
            if state.result is not None and state.status is StageStatus.DONE
            for artifact in self.files.result(state.result).artifacts
            if artifact.kind != INTERNAL
        }
        return list(found.values())

    def milestones(self, file_id: str) -> list[ProgressEvent]:
        """Give the stored milestones of the last attempt that touched each stage, in order."""
        return [event for event in self.log.of_last_attempts(file_id) if is_milestone(event)]

    def reconcile(self) -> None:
        """Make certain that every job owed work is run and every job to be cancelled ends; called again and again."""
        for job in self.jobs.active():
            if not job.cancel_requested:
                self.engine.ensure(job.file_id, job.attempt)
            elif not self.workers.cancel(job.file_id):
                self.jobs.end_cancelled(job.file_id)

    def _duration_ms(self, job: Job) -> Ms | None:
        """Give how long the song is at most: as measured, else as its header says."""
        measured_s = self.facts(job, StageName.SEPARATION).get("duration_s")
        if measured_s is not None:
            return ms_from_seconds(float(measured_s))
        return longest_ms(self.jobs.track(job.file_id).duration_s)

    def _again(self, file_id: str, new: NewTrack) -> Added:
        """Answer an upload of what is already here: start or retry it where that was never finished."""
        new.path.unlink(missing_ok=True)
        if new.file_id is not None and new.file_id != file_id and not self.is_taken(new.file_id, new.owner):
            self.jobs.delete(new.file_id)
        status = self.jobs.get(file_id).status
        if new.start and status is JobStatus.UPLOADED:
            self.start(file_id)
        elif new.start and status in (JobStatus.FAILED, JobStatus.CANCELLED):
            self.retry(file_id)
        for event in self.milestones(file_id):
            self.log.tell_again(event)
        return Added(track=self.jobs.track(file_id), job=self.jobs.get(file_id), existing=True)

    def _drop_unused(self, blob: str) -> None:
        if blob and not self.jobs.blob_in_use(blob):
            self.files.drop_blob(blob)

    def _wait_until_stopped(self, file_id: str) -> None:
        """Wait for the worker that was told to stop: it still writes into the folder that is to go."""
        give_up_at = time.monotonic() + STOP_S
        while self.workers.cancel(file_id) and time.monotonic() < give_up_at:
            threading.Event().wait(STOP_POLL_S)

    def _announce_queue(self, job: Job) -> None:
        ahead = sum(other.file_id != job.file_id for other in self.jobs.active())
        if ahead:
            songs = "1 song" if ahead == 1 else f"{ahead} songs"
            report = queued(StageName.SEPARATION, f"Waiting: {songs} first", detail="queued")
            self.log.append(job.file_id, report, attempt=job.attempt)


def _check_not_in_use(job: Job) -> None:
    if job.status.is_active and job.stage(StageName.TRANSCRIPTION) is not None:
        raise StageNotReady("The lyrics are being used at this moment. Cancel the job or wait until it ends.")
