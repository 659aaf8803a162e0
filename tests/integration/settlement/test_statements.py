"""The journal and statements on an engine: once, whatever is repeated, reordered or cut off."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.aws import transact
from chalicelib.aws.worker import AlreadyHandled
from chalicelib.contexts.settlement import service, store
from chalicelib.contexts.settlement.model import NoSuchStatement, totals_of
from chalicelib.contexts.settlement.workers import HANDLERS
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind
from chalicelib.kernel.errors import Forbidden
from tests.makers import rows
from tests.makers.money_facts import (
    a_capture,
    a_completion,
    a_paid_order,
    a_paid_purchase,
    a_refund_outcome,
    a_refund_request,
)

COMMITS_OF_A_CLOSING = 3
MERCHANT = Actor(ActorKind.MERCHANT, "key_1", merchant_id="mer_1")
OTHER = Actor(ActorKind.MERCHANT, "key_2", merchant_id="mer_2")


def tell(*facts: object) -> None:
    for fact in facts:
        try:
            HANDLERS[type(fact)](fact)
        except AlreadyHandled:
            continue


def ledger(actor: Actor = MERCHANT, **kwargs: object) -> list:
    options = {"since": "", "until": "", "limit": 100, "cursor": ""} | kwargs
    return service.ledger(actor, **options).items


def crashing(monkeypatch, crash_at: int, *, applied: bool) -> list[int]:
    """Let the n-th commit die, before it or with its answer lost. Returns the commits made."""
    made: list[int] = []
    commit = transact.commit

    def crash(writes) -> None:
        made.append(len(writes))
        dies = len(made) == crash_at + 1
        if not dies or applied:
            commit(writes)
        if dies:
            raise KeyboardInterrupt

    monkeypatch.setattr(transact, "commit", crash)
    return made


def story() -> list:
    order, other = a_paid_order(1), a_paid_order(2)
    request = a_refund_request(order)
    return [
        a_paid_purchase(order, other),
        a_capture(700, applied=False),
        request,
        a_refund_outcome(request, succeeded=True),
        a_completion(order),
    ]


@pytest.mark.usefixtures("stage")
class TestJournal:
    def test_a_repeated_fact_posts_once(self) -> None:
        paid = a_paid_purchase()
        tell(paid, paid)
        assert len(ledger()) == 4
        assert sum(store.balances("mer_1").values()) == 0
        assert store.balances("mer_1")["merchant_payable", "GBP"] == -900

    def test_a_merchant_sees_only_its_own(self) -> None:
        tell(*story())
        assert {posting.order_id[-1] for posting in ledger(OTHER)} == {"2"}
        assert {posting.order_id[-1] for posting in ledger(MERCHANT)} == {"1"}

    def test_a_time_range_cuts_the_ledger(self) -> None:
        tell(*story())
        assert ledger(since="2026-03-03") == []
        assert ledger(until="2026-03-02") == []
        assert len(ledger(since="2026-03-02", until="2026-03-03")) == len(ledger())

    def test_pages_cover_the_ledger_once(self) -> None:
        tell(*story())
        seen, cursor = [], ""
        while cursor is not None:
            page = service.ledger(MERCHANT, since="", until="", limit=2, cursor=cursor)
            seen += [posting.id for posting in page.items]
            cursor = page.next_cursor
        assert seen == [posting.id for posting in ledger()]

    @settings(max_examples=25)
    @given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=6))
    def test_any_order_and_any_repetition_end_the_same(self, order, repeated) -> None:
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.dynamodb import dynamodb_backends

        facts = story()
        for table in dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables.values():
            table.items.clear()
        tell(*(facts[n] for n in [*order, *repeated]))
        assert {key[0]: value for key, value in store.balances("mer_1").items() if value} == {
            "provider_clearing": 1300 - 500,
            "merchant_payable": -900 + 450,
            "commission": -100 + 50,
            "shipping": -300,
        }
        assert sum(posting.amount.amount for posting in ledger()) == 0
        assert len({posting.id for posting in ledger()}) == len(ledger())


@pytest.mark.usefixtures("stage")
class TestStatements:
    def test_holds_every_open_entry_of_completed_orders(self) -> None:
        tell(*story())
        [closed] = service.close_statements(SYSTEM)
        assert (closed.merchant_id, closed.entries, closed.owed.amount) == ("mer_1", 3, 1200 - 450)
        lines = service.statement_lines(closed)
        assert {line.id for line in lines} == {posting.id for posting in ledger()}
        assert closed.totals == {
            account.value: amount
            for account, amount in totals_of(row.entry for row in store.lines(closed.id)).items()
        }

    def test_closing_again_finds_nothing(self) -> None:
        tell(*story())
        service.close_statements(SYSTEM)
        assert service.close_statements(SYSTEM) == []

    def test_a_refund_after_the_statement_is_in_the_next(self) -> None:
        order = a_paid_order(1)
        tell(a_paid_purchase(order), a_completion(order))
        [first] = service.close_statements(SYSTEM)
        tell(a_refund_request(order))
        [second] = service.close_statements(SYSTEM)
        assert (first.number, second.number) == (1, 2)
        assert (second.entries, second.owed.amount) == (1, -450)

    @pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("crash_at", range(COMMITS_OF_A_CLOSING))
    def test_every_crash_point_of_a_closing_heals(self, monkeypatch, crash_at, applied) -> None:
        tell(*story())
        made = crashing(monkeypatch, crash_at, applied=applied)
        with pytest.raises(KeyboardInterrupt):
            service.close_statements(SYSTEM)
        service.close_statements(SYSTEM)
        page = service.statements(MERCHANT, limit=10, cursor="")
        assert [one.entries for one in page.items] == [3]
        assert len(made) > crash_at

    def test_a_closing_has_as_many_commits_as_crash_points(self, monkeypatch) -> None:
        tell(*story())
        made = crashing(monkeypatch, -1, applied=False)
        service.close_statements(SYSTEM)
        assert len(made) == COMMITS_OF_A_CLOSING

    def test_one_that_grows_while_it_is_closed_tells_all_of_it(self, monkeypatch) -> None:
        order, commit = a_paid_order(1), transact.commit
        tell(a_paid_purchase(order), a_completion(order))
        made: list[int] = []

        def grow() -> None:
            """Another closing moves one more entry and dies before it closes."""
            tell(a_refund_request(order))
            crashing(monkeypatch, 1, applied=False)
            with pytest.raises(KeyboardInterrupt):
                service.close_statements(SYSTEM)
            monkeypatch.setattr(transact, "commit", commit)

        def slow(writes) -> None:
            made.append(len(writes))
            if len(made) == COMMITS_OF_A_CLOSING:
                monkeypatch.setattr(transact, "commit", commit)
                grow()
            commit(writes)

        monkeypatch.setattr(transact, "commit", slow)
        [closed] = service.close_statements(SYSTEM)
        [fact] = [json.loads(one) for one in rows.facts("settlement.StatementClosed")]
        assert fact["entries"] == closed.entries == 2
        assert fact["owed"]["amount"] == closed.owed.amount

    def test_a_statement_is_its_merchant_s_alone(self) -> None:
        tell(*story())
        [closed] = service.close_statements(SYSTEM)
        assert service.statement(MERCHANT, closed.id) == closed
        with pytest.raises(NoSuchStatement):
            service.statement(OTHER, closed.id)

    def test_merchants_do_not_close_statements(self) -> None:
        with pytest.raises(Forbidden):
            service.close_statements(MERCHANT)
