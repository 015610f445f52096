"""Recognition by Gemma 3n as a worker does it: refused with what to do, fetched with a token, heard by a tiny one."""

import json
from pathlib import Path
from typing import Any

import pytest

from music_separator.domain.errors import NoTranscriber, OutOfMemory
from music_separator.engines.transcription import gemma, gemma_memory
from music_separator.pipeline.tasks import output_dir
from tests.engines.hub import running_hub
from tests.extras import needs_gemma
from tests.pipeline.test_recognition import SUNG, run, task
from tests.pipeline.test_stages import Listener
from tests.sung import write_stem

REPOSITORY = "google/gemma-3n-E2B-it"
TOKEN = "hf_nobody"


@pytest.fixture(scope="module")
def stem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stem(tmp_path_factory.mktemp("stem") / "vocals.flac", SUNG, seconds=20.0)


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with the extra and with memory for every size."""
    monkeypatch.setattr(gemma, "find_spec", lambda _name: object())
    monkeypatch.setattr(gemma_memory, "free_bytes", lambda _device: 64 * 10**9)
    return monkeypatch


def run_gemma(folder: Path, stem: Path, listener: Listener | None = None, **values: Any) -> dict[str, Any]:
    asked = task(folder / "work", stem, folder, transcriber="gemma-3n-e2b", device="cpu", **values)
    return run(asked, listener)


def test_without_memory_the_documented_sentence_comes_before_any_byte(
    tmp_path: Path, stem: Path, able: pytest.MonkeyPatch
) -> None:
    able.setattr(gemma_memory, "free_bytes", lambda _device: 4 * 10**9)
    with running_hub({}, repository=REPOSITORY) as hub:
        with pytest.raises(
            OutOfMemory, match=r"^Model loading failed: out of memory\. Gemma 3n E2B needs about 12\.9 GB"
        ):
            run_gemma(tmp_path, stem, offline=False, hub_url=hub.url)
        assert hub.asked == []


@pytest.mark.parametrize(("token", "said"), [(None, "no token is set"), ("hf_other", "is not enough")])
def test_a_licence_that_is_not_accepted_is_explained(
    tmp_path: Path, stem: Path, able: pytest.MonkeyPatch, token: str | None, said: str
) -> None:
    offered = running_hub({"config.json": b"{}"}, repository=REPOSITORY, token=TOKEN)
    with offered as hub, pytest.raises(NoTranscriber, match=said) as raised:
        run_gemma(tmp_path, stem, offline=False, hub_url=hub.url, hub_token=token)
    text = str(raised.value)
    assert f"accept it at {hub.url}/{REPOSITORY}, make a token there and set MUSIC_SEPARATOR_HUB_TOKEN" in text
    assert "hf_" not in text


def test_offline_without_weights_it_says_where_they_belong(
    tmp_path: Path, stem: Path, able: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoTranscriber, match="the weights gemma-3n-e2b are not on this machine"):
        run_gemma(tmp_path, stem)


@needs_gemma
def test_a_song_is_fetched_for_heard_and_written_down(tmp_path: Path, stem: Path) -> None:
    from tests.engines.transcription.tiny_gemma import SUNG_LINES, write_tiny_gemma

    made = write_tiny_gemma(tmp_path / "made")
    offered = {path.name: path.read_bytes() for path in made.iterdir()}
    listener = Listener()
    with pytest.MonkeyPatch.context() as patch, running_hub(offered, repository=REPOSITORY, token=TOKEN) as hub:
        patch.setattr(gemma_memory, "free_bytes", lambda _device: 64 * 10**9)
        result = run_gemma(tmp_path, stem, listener, offline=False, hub_url=hub.url, hub_token=TOKEN)
    out = output_dir(str(tmp_path / "work"))
    assert (out / "lyrics.txt").read_text(encoding="utf-8").splitlines() == [*SUNG_LINES] * 2
    transcript = json.loads((out / "transcript.json").read_text(encoding="utf-8"))
    assert (transcript["engine"], transcript["language"]) == ("gemma-3n-e2b", None)
    assert [segment["words"] for segment in transcript["segments"]] == [[]] * 4
    assert (result["facts"]["source"], result["facts"]["language"]) == ("gemma-3n-e2b", "")
    assert [report["chunk"] for report in listener.reports if report["detail"] == "transcribing"] == [0, 1]
    assert any("Downloading Gemma 3n E2B (Gemma Terms of Use)" in report["message"] for report in listener.reports)
