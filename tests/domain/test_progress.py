import dataclasses

import pytest

from music_separator.domain.progress import (
    ProgressEvent,
    StageName,
    StageReport,
    StageStatus,
    all_done,
    cancelled,
    done,
    failed,
    is_milestone,
    preparing,
    queued,
    uploaded,
    working,
)

DOCUMENTED = [
    (uploaded(starting=True), "upload", 100, "Upload complete, starting separation..."),
    (working(StageName.SEPARATION), "separation", 10, "Separating audio tracks..."),
    (done(StageName.SEPARATION), "separation", 100, "Audio separation complete"),
    (working(StageName.TRANSCRIPTION), "transcription", 10, "Transcribing lyrics with AI..."),
    (done(StageName.TRANSCRIPTION), "transcription", 100, "Transcription complete"),
    (working(StageName.KARAOKE), "karaoke", 10, "Generating karaoke with synced lyrics..."),
    (done(StageName.KARAOKE), "karaoke", 100, "Karaoke generation complete"),
    (all_done(), "complete", 100, "All processing complete!"),
]
"""The table of the wire contract, to the letter."""

WIRE_KEYS = {
    "file_id",
    "stage",
    "progress",
    "message",
    "error",
    "code",
    "seq",
    "status",
    "detail",
    "eta_seconds",
    "stage_eta_seconds",
    "attempt",
    "batch_id",
    "timestamp",
}


def event(report: StageReport) -> ProgressEvent:
    said = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
    return ProgressEvent(**said, file_id="song", seq=1, attempt=1, batch_id=None, timestamp="2026-01-02T03:04:05.678Z")


@pytest.mark.parametrize(("report", "stage", "progress", "message"), DOCUMENTED)
def test_the_documented_moments_have_the_documented_words(
    report: StageReport, stage: str, progress: int, message: str
) -> None:
    assert (report.stage, report.progress, report.message) == (stage, progress, message)
    assert (report.error, report.code) == (None, None)


@pytest.mark.parametrize("report", [row[0] for row in DOCUMENTED])
def test_the_documented_moments_are_milestones(report: StageReport) -> None:
    assert is_milestone(event(report))


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (StageName.SEPARATION, "Separation failed"),
        (StageName.TRANSCRIPTION, "Transcription failed"),
        (StageName.KARAOKE, "Karaoke failed"),
    ],
)
def test_a_failure_is_a_milestone_at_100_with_the_reason(stage: StageName, message: str) -> None:
    report = failed(stage, error="Nothing works.", code="nothing")
    assert (report.progress, report.message, report.status) == (100, message, StageStatus.FAILED)
    assert (report.error, report.code) == ("Nothing works.", "nothing")
    assert is_milestone(event(report))


def test_a_cancel_is_a_milestone_at_the_percent_reached_and_no_error() -> None:
    report = cancelled(StageName.KARAOKE, 37)
    assert (report.progress, report.message, report.status) == (37, "Cancelled", StageStatus.CANCELLED)
    assert report.error is None
    assert is_milestone(event(report))


def test_an_upload_that_starts_nothing_says_no_more_than_that() -> None:
    assert uploaded(starting=False).message == "Upload complete"


@pytest.mark.parametrize(
    "report",
    [
        working(StageName.SEPARATION, 11),
        working(StageName.SEPARATION, 99),
        preparing(StageName.SEPARATION, 9, "Loading the model"),
        queued(StageName.SEPARATION, "Waiting"),
        StageReport(stage=StageName.UPLOAD, progress=10, message="Receiving"),
    ],
)
def test_what_lies_between_is_no_milestone(report: StageReport) -> None:
    assert not is_milestone(event(report))


def test_getting_ready_never_reaches_the_start_of_real_work() -> None:
    assert preparing(StageName.SEPARATION, 55, "Reading the audio").progress == 9


@pytest.mark.parametrize("progress", [-1, 101])
def test_percents_outside_0_to_100_cannot_be_said(progress: int) -> None:
    with pytest.raises(ValueError, match="not within 0-100"):
        StageReport(stage=StageName.UPLOAD, progress=progress, message="")


@pytest.mark.parametrize(("status", "error"), [(StageStatus.RUNNING, "broken"), (StageStatus.FAILED, None)])
def test_an_error_and_a_failed_stage_come_together_or_not_at_all(status: StageStatus, error: str | None) -> None:
    with pytest.raises(ValueError, match="only there"):
        StageReport(stage=StageName.UPLOAD, progress=50, message="", status=status, error=error)


def test_an_event_has_every_key_of_the_wire_and_no_other() -> None:
    payload = event(working(StageName.SEPARATION)).payload()
    assert set(payload) == WIRE_KEYS
    assert (payload["stage"], payload["status"], payload["error"]) == ("separation", "running", None)
