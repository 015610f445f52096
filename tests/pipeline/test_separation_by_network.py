"""Separation by a network as a worker does it: small checkpoints through the real loading, running and writing."""

import hashlib
import json
import threading
import wave
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from music_separator.audio.decode import decode
from music_separator.audio.media import DecodedAudio
from music_separator.domain.errors import (
    BadCheckpoint,
    BadSeparation,
    Cancelled,
    NotAudio,
    NotEnoughMemory,
    SilentAudio,
    WeightsMissing,
    WeightsUnreachable,
)
from music_separator.engines import separation_engines
from music_separator.engines.registry import model_of
from music_separator.engines.separation.demucs import DemucsEngine
from music_separator.pipeline.stages import separation
from music_separator.pipeline.tasks import SeparationTask, output_dir, to_message
from music_separator.pipeline.work import Desk
from tests.engines.hub import Hub, running_hub
from tests.engines.networks.small_demucs import FOUR, KLASS, SIX, SMALL, write_small_demucs
from tests.pipeline.test_stages import Listener, Message, mixture_of, sums, whole_numbers
from tests.songs import write_song

SONG_S = 4.0
CHUNKS = 5
"""Of 0.9 s, three quarters of the network's segment of 1.2 s."""
NOWHERE = "http://127.0.0.1:9"
"""The port of "discard", where nobody listens."""


@dataclass
class Rig:
    """A folder with a song, and whatever tasks are to be done with it; one desk does them all."""

    folder: Path
    song: Path
    desk: Desk

    def task(self, name: str = "work", **values: Any) -> SeparationTask:
        """Make a task in a folder of its own, for somebody's own checkpoint where none is named."""
        work = self.folder / name
        work.mkdir(exist_ok=True)
        chosen = {
            "work_dir": str(work),
            "source": str(self.song),
            "engine": "small",
            "max_duration_s": 3600.0,
            "weights_dir": str(self.folder / "models"),
            "hub_url": NOWHERE,
            "device": "cpu",
        }
        return SeparationTask(**(chosen | values))

    def run(self, task: SeparationTask, listener: Listener | None = None) -> Message:
        """Do a task."""
        return self.desk.run_task(to_message(task), listener or Listener())

    def place(self, name: str, kind: str = "six") -> None:
        """Put small weights where those of a model lie."""
        folder = self.folder / "models" / name
        folder.mkdir(parents=True)
        for seed, file in enumerate(files_of(name)):
            write_small_demucs(folder / file, kind, seed=seed)


def files_of(name: str) -> list[str]:
    weights = model_of(name).weights
    assert weights is not None
    return [file.names[0] for file in weights.files]


def details(listener: Listener) -> list[str]:
    """Give what was told machine-readably, each once in a row."""
    told = [said["detail"] for said in listener.reports]
    return [detail for number, detail in enumerate(told) if number == 0 or told[number - 1] != detail]


def names(result: Message) -> list[str]:
    return [item["name"] for item in result["artifacts"]]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_song(tmp_path_factory.mktemp("songs") / "song.wav", seconds=SONG_S)


@pytest.fixture(scope="module")
def short_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_song(tmp_path_factory.mktemp("songs") / "short.wav", seconds=1.0)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_demucs(tmp_path_factory.mktemp("weights") / "small.safetensors", "six")


@pytest.fixture
def rig(tmp_path: Path, short_song: Path) -> Rig:
    return Rig(folder=tmp_path, song=short_song, desk=Desk())


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, song: Path, checkpoint: Path
) -> tuple[Path, Message, Listener]:
    """The folder, the result and the reports of a separation that nothing disturbed, by somebody's own checkpoint."""
    rig = Rig(folder=tmp_path_factory.mktemp("undisturbed"), song=song, desk=Desk())
    task, listener = rig.task(own_checkpoint=str(checkpoint)), Listener()
    return Path(task.work_dir), rig.run(task, listener), listener


def test_a_file_for_each_stem_of_the_network_and_the_instrumental(
    undisturbed: tuple[Path, Message, Listener],
) -> None:
    _, result, _ = undisturbed
    assert names(result) == [*SIX, "no_vocals"]
    assert [item["filename"] for item in result["artifacts"]] == [f"{name}.flac" for name in (*SIX, "no_vocals")]


def test_vocals_and_instrumental_add_up_to_the_mixture_in_every_sample(
    undisturbed: tuple[Path, Message, Listener], song: Path
) -> None:
    out = undisturbed[0] / "out"
    vocals, instrumental = (whole_numbers(out / f"{name}.flac") for name in ("vocals", "no_vocals"))
    assert np.abs(vocals).max() > 1000
    np.testing.assert_array_equal(vocals + instrumental, mixture_of(song))


def test_progress_is_one_step_a_chunk_from_loading_to_writing(undisturbed: tuple[Path, Message, Listener]) -> None:
    _, _, listener = undisturbed
    assert details(listener) == ["decoding", "loading_model", "separating", "encoding"]
    assert listener.separated() == [(10, 0), (27, 1), (44, 2), (62, 3), (79, 4)]
    percents = [said["progress"] for said in listener.reports]
    assert percents == sorted(percents)
    assert [said["progress"] for said in listener.must_arrive] == [10]


def test_the_facts_say_what_separated_and_what_the_stems_hold(
    undisturbed: tuple[Path, Message, Listener], checkpoint: Path
) -> None:
    facts = dict(undisturbed[1]["facts"])
    energies = {name: facts.pop(name) for name in list(facts) if name.endswith("_db")}
    assert facts == {
        "engine": "small",
        "engine_version": "1",
        "weights": hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
        "fallback": False,
        "duration_s": SONG_S,
        "mono": False,
    }
    assert set(energies) == {*(f"{stem}_db" for stem in SIX), "residual_db", "mixture_db"}
    json.dumps(undisturbed[1])


def test_energies_are_those_of_the_files(rig: Rig, checkpoint: Path) -> None:
    task = rig.task(own_checkpoint=str(checkpoint), stem_format="wav")
    facts = rig.run(task)["facts"]
    out = output_dir(task.work_dir)
    mixture = mixture_of(rig.song) / 32768
    stems = {stem: np.frombuffer((out / f"{stem}.wav").read_bytes()[-mixture.size * 4 :], "<f4") for stem in SIX}
    flat = mixture.T.ravel()

    def decibels(samples: np.ndarray) -> float:
        return float(10 * np.log10((samples.astype(float) ** 2).sum() / (flat**2).sum()))

    for stem, samples in stems.items():
        assert facts[f"{stem}_db"] == pytest.approx(decibels(samples), abs=0.051)
    assert facts["residual_db"] == pytest.approx(decibels(sum(stems.values(), start=-flat)), abs=0.051)
    assert facts["mixture_db"] == pytest.approx(float(10 * np.log10((flat**2).mean())), abs=0.051)


def test_stems_that_together_are_another_song_are_warned_of(undisturbed: tuple[Path, Message, Listener]) -> None:
    """Random weights leave a residual as loud as the song."""
    assert undisturbed[1]["facts"]["residual_db"] > -10
    (warning,) = (said["message"] for said in undisturbed[1]["warnings"])
    assert warning == "The stems together differ much from the song: the weights may not be what they should be."


def test_a_resumed_run_computes_unfinished_chunks_only_and_gives_the_same_bits(
    undisturbed: tuple[Path, Message, Listener], rig: Rig, song: Path, checkpoint: Path
) -> None:
    rig.song = song
    task = rig.task(own_checkpoint=str(checkpoint))
    with pytest.raises(Cancelled):
        rig.run(task, Listener(stop_at_chunk=2))
    chunks = Path(task.work_dir) / "chunks-small"
    finished = {path.name: path.stat().st_mtime_ns for path in chunks.iterdir()}
    assert len(finished) == 3 * len(SIX)
    (chunks / "bass.00003.partial").write_bytes(b"cut short")
    (chunks / "other.00001.f32").unlink()

    listener = Listener()
    result = Desk().run_task(to_message(task), listener)

    assert [chunk for _, chunk in listener.separated()] == [1, 3, 4]
    assert {path.name: path.stat().st_mtime_ns for path in chunks.iterdir() if ".00000." in path.name} == {
        name: at for name, at in finished.items() if ".00000." in name
    }
    assert sums(result) == sums(undisturbed[1])


def test_a_bag_goes_through_the_song_once_for_each_member_the_vocals_first(rig: Rig) -> None:
    rig.place("htdemucs_ft")
    task, listener = rig.task(engine="htdemucs_ft"), Listener()
    result = rig.run(task, listener)
    # Two chunks of 0.9 s in each of four passes.
    assert listener.separated() == [(10, 0), (20, 1), (31, 2), (42, 3), (53, 4), (64, 5), (75, 6), (86, 7)]
    assert names(result) == ["vocals", "drums", "bass", "other", "no_vocals"]
    assert len(result["facts"]["weights"].split()) == 4


def test_each_member_of_a_bag_makes_its_own_stem(rig: Rig) -> None:
    rig.place("htdemucs_ft")
    bag = sums(rig.run(rig.task("bag", engine="htdemucs_ft")))
    for file, stem in zip(files_of("htdemucs_ft"), FOUR, strict=True):
        own = str(rig.folder / "models" / "htdemucs_ft" / file)
        assert sums(rig.run(rig.task(stem, engine="any", own_checkpoint=own)))[stem] == bag[stem]


def test_two_stems_are_the_vocals_and_the_rest(
    undisturbed: tuple[Path, Message, Listener], rig: Rig, song: Path, checkpoint: Path
) -> None:
    rig.song = song
    task = rig.task(own_checkpoint=str(checkpoint), stems=2)
    result = rig.run(task)
    assert names(result) == ["vocals", "no_vocals"]
    assert sorted(path.name for path in output_dir(task.work_dir).iterdir()) == ["no_vocals.flac", "vocals.flac"]
    assert sums(result)["vocals"] == sums(undisturbed[1])["vocals"]
    assert "residual_db" not in result["facts"]
    assert result["warnings"] == ()


@pytest.mark.parametrize(
    ("values", "chunks"), [({"preset": "fast"}, 1), ({"overlap": 0.0}, 1), ({"overlap": 0.75}, 4), ({"shifts": 2}, 2)]
)
def test_what_was_chosen_reaches_the_network(rig: Rig, checkpoint: Path, values: dict[str, Any], chunks: int) -> None:
    usual = sums(rig.run(rig.task("usual", own_checkpoint=str(checkpoint), stems=2)))
    listener = Listener()
    other = sums(rig.run(rig.task("other", own_checkpoint=str(checkpoint), stems=2, **values), listener))
    assert len(listener.separated()) == chunks
    assert other["vocals"] != usual["vocals"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that has htdemucs, made small."""
    weights = model_of("htdemucs").weights
    assert weights is not None
    (name,) = files_of("htdemucs")
    content = write_small_demucs(tmp_path / "offered.safetensors", "six").read_bytes()
    with running_hub({name: content}, repository=weights.repository) as hub:
        yield hub


def test_missing_weights_are_fetched_with_the_bytes_and_the_licence_in_the_message(rig: Rig, hub: Hub) -> None:
    listener = Listener()
    result = rig.run(rig.task(engine="htdemucs", hub_url=hub.url, offline=False), listener)
    fetching = [said for said in listener.reports if said["detail"] == "downloading_model"]
    percents = [said["progress"] for said in listener.reports]
    assert details(listener) == ["decoding", "downloading_model", "loading_model", "separating", "encoding"]
    assert percents == sorted(percents)
    assert {said["progress"] for said in fetching} <= set(range(4, 9))
    assert fetching[0]["message"] == "Downloading Demucs v4 (research use): 0 of 1 MB"
    assert names(result) == ["drums", "bass", "other", "vocals", "no_vocals"]
    (content,) = hub.files.values()
    assert result["facts"]["weights"] == hashlib.sha256(content).hexdigest()
    assert result["facts"]["engine"] == "htdemucs"


def test_of_a_bag_only_the_chosen_stem_s_file_is_fetched(rig: Rig, tmp_path: Path) -> None:
    content = write_small_demucs(tmp_path / "offered.safetensors", "six").read_bytes()
    weights = model_of("htdemucs_ft").weights
    assert weights is not None
    with running_hub(dict.fromkeys(files_of("htdemucs_ft"), content), repository=weights.repository) as hub:
        result = rig.run(rig.task(engine="htdemucs_ft", stems=2, hub_url=hub.url, offline=False))
    assert names(result) == ["vocals", "no_vocals"]
    assert [path.name for path in (rig.folder / "models" / "htdemucs_ft").glob("*.safetensors")] == [
        "04573f0d.safetensors"
    ]


def test_without_the_hub_center_separates_and_says_so(rig: Rig) -> None:
    listener = Listener()
    result = rig.run(rig.task(engine="htdemucs", offline=False, fallback=True), listener)
    assert details(listener) == ["decoding", "fallback", "separating", "encoding"]
    (warning,) = (said["message"] for said in result["warnings"])
    assert warning.startswith(
        "Separated with center instead of Demucs, because the weights htdemucs could not be fetched from"
    )
    assert [said["message"] for said in listener.reports if said["detail"] == "fallback"] == [warning]
    assert (result["facts"]["engine"], result["facts"]["fallback"]) == ("center", True)
    assert names(result) == ["vocals", "no_vocals"]


def test_an_exact_name_fails_without_the_hub_and_says_what_to_do(rig: Rig) -> None:
    with pytest.raises(WeightsUnreachable, match="Check the connection and retry") as failure:
        rig.run(rig.task(engine="htdemucs", offline=False))
    assert failure.value.code == "weights_unreachable"


def test_offline_an_exact_name_fails_and_the_best_falls_back(rig: Rig) -> None:
    with pytest.raises(WeightsMissing, match="by hand"):
        rig.run(rig.task(engine="htdemucs"))
    assert rig.run(rig.task(engine="htdemucs", fallback=True))["facts"]["engine"] == "center"


def test_once_the_hub_is_back_the_network_separates(rig: Rig, hub: Hub) -> None:
    fallen_back = rig.run(rig.task("first", engine="htdemucs", offline=False, fallback=True))
    result = rig.run(rig.task("second", engine="htdemucs", offline=False, fallback=True, hub_url=hub.url))
    assert (fallen_back["facts"]["engine"], result["facts"]["engine"]) == ("center", "htdemucs")
    assert not result["facts"]["fallback"]


def test_chunks_of_the_fallback_are_not_taken_for_those_of_the_network(rig: Rig, hub: Hub) -> None:
    with pytest.raises(Cancelled):
        rig.run(rig.task(engine="htdemucs", offline=False, fallback=True), Cancelling(at="separating"))
    resumed = rig.run(rig.task(engine="htdemucs", offline=False, fallback=True, hub_url=hub.url))
    alone = rig.run(rig.task("alone", engine="htdemucs"))
    assert sums(resumed) == sums(alone)


class Cancelling(Listener):
    """Stops the work once a detail was told."""

    def __init__(self, *, at: str) -> None:
        super().__init__()
        self._at = at

    def check_cancelled(self) -> None:
        if any(said["detail"] == self._at for said in self.reports):
            raise Cancelled


def test_a_cancel_while_weights_are_fetched_keeps_what_has_arrived(rig: Rig, hub: Hub) -> None:
    with pytest.raises(Cancelled):
        rig.run(rig.task(engine="htdemucs", offline=False, hub_url=hub.url), Cancelling(at="downloading_model"))
    assert list((rig.folder / "models" / "htdemucs").glob("*.part"))


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave half a gigabyte of memory."""
    monkeypatch.setattr(separation_engines, "free_memory", lambda: 500_000_000)


@pytest.mark.usefixtures("short_memory")
def test_too_little_memory_is_told_in_numbers(rig: Rig, checkpoint: Path) -> None:
    with pytest.raises(NotEnoughMemory, match=r"small needs about \d\.\d GB of memory and 0\.5 GB are free\. Retry"):
        rig.run(rig.task(own_checkpoint=str(checkpoint)))


@pytest.mark.usefixtures("short_memory")
def test_with_too_little_memory_the_best_falls_back(rig: Rig) -> None:
    rig.place("htdemucs")
    result = rig.run(rig.task(engine="htdemucs", fallback=True))
    assert result["facts"]["engine"] == "center"
    assert "because htdemucs needs about" in result["warnings"][0]["message"]


def changed(checkpoint: Path, path: Path, **tensors: float) -> Path:
    """Write a checkpoint with some tensors filled with a number; ``__`` stands for a dot."""
    kept = load_file(checkpoint)
    for name, value in tensors.items():
        shape = kept[name.replace("__", ".")].shape
        kept[name.replace("__", ".")] = np.full(shape, value, np.float32)
    save_file(kept, path, metadata={"klass": KLASS, "args": "[]", "kwargs": json.dumps(SMALL["six"])})
    return path


LAST = ("decoder__3__conv_tr", "tdecoder__3__conv_tr")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what numpy says of such numbers, on the way
def test_stems_that_hold_no_numbers_fail(rig: Rig, checkpoint: Path) -> None:
    path = changed(checkpoint, rig.folder / "loud.safetensors", **{f"{name}__bias": 3e38 for name in LAST})
    with pytest.raises(BadSeparation, match=r"the stem \w+ holds what is no number\. Check the weights"):
        rig.run(rig.task(own_checkpoint=str(path)))


def test_stems_that_are_all_silent_fail(rig: Rig, checkpoint: Path) -> None:
    silent = {f"{name}__{part}": 0.0 for name in LAST for part in ("bias", "weight")}
    path = changed(checkpoint, rig.folder / "silent.safetensors", **silent)
    with pytest.raises(
        BadSeparation, match=r"every stem is silent, and the song is not\. Check the weights"
    ) as failure:
        rig.run(rig.task(own_checkpoint=str(path)))
    assert failure.value.code == "bad_separation"


def test_a_checkpoint_that_is_none_never_falls_back(rig: Rig) -> None:
    path = write_song(rig.folder / "small.safetensors", seconds=0.1)
    with pytest.raises(BadCheckpoint, match="it is no whole safetensors file"):
        rig.run(rig.task(own_checkpoint=str(path)))


def write_wav(path: Path, *, channels: int, rate: int, seconds: float, level: float = 0.3) -> Path:
    """Write a tone, a little another one in each channel."""
    t = np.arange(int(seconds * rate)) / rate
    tones = np.stack([level * np.sin(2 * np.pi * (220 + 30 * channel) * t) for channel in range(channels)], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((tones * 32767).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(
    ("channels", "rate", "seconds", "mono"),
    [(1, 44_100, 1.3, True), (2, 96_000, 1.0, False), (6, 48_000, 1.0, False), (2, 44_100, 0.6, False)],
    ids=["mono", "96 kHz", "six channels", "shorter than a chunk"],
)
def test_every_kind_of_song_is_separated(
    rig: Rig, checkpoint: Path, channels: int, rate: int, seconds: float, mono: bool
) -> None:
    rig.song = write_wav(rig.folder / "song.wav", channels=channels, rate=rate, seconds=seconds)
    task = rig.task(own_checkpoint=str(checkpoint))
    result = rig.run(task)
    assert (result["facts"]["mono"], result["facts"]["duration_s"]) == (mono, pytest.approx(seconds, abs=0.001))
    vocals = whole_numbers(output_dir(task.work_dir) / "vocals.flac")
    assert vocals.shape == (2, pytest.approx(seconds * 44_100, abs=2))


def test_digital_silence_is_told_without_a_word_of_loading(rig: Rig, checkpoint: Path) -> None:
    rig.song = write_wav(rig.folder / "song.wav", channels=2, rate=44_100, seconds=1.0, level=0.0)
    listener = Listener()
    with pytest.raises(SilentAudio):
        rig.run(rig.task(own_checkpoint=str(checkpoint)), listener)
    assert "loading_model" not in details(listener)


def test_the_next_song_finds_the_network_loaded(rig: Rig, checkpoint: Path, song: Path) -> None:
    first, second, third = Listener(), Listener(), Listener()
    rig.run(rig.task("first", own_checkpoint=str(checkpoint)), first)
    rig.song = song
    warm = rig.run(rig.task("second", own_checkpoint=str(checkpoint)), second)
    rig.desk = Desk()
    cold = rig.run(rig.task("third", own_checkpoint=str(checkpoint)), third)
    assert ["loading_model" in details(listener) for listener in (first, second, third)] == [True, False, True]
    assert sums(warm) == sums(cold)


def test_the_network_is_loaded_while_the_song_is_read(
    rig: Rig, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = threading.Event()

    def load(engine: DemucsEngine) -> None:
        real_load(engine)
        loaded.set()

    def decode_once_loaded(*arguments: Any) -> DecodedAudio:
        assert loaded.wait(30)
        return decode(*arguments)

    real_load = DemucsEngine.load
    monkeypatch.setattr(DemucsEngine, "load", load)
    monkeypatch.setattr(separation, "decode", decode_once_loaded)
    listener = Listener()
    rig.run(rig.task(own_checkpoint=str(checkpoint)), listener)
    assert details(listener) == ["decoding", "loading_model", "separating", "encoding"]


def test_what_was_loaded_for_a_song_to_come_is_not_loaded_again(
    rig: Rig, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []
    real_load = DemucsEngine.load
    monkeypatch.setattr(DemucsEngine, "load", lambda engine: loads.append(real_load(engine)))
    task = rig.task(own_checkpoint=str(checkpoint))
    rig.desk.prepare(to_message(replace(task, work_dir="", source="")))
    rig.run(task, Listener())
    assert len(loads) == 1


def test_what_cannot_be_loaded_ahead_is_told_when_the_song_is_there(rig: Rig, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(b"nothing of the kind")
    task = rig.task(own_checkpoint=str(foreign))
    rig.desk.prepare(to_message(task))
    with pytest.raises(BadCheckpoint):
        rig.run(task, Listener())


def test_nothing_is_fetched_for_a_file_that_is_no_song(rig: Rig, hub: Hub) -> None:
    rig.song = rig.folder / "song.wav"
    rig.song.write_bytes(b"no song" * 1000)
    with pytest.raises(NotAudio):
        rig.run(rig.task(engine="htdemucs", hub_url=hub.url, offline=False))
    assert hub.asked == []


@pytest.mark.parametrize("values", [{"stems": 2}, {"preset": "fast"}, {"overlap": 0.5}, {"threads": 2}], ids=str)
def test_another_choice_is_loaded_anew(rig: Rig, checkpoint: Path, values: dict[str, Any]) -> None:
    rig.run(rig.task("first", own_checkpoint=str(checkpoint)))
    listener = Listener()
    rig.run(rig.task("second", own_checkpoint=str(checkpoint), **values), listener)
    assert "loading_model" in details(listener)


def test_another_file_under_the_same_name_is_loaded_anew(rig: Rig) -> None:
    path = write_small_demucs(rig.folder / "small.safetensors", "six")
    first = rig.run(rig.task("first", own_checkpoint=str(path)))
    write_small_demucs(path, "six", seed=1)
    listener = Listener()
    second = rig.run(rig.task("second", own_checkpoint=str(path)), listener)
    assert "loading_model" in details(listener)
    assert sums(first)["vocals"] != sums(second)["vocals"]


def test_a_song_by_the_fallback_leaves_the_network_loaded(rig: Rig, checkpoint: Path) -> None:
    rig.run(rig.task("first", own_checkpoint=str(checkpoint)))
    rig.run(rig.task("second", engine="center"))
    listener = Listener()
    rig.run(rig.task("third", own_checkpoint=str(checkpoint)), listener)
    assert "loading_model" not in details(listener)
