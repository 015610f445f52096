"""Checks answers against the server's own OpenAPI description."""

import re
from typing import Any

import httpx


class Description:
    """An OpenAPI document, asked about single answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = [(_pattern(path), operations) for path, operations in document["paths"].items()]

    def check(self, response: httpx.Response) -> None:
        """Assert that an answer's status is described; paths that are no route are nobody's to describe."""
        method, path = response.request.method.lower(), response.request.url.path
        operation = next(
            (found[method] for pattern, found in self._paths if pattern.match(path) and method in found), None
        )
        if operation is not None:
            assert str(response.status_code) in operation["responses"], f"{method} {path}: {response.status_code}"


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")) + "$")
