"""The engine around any network: shifts, members one after another, and devices that run out of memory."""

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from music_separator.audio.waveform import Waveform
from music_separator.engines.base import Mixture, Stem
from music_separator.engines.networks.overlap_add import Overlap, OverlapAdd
from music_separator.engines.presets import SeparationChoice
from music_separator.engines.separation.demucs import DemucsEngine, Member, Streaming
from music_separator.engines.separation_engines import Machine, MemberFile, make_demucs
from tests.engines.mixtures import mixture_of
from tests.engines.networks.small_demucs import music
from tests.engines.networks.toys import FOUR, Toy

SAMPLES = 60_000
SIZE = 20_001
STRIDE = 15_000
"""Three quarters of a segment, rounded down."""
BAG = ((Stem.VOCALS,), (Stem.DRUMS,), (Stem.BASS, Stem.OTHER))
LEADS = (10_844, 15_680, 14_566)
"""Samples of silence before the song, of the first shifted passes; written down so that they stay."""


@dataclass
class Lender:
    """Opens toys, and knows what each was asked and how many of them somebody held at the same time."""

    room: int | None = None
    batch: int = 1
    asked: list[list[np.ndarray]] = field(default_factory=list)
    """What each toy was asked, in the order in which they were opened."""
    devices: list[str] = field(default_factory=list)
    most_at_a_time: int = 0
    _lent: list["weakref.ref[Toy]"] = field(default_factory=list)

    def open(self) -> Toy:
        return self._lend("card", Toy(segment_samples=SIZE, room=self.room, batch=self.batch))

    def open_on_processor(self) -> Toy:
        return self._lend("processor", Toy(segment_samples=SIZE))

    def engine(self, *passes: tuple[Stem, ...], streaming: Streaming | None = None) -> DemucsEngine:
        """Make an engine whose networks are lent from here."""
        members = tuple(
            Member(stems=stems, open=self.open, open_on_processor=self.open_on_processor) for stems in passes
        )
        return DemucsEngine("toy", members, streaming or Streaming(), adds_up=True)

    def newest(self) -> Toy:
        """Give the toy that was opened last, which somebody holds."""
        toy = self._lent[-1]()
        assert toy is not None
        return toy

    def _lend(self, device: str, toy: Toy) -> Toy:
        self._lent.append(weakref.ref(toy))
        self.devices.append(device)
        self.asked.append(toy.asked)
        self.most_at_a_time = max(self.most_at_a_time, sum(lent() is not None for lent in self._lent))
        return toy


def separated(engine: DemucsEngine, mixture: Mixture) -> Mapping[Stem, Waveform]:
    """Separate a whole song as the pipeline does: pass by pass, chunk by chunk."""
    engine.load()
    found: dict[Stem, list[Waveform]] = {}
    for stems in engine.passes:
        for start in range(0, mixture.samples, engine.chunk_samples):
            stop = min(start + engine.chunk_samples, mixture.samples)
            for stem, samples in engine.separate(mixture, start, stop, stems).items():
                found.setdefault(stem, []).append(samples)
    return {stem: np.concatenate(parts, axis=1) for stem, parts in found.items()}


@pytest.fixture
def mixture(tmp_path: Path) -> Iterator[Mixture]:
    with mixture_of(tmp_path / "mixture.f32", music(SAMPLES)) as made:
        yield made


def test_stems_are_those_of_the_network_under_their_names(mixture: Mixture) -> None:
    found = separated(Lender().engine(FOUR), mixture)
    expected = OverlapAdd(Toy(segment_samples=SIZE), mixture, Overlap()).read(0, SAMPLES)
    assert list(found) == list(FOUR)
    for number, stem in enumerate(FOUR):
        np.testing.assert_array_equal(found[stem], expected[number])


def test_a_pass_gives_the_stems_it_was_asked_for_and_no_others(mixture: Mixture) -> None:
    engine = Lender().engine((Stem.VOCALS, Stem.BASS))
    found = separated(engine, mixture)
    expected = OverlapAdd(Toy(segment_samples=SIZE), mixture, Overlap()).read(0, SAMPLES)
    assert list(found) == [Stem.VOCALS, Stem.BASS]
    np.testing.assert_array_equal(found[Stem.VOCALS], expected[3])
    np.testing.assert_array_equal(found[Stem.BASS], expected[1])


def test_a_chunk_is_one_stride_known_once_it_is_loaded() -> None:
    engine = Lender().engine(FOUR)
    with pytest.raises(RuntimeError, match="not loaded"):
        _ = engine.chunk_samples
    engine.load()
    assert engine.chunk_samples == STRIDE


def test_loading_again_loads_nothing() -> None:
    lender = Lender()
    engine = lender.engine(*BAG)
    engine.load()
    engine.load()
    assert len(lender.devices) == 1


def test_members_work_one_after_another_and_never_two_are_loaded(mixture: Mixture) -> None:
    lender = Lender()
    found = separated(lender.engine(*BAG), mixture)
    assert list(found) == [Stem.VOCALS, Stem.DRUMS, Stem.BASS, Stem.OTHER]
    assert (len(lender.devices), lender.most_at_a_time) == (3, 1)
    assert [sum(map(len, asked)) for asked in lender.asked] == [4, 4, 4]


def test_a_song_after_another_is_its_own(mixture: Mixture, tmp_path: Path) -> None:
    engine = Lender().engine(FOUR)
    separated(engine, mixture)
    with mixture_of(tmp_path / "other.f32", music(SAMPLES, seed=1)) as other:
        after = separated(engine, other)
        fresh = separated(Lender().engine(FOUR), other)
    for stem in FOUR:
        assert after[stem].tobytes() == fresh[stem].tobytes()


def test_a_shift_is_a_pass_over_the_song_laid_elsewhere_and_the_same_in_every_run(mixture: Mixture) -> None:
    streaming = Streaming(shifts=3)
    first = separated(Lender().engine(FOUR, streaming=streaming), mixture)
    again = separated(Lender().engine(FOUR, streaming=streaming), mixture)
    passes = [
        OverlapAdd(Toy(segment_samples=SIZE), mixture, Overlap(lead_samples=lead)).read(0, SAMPLES) for lead in LEADS
    ]
    mean = (passes[0] + passes[1] + passes[2]) / np.float32(3)
    for number, stem in enumerate(FOUR):
        assert first[stem].tobytes() == again[stem].tobytes() == mean[number].tobytes()


def test_one_shift_is_not_none(mixture: Mixture) -> None:
    shifted = separated(Lender().engine(FOUR, streaming=Streaming(shifts=1)), mixture)
    plain = separated(Lender().engine(FOUR), mixture)
    assert not np.array_equal(shifted[Stem.VOCALS], plain[Stem.VOCALS])


@pytest.mark.parametrize("shifts", [0, 2])
def test_too_little_memory_halves_the_batch_until_it_fits_and_changes_no_bit(mixture: Mixture, shifts: int) -> None:
    streaming = Streaming(shifts=shifts)
    lender = Lender(room=2, batch=8)
    engine = lender.engine(FOUR, streaming=streaming)
    found = separated(engine, mixture)
    expected = separated(Lender().engine(FOUR, streaming=streaming), mixture)
    assert (engine.notice, lender.devices) == ("smaller_batch", ["card"])
    assert max(len(segments) for segments in lender.asked[0]) == 2
    for stem in FOUR:
        assert found[stem].tobytes() == expected[stem].tobytes()


def test_where_not_even_one_segment_fits_the_processor_goes_on(mixture: Mixture) -> None:
    lender = Lender(room=0, batch=4)
    engine = lender.engine(FOUR)
    found = separated(engine, mixture)
    expected = separated(Lender().engine(FOUR), mixture)
    assert (engine.notice, lender.devices, lender.most_at_a_time) == ("cpu_fallback", ["card", "processor"], 1)
    for stem in FOUR:
        assert found[stem].tobytes() == expected[stem].tobytes()


def test_memory_that_runs_out_in_the_middle_of_a_song_costs_nothing_of_it(mixture: Mixture) -> None:
    lender = Lender()
    engine = lender.engine(FOUR)
    engine.load()
    first = engine.separate(mixture, 0, STRIDE, FOUR)
    lender.newest().room = 0
    second = engine.separate(mixture, STRIDE, 2 * STRIDE, FOUR)
    expected = separated(Lender().engine(FOUR), mixture)
    for stem in FOUR:
        joined = np.concatenate([first[stem], second[stem]], axis=1)
        assert joined.tobytes() == expected[stem][:, : 2 * STRIDE].tobytes()


def test_the_next_member_begins_on_the_card_again_without_the_notice(mixture: Mixture) -> None:
    """What had happened to the member before was told of the next one too."""
    lender = Lender(room=0)
    engine = lender.engine((Stem.VOCALS,), (Stem.DRUMS,))
    engine.load()
    engine.separate(mixture, 0, STRIDE, (Stem.VOCALS,))
    lender.room = None
    engine.separate(mixture, 0, STRIDE, (Stem.DRUMS,))
    assert (engine.notice, lender.devices) == (None, ["card", "processor", "card"])


def test_a_processor_that_gives_up_too_is_not_asked_for_ever(mixture: Mixture) -> None:
    """The engine asked it again and again."""
    lender = Lender(room=0)

    def open_on_processor() -> Toy:
        return Toy(segment_samples=SIZE, room=0)

    engine = DemucsEngine(
        "toy",
        (Member(stems=FOUR, open=lender.open, open_on_processor=open_on_processor),),
        Streaming(),
        adds_up=True,
    )
    engine.load()
    with pytest.raises(MemoryError):
        engine.separate(mixture, 0, STRIDE, FOUR)


@pytest.mark.parametrize(("start", "stop"), [(-1, 10), (10, 10), (0, SAMPLES + 1)])
def test_a_range_outside_the_song_is_refused(mixture: Mixture, start: int, stop: int) -> None:
    engine = Lender().engine(FOUR)
    engine.load()
    with pytest.raises(ValueError, match="not within"):
        engine.separate(mixture, start, stop, FOUR)


def files(*members: tuple[Stem, ...]) -> tuple[MemberFile, ...]:
    return tuple(
        MemberFile(path=Path(f"{number}.safetensors"), sha256="", stems=stems) for number, stems in enumerate(members)
    )


ALONE = Machine(device="cpu", threads=1)


@pytest.mark.parametrize(
    ("members", "stems", "passes", "adds_up"),
    [
        ((FOUR,), None, (FOUR,), True),
        ((FOUR,), 2, ((Stem.VOCALS,),), False),
        ((FOUR,), 4, (FOUR,), True),
        (((*FOUR, Stem.GUITAR, Stem.PIANO),), 4, (FOUR,), False),
        (tuple((stem,) for stem in FOUR), None, ((Stem.VOCALS,), (Stem.DRUMS,), (Stem.BASS,), (Stem.OTHER,)), True),
        (((Stem.VOCALS,),), 2, ((Stem.VOCALS,),), True),
    ],
)
def test_only_wanted_stems_are_made_the_vocals_first(
    members: tuple[tuple[Stem, ...], ...], stems: int | None, passes: tuple[tuple[Stem, ...], ...], adds_up: bool
) -> None:
    engine = make_demucs("any", files(*members), SeparationChoice(stems=stems), ALONE)
    assert (engine.name, engine.passes, engine.adds_up) == ("any", passes, adds_up)
