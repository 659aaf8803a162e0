"""Confirming, shipping and the courier's news: the state follows the quantities, forwards only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.contexts.orders.model.fulfilment import (
    advanced,
    confirmed,
    received,
    require_cancellable,
    require_shippable,
    shipped,
    with_news,
)
from chalicelib.contexts.orders.model.refunds import plan, undone
from chalicelib.contexts.orders.model.refusals import (
    AlreadyShipped,
    NotCancellable,
    NotConfirmed,
    NothingToShip,
    NotPlaced,
    NotShipped,
)
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import ShipmentEvent
from tests.makers.orders import a_line, a_shipment, an_order

S = OrderState
WORDS = {
    "picked_up": 20,
    "in_transit": 30,
    "out_for_delivery": 40,
    "delivered": 90,
    "returned": 95,
}


def told(order, shipment_id: str, state: str, fact: str = ""):
    rank = WORDS[state]
    event = ShipmentEvent(at=f"2026-03-02T09:{rank:02}:00.000Z", state=state)
    return with_news(order, shipment_id, state, (rank, fact or f"01{rank}"), event)


class TestConfirming:
    def test_follows_payment(self) -> None:
        assert confirmed(an_order(state=S.PLACED)).state is S.CONFIRMED

    @pytest.mark.parametrize("state", sorted(set(S) - {S.PLACED}))
    def test_is_refused_in_any_other_state(self, state: OrderState) -> None:
        with pytest.raises(NotPlaced):
            confirmed(an_order(state=state))


class TestShipping:
    def test_in_parts_and_then_whole(self) -> None:
        order = an_order(a_line(quantity=2), a_line("acme.POT"))
        order = shipped(order, a_shipment(1, TEA=1))
        assert order.state is S.PARTLY_SHIPPED
        order = shipped(order, a_shipment(2, TEA=1, POT=1))
        assert order.state is S.SHIPPED
        assert [line.shipped for line in order.lines] == [2, 1]

    def test_refuses_more_units_than_are_left(self) -> None:
        order = shipped(an_order(a_line(quantity=2)), a_shipment(1, TEA=1))
        require_shippable(order, {"acme.TEA": 1})
        with pytest.raises(NothingToShip) as refused:
            require_shippable(order, {"acme.TEA": 2})
        assert refused.value.extra["lines"] == [{"sku": "acme.TEA", "left": 1}]

    @pytest.mark.parametrize(
        "state", [S.AWAITING_PAYMENT, S.PLACED, S.EXPIRED, S.CANCELLED, S.DELIVERED, S.COMPLETED]
    )
    def test_needs_a_confirmed_order(self, state: OrderState) -> None:
        with pytest.raises(NotConfirmed):
            require_shippable(an_order(a_line(shipped=1), state=state), {"acme.TEA": 1})

    def test_an_order_that_has_arrived_takes_what_it_lacks_after_a_failed_refund(self) -> None:
        order = shipped(an_order(a_line(quantity=3)), a_shipment(1, TEA=1))
        made = plan(order, {"acme.TEA": 2}, with_shipping=False)
        arrived = told(advanced(made.order), "shp_1", "delivered")
        timed = replace(arrived, complete_at="2026-03-09T09:00:00.000Z")
        failed = undone(timed, made.lines[:1], made.shipping)
        assert (failed.state, failed.complete_at) == (S.DELIVERED, "")
        require_shippable(failed, {"acme.TEA": 2})
        with pytest.raises(NothingToShip):
            require_shippable(failed, {"acme.TEA": 3})
        assert shipped(failed, a_shipment(2, TEA=2)).state is S.DELIVERED

    def test_ends_cancelling(self) -> None:
        require_cancellable(an_order())
        with pytest.raises(AlreadyShipped):
            require_cancellable(shipped(an_order(), a_shipment(TEA=1)))
        with pytest.raises(NotCancellable):
            require_cancellable(an_order(state=S.EXPIRED))

    def test_units_refunded_before_they_were_sent_are_not_awaited(self) -> None:
        order = shipped(an_order(a_line(quantity=2)), a_shipment(TEA=1))
        refunded = plan(order, {"acme.TEA": 1}, with_shipping=False).order
        assert advanced(refunded).state is S.SHIPPED
        assert told(refunded, "shp_1", "delivered").state is S.DELIVERED

    def test_a_refund_moves_no_order_that_waits_to_be_confirmed(self) -> None:
        order = plan(an_order(state=S.PLACED), {"acme.TEA": 1}, with_shipping=False).order
        assert advanced(order).state is S.PLACED


class TestNews:
    def test_delivery_of_a_part_and_of_the_rest(self) -> None:
        order = an_order(a_line(quantity=2))
        order = shipped(shipped(order, a_shipment(1, TEA=1)), a_shipment(2, TEA=1))
        order = told(order, "shp_1", "delivered")
        assert order.state is S.PARTLY_DELIVERED
        assert told(order, "shp_2", "delivered").state is S.DELIVERED

    def test_late_news_are_listed_and_move_nothing(self) -> None:
        order = told(shipped(an_order(), a_shipment(TEA=1)), "shp_1", "delivered")
        late = told(order, "shp_1", "in_transit")
        assert late.state is S.DELIVERED
        assert late.shipments[0].state == "delivered"
        assert [event.state for event in late.shipments[0].events] == ["in_transit", "delivered"]

    def test_what_arrived_stays_arrived(self) -> None:
        order = told(shipped(an_order(), a_shipment(TEA=1)), "shp_1", "delivered")
        back = told(order, "shp_1", "returned")
        assert back.state is S.DELIVERED
        assert back.lines[0].delivered == 1
        assert back.shipments[0].state == "returned"

    @given(
        st.lists(
            st.tuples(st.sampled_from(["shp_1", "shp_2"]), st.sampled_from(list(WORDS))),
            max_size=6,
        ),
        st.randoms(),
    )
    def test_any_order_and_any_repetition_end_the_same(self, news, chance) -> None:
        order = an_order(a_line(quantity=2))
        order = shipped(shipped(order, a_shipment(1, TEA=1)), a_shipment(2, TEA=1))
        straight, shuffled = order, order
        again = [*news, *news]
        chance.shuffle(again)
        for shipment_id, word in news:
            straight = told(straight, shipment_id, word)
        for shipment_id, word in again:
            shuffled = told(shuffled, shipment_id, word)
        assert shuffled == straight


class TestReceiving:
    def test_completes_what_was_delivered(self) -> None:
        order = told(shipped(an_order(), a_shipment(TEA=1)), "shp_1", "delivered")
        assert [step.state for step in received(order)] == [S.COMPLETED]

    def test_takes_the_shoppers_word_before_the_couriers(self) -> None:
        order = shipped(an_order(a_line(quantity=2)), a_shipment(TEA=2))
        steps = received(order)
        assert [step.state for step in steps] == [S.DELIVERED, S.COMPLETED]
        assert steps[-1].lines[0].delivered == 2
        assert told(steps[-1], "shp_1", "delivered").lines[0].delivered == 2

    def test_again_changes_nothing(self) -> None:
        assert received(an_order(state=S.COMPLETED)) == []

    def test_is_refused_while_something_is_still_to_be_sent(self) -> None:
        partly = shipped(an_order(a_line(quantity=2)), a_shipment(TEA=1))
        for order in (
            an_order(),
            an_order(state=S.PLACED),
            partly,
            told(partly, "shp_1", "delivered"),
        ):
            with pytest.raises(NotShipped):
                received(order)

    def test_goods_picked_up_pass_through_collected(self) -> None:
        steps = received(an_order(state=S.READY_FOR_PICKUP))
        assert [step.state for step in steps] == [S.COLLECTED, S.COMPLETED]
