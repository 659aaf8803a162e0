"""One stage on which everything has happened that can happen to a purchase, and come to rest."""

from typing import Any

from chalicelib.contexts.aftersales import service as aftersales
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.members import service as members
from chalicelib.contexts.promotions.model.issues import Segment
from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.model.wishes import OfferWish
from chalicelib.contexts.promotions.service import issues, offers
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from tests.makers.machine import Machine
from tests.makers.offers import a_campaign, an_offer, claimed, put_coupon
from tests.makers.people import a_member
from tests.makers.points import bearer, put_points
from tests.makers.shop import Shop, captured_data, gbp, order_of

WEEK_S = 7 * 86_400
COUNTED = {"acme.POT": 20, "bolt.NUT": 20}
"""What was counted once; the tea is counted anew again and again."""


class Story:
    """Tells it with the machine running. `now` holds the clock; one purchase has each name."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.shop = Shop()
        self.machine = Machine()
        self.purchases: dict[str, Any] = {}

    def tell(self) -> None:
        with self.machine.running():
            self.open_shop()
            self.sell_and_settle()
            self.end_early()
            self.pay_strangely()
            self.leave_open()
            self.machine.settle()
        assert self.machine.dead == []

    def open_shop(self) -> None:
        self.tea = self.shop.goods(price=1_999, stock=30)
        self.pot = self.shop.goods("acme", "POT", price=4_501, stock=20)
        self.nut = self.shop.goods("bolt", "NUT", price=333, stock=20)
        self.clock.forward(3_600)
        inventory.put_stock(self.shop.sellers["acme"].actor, self.tea, 40)
        inventory.spread(SYSTEM, self.pot, 3)
        self.offer()
        self.clock.forward(3_600)
        self.machine.drain()

    def offer(self) -> None:
        """A merchant's limited offer, and one that the platform pays for."""
        month = {"ends_at": clock.iso(clock.later(clock.now(), 30 * 86_400))}
        limits = {"quota": 600, "per_member": 50}
        an_offer(self.shop, self.shop.merchant(), value={"percent": 12.5}, **limits, **month)
        wish = OfferWish(
            titles={"en": "Souk month", "zh-CN": "集市月"},
            kind=Kind.AMOUNT_OFF,
            value={"amount": 101, "currency": "GBP"},
            starts_at=clock.now(),
            ends_at=clock.later(clock.now(), 30 * 86_400),
            quota=200,
        )
        offers.create(SYSTEM, wish)

    def sell_and_settle(self) -> None:
        """Two merchants send, one of them in two parcels; some units are refunded; all is settled."""
        shop = self.shop
        actor, token = a_member()
        self.token = token
        birthday = clock.later(clock.now(), 2 * 86_400)
        members.change_birthday(actor, month=str(birthday.month), day=str(birthday.day))
        cart = shop.cart({self.tea: 3, self.nut: 2})
        headers = {"authorization": f"Bearer {token}"}
        campaign = a_campaign(shop, shop.merchant(), "amount_off", gbp(50), per_member=2)
        for _ in range(2):
            coupon = claimed(shop, campaign["id"], token)
        assert put_coupon(shop, cart, coupon["code"], **headers).status == 200
        issues.start_issue(SYSTEM, campaign["id"], Segment())
        bought = shop.checkout(cart, headers=headers).json()
        shop.capture(bought)
        purchase = self.purchases["settled"] = shop.seen(bought)
        first, second = order_of(purchase, self.tea), order_of(purchase, self.nut)
        for order in (first, second):
            shop.merchant_post(order, "confirm")
        self.machine.drain()
        self.refund(first, {self.tea: 1}, "refund.succeeded", restock=True)
        self.refund(first, {self.tea: 1}, "refund.failed")
        numbers = [shop.ship(first, {self.tea: 1}).json()["tracking_number"] for _ in range(2)]
        numbers.append(shop.ship(second, {self.nut: 2}).json()["tracking_number"])
        for number in numbers:
            for word in ("picked_up", "exception", "delivered", "in_transit"):
                shop.courier(f"shipment.{word}", number)
                self.clock.forward(60)
        self.machine.drain()
        self.refund(second, {self.nut: 1}, "refund.succeeded", shipping=True)
        self.clock.forward(WEEK_S)
        self.machine.settle()
        self.clock.forward(60)

    def end_early(self) -> None:
        """One is not paid in time, one cancelled before payment, one after, one in part before."""
        shop = self.shop
        self.purchases["expired"] = shop.bought({self.tea: 1})
        cancelled = self.purchases["cancelled"] = shop.bought({self.tea: 1, self.nut: 1})
        shop.shopper(cancelled, f"/api/v1/purchases/{cancelled['id']}/cancel")
        returned = self.purchases["returned"] = shop.paid({self.pot: 2, self.nut: 1})
        shop.shopper(returned, f"/api/v1/purchases/{returned['id']}/cancel")
        partly = self.purchases["partly"] = shop.bought({self.pot: 9, self.nut: 1})
        shop.shopper(partly, f"/api/v1/orders/{order_of(partly, self.nut)['id']}/cancel")
        partly = shop.seen(partly)
        shop.company("payment.failed", captured_data(partly))
        shop.shopper(partly, f"/api/v1/purchases/{partly['id']}/payments", {"provider": "sandbox"})
        shop.capture(shop.seen(partly))
        self.clock.forward(1_900)
        self.machine.settle()

    def pay_strangely(self) -> None:
        """Money comes twice, late, too late, in the wrong amount; and is wanted back by a bank."""
        shop = self.shop
        twice = self.purchases["twice"] = shop.paid({self.tea: 1})
        shop.capture(twice, provider_reference="ch_again")
        revived = self.purchases["revived"] = shop.bought({self.pot: 1})
        late = self.purchases["late"] = shop.bought({self.tea: 1})
        self.clock.forward(1_900)
        self.machine.settle()
        shop.capture(revived)
        shop.capture(late, amount=1)
        inventory.put_stock(shop.sellers["acme"].actor, self.tea, 0)
        shop.capture(late)
        inventory.put_stock(shop.sellers["acme"].actor, self.tea, 35)
        disputed = self.purchases["disputed"] = shop.paid({self.nut: 1})
        shop.company("chargeback.opened", captured_data(disputed))
        self.clock.forward(120)
        self.machine.settle()

    def leave_open(self) -> None:
        """One that is paid with points, too, waits for its payment, another does, one is on its way, one refund is with its company."""
        shop = self.shop
        thrifty = shop.cart({self.pot: 1})
        assert put_points(shop, thrifty, self.token, 5).json()["points"]["spent"] == 5
        self.purchases["thrifty"] = shop.checkout(thrifty, headers=bearer(self.token)).json()
        member = identity.member(self.token)
        settled = self.purchases["settled"]["orders"][0]["id"]
        case = aftersales.ask(member, "Late", "Where is it?", order_id=settled, key="story")
        aftersales.say(shop.sellers["acme"].owner, case.id, "On its way.", key="story")
        aftersales.ask(member, "Returns", "How long may I?", key="other")
        self.purchases["waiting"] = shop.bought({self.tea: 2, self.nut: 1})
        sent = self.purchases["sent"] = shop.confirmed({self.pot: 2, self.nut: 2})
        order = order_of(sent, self.pot)
        number = shop.ship(order, {self.pot: 1}).json()["tracking_number"]
        shop.courier("shipment.in_transit", number)
        shop.refund(order_of(sent, self.nut), {self.nut: 1})
        self.machine.drain()
        self.clock.forward(5)

    def refund(self, order: Any, units: dict[str, int], outcome: str, **changes: Any) -> None:
        made = self.shop.refund(order, units, **changes).json()
        self.machine.drain()
        purchase = self.purchases["settled"]
        amount = made["amount"]["amount"]
        self.shop.company(outcome, captured_data(purchase, refund_id=made["id"], amount=amount))
        self.machine.drain()
