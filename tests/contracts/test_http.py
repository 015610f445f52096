"""What is promised of every route and every error, found by walking the application and the tree of errors."""

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.routing import APIRoute

from music_separator.bootstrap import direct_service
from music_separator.config import Settings
from music_separator.domain.errors import Cancelled, MusicSeparatorError, every_kind
from music_separator.server import routes
from music_separator.server.app import create_app
from music_separator.server.errors import status_of
from music_separator.server.meanings import MEANINGS
from music_separator.server.schemas import ErrorBody, ProgressEventBody
from music_separator.worker_start import make_supervisor
from tests.contracts.stocked import described

ROUTES = [
    route
    for module in pkgutil.iter_modules(routes.__path__, f"{routes.__name__}.")
    for route in importlib.import_module(module.name).router.routes
    if isinstance(route, APIRoute)
]
SHOWN = [route for route in ROUTES if route.include_in_schema]
HIDDEN = {"/", "/health/health", "/health/status"}
"""Other addresses of a described route."""
NEVER_ANSWERED = {MusicSeparatorError, Cancelled}
OURS = {kind for kind in every_kind() if kind.__module__.startswith("music_separator.")}
WITHOUT_EXAMPLE = {416}
"""Not of the domain: a range."""
PROMISED_STATUSES = {400, 401, 403, 404, 409, 413, 415, 422, 429, 503, 507}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("described"))
    with (
        closing(make_supervisor(settings)) as workers,
        direct_service(settings, [], workers, stem_format="flac") as service,
    ):
        return asyncio.run(described(create_app(service, settings)))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_is_described(document: dict[str, Any]):
    routes = {f"{method} {route.path}" for route in SHOWN for method in route.methods}
    assert {name for name, _ in _operations(document)} == routes
    assert {route.path for route in ROUTES if not route.include_in_schema} == HIDDEN


def test_every_operation_has_a_name_of_its_own_and_a_sentence(document: dict[str, Any]):
    operations = dict(_operations(document))
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    assert all(operation["description"].rstrip().endswith(".") for operation in operations.values())


def test_every_operation_is_summed_up_under_a_described_tag(document: dict[str, Any]):
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in _operations(document):
        assert set(operation["tags"]) <= tags, name
        assert operation["description"].startswith(operation["summary"]), name
        assert 8 < len(operation["summary"]) < 120, name


def test_every_parameter_and_form_field_is_described(document: dict[str, Any]):
    for name, operation in _operations(document):
        bodies = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {})
        fields = bodies.get("schema", {}).get("properties", {}).values()
        assert all(part["description"].endswith(".") for part in (*operation.get("parameters", ()), *fields)), name


def test_every_key_of_every_body_is_described_and_examples_fit(document: dict[str, Any]):
    for body, schema in document["components"]["schemas"].items():
        for name, found in schema.get("properties", {}).items():
            assert found["description"].endswith("."), (body, name)
            whole = {**found, "components": document["components"]}
            for example in found.get("examples", ()):
                jsonschema.Draft202012Validator(whole).validate(example)


def test_every_meaning_is_of_a_key_that_there_is(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    keys = {f"{body}.{name}" for body, schema in schemas.items() for name in schema.get("properties", {})}
    names = {key.partition(".")[2] for key in keys}
    assert {meant for meant in MEANINGS if meant not in keys | names} == set()


def test_every_error_answer_has_an_example_and_its_codes(document: dict[str, Any]):
    for name, operation in _operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400 and int(status) not in WITHOUT_EXAMPLE:
                example = response["content"]["application/json"]["example"]
                assert f"`{example['code']}`" in response["description"], (name, status)


def test_every_error_that_is_described_has_the_one_body(document: dict[str, Any]):
    for name, operation in _operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}, (name, status)
    assert set(ErrorBody.model_fields) == {"error", "code", "request_id"}


def test_the_event_is_described_as_a_webhook(document: dict[str, Any]):
    body = document["webhooks"]["processing_progress"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/ProgressEventBody"}
    described = document["components"]["schemas"]["ProgressEventBody"]
    assert set(described["required"]) == set(ProgressEventBody.model_fields)


def test_description_refers_to_nothing_that_is_not_there(document: dict[str, Any]):
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    def references(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            yield from (value for key, value in part.items() if key == "$ref")
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    used = set(references(document))
    assert used <= schemas
    assert schemas == used


@pytest.mark.parametrize("kind", sorted(OURS - NEVER_ANSWERED, key=lambda kind: kind.__name__))
def test_every_error_has_a_status_that_is_promised(kind: type[MusicSeparatorError]):
    assert status_of(kind.__new__(kind)) in PROMISED_STATUSES


def test_no_answer_names_a_path_of_this_machine(document: dict[str, Any]):
    assert str(Path(__file__).parents[2]) not in str(document)
