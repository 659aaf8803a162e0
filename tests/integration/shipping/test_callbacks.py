"""Couriers call; parcels move, once, forwards."""

import json
from typing import Any

import pytest

from chalicelib.aws import outbox, transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.shipping import facts, service, store
from chalicelib.contexts.shipping.model import (
    NumberUsed,
    Shipment,
    ShipmentLine,
    ShipmentState,
)
from chalicelib.kernel.clock import epoch, now
from chalicelib.providers.courier import NumberMissing, UnknownCourier, names, tracking_url
from tests.makers.companies.sandbox import signed_by
from tests.makers.http import Http, Reply
from tests.makers.rows import everything
from tests.makers.stage import COURIER_SECRET

PURCHASE = "pur_01JNAAAAAAAAAAAAAAAAAAAAAA"
pytestmark = pytest.mark.usefixtures("stage")


def prepared(**overrides: Any) -> Shipment:
    wishes = {
        "shipment_id": "shp_01JN1",
        "order_id": "ord_01JNAAAAAAAAAAAAAAAAAAAAAA_1",
        "purchase_id": PURCHASE,
        "merchant_id": "mer_1",
        "courier": "sandbox",
        "tracking_number": "",
        "lines": (ShipmentLine("acme.TEA", 2),),
    }
    return service.prepare(**(wishes | overrides))


@pytest.fixture
def shipment() -> Shipment:
    made = prepared()
    transact.commit(store.create_shipment(made))
    return made


def body_of(kind: str, number: str, **data: Any) -> bytes:
    told = {
        "tracking_number": number,
        "occurred_at": "2026-03-02T08:55:00Z",
        "place": "Leeds",
        "description": "On its way",
    }
    return json.dumps({"type": kind, "timestamp": "x", "data": told | data}).encode()


def send(body: bytes, event_id: str = "msg_1", *, at: int | None = None, **headers: str) -> Reply:
    signed = signed_by(COURIER_SECRET, body, epoch(now()) if at is None else at, event_id)
    return Http().post("/webhooks/couriers/sandbox", body, **(signed | headers))


def tell(shipment: Shipment, kind: str, event_id: str, **data: Any) -> Reply:
    return send(body_of(f"shipment.{kind}", shipment.tracking_number, **data), event_id)


def told(purchase_id: str = PURCHASE) -> list[str]:
    return [row.name for row in outbox.history(purchase_id)]


def seen(shipment: Shipment) -> tuple[ShipmentState, int]:
    found = store.get(shipment.id)
    assert found is not None
    return found.state, found.rank


class TestMaking:
    def test_a_missing_number_is_booked_and_a_repeat_gets_the_same(self) -> None:
        assert prepared().tracking_number == prepared().tracking_number == "SBX01JN1"

    def test_a_shipment_comes_back_as_it_was_written(self, shipment: Shipment) -> None:
        assert store.get(shipment.id) == shipment
        assert store.find("sandbox", shipment.tracking_number) == shipment
        assert store.shipments_of_order(shipment.order_id) == [shipment]
        assert told() == ["shipping.ShipmentCreated"]

    def test_a_tracking_number_is_used_once_per_courier(self, shipment: Shipment) -> None:
        before = everything()
        other = prepared(shipment_id="shp_2", tracking_number=shipment.tracking_number)
        with pytest.raises(NumberUsed):
            transact.commit(store.create_shipment(other))
        assert everything() == before
        elsewhere = prepared(
            shipment_id="shp_3", courier="dhl", tracking_number=shipment.tracking_number
        )
        transact.commit(store.create_shipment(elsewhere))

    def test_a_merchant_may_use_any_known_courier_with_its_own_number(self) -> None:
        for courier in names():
            assert prepared(courier=courier, tracking_number=" N/1 ").tracking_number == "N/1"
        with pytest.raises(UnknownCourier):
            prepared(courier="pigeon", tracking_number="1")
        with pytest.raises(NumberMissing):
            prepared(courier="royal-mail")

    def test_numbers_are_quoted_in_tracking_pages(self) -> None:
        assert tracking_url("sandbox", "A/1?x") == "http://127.0.0.1:8002/track/A%2F1%3Fx"
        assert tracking_url("evri", "A/1") == "https://www.evri.com/track/parcel/A%2F1"
        assert tracking_url("other", "1") == ""


class TestMoving:
    def test_a_word_moves_the_shipment_and_is_kept(self, shipment: Shipment) -> None:
        reply = tell(shipment, "in_transit", "msg_1")
        assert (reply.status, reply.json()) == (200, {"received": True, "moved": True})
        assert seen(shipment) == (ShipmentState.IN_TRANSIT, 30)
        event = store.events(shipment.id)[0]
        assert (event.at, event.place, event.description) == (
            "2026-03-02T08:55:00.000Z",
            "Leeds",
            "On its way",
        )
        row = list(outbox.history(PURCHASE))[-1]
        fact = outbox.decode(row.body, facts.ShipmentMoved)
        assert (fact.state, fact.rank, fact.is_late, fact.event) == (
            ShipmentState.IN_TRANSIT,
            30,
            False,
            event,
        )
        assert (fact.shipment_id, fact.order_id) == (shipment.id, shipment.order_id)

    def test_delivery_is_told_as_such(self, shipment: Shipment) -> None:
        assert tell(shipment, "delivered", "msg_1").status == 200
        assert told() == ["shipping.ShipmentCreated", "shipping.ShipmentDelivered"]

    def test_a_late_word_is_kept_and_moves_nothing(self, shipment: Shipment) -> None:
        tell(shipment, "delivered", "msg_1")
        reply = tell(shipment, "in_transit", "msg_2", occurred_at="2026-03-02T08:00:00Z")
        assert (reply.status, reply.json()["moved"]) == (200, False)
        assert seen(shipment) == (ShipmentState.DELIVERED, 90)
        assert [event.state for event in store.events(shipment.id)] == [
            ShipmentState.IN_TRANSIT,
            ShipmentState.DELIVERED,
        ]
        fact = outbox.decode(list(outbox.history(PURCHASE))[-1].body, facts.ShipmentMoved)
        assert (fact.is_late, fact.state, fact.event.state) == (
            True,
            ShipmentState.DELIVERED,
            ShipmentState.IN_TRANSIT,
        )

    def test_a_time_in_the_future_moves_nothing_backwards(self, shipment: Shipment) -> None:
        tell(shipment, "delivered", "msg_1")
        tell(shipment, "picked_up", "msg_2", occurred_at="2036-01-01T00:00:00+02:00")
        assert seen(shipment)[0] is ShipmentState.DELIVERED

    def test_the_same_message_counts_once(self, shipment: Shipment) -> None:
        tell(shipment, "in_transit", "msg_1")
        before = everything()
        for kind in ("in_transit", "delivered"):
            reply = tell(shipment, kind, "msg_1")
            assert (reply.status, reply.json()["moved"]) == (200, False)
        assert everything() == before

    def test_a_shipment_that_changed_meanwhile_is_judged_anew(
        self, shipment: Shipment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stale = [shipment]
        find = store.find

        def found(courier: str, number: str) -> Shipment | None:
            if stale:
                tell_first = stale.pop()
                tell(tell_first, "delivered", "msg_1")
                return tell_first
            return find(courier, number)

        monkeypatch.setattr(store, "find", found)
        assert tell(shipment, "in_transit", "msg_2").json()["moved"] is False
        assert seen(shipment) == (ShipmentState.DELIVERED, 90)
        assert len(store.events(shipment.id)) == 2

    def test_a_kind_that_means_nothing_is_acknowledged(self, shipment: Shipment) -> None:
        before = everything()
        assert send(b'{"type":"shipment.sneezed"}').status == 200
        assert everything() == before


def test_nobody_is_named_where_there_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names()[0] == "sandbox"
    monkeypatch.delenv("SOUK_SANDBOX_COURIER_SECRET")
    settings.cache_clear()
    assert "sandbox" not in names()
