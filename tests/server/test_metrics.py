"""``GET /metrics``: what it tells, and that nothing in it grows with what people send."""

import asyncio
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from music_separator.config import Settings
from music_separator.domain.job import JobStatus
from music_separator.domain.progress import WORK_STAGES
from music_separator.server.app import create_app
from tests.house import house_in
from tests.listening import listening
from tests.running import Server, events, upload, wait_for, wait_until_over
from tests.songs import LRC, write_song

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """Read the text format: (name, sorted labels) to value."""
    return {
        (sample.name.removeprefix("music_separator_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def scrape(server: Server) -> Samples:
    return samples(httpx.get(f"{server.url}/metrics").text)


def test_answer_is_the_text_format_and_says_what_runs(client: httpx.Client):
    answer = client.get("/metrics")
    found = samples(answer.text)
    (build,) = [dict(labels) for name, labels in found if name == "build_info"]
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert set(build) == {"version", "python", "system"}
    assert value(found, "disk_free_bytes") > 0
    assert {dict(labels)["status"] for name, labels in found if name == "jobs"} == set(JobStatus)


def test_a_song_leaves_its_mark_on_jobs_stages_events_and_bytes(shared: Server, tmp_path: Path):
    before = scrape(shared)
    song = write_song(tmp_path / "song.wav", seconds=10.0, seed=610)
    file_id = upload(shared, song, lyrics=LRC)["file_id"]
    wait_until_over(shared, file_id)
    after = scrape(shared)

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("jobs", status="done") == 1
    assert grown("events_total") >= len(events(shared, file_id))
    assert grown("http_received_bytes_total", route="/upload") > song.stat().st_size
    assert grown("http_requests_total", method="POST", route="/upload", status="202") == 1
    assert value(after, "workers_started_total") >= 1
    for stage in WORK_STAGES:
        assert grown("stages_total", stage=stage, status="done") == 1
    assert grown("stage_seconds_count", stage="separation") == 1
    took_s = grown("stage_seconds_sum", stage="separation")
    assert grown("stage_seconds_per_audio_second_sum", stage="separation") == pytest.approx(took_s / 10, rel=0.01)


def test_requests_are_counted_by_the_template_of_their_route(shared: Server, finished: str):
    before = scrape(shared)
    for path in (f"/jobs/{finished}", "/jobs/nobody", "/no/such/page", "/no/such/page/either"):
        httpx.get(f"{shared.url}{path}")
    httpx.request("BREW", f"{shared.url}/coffee")
    httpx.get(f"{shared.url}/health", headers={"Host": "elsewhere.example"})
    text = httpx.get(f"{shared.url}/metrics").text
    after = samples(text)

    def grown(**labels: str) -> float:
        return value(after, "http_requests_total", **labels) - value(before, "http_requests_total", **labels)

    assert grown(method="GET", route="/jobs/{file_id}", status="200") == 1
    assert grown(method="GET", route="/jobs/{file_id}", status="404") == 1
    assert grown(method="GET", route="other", status="404") == 2
    assert grown(method="other", route="other", status="404") == 1
    assert grown(method="GET", route="other", status="400") == 1  # a foreign host comes as far as the edge
    latencies = [value(each, "http_request_seconds_count", route="/jobs/{file_id}") for each in (before, after)]
    assert latencies[1] - latencies[0] == 2
    assert finished not in text
    assert "coffee" not in text


def test_connected_clients_are_counted(shared: Server):
    with listening(shared.url):
        assert value(scrape(shared), "sockets_connected") >= 1
    wait_for(lambda: value(scrape(shared), "sockets_connected") == 0, what="the end of the connection")


def test_two_servers_in_one_process_count_for_themselves(tmp_path: Path):
    with house_in(tmp_path) as house:
        first, second = (create_app(house.service, Settings(data_dir=tmp_path)) for _ in range(2))

        async def ask() -> Samples:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(first), base_url="http://localhost") as client:
                await client.get("/health")
            async with httpx.AsyncClient(transport=httpx.ASGITransport(second), base_url="http://localhost") as client:
                return samples((await client.get("/metrics")).text)

        found = asyncio.run(ask())
    assert not [labels for name, labels in found if name == "http_requests_total"]
    assert value(found, "workers_lost_total", reason="SIGKILL") == 1
