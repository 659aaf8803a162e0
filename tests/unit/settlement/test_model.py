"""The journal's arithmetic: every entry balances, refunds reverse to the cent."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.contexts.settlement import model
from chalicelib.contexts.settlement.model import Account
from tests.makers.money_facts import (
    a_capture,
    a_paid_order,
    a_paid_purchase,
    a_refund_outcome,
    a_refund_request,
    gbp,
)

CENTS = st.integers(min_value=0, max_value=10**8)


def sums(*entries: model.Entry) -> dict[str, int]:
    return {account.value: amount for account, amount in model.totals_of(entries).items() if amount}


def test_a_paid_order_is_shared_out() -> None:
    [entry] = model.entries_of_paid(a_paid_purchase(a_paid_order(goods=1000, commission=100)))
    assert sums(entry) == {
        "provider_clearing": 1300,
        "merchant_payable": -900,
        "commission": -100,
        "shipping": -300,
    }
    assert entry.merchant_id == "mer_1"


def test_each_merchant_has_an_entry_of_its_own() -> None:
    paid = a_paid_purchase(a_paid_order(1), a_paid_order(2))
    entries = model.entries_of_paid(paid)
    assert [entry.merchant_id for entry in entries] == ["mer_1", "mer_2"]
    assert len({entry.id for entry in entries}) == 2
    assert [entry.id for entry in entries] == [entry.id for entry in model.entries_of_paid(paid)]


@given(CENTS, CENTS, CENTS, st.integers(min_value=0, max_value=10_000))
def test_every_paid_order_balances(goods: int, shipping: int, tax: int, rate_bps: int) -> None:
    commission = gbp(goods).share_bps(rate_bps).amount
    order = a_paid_order(goods=goods, commission=commission, shipping=shipping, tax=tax)
    for entry in model.entries_of_paid(a_paid_purchase(order)):
        assert sum(leg.amount.amount for leg in entry.legs) == 0
        assert all(leg.amount for leg in entry.legs)


@given(CENTS.filter(bool), st.integers(min_value=0, max_value=10_000))
def test_a_refund_of_everything_leaves_nothing(goods: int, rate_bps: int) -> None:
    commission = gbp(goods).share_bps(rate_bps).amount
    order = a_paid_order(goods=goods, commission=commission, shipping=0)
    request = a_refund_request(order, goods=goods, commission=commission)
    entries = [
        *model.entries_of_paid(a_paid_purchase(order)),
        *model.entries_of_refund_requested(request),
        *model.entries_of_refund_succeeded(a_refund_outcome(request, succeeded=True)),
    ]
    assert sums(*entries) == {}


def test_a_failed_refund_undoes_its_request() -> None:
    request = a_refund_request(a_paid_order())
    entries = [
        *model.entries_of_refund_requested(request),
        *model.entries_of_refund_failed(a_refund_outcome(request, succeeded=False)),
    ]
    assert len(entries) == 2
    assert sums(*entries) == {}


def test_money_that_no_order_takes_is_owed_back() -> None:
    [came] = model.entries_of_captured(a_capture(700, applied=False))
    assert sums(came) == {"provider_clearing": 700, "refunds": -700}
    assert model.entries_of_captured(a_capture(700, applied=True)) == []
    request = a_refund_request(None, goods=700)
    assert model.entries_of_refund_requested(request) == []
    [went] = model.entries_of_refund_succeeded(a_refund_outcome(request, succeeded=True))
    assert sums(came, went) == {}


def test_a_merchant_is_owed_goods_less_commission_and_its_shipping() -> None:
    totals = model.totals_of(model.entries_of_paid(a_paid_purchase(a_paid_order())))
    statement = model.Statement(
        id="stm_1",
        merchant_id="mer_1",
        currency="GBP",
        number=1,
        state=model.StatementState.CLOSED,
        opened_at="",
        closed_at="",
        entries=1,
        totals={account.value: totals[account] for account in Account},
    )
    assert statement.owed == gbp(1200)
