"""The described event: the JSON schema is whole, and every recorded event keeps to it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from music_separator.server.demo import RECORDINGS, SHOWN
from tests.listening import EVENT_KEYS, assert_whole, is_last

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "processing_progress.schema.json"


def recorded(name: str) -> list[dict[str, Any]]:
    lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def wrong_events() -> Iterator[dict[str, Any]]:
    right = recorded("complete")[0]
    yield {key: value for key, value in right.items() if key != "seq"}
    for key, value in {"progress": 101, "stage": "mixing", "seq": 0, "error": 5}.items():
        yield {**right, key: value}


def test_schema_names_every_key_of_the_contract():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == set(schema["required"]) == set(EVENT_KEYS)


@pytest.mark.parametrize("name", SHOWN)
def test_recorded_events_keep_to_the_schema(name: str):
    log = recorded(name)
    check = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for event in log:
        check.validate(event)
    assert_whole(log)
    assert is_last(log[-1])


@pytest.mark.parametrize("event", list(wrong_events()))
def test_schema_refuses_what_is_no_event(event: dict[str, Any]):
    check = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert not check.is_valid(event)


def test_recordings_tell_of_success_failure_and_cancel():
    ends = {name: [event["status"] for event in recorded(name) if is_last(event)] for name in SHOWN}
    assert ends == {"complete": ["done"], "failed-then-retried": ["failed", "done"], "cancelled": ["cancelled"]}
