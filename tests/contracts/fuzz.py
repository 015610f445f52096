"""Ask the server everything that its OpenAPI description allows, and much that it does not: schemathesis over ASGI.

The long form:  python -m tests.contracts.fuzz --examples 500 [--seed 7] [--limit-s 3600]
Prints the cases of each operation and every finding; ends with 1 where there was one. The suite runs a short form.
"""

import argparse
import copy
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.contracts.stocked import Stocked, stocked_server

HOST = "localhost"
NAMES = ("vocals", "no_vocals", "instrumental", "mixture", "vocals.flac", "vocals.mp3", "lyrics")
ODD = (
    "\x00",
    "a\x00b",
    "..",
    "%2e%2e%2f",
    "'",
    "\ud7ff\ufffe",
    "😀",
    "ﷺ",
    "9" * 400,
    "é" * 300,
    "\r\nX-Odd: 1",
    "null",
)
"""Strings that programs have stumbled over."""
RANGES = (
    "bytes=0-9",
    "bytes=-5",
    "bytes=5-",
    "bytes=9-1",
    "bytes=99999999999999999999-",
    "bytes=0-1,3-4",
    "lines=1",
    "=",
)
SHOWN = 1500
"""Characters of a finding in the report: an uploaded song would fill the screen."""
UNCHECKED = {"positive_data_acceptance"}
"""What fits the description can still be refused: a song that is no sound, an id that nobody has."""

FORMS = ["upload", "upload_model"]
"""In a form all is text: what the generator takes for a wrong type arrives as a right text."""


@dataclass
class Outcome:
    """What a run has shown."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)
    """What is wrong, and a request that shows it."""
    seconds: float = 0.0

    def report(self) -> str:
        """Write it for people."""
        rows = [f"{count:6} {name}" for name, count in sorted(self.cases.items())]
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        rows.append(f"{self.cases.total()} cases in {self.seconds:.0f} s; {statuses}; {len(self.findings)} findings")
        shown = [f"{found}\n  {request!a}"[:SHOWN] for found, request in self.findings.items()]
        return "\n".join([*rows, *shown])


def fuzz(stocked: Stocked, *, examples: int, seed: int, limit_s: int) -> Outcome:
    """Run all phases: bounds and wrong values of every parameter, generated ones, and sequences of requests.

    ``limit_s`` ends a run on a slow machine early.
    """
    schemathesis.openapi.format("binary", st.one_of(st.just(stocked.song), st.binary(max_size=200)))
    schema = schemathesis.openapi.from_dict(_led(stocked), config=_config(examples, seed, stocked.token))
    schema.app = stocked.app
    outcome, begun = Outcome(), time.monotonic()
    stream = from_schema(schema).execute()
    for event in stream:
        outcome.seconds = time.monotonic() - begun
        if outcome.seconds > limit_s:
            stream.stop()
        if isinstance(event, events.ScenarioFinished):
            _note(outcome, event)
        elif isinstance(event, events.NonFatalError):
            outcome.findings[f"{event.label}: {event.value!r}"] = ""
        elif isinstance(event, events.FatalError):
            raise event.exception
    return outcome


def _config(examples: int, seed: int, token: str) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": f"http://{HOST}",
            "headers": {"Host": HOST, "Authorization": f"Bearer {token}"},
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "checks": {name: {"enabled": False} for name in UNCHECKED},
            "operations": [{"include-operation-id": FORMS, "checks": {"negative_data_rejection": {"enabled": False}}}],
        }
    )


def _led(stocked: Stocked) -> dict[str, Any]:
    """Lead the generator to songs and results that are there, and to odd strings: chance alone would find neither."""
    led = copy.deepcopy(stocked.document)
    known = {
        "file_id": (*stocked.file_ids.values(), *ODD),
        "name": (*NAMES, *ODD),
        "Range": RANGES,
        "If-None-Match": ("*", '"x"', 'W/"x", "y"'),
    }
    for path in led["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in known and parameter["in"] != "query":
                    anything = {"type": "string"} | ({"minLength": 1} if parameter["in"] == "path" else {})
                    parameter["schema"] = {"anyOf": [{"enum": list(known[parameter["name"]])}, anything]}
    return led


def _note(outcome: Outcome, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    outcome.cases[f"{event.phase.value:<9} {event.label}"] += len(recorder.cases)
    answers = [interaction.response for interaction in recorder.interactions.values()]
    outcome.statuses.update(answer.status_code for answer in answers if answer is not None)
    for check in (check for checks in recorder.checks.values() for check in checks):
        if check.failure_info is not None:
            failed = check.failure_info
            found = f"{event.label}: {check.name}: {failed.failure.title}\n  {failed.failure.message}"
            outcome.findings.setdefault(found, failed.code_sample)


def main() -> int:
    """Run the long form; 1 where something was found."""
    parser = argparse.ArgumentParser(description="Fuzz the HTTP API.")
    parser.add_argument("--examples", type=int, default=500, help="generated requests for each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-s", type=int, default=3600, help="seconds after which it ends where it is")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, stocked_server(Path(folder)) as stocked:
        outcome = fuzz(stocked, examples=wanted.examples, seed=wanted.seed, limit_s=wanted.limit_s)
    print(outcome.report())  # noqa: T201
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
