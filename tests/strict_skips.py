"""A pytest plugin: with `MUSIC_SEPARATOR_TEST_STRICT=1` a skip is a failure, but for reasons of a complete machine.

A laptop without Chromium skips the browser tests and says how to enable them; CI has everything, so a skip there is a
hole in the proof.
"""

import os
from collections.abc import Generator

import pytest

VARIABLE = "MUSIC_SEPARATOR_TEST_STRICT"
ALLOWED_REASONS = (
    "real songs not here",
    "the measured songs are not here",
    "order document not here",
    "extras not installed",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped where nothing may be missing."""
    report = yield
    if not hasattr(report, "wasxfail"):
        forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that was skipped as a whole where nothing may be missing."""
    report = yield
    forbid_skip(report)
    return report


def forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure, in strict mode and for every reason that is not allowed."""
    if os.environ.get(VARIABLE) != "1" or not report.skipped or not isinstance(report.longrepr, tuple):
        return
    reason = report.longrepr[2].removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED_REASONS):
        report.outcome = "failed"
        report.longrepr = f"skipped, which {VARIABLE}=1 forbids: {reason}"
