"""Where an attempt begins, and where it stands: rules over a job's stages and options."""

from music_separator.domain.errors import StageNotReady, UnknownStage
from music_separator.domain.job import Job, JobOptions
from music_separator.domain.progress import WORK_STAGES, StageName, StageStatus


def first_stage(job: Job, chosen: JobOptions, *, wanted: str | None = None) -> StageName | None:
    """Give the stage that the next attempt begins at, with ``chosen`` options; None where there is nothing to do.

    That is the wanted one, else the first that is not done; earlier where other options make an earlier one anew.
    Raises UnknownStage, and StageNotReady for a stage whose forerunners are not done.
    """
    stages = _stages_changed(job.options, chosen)
    begin = _open_stage(job) if wanted is None else _wanted_stage(job, wanted)
    if begin is not None:
        stages.append(begin)
    return min(stages, key=WORK_STAGES.index, default=None)


def next_stage(job: Job) -> StageName:
    """Give the stage that a running attempt comes to next: what is finished stays finished."""
    return _open_stage(job, since=job.first_stage) or StageName.COMPLETE


def _open_stage(job: Job, since: StageName = WORK_STAGES[0]) -> StageName | None:
    done = {state.stage for state in job.stages if state.status is StageStatus.DONE}
    due = WORK_STAGES[WORK_STAGES.index(since) :]
    return next((stage for stage in due if stage not in done), None)


def _wanted_stage(job: Job, name: str) -> StageName:
    if name not in WORK_STAGES:
        raise UnknownStage(name, tuple(str(stage) for stage in WORK_STAGES))
    wanted, first_open = StageName(name), _open_stage(job)
    if first_open is not None and WORK_STAGES.index(wanted) > WORK_STAGES.index(first_open):
        raise StageNotReady(f"The stage {wanted} needs {first_open} first. Retry from {first_open}.")
    return wanted


def _stages_changed(old: JobOptions, new: JobOptions) -> list[StageName]:
    """Name the first stage that each changed option makes anew. Given lyrics decide the text without transcription."""
    changed = []
    if new.separation != old.separation:
        changed.append(StageName.SEPARATION)
    if new.transcriber != old.transcriber:
        changed.append(StageName.TRANSCRIPTION)
    if new.lyrics != old.lyrics:
        changed.append(StageName.KARAOKE if new.lyrics else StageName.TRANSCRIPTION)
    return changed
