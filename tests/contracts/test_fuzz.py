"""The short form of fuzz.py: no answer that is not described, none of the server's own making (5xx)."""

from pathlib import Path

from tests.contracts.fuzz import fuzz
from tests.contracts.stocked import stocked_server

EXAMPLES = 30
LIMIT_S = 80
"""It takes 15 s where nothing else runs."""
MANY = 500
"""Fewer cases mean that the generator did not run as it should."""


def test_every_answer_is_described(tmp_path: Path):
    with stocked_server(tmp_path) as stocked:
        outcome = fuzz(stocked, examples=EXAMPLES, seed=1, limit_s=LIMIT_S)
    assert not outcome.findings, outcome.report()
    assert outcome.cases.total() > MANY, outcome.report()
    assert {200, 202, 400, 404, 405, 409, 422} <= set(outcome.statuses), outcome.report()
