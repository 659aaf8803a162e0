"""Workflows of prices: offers that are made and changed, and purchases that use limited ones."""

from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.contexts.identity.store.listing import left as unlisted
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.issues import HandOut, IssueState, Segment
from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.model.taxes import TaxRule
from chalicelib.contexts.promotions.model.wishes import OfferWish
from chalicelib.contexts.promotions.service import codes, issues, offers, statistics, taxes
from chalicelib.contexts.promotions.store.issues import ChunkItem
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.faults.crashes.scene import DAY_S, Scene
from tests.faults.crashes.workflow import Step, Workflow
from tests.faults.crashes.workflows.acts import (
    HALF_AN_HOUR_S,
    cancel_all,
    cancel_one,
    capture,
    checkout,
    ends,
    later,
    stocked,
    strike,
    together,
)
from tests.makers.offers import (
    a_campaign,
    claim,
    offer_body,
    patch_offer,
    post_campaign,
    post_offer,
    put_coupon,
)
from tests.makers.people import a_member

QUOTA = 10
VERSIONS = {"OFFER": {"standing", "version"}, "BOARD": {"standings", "version"}}
"""What is asked for again is another change, to the same."""


def on_offer(scene: Scene) -> None:
    """Both merchants' goods in a cart, a limited offer of the first and one of the platform."""
    stocked(scene)
    made = post_offer(scene.shop, scene.shop.merchant(), quota=QUOTA, per_member=5)
    assert made.status == 201, made.text
    scene.memo["offer"] = made.json()["id"]
    now = clock.now()
    wish = OfferWish(
        titles={"en": "Souk week"},
        kind=Kind.AMOUNT_OFF,
        value={"amount": 100, "currency": "GBP"},
        starts_at=now,
        ends_at=clock.later(now, DAY_S),
        quota=QUOTA,
    )
    scene.memo["week"] = offers.create(SYSTEM, wish).offer.id


def coupon_on_cart(scene: Scene) -> None:
    """Goods in a cart, with a coupon that the member holds."""
    stocked(scene)
    _, scene.memo["token"] = a_member()
    scene.memo["campaign"] = a_campaign(scene.shop, scene.shop.merchant())["id"]
    claims(scene)
    code, token = scene.memo["coupon"]["code"], scene.memo["token"]
    headers = {"authorization": f"Bearer {token}"}
    assert put_coupon(scene.shop, scene.memo["cart"], code, **headers).status == 200


def campaign_open(scene: Scene) -> None:
    stocked(scene)
    _, scene.memo["token"] = a_member()
    scene.memo["campaign"] = a_campaign(scene.shop, scene.shop.merchant(), quantity=2)["id"]


def claims(scene: Scene) -> None:
    reply = claim(scene.shop, scene.memo["campaign"], scene.memo["token"], key="claim")
    assert reply.status == 201, reply.text
    scene.memo["coupon"] = reply.json()


def makes_campaign(scene: Scene) -> None:
    times = {"starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-04-02T09:00:00Z"}
    headers = {"idempotency_key": "campaign"}
    made = post_campaign(scene.shop, scene.shop.merchant(), headers=headers, **times)
    assert made.status == 201, made.text


def adds_coupons(scene: Scene) -> None:
    path = f"/api/v1/merchant/campaigns/{scene.memo['campaign']}"
    headers = scene.shop.merchant().authorization
    assert scene.shop.http.patch(path, {"quantity": 12}, **headers).status == 200


def twelve_coupons(scene: Scene) -> None:
    assert [one["left"] for one in scene.shop.http.get("/api/v1/campaigns").json()["items"]] == [12]


def coded(scene: Scene) -> None:
    stocked(scene)
    made = a_campaign(scene.shop, scene.shop.merchant(), quantity=120, single_codes=True)
    scene.memo["campaign"] = made["id"]


def makes_codes(scene: Scene) -> None:
    codes.make(scene.shop.merchant().actor, scene.memo["campaign"], 100, key="codes")


def asks_for_codes(scene: Scene) -> None:
    """The same by API key, which names the codes by chance."""
    path = f"/api/v1/merchant/campaigns/{scene.memo['campaign']}/codes"
    headers = {**scene.shop.merchant().authorization, "idempotency_key": "codes"}
    made = scene.shop.http.post(path, {"count": 100}, **headers)
    assert made.status == 201, made.text


def hundred_codes(scene: Scene) -> None:
    made = codes.every(scene.shop.merchant().actor, scene.memo["campaign"])
    assert (len(made), len(set(made))) == (100, 100)
    assert _left(scene.memo["campaign"]) == (20, 100)


def puts_and_takes_off(scene: Scene) -> None:
    cart, code = scene.memo["cart"], scene.memo["coupon"]["code"]
    path = f"/api/v1/carts/{cart['id']}/coupons/{code}"
    assert scene.shop.http.delete(path, x_cart_token=cart["token"]).status == 200


def one_campaign(scene: Scene) -> None:
    assert [one["left"] for one in scene.shop.http.get("/api/v1/campaigns").json()["items"]] == [10]


def coupon_is(state: str, then: Step | None = None) -> Step:
    def look(scene: Scene) -> None:
        headers = {"authorization": f"Bearer {scene.memo['token']}"}
        items = scene.shop.http.get("/api/v1/me/coupons", **headers).json()["items"]
        assert [one["state"] for one in items] == [state]
        if then is not None:
            then(scene)

    return look


def for_nothing(scene: Scene) -> None:
    """Goods and delivery that the platform gives away."""
    stocked(scene)
    now = clock.now()
    for kind, value in ((Kind.PERCENT_OFF, {"percent": 100}), (Kind.FREE_SHIPPING, None)):
        wish = OfferWish(
            titles={"en": "Souk's birthday"},
            kind=kind,
            value=value,
            starts_at=now,
            ends_at=clock.later(now, DAY_S),
        )
        offers.create(SYSTEM, wish)


def makes(scene: Scene) -> None:
    seller = scene.shop.merchant()
    times = {"starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-04-02T09:00:00Z"}
    body = offer_body(quota=QUOTA, **times)
    headers = {**seller.authorization, "idempotency_key": "offer"}
    reply = scene.shop.http.post("/api/v1/merchant/offers", body, **headers)
    assert reply.status == 201, reply.text


def raises_the_quota(scene: Scene) -> None:
    reply = patch_offer(scene.shop, scene.shop.merchant(), scene.memo["offer"], quota=2 * QUOTA)
    assert reply.status == 200, reply.text


def shares(scene: Scene) -> None:
    offers.share(SYSTEM, scene.shop.merchant().id, scene.memo["offer"], 3_000)


def is_shared(scene: Scene) -> None:
    found = offers.one(scene.shop.merchant().actor, scene.memo["offer"]).offer
    assert found.merchant_bps == 7_000


def puts_a_tax(scene: Scene) -> None:
    del scene
    taxes.put_rule(SYSTEM, TaxRule(country="GB", rate_bps=2_000, is_included=True))


def one_tax(scene: Scene) -> None:
    del scene
    assert [one.country for one in taxes.taxes()] == ["FR", "GB"]


def with_a_tax(scene: Scene) -> None:
    del scene
    taxes.put_taxes(SYSTEM, [TaxRule(country="FR", rate_bps=500, is_included=False)])


def one_offer(scene: Scene) -> None:
    listed = scene.shop.http.get(
        "/api/v1/merchant/offers", **scene.shop.merchant().authorization
    ).json()["items"]
    assert [(one["quota"], one["used"]) for one in listed] == [(QUOTA, 0)]


def used(own: int, week: int, *, quota: int = QUOTA, then: Step | None = None) -> Step:
    """So much of both quotas is used."""

    def look(scene: Scene) -> None:
        found = {name: _left(scene.memo[name]) for name in ("offer", "week")}
        assert found == {"offer": (quota - own, own), "week": (QUOTA - week, week)}
        if then is not None:
            then(scene)

    return look


def _left(offer_id: str) -> tuple[int, int]:
    rows: list[Any] = list(reads.query_all(store.QuotaItem, f"QUOTA#{offer_id}"))
    return sum(int(row.left) for row in rows), sum(int(row.used) for row in rows)


def with_a_budget(scene: Scene) -> None:
    """The platform's offer may cost no more than one cart."""
    offers.change(SYSTEM, scene.memo["week"], OfferWish(budget=Money(100, "GBP")))


def counted(own: int, week: int, *, then: Step | None = None) -> Step:
    """So much did both offers take off, as their statistics say."""

    def look(scene: Scene) -> None:
        found = {
            name: statistics.performance(scene.memo[name])[0].off for name in ("offer", "week")
        }
        assert found == {"offer": own, "week": week}
        if then is not None:
            then(scene)

    return look


def week_is_over(scene: Scene) -> None:
    assert offers.one(SYSTEM, scene.memo["week"]).is_stopped


bought = together(on_offer, checkout())
paid = together(bought, capture)
expired = together(bought, later(HALF_AN_HOUR_S), strike("orders_sweep_due"))
PLACED, CANCELLED, EXPIRED = (2 * (state,) for state in ("placed", "cancelled", "expired"))


def to_be_handed_out(scene: Scene) -> None:
    """Three members, and a campaign with coupons for two of them."""
    stocked(scene)
    for number in range(3):
        a_member(f"m{number}@b.example")
    scene.later(60)
    made = a_campaign(scene.shop, scene.shop.merchant(), quantity=2)
    scene.memo["campaign"] = made["id"]


def hands_out(scene: Scene) -> None:
    issues.start_issue(SYSTEM, scene.memo["campaign"], Segment(), key="festival")


def handed_out(scene: Scene) -> None:
    (found,) = issues.issues_of(SYSTEM, scene.memo["campaign"]).items
    assert (found.state, found.issued, found.short) == (IssueState.DONE, 2, 1)


def one_leaves(scene: Scene) -> None:
    """Some coupons are out, and one of those who got one is no member by now."""
    (issue,) = issues.issues_of(SYSTEM, scene.memo["campaign"]).items
    made: Any = reads.query_all(ChunkItem, f"ISSUE#{issue.issue.id}", begins_with="CHUNK#")
    chunk, (leaver, *_) = next((row.chunk, row.given) for row in made if row.given)
    transact.commit([unlisted(leaver)])
    scene.memo["message"] = HandOut(chunk.issue_id, chunk.shard, chunk.first)


def comes_again(scene: Scene) -> None:
    """The message that handed the leaver's coupon out: its worker died before it was done with it."""
    issues.hand_out(scene.memo["message"])


def taken_back(scene: Scene) -> None:
    (found,) = issues.issues_of(SYSTEM, scene.memo["campaign"]).items
    assert (found.issued, found.short, found.skipped) == (1, 1, 1)
    assert _left(scene.memo["campaign"]) == (1, 1)


def later_on_a_day(scene: Scene) -> None:
    """Another issue, for a day to come."""
    starts_at = clock.iso(clock.later(clock.now(), HALF_AN_HOUR_S))
    issues.start_issue(
        SYSTEM, scene.memo["campaign"], Segment(), starts_at=starts_at, key="festival"
    )


WORKFLOWS = (
    Workflow("coupons are handed out", to_be_handed_out, (hands_out,), handed_out),
    Workflow(
        "coupons are handed out on a day",
        together(to_be_handed_out, later_on_a_day, later(HALF_AN_HOUR_S)),
        (strike("promotions_push_issues"),),
        handed_out,
    ),
    Workflow(
        "a coupon comes back of who left while it was handed out",
        together(to_be_handed_out, hands_out, one_leaves),
        (comes_again,),
        taken_back,
    ),
    Workflow("make an offer", stocked, (makes,), one_offer),
    Workflow(
        "change an offer's quota",
        bought,
        (raises_the_quota,),
        used(2, 1, quota=2 * QUOTA),
        blind=VERSIONS,
    ),
    Workflow("the platform shares an offer", on_offer, (shares,), is_shared, blind=VERSIONS),
    Workflow("put a tax rule", with_a_tax, (puts_a_tax,), one_tax),
    Workflow("checkout on offer", on_offer, (checkout(),), used(2, 1)),
    Workflow(
        "expiry on offer",
        bought,
        (later(HALF_AN_HOUR_S), strike("orders_sweep_due")),
        used(0, 0, then=ends("expired", *EXPIRED, left=20)),
    ),
    Workflow(
        "cancel on offer",
        paid,
        (cancel_one, cancel_all),
        used(0, 0, then=ends("cancelled", *CANCELLED, refunds=("sent", "sent"), left=20)),
    ),
    Workflow(
        "a sale that uses an offer's budget up",
        together(on_offer, with_a_budget, checkout()),
        (capture,),
        counted(200, 100, then=week_is_over),
    ),
    Workflow(
        "cancel one order on offer before it is paid for",
        bought,
        (cancel_one,),
        used(0, 1),
    ),
    Workflow(
        "checkout of what costs nothing",
        for_nothing,
        (checkout(), later(700), strike("payments_ask_provider")),
        ends("paid", *PLACED, left=18),
    ),
    Workflow("make a campaign", stocked, (makes_campaign,), one_campaign),
    Workflow("add coupons to a campaign", campaign_open, (adds_coupons,), twelve_coupons),
    Workflow("make single-use codes", coded, (makes_codes,), hundred_codes),
    Workflow(
        "make single-use codes by key",
        coded,
        (asks_for_codes,),
        hundred_codes,
        blind={"CODES": {"codes"}, "COUPON": {"pk", "sk", "coupon"}},
    ),
    Workflow("claim a coupon", campaign_open, (claims,), coupon_is("held")),
    Workflow("take a coupon off", coupon_on_cart, (puts_and_takes_off,), coupon_is("held")),
    Workflow("checkout with a coupon", coupon_on_cart, (checkout(),), coupon_is("used")),
    Workflow(
        "expiry with a coupon",
        together(coupon_on_cart, checkout()),
        (later(HALF_AN_HOUR_S), strike("orders_sweep_due")),
        coupon_is("held", then=ends("expired", *EXPIRED, left=20)),
    ),
    Workflow(
        "cancel with a coupon",
        together(coupon_on_cart, checkout(), capture),
        (cancel_all,),
        coupon_is("held", then=ends("cancelled", *CANCELLED, refunds=("sent", "sent"), left=20)),
    ),
    Workflow(
        "late money with a coupon",
        together(coupon_on_cart, checkout(), later(HALF_AN_HOUR_S), strike("orders_sweep_due")),
        (capture,),
        coupon_is("used", then=ends("paid", *PLACED, left=18)),
    ),
    Workflow(
        "late money on offer",
        expired,
        (capture,),
        used(2, 1, then=ends("paid", *PLACED, left=18)),
    ),
)
