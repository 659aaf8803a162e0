"""Two whole tenants, alike in everything: merchants, shoppers, goods, orders, statements.

What is private holds a canary: a word that nobody but its keepers may ever be answered.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from chalicelib.aws import transact
from chalicelib.contexts.aftersales import service as aftersales
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.products import ProductState
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant
from chalicelib.contexts.catalog.service import imports
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.members import service as members
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.orders.model.values import order_id
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.issues import Segment
from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.model.wishes import CampaignWish, OfferWish
from chalicelib.contexts.promotions.service import campaigns, issues, offers
from chalicelib.contexts.promotions.store import campaigns as campaign_rows
from chalicelib.contexts.settlement import service as settlement
from chalicelib.contexts.settlement import workers as settlement_workers
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import SYSTEM, Role
from chalicelib.kernel.money import Money
from tests.makers.facts import deliver
from tests.makers.people import PASSWORD
from tests.makers.shop import ADDRESS, CATEGORIES, Shop, captured_data, order_of

SIDES = {"a": "acme", "b": "kiln"}
CSV = (Path(__file__).resolve().parents[2] / "data" / "plain.csv").read_bytes()
OPEN_CAMPAIGN = "cmp_01KJPWD6M0ZZZZZZZZZZZZZZZZ"
CLEO = "cleo@nobodys.example"


@dataclass
class World:
    """`things[side][name]` names something of a side; the side `none` names what is not there.

    `secrets[side][name]` are credentials; `canaries` tell of each private word whose it is.
    """

    shop: Shop
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    canaries: dict[str, str] = field(default_factory=dict)

    def canary(self, what: str, side: str) -> str:
        """Make the word for something private."""
        word = f"zq{what}{side}canary"
        self.canaries[word] = f"{what} {side}"
        return word


def build() -> World:
    """Write both tenants, their histories, and one joint purchase of each shopper."""
    world = World(Shop())
    catalog.load_categories(SYSTEM, CATEGORIES)
    identity.bootstrap_platform("keeper@souk.example", PASSWORD)
    identity.register(email=CLEO, password=PASSWORD)
    for side in SIDES:
        _merchant(world, side)
    campaigns.create(SYSTEM, _coupons(_later("For all"), opened=True, code="ALLOURS"))
    transact.commit(campaign_rows.create("platform", _for_everybody()))
    for side in SIDES:
        _shopper(world, side)
        _purchases(world, side)
    for side, other in (("a", "b"), ("b", "a")):
        _joint(world, side, other)
    for name in ("orders.PurchasePaid", "orders.OrderCompleted"):
        deliver(settlement_workers.settlement_on_fact, name)
    for statement in settlement.close_statements(SYSTEM):
        side = next(s for s in SIDES if world.things[s]["merchant"] == statement.merchant_id)
        world.things[side]["statement"] = statement.id
    _, console = identity.sign_in_console("keeper@souk.example", PASSWORD, address="192.0.2.1")
    world.secrets[""] = {"console": console}
    assert set(world.things["a"]) == set(world.things["b"])
    world.things["none"] = nothing = {n: _absent(n, one) for n, one in world.things["a"].items()}
    for name in nothing:
        if name.endswith(" order"):
            nothing[name] = order_id(nothing[name.replace("order", "purchase")], 1)
    return world


def _absent(name: str, given: str) -> str:
    """Something of the same shape that is not there."""
    if name == "sku":
        return "acme.NOTHING"
    if name == "slug":
        return "nothing-" + given.rpartition("-")[2][::-1]
    return ids.new(given.partition("_")[0])


def _merchant(world: World, side: str) -> None:
    code, shop = SIDES[side], world.shop
    contact = f"{world.canary('contact', side)}@{code}.example"
    seller = shop.merchant(code, email=contact)
    sku = shop.goods(code, "TEA", stock=1_000)
    listed = catalog.own_products(seller.actor).items[0]
    draft = catalog.create(seller.actor, _draft(world.canary("draft", side)))
    inventory.put_stock(seller.actor, f"{code}.DRAFT", 3)
    world.things[side] = {
        "merchant": seller.id,
        "applicant": merchants.apply(name=f"Shed {side}", email=contact).id,
        "sku": sku,
        "listed": listed.id,
        "slug": listed.slug,
        "draft": draft.id,
        "import": imports.hand_in(seller.actor, CSV, filename="goods.csv").id,
        "offer": offers.create(seller.actor, _later(world.canary("offer", side))).offer.id,
        "campaign": campaigns.create(
            seller.actor, _coupons(_later(world.canary("campaign", side)))
        ).id,
        "coded": campaigns.create(
            seller.actor, _coupons(_later(world.canary("coded", side)), coded=True)
        ).id,
        "key": identity.make_api_key(SYSTEM, seller.id, world.canary("keys", side))[0].id,
    }
    world.things[side]["issue"] = issues.start_issue(
        SYSTEM, world.things[side]["campaign"], Segment()
    ).id
    world.secrets[side] = {"key": seller.token}
    for role in (Role.OWNER, Role.STAFF):
        email, name = f"{role}@{code}.example", world.canary(role, side)
        identity.add_staff(seller.id, email, PASSWORD, name, role)
        _, token = identity.sign_in_console(email, PASSWORD, address="192.0.2.1")
        world.secrets[side][role] = token


def _draft(title: str) -> Wanted:
    return Wanted(
        title=title,
        description=title,
        category="other",
        state=ProductState.DRAFT,
        variants=(WantedVariant("DRAFT", Money(900, "GBP")),),
    )


def _later(title: str) -> OfferWish:
    """An offer that nobody has heard of yet."""
    return OfferWish(
        titles={"en": title},
        kind=Kind.FREE_SHIPPING,
        starts_at=clock.later(clock.now(), 30 * 86_400),
        ends_at=clock.later(clock.now(), 60 * 86_400),
    )


def _for_everybody() -> Campaign:
    """A campaign that every member may claim of, under a name that the policy knows."""
    wish = _coupons(_later("For everybody"), opened=True)
    made = campaigns.create(SYSTEM, wish)
    return replace(made, id=OPEN_CAMPAIGN)


def _coupons(
    coupon: OfferWish, *, opened: bool = False, code: str = "", coded: bool = False
) -> CampaignWish:
    """Many coupons, that nobody has heard of yet unless they are `opened`."""
    assert isinstance(coupon.ends_at, datetime)
    assert isinstance(coupon.starts_at, datetime)
    return CampaignWish(
        coupon=coupon,
        quantity=1_000,
        per_member=1_000,
        starts_at=clock.now() if opened else coupon.starts_at,
        ends_at=coupon.ends_at,
        code=code,
        has_single_codes=coded,
    )


def _shopper(world: World, side: str) -> None:
    word = world.canary("shopper", side)
    email = f"{word}@shop.example"
    _, token = identity.register(email=email, password=PASSWORD, name=word)
    _, session = identity.sign_in_page(email, PASSWORD, address="192.0.2.1")
    world.secrets[side] |= {"member": token, "cookie": session}
    address = {**ADDRESS, "name": word, "line1": f"1 {word} Street"}
    kept = members.add_address(identity.member(token), address)
    world.things[side]["address"] = kept.id


def _bought(world: World, side: str, lines: dict[str, int], *, is_private: bool = True) -> Any:
    """A purchase of a side's member, whose address, email and note nobody else may read."""
    shop = world.shop
    headers = {"authorization": f"Bearer {world.secrets[side]['member']}"}
    changes: dict[str, Any] = {}
    if is_private:
        word = world.canary("shopper", side)
        address = {**ADDRESS, "name": word, "line1": f"1 {word} Street", "phone": word}
        changes = {"email": f"{word}@shop.example", "note": word, "address": address}
    reply = shop.checkout(shop.cart(lines), headers=headers, **changes)
    assert reply.status == 201, reply.text
    return reply.json()


def _paid(world: World, side: str, lines: dict[str, int], **changes: Any) -> Any:
    purchase = _bought(world, side, lines, **changes)
    assert world.shop.capture(purchase).status == 200
    return world.shop.seen(purchase)


def _purchases(world: World, side: str) -> None:
    """One purchase in every standing that some route is for."""
    shop, things = world.shop, world.things[side]
    lines = {things["sku"]: 2}
    waiting = _bought(world, side, lines)
    declined = _bought(world, side, lines)
    assert shop.company("payment.failed", captured_data(declined)).status == 200
    placed = _paid(world, side, lines)
    standing = {"waiting": waiting, "declined": declined, "placed": placed}
    for name in ("confirmed", "shipped", "done"):
        standing[name] = _paid(world, side, lines)
        order = standing[name]["orders"][0]
        assert shop.merchant_post(order, "confirm").status == 200
        if name != "confirmed":
            assert shop.ship(order, lines).status == 201
    done = standing["done"]
    path = f"/api/v1/orders/{done['orders'][0]['id']}/receive"
    assert shop.shopper(done, path).status == 200
    for name, purchase in standing.items():
        things[f"{name} purchase"] = purchase["id"]
        things[f"{name} order"] = purchase["orders"][0]["id"]
    _help(world, side, done["orders"][0]["id"])
    cart = shop.cart(lines)
    things["cart"], world.secrets[side]["cart"] = cart["id"], cart["token"]
    things["callback"] = f"msg_flagged{side}"
    flagged = captured_data(waiting, amount=1)
    assert shop.company("payment.captured", flagged, event_id=things["callback"]).status == 200


def _help(world: World, side: str, order: str) -> None:
    """A member asks the merchant of an order for help; nobody else may read what."""
    word = world.canary("asked", side)
    member = identity.member(world.secrets[side]["member"])
    case = aftersales.ask(member, word, f"{word}, please", order_id=order, key=side)
    world.things[side]["case"] = case.id


def _joint(world: World, side: str, other: str) -> None:
    """A shopper buys of both: what one merchant ships and refunds is nothing to the other."""
    shop = world.shop
    skus = [world.things[one]["sku"] for one in (side, other)]
    purchase = _paid(world, side, dict.fromkeys(skus, 2), is_private=False)
    for one, sku in zip((side, other), skus, strict=True):
        order = order_of(purchase, sku)
        word = world.canary("parcel", one)
        assert shop.merchant_post(order, "confirm").status == 200
        shipped = shop.ship(order, {sku: 1}, courier="other", tracking_number=f"{word}-{side}")
        assert shipped.status == 201, shipped.text
        assert shop.refund(order, {sku: 1}, reason=word).status == 201
