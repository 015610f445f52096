"""One stage of one attempt, whatever happens to its worker, its process and its disk."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from music_separator.domain.errors import Cancelled, StageFailed
from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.progress import StageName, is_milestone
from tests.listening import MILESTONES
from tests.pipeline.bench import (
    LRC,
    OPTIONS,
    PLENTY,
    SPACE_POLL_S,
    Bench,
    Crash,
    Disk,
    Hear,
    Message,
    die,
    fail,
    fill_the_disk,
    percent,
    succeed,
)
from tests.running import wait_for

SEPARATION, TRANSCRIPTION, KARAOKE = StageName.SEPARATION, StageName.TRANSCRIPTION, StageName.KARAOKE


def test_every_milestone_is_said_once_and_in_order(bench: Bench) -> None:
    bench.add()
    bench.run_all()
    milestones = [event for event in bench.log.read("song-1") if is_milestone(event)]
    assert [(event.stage, event.progress, event.message) for event in milestones] == MILESTONES
    assert bench.log.read("song-1")[-1] == milestones[-1]
    assert bench.status() is JobStatus.DONE


def test_the_documented_lines_are_logged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.add()
    with caplog.at_level(logging.INFO, logger="music_separator"):
        bench.run_all()
    assert [record.message for record in caplog.records if record.message.startswith("Auto-")] == [
        "Auto-processing song-1 with center model",
        "Auto-transcribing song-1 with given lyrics",
        "Auto-generating karaoke for song-1",
    ]


def test_the_start_of_real_work_is_said_even_if_the_first_report_is_beyond_it(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [succeed(percent(35))]
    bench.run(SEPARATION)
    assert bench.percents(SEPARATION) == [1, 10, 35, 100]


def test_one_event_is_said_for_a_percent(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [succeed(percent(10), percent(10), percent(11), percent(11))]
    bench.run(SEPARATION)
    assert bench.percents(SEPARATION) == [1, 10, 11, 100]


def test_a_hundred_is_only_said_once_the_result_is_published(bench: Bench) -> None:
    bench.add()
    published: list[bool] = []
    digest = bench.planner.plan(SEPARATION, bench.jobs.track("song-1"), bench.jobs.get("song-1")).digest
    bench.log.listen(lambda event: published.append(bench.files.is_published(digest)))
    bench.workers.scripts = [succeed(percent(10), percent(100))]
    bench.run(SEPARATION)
    assert bench.percents(SEPARATION) == [1, 10, 100]
    assert published == [False, False, True]


class DeletingDisk(Disk):
    """A disk on which a result goes once, just after it was published."""

    def __init__(self, folder: Path, digest: str) -> None:
        super().__init__(folder, min_free_bytes=0)
        self._doomed = [digest]

    def drop_stage_work(self, file_id: str, stage: StageName) -> None:
        super().drop_stage_work(file_id, stage)
        while self._doomed:
            self.drop_result(self._doomed.pop())


def test_a_result_that_goes_with_another_song_before_it_is_noted_is_made_again(bench: Bench, tmp_path: Path) -> None:
    """Two songs may share a result; the other one is deleted between publishing and noting."""
    bench.add()
    digest = bench.planner.plan(SEPARATION, bench.jobs.track("song-1"), bench.jobs.get("song-1")).digest
    disk = DeletingDisk(tmp_path, digest)
    assert replace(bench, files=disk).run(SEPARATION) is True
    assert bench.workers.stages == ["separation", "separation"]
    assert disk.is_published(digest)
    assert bench.percents(SEPARATION) == [1, 10, 100]


def test_a_worker_that_starts_over_does_not_take_the_percent_back(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [die(percent(10), percent(60)), succeed(percent(10), percent(40), percent(70))]
    assert bench.run(SEPARATION) is True
    assert bench.percents(SEPARATION) == [1, 10, 60, 70, 100]
    assert bench.workers.stages == ["separation", "separation"]


def test_a_stage_run_again_after_a_crash_repeats_nothing(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [fail(Crash(), percent(10), percent(60)), succeed(percent(10), percent(40), percent(70))]
    with pytest.raises(Crash):
        bench.run(SEPARATION)
    assert bench.run(SEPARATION) is True
    assert bench.said() == [
        ("separation", 1, "running"),
        ("separation", 10, "running"),
        ("separation", 60, "running"),
        ("separation", 70, "running"),
        ("separation", 100, "done"),
    ]


def test_a_finished_stage_run_again_says_and_computes_nothing(bench: Bench) -> None:
    bench.add()
    bench.run(SEPARATION)
    before = bench.said()
    assert bench.run(SEPARATION) is True
    assert (bench.said(), bench.workers.stages) == (before, ["separation"])


def test_a_result_that_is_there_is_not_computed_again(bench: Bench) -> None:
    bench.add("song-1")
    bench.add("song-2", blob=bench.jobs.track("song-1").blob, options=JobOptions(model="center", lyrics="[00:01]Other"))
    bench.run(SEPARATION, file_id="song-1")
    bench.run(SEPARATION, file_id="song-2")
    assert bench.workers.stages == ["separation"]
    assert bench.said("song-2") == [("separation", 10, "running"), ("separation", 100, "done")]


def test_an_attempt_begins_at_its_first_stage(bench: Bench) -> None:
    bench.add()
    bench.run_all()
    bench.workers.stages.clear()
    job = bench.again(KARAOKE, options=JobOptions(model="center", lyrics="[00:01.00]Other words"))
    seq = job.last_seq
    bench.run_all(attempt=2)
    assert bench.workers.stages == ["karaoke"]
    assert {stage for stage, _, _ in bench.said(after=seq)} == {"karaoke", "complete"}
    assert bench.status() is JobStatus.DONE


@pytest.mark.parametrize("attempt", [0, 2])
def test_a_stage_of_an_attempt_that_is_not_the_open_one_does_nothing(bench: Bench, attempt: int) -> None:
    bench.add()
    assert bench.run(SEPARATION, attempt=attempt) is False
    assert (bench.said(), bench.workers.stages) == ([], [])


def test_a_task_that_fails_ends_the_attempt_with_its_reason(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [fail(StageFailed("silent_audio", "The audio is silent."), percent(5))]
    assert bench.run(SEPARATION) is False
    last = bench.last()
    assert (last.stage, last.progress, last.message, last.status) == ("separation", 100, "Separation failed", "failed")
    assert (last.error, last.code) == ("The audio is silent.", "silent_audio")
    assert bench.status() is JobStatus.FAILED


def test_the_results_of_finished_stages_stay_when_a_later_one_fails(bench: Bench) -> None:
    bench.add()
    bench.run(SEPARATION)
    bench.workers.scripts = [fail(StageFailed("no_transcriber", "No lyrics."))]
    assert bench.run(TRANSCRIPTION) is False
    separation = bench.jobs.get("song-1").stage(SEPARATION)
    assert separation is not None
    assert separation.result is not None
    assert bench.files.artifact_path(separation.result, "vocals").exists()


def test_a_model_that_cannot_run_fails_the_stage_with_what_to_do(bench: Bench) -> None:
    bench.add(options=JobOptions(model="htdemucs", lyrics=LRC))
    assert bench.run(SEPARATION) is False
    assert bench.last().code == "model_unavailable"
    assert "Choose model=center" in (bench.last().error or "")


def test_a_fallback_is_said_once_and_kept_as_a_warning(bench: Bench) -> None:
    bench.add(options=JobOptions(model="demucs", lyrics=LRC))
    bench.workers.scripts = [fail(Crash(), percent(10)), succeed(percent(10))]
    with pytest.raises(Crash):
        bench.run(SEPARATION)
    bench.run(SEPARATION)
    loud = [event for event in bench.log.read("song-1") if event.detail == "fallback"]
    assert [(event.progress, event.message[:41]) for event in loud] == [
        (1, "Separated with center instead of Demucs, "),
        (100, "Audio separation complete"),
    ]
    assert len(bench.jobs.get("song-1").warnings) == 1


def test_the_third_death_at_one_chunk_fails_the_stage_with_the_signal_and_the_chunk(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [die(percent(40, chunk=4), cause="killed by SIGSEGV")] * 3
    assert bench.run(SEPARATION) is False
    assert len(bench.workers.stages) == 3
    assert bench.last().code == "worker_crashed"
    assert "three times at chunk 4 (killed by SIGSEGV)" in (bench.last().error or "")


def test_two_deaths_at_one_chunk_do_not_fail_the_stage(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [die(percent(40, chunk=4))] * 2
    assert bench.run(SEPARATION) is True
    assert bench.status() is JobStatus.RUNNING


def test_deaths_at_different_chunks_do_not_add_up(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [die(), die(), *(die(percent(10 + chunk, chunk=chunk)) for chunk in range(7))]
    assert bench.run(SEPARATION) is True
    assert len(bench.workers.stages) == 10


def test_three_deaths_before_any_work_say_so(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [die(percent(3))] * 3
    assert bench.run(SEPARATION) is False
    assert "before the first chunk (killed by SIGKILL)" in (bench.last().error or "")


def test_a_worker_that_hangs_three_times_at_one_chunk_is_given_up(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [die(percent(40, chunk=4), cause="stopped answering", hung=True)] * 3
    assert bench.run(SEPARATION) is False
    assert bench.last().code == "worker_hung"
    assert "three times at chunk 4" in (bench.last().error or "")


def test_a_job_waits_for_space_and_goes_on_when_there_is(bench: Bench) -> None:
    bench.add()
    bench.files.free = 0
    with ThreadPoolExecutor(1) as threads:
        stage = threads.submit(bench.run, SEPARATION)
        wait_for(lambda: bench.said(), timeout_s=10, what="the waiting")
        assert (bench.last().status, bench.last().detail) == ("queued", "waiting_for_space")
        assert bench.last().message.endswith("a waiting job goes on by itself.")
        assert bench.workers.stages == []
        bench.files.free = PLENTY
        assert stage.result(10) is True
    assert bench.said()[0] == ("separation", 0, "queued")
    assert bench.percents(SEPARATION)[-1] == 100


def test_a_disk_that_fills_up_under_a_worker_is_waited_for(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [fill_the_disk(percent(10), percent(40, chunk=4))] * 5
    began = time.monotonic()
    assert bench.run(SEPARATION) is True
    assert len(bench.workers.stages) == 6
    assert time.monotonic() - began >= 5 * SPACE_POLL_S
    assert bench.status() is JobStatus.RUNNING


def test_trouble_with_the_disk_in_this_process_is_tried_again(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [fail(OSError(5, "Input/output error"), percent(10))]
    assert bench.run(SEPARATION) is True
    assert bench.percents(SEPARATION) == [1, 10, 100]


def cancelled_events(bench: Bench) -> list[tuple[str, int]]:
    """Give stage and percent of every cancel event; it must be the last one said."""
    log = bench.log.read("song-1")
    found = [event for event in log if event.status == "cancelled"]
    assert found == log[-len(found) :]
    assert all((event.message, event.error) == ("Cancelled", None) for event in found)
    return [(event.stage, event.progress) for event in found]


def test_a_cancel_before_the_first_stage_ends_it_there(bench: Bench) -> None:
    bench.add()
    bench.jobs.request_cancel("song-1")
    assert bench.run(SEPARATION) is False
    assert cancelled_events(bench) == [("separation", 0)]
    assert (bench.status(), bench.workers.stages) == (JobStatus.CANCELLED, [])


def test_a_cancel_at_work_ends_the_stage_at_its_percent(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [bench.cancel()]
    assert bench.run(SEPARATION) is False
    assert cancelled_events(bench) == [("separation", 42)]


def test_a_cancel_between_two_stages_ends_the_one_that_comes(bench: Bench) -> None:
    bench.add()
    bench.run(SEPARATION)
    bench.jobs.request_cancel("song-1")
    assert bench.run(TRANSCRIPTION) is False
    assert cancelled_events(bench) == [("transcription", 0)]


def test_a_cancel_after_the_last_stage_keeps_the_job_from_being_done(bench: Bench) -> None:
    bench.add()
    for stage in (SEPARATION, TRANSCRIPTION, KARAOKE):
        bench.run(stage)
    bench.jobs.request_cancel("song-1")
    assert bench.run(StageName.COMPLETE) is False
    assert cancelled_events(bench) == [("complete", 0)]
    assert bench.status() is JobStatus.CANCELLED


def test_a_cancel_while_waiting_for_space_ends_the_waiting(bench: Bench) -> None:
    bench.add()
    bench.files.free = 0
    with ThreadPoolExecutor(1) as threads:
        stage = threads.submit(bench.run, SEPARATION)
        wait_for(lambda: bench.said(), timeout_s=10, what="the waiting")
        bench.jobs.request_cancel("song-1")
        assert stage.result(10) is False
    assert cancelled_events(bench) == [("separation", 0)]


def test_a_cancel_that_comes_too_late_for_the_worker_publishes_nothing(bench: Bench) -> None:
    bench.add()
    digest = bench.planner.plan(SEPARATION, bench.jobs.track("song-1"), bench.jobs.get("song-1")).digest

    def finish_then_hear_of_it(task: Message, hear: Hear) -> Message:
        result = succeed(percent(10))(task, hear)
        bench.jobs.request_cancel("song-1")
        return result

    bench.workers.scripts = [finish_then_hear_of_it]
    assert bench.run(SEPARATION) is False
    assert cancelled_events(bench) == [("separation", 10)]
    assert not bench.files.is_published(digest)


def test_a_cancel_that_another_thread_has_written_is_not_written_again(bench: Bench) -> None:
    bench.add()

    def be_overtaken(task: Message, hear: Hear) -> Message:
        hear(percent(10))
        bench.jobs.request_cancel("song-1")
        bench.jobs.end_cancelled("song-1")
        hear(percent(50))
        raise AssertionError("a report of an ended attempt must stop the stage")

    bench.workers.scripts = [be_overtaken]
    assert bench.run(SEPARATION) is False
    assert cancelled_events(bench) == [("separation", 10)]


def test_a_server_that_goes_down_ends_no_attempt(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [fail(Cancelled(), percent(10), percent(30)), succeed(percent(10), percent(60))]
    with pytest.raises(Cancelled):
        bench.run(SEPARATION)
    assert bench.status() is JobStatus.RUNNING
    assert bench.run(SEPARATION) is True
    assert bench.percents(SEPARATION) == [1, 10, 30, 60, 100]


@pytest.mark.parametrize("end", [Cancelled(), StageFailed("gone", "The folder is gone.")])
def test_a_song_deleted_while_it_is_worked_on_ends_quietly(bench: Bench, end: Exception) -> None:
    """A stage whose song had been deleted under it raised, and the engine logged a broken workflow."""
    bench.add()

    def be_deleted(task: Message, hear: Hear) -> Message:
        hear(percent(10))
        bench.jobs.delete("song-1")
        raise end

    bench.workers.scripts = [be_deleted]
    assert bench.run(SEPARATION) is False
    assert bench.run(TRANSCRIPTION) is False
    assert bench.log.read("song-1") == []


def test_unfinished_work_is_gone_once_a_stage_is_published(bench: Bench) -> None:
    bench.add()
    plan = bench.planner.plan(SEPARATION, bench.jobs.track("song-1"), bench.jobs.get("song-1"))
    folder = bench.files.work_dir("song-1", SEPARATION, plan.digest)
    (folder / "mixture.f32").touch()
    bench.run(SEPARATION)
    assert not folder.exists()


def test_at_most_ten_events_a_second_are_said(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [succeed(*(percent(number) for number in range(1, 100)))]
    began = time.monotonic()
    bench.run(SEPARATION)
    seconds = time.monotonic() - began
    assert len(bench.percents(SEPARATION)) <= 10 * (1 + seconds)
    assert {1, 10, 100} <= set(bench.percents(SEPARATION))


def test_time_left_is_unknown_until_something_was_learnt(bench: Bench) -> None:
    bench.add()
    bench.run(SEPARATION)
    assert [(event.stage_eta_seconds, event.eta_seconds) for event in bench.log.read("song-1", after=1)] == [
        (None, None),
        (None, None),
        (0.0, None),
    ]


def test_time_left_is_what_this_machine_learnt(bench: Bench) -> None:
    for stage, engine, rate in [
        (SEPARATION, "center", 0.9),
        (TRANSCRIPTION, "given lyrics", 0.1),
        (KARAOKE, "phonetic", 0.2),
    ]:
        bench.rates.learn(stage, engine, rate)
    bench.add(duration_s=10.0)
    bench.workers.scripts = [succeed(percent(10), percent(11))]
    bench.run(SEPARATION)
    assert [(event.stage_eta_seconds, event.eta_seconds) for event in bench.log.read("song-1", after=1)] == [
        (9.0, 12.0),
        (9.0, 12.0),
        (8.9, 11.9),
        (0.0, 3.0),
    ]


def test_a_whole_stage_teaches_its_pace_and_a_part_of_one_does_not(bench: Bench) -> None:
    bench.add()
    bench.workers.scripts = [fail(Crash(), percent(10), percent(60)), succeed(percent(10), percent(70))]
    with pytest.raises(Crash):
        bench.run(SEPARATION)
    bench.run(SEPARATION)
    assert bench.rates.get(SEPARATION, "center") is None
    bench.run(TRANSCRIPTION)
    assert (bench.rates.get(TRANSCRIPTION, "given lyrics") or 0) > 0


def test_two_songs_at_once_do_not_mix(bench: Bench) -> None:
    together = threading.Barrier(2)

    def meet(task: Message, hear: Hear) -> Message:
        hear(percent(10))
        together.wait(10)
        return succeed(percent(40))(task, hear)

    bench.add("song-1", options=OPTIONS)
    bench.add("song-2", options=OPTIONS)
    bench.workers.scripts = [meet, meet]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda song: bench.run(SEPARATION, file_id=song), ["song-1", "song-2"])) == [True, True]
    for song in ("song-1", "song-2"):
        assert [progress for _, progress, _ in bench.said(song)] == [1, 10, 40, 100]
    first, second = (bench.jobs.get(song).stage(SEPARATION) for song in ("song-1", "song-2"))
    assert first is not None
    assert second is not None
    assert first.result != second.result
