"""Transactions and reads against an engine."""

import pytest
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, retries, transact
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.money import Money


class ShelfItem(Item):
    class Meta:
        room = "catalog"

    kind = DiscriminatorAttribute()


class BoxItem(ShelfItem, discriminator="BOX"):
    title = UnicodeAttribute()
    price = DocumentAttribute(Money)
    left = NumberAttribute()


class LidItem(ShelfItem, discriminator="LID"):
    colour = UnicodeAttribute()


def a_box(number: int, left: int = 3) -> BoxItem:
    return BoxItem(pk="SHELF#1", sk=f"BOX#{number}", title="tea", price=Money(5, "GBP"), left=left)


@pytest.mark.usefixtures("stage")
class TestCommit:
    def test_one_failed_condition_leaves_nothing_written(self) -> None:
        transact.commit([transact.create(a_box(1))])
        with pytest.raises(transact.ConditionFailed) as refused:
            transact.commit([transact.create(a_box(2)), transact.create(a_box(1))])
        assert refused.value.position == 1
        assert refused.value.old.price == Money(5, "GBP")
        assert reads.get(ShelfItem, "SHELF#1", "BOX#2") is None

    def test_a_write_says_what_its_failure_means(self) -> None:
        transact.commit([transact.create(a_box(1, left=1))])
        take = transact.update(
            a_box(1),
            [BoxItem.left.add(-2)],
            BoxItem.left >= 2,
            refuse=lambda old: Busy(str(old.left)),
        )
        with pytest.raises(Busy, match="1"):
            transact.commit([take])
        assert reads.get(ShelfItem, "SHELF#1", "BOX#1").left == 1

    def test_conflicts_are_tried_again(self, monkeypatch) -> None:
        calls = _conflicting(monkeypatch, times=3)
        transact.commit([transact.create(a_box(1)), transact.create(a_box(2))])
        assert calls == ["conflict"] * 3
        assert len(reads.query(ShelfItem, "SHELF#1").items) == 2

    def test_conflicts_that_last_become_busy(self, monkeypatch) -> None:
        calls = _conflicting(monkeypatch, times=1000)
        with pytest.raises(Busy):
            transact.commit([transact.create(a_box(1)), transact.create(a_box(2))])
        assert len(calls) == retries.ATTEMPTS_MAX


@pytest.mark.usefixtures("stage")
class TestReads:
    def test_a_partition_comes_back_in_its_classes(self) -> None:
        lid = LidItem(pk="SHELF#1", sk="LID#1", colour="red")
        transact.commit([transact.create(a_box(1)), transact.create(lid)])
        assert [type(row) for row in reads.query(ShelfItem, "SHELF#1").items] == [BoxItem, LidItem]

    def test_a_batch_keeps_the_order_and_shows_gaps(self) -> None:
        transact.commit([transact.create(a_box(1)), transact.create(a_box(2))])
        keys = [reads.Key(ShelfItem, "SHELF#1", f"BOX#{n}") for n in (2, 9, 1, 2)]
        assert [row and row.sk for row in reads.batch(keys)] == ["BOX#2", None, "BOX#1", "BOX#2"]

    def test_pages_go_on_where_they_ended(self) -> None:
        transact.commit([transact.create(a_box(n)) for n in range(5)])
        first = reads.query(ShelfItem, "SHELF#1", limit=3)
        rest = reads.query(ShelfItem, "SHELF#1", limit=3, start=first.position)
        assert [row.sk for row in first.items + rest.items] == [f"BOX#{n}" for n in range(5)]
        assert rest.position is None


def _conflicting(monkeypatch, *, times: int) -> list[str]:
    """Let the first calls fail as DynamoDB does when two transactions meet."""
    from botocore.exceptions import ClientError
    from pynamodb.connection import Connection
    from pynamodb.exceptions import CancellationReason, VerboseClientError

    calls: list[str] = []
    dispatch = Connection.dispatch

    def conflicting(self, operation: str, request: dict):
        if operation == "TransactWriteItems" and len(calls) < times:
            calls.append("conflict")
            raise VerboseClientError(
                {"Error": {"Code": "TransactionCanceledException", "Message": ""}},
                operation,
                {},
                cancellation_reasons=[CancellationReason("TransactionConflict"), None],
            ) from ClientError({}, operation)
        return dispatch(self, operation, request)

    monkeypatch.setattr(Connection, "dispatch", conflicting)
    monkeypatch.setattr(retries, "sleep_s", lambda _seconds: None)
    return calls
