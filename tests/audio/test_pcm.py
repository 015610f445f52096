from pathlib import Path

import numpy as np
import pytest

from music_separator.audio.pcm import PcmReader, PcmWriter
from tests.audio.files import tone


def test_what_is_written_is_read_by_range(tmp_path: Path) -> None:
    samples = tone(seconds=0.1)
    with PcmWriter(tmp_path / "a.pcm") as writer:
        writer.write(samples[:, :1000])
        writer.write(samples[:, 1000:])
        assert writer.samples == samples.shape[1]
    with PcmReader(tmp_path / "a.pcm") as reader:
        assert reader.samples == samples.shape[1]
        np.testing.assert_array_equal(reader.read(990, 1010), samples[:, 990:1010])


def test_outside_the_file_is_silence(tmp_path: Path) -> None:
    with PcmWriter(tmp_path / "a.pcm") as writer:
        writer.write(np.ones((2, 4), np.float32))
    with PcmReader(tmp_path / "a.pcm") as reader:
        np.testing.assert_array_equal(reader.read(-2, 6)[0], [0, 0, 1, 1, 1, 1, 0, 0])
        assert reader.read(10, 12).tolist() == [[0, 0], [0, 0]]
        with pytest.raises(ValueError, match="backwards"):
            reader.read(5, 4)


def test_appending_goes_on_where_the_file_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.pcm"
    for value in (1, 2):
        with PcmWriter(path, append=True) as writer:
            writer.write(np.full((2, 3), value, np.float32))
    with PcmReader(path) as reader:
        assert reader.read(0, 6)[1].tolist() == [1, 1, 1, 2, 2, 2]


def test_a_file_of_half_a_sample_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(b"123")
    with pytest.raises(ValueError, match="whole number"):
        PcmReader(tmp_path / "a.pcm")


def test_a_file_that_shrinks_while_read_is_an_error_and_no_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.pcm"
    with PcmWriter(path) as writer:
        writer.write(np.ones((2, 100), np.float32))
    with PcmReader(path) as reader:
        path.write_bytes(b"")
        with pytest.raises(OSError, match="shorter"):
            reader.read(0, 100)


def test_a_wrong_shape_is_refused(tmp_path: Path) -> None:
    with PcmWriter(tmp_path / "a.pcm") as writer, pytest.raises(ValueError, match="got"):
        writer.write(np.ones((1, 100), np.float32))
