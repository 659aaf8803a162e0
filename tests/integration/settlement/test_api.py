"""A merchant's money over HTTP: its ledger and statements, as JSON and as a file."""

import csv
import io

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.settlement import service
from chalicelib.kernel.actors import SYSTEM
from tests.integration.settlement.test_statements import tell
from tests.makers.http import Http
from tests.makers.money_facts import a_completion, a_paid_order, a_paid_purchase, a_refund_request


@pytest.fixture
def key(stage) -> dict[str, str]:
    """The key of merchant 1, whose order was paid, completed and partly refunded."""
    order = a_paid_order(1)
    tell(a_paid_purchase(order, a_paid_order(2)), a_completion(order), a_refund_request(order))
    _, token = identity.make_api_key(SYSTEM, "mer_1", "tests")
    return {"authorization": f"Bearer {token}"}


def test_the_ledger_balances(key) -> None:
    answer = Http().get("/api/v1/merchant/ledger?limit=100", **key).json()
    assert sum(one["amount"]["amount"] for one in answer["items"]) == 0
    assert {one["account"] for one in answer["items"]} == {
        "provider_clearing",
        "merchant_payable",
        "commission",
        "shipping",
        "refunds",
    }
    assert answer["next_cursor"] is None


@pytest.mark.parametrize("query", ["from=yesterday", "limit=0", "limit=101", "cursor=x", "page=2"])
def test_refuses_what_it_cannot_read(key, query: str) -> None:
    reply = Http().get(f"/api/v1/merchant/ledger?{query}", **key)
    assert reply.status == 400


def test_nobody_sees_a_ledger_without_a_key(key) -> None:
    assert Http().get("/api/v1/merchant/ledger").status == 401
    assert Http().get("/api/v1/merchant/statements", authorization="Bearer key_x").status == 401


def test_a_statement_can_be_read_and_taken_away(key) -> None:
    service.close_statements(SYSTEM)
    [card] = Http().get("/api/v1/merchant/statements", **key).json()["items"]
    assert card["owed"] == {"amount": 750, "currency": "GBP"}
    path = f"/api/v1/merchant/statements/{card['id']}"
    whole = Http().get(path, **key).json()
    assert len(whole["lines"]) == 7
    file = Http().get(path, **key, accept="text/csv")
    assert file.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert sum(int(row["amount_minor"]) for row in rows) == 0
    assert [row["id"] for row in rows] == [line["id"] for line in whole["lines"]]


def test_another_s_statement_is_not_there(key) -> None:
    service.close_statements(SYSTEM)
    [card] = Http().get("/api/v1/merchant/statements", **key).json()["items"]
    _, token = identity.make_api_key(SYSTEM, "mer_2", "tests")
    path = f"/api/v1/merchant/statements/{card['id']}"
    reply = Http().get(path, authorization=f"Bearer {token}")
    assert (reply.status, reply.json()["code"]) == (404, "settlement.no_such_statement")
