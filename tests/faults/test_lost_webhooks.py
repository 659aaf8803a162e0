"""With every callback lost for a day, asking alone brings each purchase to its right state."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.aws.settings import settings
from chalicelib.kernel import clock
from chalicelib.providers import http
from chalicelib.providers.http import Answer, ProviderUnavailable
from tests.conftest import STARTED_AT, Clock
from tests.makers import invariants
from tests.makers.companies import stripe
from tests.makers.companies.sandbox import SandboxCompany
from tests.makers.companies.stripe import StripeCompany
from tests.makers.machine import Machine
from tests.makers.scale import pick, tell
from tests.makers.shop import Shop
from tests.simulator import seeds

DAY_MIN, TICK_MIN = 24 * 60, 5
AWAY_MIN = ((8, 40), (180, 300), (600, 720))
"""When the company cannot be reached, in minutes from the start."""
ASKED_MAX = 20
"""How often the company may be asked about one payment or refund in a day."""
RIGHT = {
    "captured": ("paid", "captured"),
    "captured, then refunded": ("cancelled", "refunded"),
    "captured, its refund failed": ("cancelled", "captured"),
    "captured after expiry": ("paid", "captured"),
    "captured after cancelling": ("cancelled", "refunded"),
    "declined": ("expired", "expired"),
    "expired at the company": ("expired", "expired"),
    "never paid": ("expired", "expired"),
}
CAPTURED_AT_MIN = {
    "captured": 15,
    "captured, then refunded": 15,
    "captured, its refund failed": 15,
    "captured after expiry": 130,
    "captured after cancelling": 50,
}
CROWD = pick(5, 50) * len(RIGHT)
MERCHANT_CANCELS_AT_MIN = 120
REFUND_ENDS_AT_MIN = 400


class Sandbox:
    """The sandbox company as the crowd uses it."""

    provider = "sandbox"

    def __init__(self) -> None:
        self.company = SandboxCompany()

    def tell(self, payment: Any, kind: str) -> None:
        data = {"payment_id": payment["id"]}
        if kind == "captured":
            money = payment["amount"]
            data |= {"provider_reference": f"ch_{payment['id']}", **money}
        self.company.clicked[payment["id"]] = {"type": f"payment.{kind}", "data": data}

    def end_refunds(self, fates: dict[str, str]) -> None:
        for refund_id, order in self.company.orders.items():
            failed = fates[order["payment_id"]] == "captured, its refund failed"
            self.company.ended[refund_id] = "failed" if failed else "succeeded"

    @staticmethod
    def subject(method: str, path: str, body: bytes) -> str:
        """Which payment or refund a call asks about."""
        return path if method == "GET" else str(json.loads(body)["data"]["refund_id"])


class Stripe:
    """Stripe as the crowd uses it: a session a payment, refunds by intent."""

    provider = "stripe"

    def __init__(self) -> None:
        self.company = StripeCompany()

    def tell(self, payment: Any, kind: str) -> None:
        session = self._session(payment["id"])
        if kind == "captured":
            self.company.pay(session["id"])
        elif kind == "expired":
            session["status"] = "expired"

    def end_refunds(self, fates: dict[str, str]) -> None:
        for refund in self.company.refunds:
            payment = refund["metadata"]["payment_id"]
            failed = fates[payment] == "captured, its refund failed"
            refund["status"] = "failed" if failed else "succeeded"

    def _session(self, payment_id: str) -> dict[str, Any]:
        (found,) = [
            one
            for one in self.company.sessions.values()
            if one["client_reference_id"] == payment_id
        ]
        return found

    @staticmethod
    def subject(method: str, path: str, body: bytes) -> str:
        fields = parse_qs(body.decode())
        return path if method == "GET" else fields.get("metadata[refund_id]", ["a start"])[0]


@pytest.fixture
def time_() -> Iterator[Clock]:
    source = Clock(STARTED_AT)
    former = clock.use(source)
    yield source
    clock.use(former)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with seeds.house() as house:
        monkeypatch.setenv("SOUK_STRIPE_KEY", stripe.KEY)
        monkeypatch.setenv("SOUK_STRIPE_WEBHOOK_SECRET", stripe.SECRET)
        settings.cache_clear()
        house.shop.goods("dune", "SAND", stock=2 * CROWD)
        yield house.shop


@pytest.mark.parametrize("role", [Sandbox, Stripe])
def test_every_purchase_comes_right_by_asking(
    role: type[Sandbox | Stripe], shop: Shop, time_: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = role()
    asked: Counter[str] = Counter()

    def call(method: str, url: str, *, headers: Any, body: bytes | None = None) -> Answer:
        minute = (time_.moment - STARTED_AT).total_seconds() / 60
        if any(start <= minute < end for start, end in AWAY_MIN):
            raise ProviderUnavailable
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = {name.lower(): value for name, value in headers.items()}
        asked[partner.subject(method, path, body or b"")] += 1
        status, value = partner.company.answer(method, path, sent, body or b"")
        return Answer(status, json.dumps(value).encode())

    monkeypatch.setattr(http, "call", call)
    bought = [
        (fate, shop.bought({"dune.SAND": 1}, payment={"provider": partner.provider}))
        for fate in list(RIGHT) * (CROWD // len(RIGHT))
    ]
    with Machine().running() as machine:
        for minute in range(0, DAY_MIN, TICK_MIN):
            act(partner, shop, bought, minute)
            time_.forward(TICK_MIN * 60)
            for handler in ("orders_sweep_due", "payments_ask_provider", "outbox_sweep"):
                machine.strike(handler)
            machine.drain()
        machine.settle()
    assert machine.dead == []
    wrong = [
        (fate, seen["state"], seen["payment"]["state"])
        for fate, seen in ((fate, shop.seen(purchase)) for fate, purchase in bought)
        if (seen["state"], seen["payment"]["state"]) != RIGHT[fate]
    ]
    del asked["a start"]
    most = max(asked.values())
    tell("lost webhooks", f"{partner.provider}: purchases healed", f"{CROWD - len(wrong)}/{CROWD}")
    tell("lost webhooks", f"{partner.provider}: questions about one at most", most)
    assert wrong == []
    assert most <= ASKED_MAX
    refunds = [one for _, p in bought for one in shop.seen(p)["payment"]["refunds"]]
    each = CROWD // len(RIGHT)
    assert Counter(one["state"] for one in refunds) == {"succeeded": 2 * each, "failed": each}
    invariants.check_all({**seeds.SHELF, "dune.SAND": 2 * CROWD})


def act(partner: Sandbox | Stripe, shop: Shop, bought: list[tuple[str, Any]], minute: int) -> None:
    """What happens in this minute, and of which nobody is told."""
    for fate, purchase in bought:
        payment = purchase["payment"]
        if minute == CAPTURED_AT_MIN.get(fate):
            partner.tell(payment, "captured")
        if minute == 10 and fate in {"declined", "expired at the company"}:
            partner.tell(payment, "failed" if fate == "declined" else "expired")
        if minute == 5 and fate == "captured after cancelling":
            path = f"/api/v1/purchases/{purchase['id']}/cancel"
            assert shop.shopper(purchase, path).status == 200
        if minute == MERCHANT_CANCELS_AT_MIN and "refund" in fate:
            assert shop.merchant_post(purchase["orders"][0], "cancel").status == 200
    if minute == REFUND_ENDS_AT_MIN:
        partner.end_refunds({one["payment"]["id"]: fate for fate, one in bought})
