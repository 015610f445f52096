"""What an operator measures, in a registry of its own for Prometheus.

What the store knows is read when somebody asks; only what passes by (requests, events, finished stages) is counted
here, from the start of this process. Labels are closed sets: templates of routes, never addresses or ids.
"""

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from music_separator.domain.errors import UnknownTrack
from music_separator.domain.job import JobStatus
from music_separator.domain.progress import READY, WORK_STAGES, ProgressEvent, StageName, StageStatus
from music_separator.service import Service

STAGE_BUCKETS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
PACE_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds of work per second of audio; ``center`` has about 0.1 on two cores."""
ENDS = (StageStatus.DONE, StageStatus.FAILED, StageStatus.CANCELLED)


class Metrics:
    """Everything that ``GET /metrics`` shows of one server."""

    def __init__(self, service: Service, sockets: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        registry.register(StateCollector(service, sockets))
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "music_separator_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self.latency = Histogram(
            "music_separator_http_request_seconds", "Time until an answer was sent.", ("route",), registry=registry
        )
        self.received = Counter(
            "music_separator_http_received_bytes",
            "Bytes of bodies, uploads above all.",
            ("route",),
            registry=registry,
        )
        self._stages = _StageTimes(service, registry)

    @contextmanager
    def listening(self, service: Service) -> Iterator[None]:
        """Count what the log commits while the block runs."""
        stop = service.log.listen(self._stages.hear)
        try:
            yield
        finally:
            stop()


class _StageTimes:
    """Times the stages by their events: from the start of real work to results on disk.

    A stage whose result was there already has no event between the two, and is not timed. ``hear`` is called by one
    thread at a time.
    """

    def __init__(self, service: Service, registry: CollectorRegistry) -> None:
        self._service = service
        self._begun: dict[tuple[str, StageName], float] = {}
        self._worked: set[tuple[str, StageName]] = set()
        self._events = Counter("music_separator_events", "Progress events written.", registry=registry)
        self._ended = Counter("music_separator_stages", "Stages ended.", ("stage", "status"), registry=registry)
        self._seconds = Histogram(
            "music_separator_stage_seconds",
            "Work on a stage that was done.",
            ("stage",),
            buckets=STAGE_BUCKETS_S,
            registry=registry,
        )
        self._pace = Histogram(
            "music_separator_stage_seconds_per_audio_second",
            "Seconds of work on a stage per second of audio.",
            ("stage",),
            buckets=PACE_BUCKETS,
            registry=registry,
        )

    def hear(self, event: ProgressEvent) -> None:
        """Count one event."""
        self._events.inc()
        if event.stage not in WORK_STAGES:
            return
        key = (event.file_id, event.stage)
        if event.status in ENDS:
            self._end(key, event.status)
        elif event.progress == READY:
            self._begun.setdefault(key, time.monotonic())
        elif event.progress > READY:
            self._worked.add(key)

    def _end(self, key: tuple[str, StageName], status: StageStatus) -> None:
        file_id, stage = key
        self._ended.labels(stage, status).inc()
        begun_at, has_worked = self._begun.pop(key, None), key in self._worked
        self._worked.discard(key)
        if status is not StageStatus.DONE or begun_at is None or not has_worked:
            return
        took_s = time.monotonic() - begun_at
        self._seconds.labels(stage).observe(took_s)
        duration_s = self._duration_s(file_id)
        if duration_s:
            self._pace.labels(stage).observe(took_s / duration_s)

    def _duration_s(self, file_id: str) -> float | None:
        try:
            return self._service.jobs.track(file_id).duration_s
        except UnknownTrack:
            return None


class StateCollector(Collector):
    """What is so at the moment of asking."""

    def __init__(self, service: Service, sockets: Callable[[], int]) -> None:
        self._service, self._sockets = service, sockets

    def collect(self) -> Iterator[Metric]:
        """Read the store, the disk and the workers."""
        counts = self._service.jobs.count_by_status()
        jobs = GaugeMetricFamily("music_separator_jobs", "Jobs by status.", labels=["status"])
        for status, count in counts.items():
            jobs.add_metric([status], count)
        yield jobs
        yield _gauge("queue_length", "Jobs that wait for their turn.", counts[JobStatus.QUEUED])
        yield _gauge("disk_free_bytes", "Free space where the data lies.", self._service.files.free_bytes())
        yield _gauge("sockets_connected", "Socket.IO clients.", self._sockets())
        workers = self._service.workers.counts()
        yield CounterMetricFamily("music_separator_workers_started", "Workers started.", value=workers.started)
        lost = CounterMetricFamily(
            "music_separator_workers_lost", "Workers that died or hung, and were replaced.", labels=["reason"]
        )
        for reason, count in workers.lost.items():
            lost.add_metric([reason], count)
        yield lost
        build = GaugeMetricFamily("music_separator_build_info", "Always 1.", labels=["version", "python", "system"])
        build.add_metric([version("ai-music-separator"), platform.python_version(), platform.system()], 1)
        yield build

    def describe(self) -> Iterator[Metric]:
        """Describe nothing beforehand, so that making the registry asks nobody."""
        return iter(())


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"music_separator_{name}", about, value=value)
