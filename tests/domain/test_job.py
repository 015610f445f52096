from music_separator.domain.job import Job, JobOptions, JobStatus, StageState
from music_separator.domain.progress import StageName, StageStatus


def test_work_is_owed_to_queued_and_running_jobs_only() -> None:
    assert {status for status in JobStatus if status.is_active} == {JobStatus.QUEUED, JobStatus.RUNNING}


def test_events_are_accepted_while_bytes_arrive_and_while_work_is_owed() -> None:
    accepting = {status for status in JobStatus if status.accepts_events}
    assert accepting == {JobStatus.UPLOADING, JobStatus.QUEUED, JobStatus.RUNNING}


def test_a_stage_that_was_not_reached_has_no_state() -> None:
    reached = StageState(
        stage=StageName.SEPARATION, status=StageStatus.RUNNING, progress=40, message="Separating audio tracks..."
    )
    job = Job(
        file_id="song",
        status=JobStatus.RUNNING,
        attempt=1,
        first_stage=StageName.SEPARATION,
        options=JobOptions(),
        created_at="2026-01-02T03:04:05.678Z",
        updated_at="2026-01-02T03:04:05.678Z",
        stages=(reached,),
    )
    assert job.stage(StageName.SEPARATION) is reached
    assert job.stage(StageName.KARAOKE) is None
