"""The pure half of the demo page: its reducer and its words, asked in the browser that will run them."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import music_separator
from music_separator.domain.caution import CautionCode

pytestmark = pytest.mark.browser

PAGE = Path(music_separator.__file__).parent / "web" / "test_progress.html"
STAGES = ("upload", "separation", "transcription", "karaoke")


@pytest.fixture(scope="module")
def page(browser: Browser):
    opened = browser.new_context(locale="en-GB").new_page()
    opened.goto(f"{PAGE.as_uri()}?server=http://127.0.0.1:9")  # nothing listens there, and nothing needs to
    yield opened
    opened.context.close()


def event(seq: int, stage: str, progress: int, status: str = "running", **more: Any) -> dict[str, Any]:
    common = {"file_id": "a", "message": "", "error": None, "code": None, "detail": None, "attempt": 1}
    estimates = {"eta_seconds": None, "stage_eta_seconds": None}
    return {**common, **estimates, "seq": seq, "stage": stage, "progress": progress, "status": status, **more}


def snapshot(status: str, last_seq: int, **stages: tuple[str, int]) -> dict[str, Any]:
    rows = [{"stage": name, "status": each[0], "progress": each[1], "message": ""} for name, each in stages.items()]
    return {"file_id": "a", "filename": "a.wav", "status": status, "attempt": 1, "last_seq": last_seq, "stages": rows}


def job_after(page, *told: dict[str, Any]) -> dict[str, Any]:
    """Reduce snapshots and events in turn; gives the job."""
    script = """(told) => told.reduce((state, one) => reduce(state, 'seq' in one
      ? { type: 'event', fileId: 'a', event: one }
      : { type: 'snapshot', fileId: 'a', snapshot: one }), NOTHING).jobs.a"""
    return page.evaluate(script, list(told))


def percents(job: dict[str, Any]) -> list[tuple[str, int]]:
    return [(job["stages"][stage]["status"], job["stages"][stage]["progress"]) for stage in STAGES]


BEGUN = snapshot("running", 1, upload=("done", 100))


def test_events_fill_the_bars(page):
    job = job_after(page, BEGUN, event(2, "separation", 10), event(3, "separation", 40, eta_seconds=12.0))
    assert percents(job) == [("done", 100), ("running", 40), ("waiting", 0), ("waiting", 0)]
    assert (job["status"], job["eta"], job["lastSeq"]) == ("running", 12.0, 3)


def test_numbers_already_seen_are_dropped(page):
    job = job_after(page, BEGUN, event(5, "separation", 60), event(4, "separation", 50), event(5, "separation", 10))
    assert percents(job)[1] == ("running", 60)


def test_stage_reached_means_that_those_before_are_done(page):
    job = job_after(page, BEGUN, event(9, "karaoke", 10))
    assert percents(job) == [("done", 100), ("done", 100), ("done", 100), ("running", 10)]


def test_failure_keeps_its_reason_and_the_stages_before(page):
    job = job_after(page, BEGUN, event(2, "transcription", 100, "failed", error="No lyrics.", code="no_transcriber"))
    assert percents(job) == [("done", 100), ("done", 100), ("failed", 100), ("waiting", 0)]
    assert job["status"] == "failed"
    assert job["stages"]["transcription"]["error"] == "No lyrics."


def test_new_attempt_clears_what_lies_ahead_only(page):
    failed = event(4, "karaoke", 100, "failed", error="No.")
    job = job_after(page, BEGUN, failed, event(5, "transcription", 0, "queued", attempt=2))
    assert percents(job) == [("done", 100), ("done", 100), ("queued", 0), ("waiting", 0)]
    assert (job["status"], job["attempt"]) == ("queued", 2)


def test_cancel_keeps_the_percent(page):
    job = job_after(page, BEGUN, event(2, "separation", 44), event(3, "separation", 44, "cancelled"))
    assert (job["status"], percents(job)[1]) == ("cancelled", ("cancelled", 44))


def test_complete_ends_every_bar(page):
    job = job_after(page, BEGUN, event(9, "complete", 100, "done"))
    assert percents(job) == [("done", 100)] * 4
    assert job["status"] == "done"


def test_old_snapshot_does_not_take_anything_back(page):
    job = job_after(page, BEGUN, event(7, "separation", 70), snapshot("queued", 3, separation=("running", 20)))
    assert (job["status"], percents(job)[1]) == ("running", ("running", 70))


def test_stage_changes_and_each_quarter_are_spoken(page):
    told = [event(2, "separation", 10), event(3, "separation", 24), event(4, "separation", 26)]
    told += [event(5, "separation", 49), event(6, "separation", 100, "done")]
    script = """([first, events]) => {
      let job = reduce(NOTHING, { type: 'snapshot', fileId: 'a', snapshot: first }).jobs.a;
      return events.flatMap((event) => {
        const before = job;
        job = jobAfterEvent(job, event);
        return announcements(before, job);
      });
    }"""
    assert page.evaluate(script, [BEGUN, told]) == [
        "a.wav: Separation started.",
        "a.wav: Separation 26%.",
        "a.wav: Separation done.",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59, "59 s"), (60, "1 min"), (75, "1 min 15 s"), (1500, "25 min"), (3900, "1 h 5 min")],
)
def test_time_left_is_no_more_exact_than_an_estimate(page, seconds: float, words: str):
    assert page.evaluate("durationText", seconds) == words


def test_every_language_has_every_text_with_the_same_blanks(page):
    texts: dict[str, dict[str, str]] = page.evaluate("TEXTS")
    blanks = {
        language: {key: sorted(re.findall(r"\{\w+\}", words)) for key, words in table.items()}
        for language, table in texts.items()
    }
    assert blanks["hr"] == blanks["en"]


def test_every_warning_has_its_sentence_in_croatian(page):
    sentences: dict[str, str] = page.evaluate("SERVER_TEXTS.hr.warnings")
    assert set(sentences) == set(CautionCode) - {CautionCode.OTHER}


def test_warning_by_its_code_keeps_its_numbers(page):
    cut = "The file is cut short: 1.8 of 4.0 seconds could be read."
    asked = [[cut, "cut_short"], ["Something new 7.", "unheard_of"], ["From an older server.", None]]
    script = """(asked) => {
      language = 'hr';
      const all = asked.map((one) => warningOf(...one));
      language = 'en';
      return all;
    }"""
    assert page.evaluate(script, asked) == [
        {"words": "Datoteka je odrezana: pročitano je 1.8 od 4.0 s.", "lang": "hr"},
        {"words": "Something new 7.", "lang": "en"},
        {"words": "From an older server.", "lang": "en"},
    ]


def test_every_text_that_the_page_names_exists(page):
    named = page.evaluate("""() => [document, ...[...document.querySelectorAll('template')].map((one) => one.content)]
      .flatMap((root) => [...root.querySelectorAll('[data-text], [data-label]')])
      .map((element) => element.dataset.text ?? element.dataset.label)""")
    assert named
    assert set(named) <= set(page.evaluate("Object.keys(TEXTS.en)"))


def test_utf16_and_windows_lyrics_are_read(page):
    script = "(bytes) => readLyrics(new File([new Uint8Array(bytes)], 'a.lrc'))"
    words = "[00:01.00]Čuješ li žubor"
    for encoded in (words.encode(), words.encode("utf-16"), words.encode("cp1250")):
        assert page.evaluate(script, list(encoded)) == words
