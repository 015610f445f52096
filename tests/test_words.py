"""Which words of a song are kept, which are sung, and what times their lines keep."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.id3 import ID3, SYLT, USLT

from music_separator.domain.errors import StageNotReady, UnknownLyrics
from music_separator.domain.job import JobOptions
from music_separator.domain.kept_lyrics import LyricsSource
from music_separator.domain.lyrics import Line
from music_separator.domain.progress import WORK_STAGES, StageName, StageStatus, done
from music_separator.domain.units import Ms
from music_separator.karaoke.kept_times import KnownLine, write_known
from music_separator.store.events import Change
from tests.audio.files import write_mp3
from tests.house import OPTIONS, House, house_in
from tests.songs import LRC
from tests.tracks import digest_of, finished

SEPARATION, TRANSCRIPTION, KARAOKE = WORK_STAGES
PLAIN = "La la la\nLo lo lo\n"
LINES = tuple(
    KnownLine(line=Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(start_ms + 500)), aligned=True)
    for text, start_ms in (("La la la", 103), ("Lo lo lo", 801))
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with house_in(tmp_path) as made:
        yield made


def sing(house: House, file_id: str) -> None:
    """Let the karaoke succeed, made of ``LINES``."""
    digest = digest_of(f"sung {house.service.jobs.get(file_id).attempt} {file_id}")
    folder = house.service.files.work_dir(file_id, KARAOKE, digest) / "out"
    result = finished(folder, {"timed_lyrics.json": write_known(LINES).encode()})
    house.service.files.publish(folder, digest, result)
    attempt = house.service.jobs.get(file_id).attempt
    house.service.log.append(file_id, done(KARAOKE), attempt=attempt, change=Change(result=digest))


def sung(house: House, lyrics: str = PLAIN) -> str:
    """Take a song with lyrics to its karaoke."""
    file_id = house.add(options=replace(OPTIONS, lyrics=lyrics))
    house.finish(file_id, SEPARATION, TRANSCRIPTION)
    sing(house, file_id)
    house.service.jobs.end_partial(file_id, 1)
    return file_id


def versions(house: House, file_id: str) -> list[tuple[int, str, bool]]:
    return [(kept.number, kept.source, kept.in_use) for kept in house.service.words.store.history(file_id)]


def test_given_words_are_the_first_version(house: House) -> None:
    file_id = house.add()
    look = house.service.words.look(house.service.jobs.get(file_id))
    assert versions(house, file_id) == [(1, "given", True)]
    assert look.kept is not None
    assert (look.kept.text, look.kept.is_timed, look.is_current) == (LRC, True, False)
    assert all(isinstance(line, KnownLine) and not line.aligned for line in look.lines)


def test_a_song_without_words_has_none(house: House) -> None:
    file_id = house.add(options=JobOptions(model="center"))
    look = house.service.words.look(house.service.jobs.get(file_id))
    assert (look.kept, look.lines, look.history) == (None, (), ())


def test_what_a_transcriber_heard_is_sung_until_a_person_sends_words(house: House) -> None:
    file_id = house.add(options=JobOptions(model="center"))
    house.service.words.found(file_id, "la lo\n", LyricsSource.TRANSCRIBER, "whisper-tiny")
    house.service.words.found(file_id, "la lo\n", LyricsSource.TRANSCRIBER, "whisper-tiny")
    assert versions(house, file_id) == [(1, "transcriber", True)]
    house.service.save_lyrics(file_id, PLAIN)
    assert versions(house, file_id) == [(1, "transcriber", False), (2, "edited", True)]


def test_an_edit_knows_the_times_that_the_lines_had(house: House) -> None:
    file_id = sung(house)
    house.service.save_lyrics(file_id, "La la la\nLi li li\n")
    look = house.service.words.look(house.service.jobs.get(file_id))
    assert look.lines == (LINES[0], "Li li li")
    assert look.is_current is False


def test_an_edit_that_came_to_nothing_does_not_lose_the_times(house: House) -> None:
    """The karaoke of an edit that fails is gone, and the one before it too: the next edit began with nothing."""
    file_id = sung(house)
    house.service.save_lyrics(file_id, "La la la\nLi li li\n")
    house.fail(file_id, KARAOKE)
    house.service.save_lyrics(file_id, PLAIN)
    look = house.service.words.look(house.service.jobs.get(file_id))
    assert look.lines == LINES


def test_all_lines_can_be_aligned_anew(house: House) -> None:
    file_id = sung(house)
    house.service.save_lyrics(file_id, PLAIN, align_all=True)
    assert house.service.words.look(house.service.jobs.get(file_id)).lines == ("La la la", "Lo lo lo")


def test_words_sent_again_as_they_are_make_no_version(house: House) -> None:
    file_id = sung(house)
    house.service.save_lyrics(file_id, PLAIN)
    assert versions(house, file_id) == [(1, "given", True)]


def test_a_chosen_version_is_sung_and_keeps_its_source(house: House) -> None:
    file_id = sung(house)
    house.service.save_lyrics(file_id, "Li li li\n")
    house.fail(file_id, KARAOKE)
    outcome = house.service.choose_lyrics(file_id, 1)
    assert (outcome.done, outcome.job.options.lyrics, outcome.job.first_stage) == ("queued", PLAIN, KARAOKE)
    assert versions(house, file_id) == [(1, "given", True), (2, "edited", False)]


def test_a_version_that_is_not_there_changes_nothing(house: House) -> None:
    file_id = sung(house)
    with pytest.raises(UnknownLyrics):
        house.service.choose_lyrics(file_id, 2)
    assert house.service.jobs.get(file_id).attempt == 1
    assert versions(house, file_id) == [(1, "given", True)]


def test_no_version_is_chosen_while_words_are_used(house: House) -> None:
    file_id = house.add()
    house.finish(file_id, SEPARATION)
    house.begin(file_id, StageName.TRANSCRIPTION, 10)
    with pytest.raises(StageNotReady):
        house.service.choose_lyrics(file_id, 1)


def test_lyrics_of_a_retry_are_a_version_too(house: House) -> None:
    file_id = sung(house)
    house.service.retry(file_id, options=replace(OPTIONS, lyrics="Li li li\n"))
    assert versions(house, file_id) == [(1, "given", False), (2, "edited", True)]
    state = house.service.jobs.get(file_id).stage(TRANSCRIPTION)
    assert state is not None
    assert state.status is StageStatus.DONE


def test_every_text_in_the_tags_is_a_version_and_the_best_is_sung(house: House, tmp_path: Path) -> None:
    tagged = write_mp3(tmp_path / "tagged.mp3")
    tags = ID3()
    tags.add(USLT(lang="eng", text=PLAIN))
    tags.add(USLT(lang="hrv", text="[Instrumental]"))
    tags.add(SYLT(lang="eng", format=2, type=1, text=[("La la la", 100), ("Lo lo lo", 800)]))
    tags.save(tagged)
    file_id = house.add(path=tagged, sha256=digest_of("tagged"), options=JobOptions(model="center"))
    history = house.service.words.store.history(file_id)
    assert [(kept.source, kept.in_use) for kept in history] == [("timed_tags", True), ("tags", False)]
    assert history[1].text == PLAIN.strip()
    assert house.service.jobs.track(file_id).tag_lyrics == history[0].text
