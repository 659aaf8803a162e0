"""What may be judged on which engine, and that moto may judge none of it."""

from collections.abc import Callable
from contextlib import closing

import pytest
from moto import mock_aws

from chalicelib.aws import retries, tables, transact
from chalicelib.contexts.inventory import store
from chalicelib.kernel.errors import Busy
from tests.makers.engines import self_test
from tests.makers.engines.conflict import conflicting
from tests.makers.engines.engine import client
from tests.makers.scale import tell

SUITE = "engines"


def test_an_engine_fails_what_is_known_and_nothing_else(engine_name, verdicts):
    wrong = verdicts(engine_name)
    passed = len(self_test.PROBES) - len(wrong)
    fails = "".join(f"; {probe}: {what}" for probe, what in wrong.items())
    tell(SUITE, f"self-test of {engine_name}", f"{passed}/{len(self_test.PROBES)}{fails}")
    assert set(wrong) == self_test.EXPECTED_FAILURES[engine_name], wrong


def test_the_self_test_notices_an_engine_without_locks(monkeypatch):
    monkeypatch.setattr(self_test, "pick", lambda _taste, _whole: 200)
    with mock_aws(), closing(client(None, "testing")) as moto:
        wrong = self_test.failures(moto)
    tell(SUITE, "self-test of moto", "fails " + ", ".join(sorted(wrong)))
    assert {"race", "token replay"} <= set(wrong)


def test_a_race_on_an_engine_that_fails_is_refused_in_words():
    wrong = {"race": "round 1 sold 24 of 20 units", "arithmetic in a condition": "it is taken"}
    with pytest.raises(self_test.Unfit, match=r"^moto cannot .* race: round 1 sold 24 of 20"):
        self_test.require("moto", wrong)
    self_test.require("ministack", {"arithmetic in a condition": "it is taken"})


class TestConflicts:
    """Neither engine raises `TransactionConflict`, so it is put into the app's own client."""

    @pytest.fixture(autouse=True)
    def _unhurried(self, monkeypatch):
        monkeypatch.setattr(retries, "sleep_s", lambda _: None)

    @pytest.fixture
    def commit(self, world) -> Callable[[], None]:
        rows = [store.StockItem(f"STOCK#{number}", "AT", sku="a") for number in range(2)]
        return lambda: transact.commit([self._counted(row) for row in rows])

    @staticmethod
    def _counted(row):
        one = store.StockItem.available.set((store.StockItem.available | 0) + 1)
        return transact.update(row, [one])

    def test_is_tried_again_and_applied_once(self, commit, engine_name):
        with conflicting(lambda number: number < 3) as met:
            commit()
        assert met == [True, True, True, False]
        row = tables.connection().dispatch(
            "GetItem",
            {
                "TableName": store.StockItem.table(),
                "Key": {"pk": {"S": "STOCK#0"}, "sk": {"S": "AT"}},
            },
        )["Item"]
        assert row["available"] == {"N": "1"}
        tell(SUITE, f"TransactionConflict on {engine_name}", "tried again, applied once")

    def test_that_never_ends_is_refused_as_busy(self, commit):
        with conflicting(lambda _: True) as met, pytest.raises(Busy):
            commit()
        assert len(met) == retries.ATTEMPTS_MAX
