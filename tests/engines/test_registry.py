"""What the names of separation models mean, and what they need. Nothing is fetched."""

import subprocess
import sys
from pathlib import Path

import pytest

from music_separator.domain.errors import InvalidRequest, ModelUnavailable, UnknownModel
from music_separator.engines import registry
from music_separator.engines.base import Stem
from music_separator.engines.presets import Preset, SeparationChoice
from music_separator.engines.weights import WeightsStore

NETWORKS = ("htdemucs", "htdemucs_ft", "htdemucs_6s")
FOUR = ("drums", "bass", "other", "vocals")


def store(root: Path, *, offline: bool = True) -> WeightsStore:
    return WeightsStore(root=root, hub_url="http://127.0.0.1:9", offline=offline)


def place(root: Path, name: str) -> None:
    """Put files of the right names where the weights of a model lie."""
    weights = registry.model_of(name).weights
    assert weights is not None
    (root / name).mkdir(parents=True)
    for file in weights.files:
        (root / name / file.names[0]).touch()


@pytest.mark.parametrize("name", ["demucs", "auto"])
def test_the_best_falls_back_loudly_where_its_weights_must_not_be_fetched(name: str, tmp_path: Path) -> None:
    resolved = registry.resolve(name, store(tmp_path))
    assert resolved.engine == "center"
    assert resolved.warning is not None
    assert resolved.warning.startswith("Separated with center instead of Demucs, because the weights htdemucs are not")


@pytest.mark.parametrize("name", ["demucs", "auto"])
def test_the_best_is_htdemucs_where_its_weights_are_here_or_can_be_fetched(name: str, tmp_path: Path) -> None:
    expected = registry.Resolved(engine="htdemucs")
    assert registry.resolve(name, store(tmp_path, offline=False)) == expected
    place(tmp_path, "htdemucs")
    assert registry.resolve(name, store(tmp_path)) == expected


def test_the_fallback_can_be_forbidden(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="falling back to center is switched off"):
        registry.resolve("demucs", store(tmp_path), allow_fallback=False)
    assert registry.resolve("center", store(tmp_path), allow_fallback=False).engine == "center"


@pytest.mark.parametrize("name", NETWORKS)
def test_an_exact_name_is_never_replaced(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=f"the weights {name} are not on this machine"):
        registry.resolve(name, store(tmp_path))
    place(tmp_path, name)
    assert registry.resolve(name, store(tmp_path)) == registry.Resolved(engine=name)


def test_a_preview_is_made_without_a_network(tmp_path: Path) -> None:
    assert registry.resolve("demucs", store(tmp_path), preset=Preset.PREVIEW) == registry.Resolved(engine="center")


def test_weights_that_are_still_to_be_fetched_are_told_with_their_size_and_licence(tmp_path: Path) -> None:
    state = registry.availability("htdemucs_6s", store(tmp_path, offline=False))
    assert state.available
    assert state.reason == "its weights (about 55 MB, research use) are fetched when it is first used"
    place(tmp_path, "htdemucs_6s")
    assert registry.availability("htdemucs_6s", store(tmp_path, offline=False)).reason is None


def test_without_anything_to_run_a_network_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _name: None)
    place(tmp_path, "htdemucs")
    state = registry.availability("htdemucs", store(tmp_path))
    assert (state.available, state.reason) == (False, "neither OpenVINO nor PyTorch with demucs is installed")


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    for ask in (registry.resolve, registry.availability):
        with pytest.raises(UnknownModel, match="demucs, auto, htdemucs, htdemucs_ft, htdemucs_6s, center"):
            ask("spleeter", store(tmp_path))
    with pytest.raises(UnknownModel):
        registry.check_known("spleeter")


def test_every_network_has_a_file_for_each_member_and_gives_the_stems_of_all() -> None:
    for name in NETWORKS:
        model = registry.model_of(name)
        assert model.weights is not None
        assert len(model.weights.files) == len(model.members)
        assert sorted(stem for member in model.members for stem in member) == sorted(model.stems)
        assert model.weights.licence == "research use"


def test_of_a_bag_only_the_files_of_the_chosen_stems_are_needed() -> None:
    bag = registry.model_of("htdemucs_ft")
    vocals, members = registry.needed_of(bag, SeparationChoice(stems=2))
    assert [file.names for file in vocals.files] == [("04573f0d.safetensors",)]
    assert members == ((Stem.VOCALS,),)
    every, _ = registry.needed_of(bag, SeparationChoice())
    assert len(every.files) == 4
    with pytest.raises(ValueError, match="center has no weights"):
        registry.needed_of(registry.model_of("center"), SeparationChoice())


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("demucs", SeparationChoice(preset=Preset.PREVIEW)),
        ("center", SeparationChoice(preset=Preset.PREVIEW, stems=2)),
        ("htdemucs_6s", SeparationChoice(stems=6)),
        ("htdemucs", SeparationChoice(stems=4, preset=Preset.FAST)),
    ],
)
def test_what_a_model_can_do_may_be_chosen(name: str, choice: SeparationChoice) -> None:
    registry.check_choice(name, choice)


@pytest.mark.parametrize(
    ("name", "choice", "says"),
    [
        ("htdemucs", SeparationChoice(preset=Preset.PREVIEW), "choose it with demucs or center"),
        ("htdemucs", SeparationChoice(stems=6), "The model htdemucs gives 4 stems, not 6"),
        ("demucs", SeparationChoice(stems=6), "The model htdemucs gives 4 stems, not 6"),
        ("center", SeparationChoice(stems=4), "The model center gives 2 stems, not 4"),
    ],
)
def test_what_a_model_cannot_do_is_refused(name: str, choice: SeparationChoice, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        registry.check_choice(name, choice)


def test_the_registry_imports_nothing_heavy() -> None:
    heavy = "{'av', 'torch', 'openvino', 'safetensors', 'scipy', 'soxr'}"
    code = f"import sys, music_separator.engines.registry; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
