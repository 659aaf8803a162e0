"""The states that pages fall into: errors beside fields, differences, what waits, what has ended.

Each is reached as a shopper reaches it, without scripts; what is held over all of them is held in tests.
"""

from typing import Any

import pyotp

from chalicelib.contexts.aftersales import service as aftersales
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.members import service as members
from chalicelib.contexts.members.model.favourites import Liked
from chalicelib.contexts.orders import workers as order_workers
from chalicelib.contexts.privacy import workers as privacy_workers
from chalicelib.contexts.promotions.model.issues import Segment
from chalicelib.contexts.promotions.service import codes, issues
from chalicelib.contexts.promotions.workers import promotions_on_sale_fact
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM, Actor, Role
from tests.integration.members.test_avatars import handed_in, told
from tests.makers.authenticator import Authenticator
from tests.makers.browser import Browser, Page
from tests.makers.facts import deliver
from tests.makers.offers import a_campaign, an_offer, claimed
from tests.makers.people import PASSWORD, a_member
from tests.makers.pictures import a_picture
from tests.makers.points import earned
from tests.makers.shop import gbp
from tests.pages.test_cart import put, reprice
from tests.pages.test_checkout import placed, quoted
from tests.pages.test_console import signed_in
from tests.pages.test_purchase import declined, opened
from tests.pages.test_security import added
from tests.unit.members.test_addresses import LONDON, SHENZHEN

LOGIN = "ada@shop.example"
Pages = dict[str, Page]


def of_the_shop(browser: Browser, listed: Any) -> Pages:
    """Lists that a visitor puts together, and forms of a visitor that were filled in wrong."""
    tee, cup = listed("TEE", category="tops"), listed("CUP", merchant="kiln", price=550)
    pair = f"p={tee.slug}&p={cup.slug}"
    pages = {
        "compare nothing": browser.get("/compare"),
        "compare one": browser.get(f"/compare?p={tee.slug}"),
        "compare two": browser.get(f"/compare?{pair}"),
        "compare only differences": browser.get(f"/compare?{pair}&only=1"),
        "recently viewed": browser.get("/recent"),
        "reset": browser.get("/account/reset"),
        "sign in by code": browser.get("/account/sign-in/code"),
        "a favourite without account": browser.get(f"/favourites/product/{tee.id}"),
        "more than there is": put(browser, tee, "9"),
    }
    wrong = {
        "/account/register": {"login": "nobody", "password": "short"},
        "/account/sign-in": {"login": LOGIN, "password": "wrong"},
        "/orders/find": {"number": "1", "contact": "x"},
    }
    for path, fields in wrong.items():
        page = browser.get(path)
        pages[f"{path} filled in wrong"] = browser.send(page, page.form(path), **fields)
    return pages


def of_checkout(browser: Browser, shop: Any, listed: Any) -> Pages:
    """What can come between a cart and its order, and a cart of which all of that is true."""
    put(browser, listed("TEE", title="Linen shirt", price=1_000, stock=5), "2")
    put(browser, listed("CUP", merchant="kiln", price=550), "1")
    page = browser.get("/checkout")
    pages = {
        "checkout filled in wrong": browser.send(page, page.form("/checkout"), press="quote"),
        "checkout to China": browser.send(
            page, page.form("/checkout"), press="country", country="CN"
        ),
        "checkout quoted": (page := quoted(browser)),
    }
    reprice(shop, 1_100)
    pages["checkout at another price"] = placed(browser, page)
    inventory.put_stock(shop.sellers["acme"].actor, "acme.TEE", 1)
    pages["checkout short"] = placed(browser, page)
    pages["a cart that is short"] = browser.get("/cart")
    seller = shop.sellers["acme"]
    catalog.remove(seller.actor, catalog.own_products(seller.actor).items[0].id)
    pages["checkout of what is gone"] = placed(browser, page)
    pages["a cart of what is gone"] = browser.get("/cart")
    return pages


def of_orders(browser: Browser, shop: Any, stage: Any) -> Pages:
    """A purchase from waiting to its end, whichever end."""
    tea, cup = shop.goods("acme", "TEA", price=1_000), shop.goods("kiln", "CUP")
    waiting, paid = shop.bought({tea: 1}), shop.paid({tea: 2, cup: 1})
    confirmed = shop.confirmed({tea: 1})
    pages = {"waiting": opened(browser, waiting), "paid": opened(browser, paid)}
    shop.company("payment.failed", declined(waiting))
    pages["declined"] = opened(browser, waiting)
    inventory.put_stock(shop.sellers["acme"].actor, tea, 1)
    page = pages["paid"]
    pages["bought again in part"] = browser.send(page, page.form(f"/orders/{paid['id']}/again"))
    number = shop.ship(confirmed["orders"][0], {tea: 1}, courier="sandbox").json()
    deliver(order_workers.orders_on_timeline_fact, "orders.PurchasePaid")
    pages["shipped"] = page = opened(browser, confirmed)
    pages["received"] = browser.send(page, page.form(f"/orders/{confirmed['id']}/receive"))
    assert number
    action = f"/orders/{paid['id']}/cancel"
    order = paid["orders"][0]["id"]
    page = pages["paid"]
    page = browser.send(page, page.form(action, holding=f"input[value='{order}']"))
    pages["cancelled in part, money going back"] = page
    stage.forward(1_801)
    pages["overdue"] = opened(browser, waiting)
    return pages


def of_promotions(browser: Browser, shop: Any, listed: Any) -> Pages:
    """Offers and coupons: as shoppers see them from the shop to the order, and as the console does."""
    product = listed("TEE", title="Linen shirt", price=1_000, category="tops")
    seller = shop.sellers["acme"]
    an_offer(shop, seller, "fixed_price", gbp(800), title="Flash sale", quota=3, budget=gbp(900))
    an_offer(shop, seller, "free_shipping", None, threshold={"amount": gbp(2_000)})
    a_campaign(shop, seller, code="WELCOME", title="Welcome")
    gone = a_campaign(shop, seller, title="Gone", quantity=1)
    claimed(shop, gone["id"], a_member()[1])
    pages = {
        "a product on offer": browser.get(f"/p/{product.slug}"),
        "a merchant with offers": browser.get("/m/acme"),
    }
    put(browser, product, "2")
    page = browser.get("/cart")
    pages["a wrong code on a cart"] = browser.send(page, page.form("/cart/coupons"), code="NONE")
    pages["a coupon on a cart"] = browser.send(page, page.form("/cart/coupons"), code="WELCOME")
    pages["checkout with offers"] = quoted(browser)
    pages["paid with offers"] = opened(browser, shop.paid({"acme.TEE": 2}))
    deliver(promotions_on_sale_fact, "orders.PurchasePaid")
    identity.add_staff(seller.id, "owner@acme.example", PASSWORD, "Ada", Role.OWNER)
    console = signed_in("owner@acme.example")
    console.locale = browser.locale
    for kind in ("offers", "campaigns"):
        place = f"/console/{kind}"
        page = console.get(f"{place}/new")
        form = page.form(f"{place}/new")
        told = {"title_en": "Spring", "kind": "amount_off", "amount": "3"}
        pages |= {
            f"console, {kind}": (page := console.get(place)),
            f"console, no {kind} are over": console.get(f"{place}?state=ended"),
            f"console, new of {kind}": console.send(page, form, press="preview", **told),
            f"console, {kind} filled in wrong": console.send(page, form, press="publish"),
            f"console, one of {kind}": console.get(str(page.one(".table tr:last-child a")["href"])),
            f"console, one of {kind} stopped": console.send(
                page, page.form(f"{page.one('.table tr:last-child a')['href']}/state"), press="stop"
            ),
        }
    issues.start_issue(SYSTEM, gone["id"], Segment(), starts_at="2026-03-02T12:00:00Z")
    pages["console, a campaign handed out"] = console.get(f"/console/campaigns/{gone['id']}")
    coded = a_campaign(shop, seller, title="Leaflets", single_codes=True)
    codes.make(seller.actor, coded["id"], 5, key="five")
    pages["console, codes of a campaign"] = console.get(f"/console/campaigns/{coded['id']}")
    pages["console, calendar of offers"] = console.get("/console/offers/calendar")
    return pages


def of_the_account(browser: Browser, shop: Any, listed: Any, codes: list[str]) -> Pages:
    """A member's rooms, empty and full, and their forms filled in wrong."""
    actor, token = a_member()
    browser.http.cookies["souk_session"] = identity.sign_in_page(LOGIN, PASSWORD, address="")[1]
    rooms = (
        "",
        "/orders",
        "/addresses",
        "/favourites",
        "/coupons",
        "/points",
        "/tier",
        "/support",
        "/profile",
        "/security",
        "/logins",
    )
    pages = {f"account{room}, empty": browser.get(f"/account{room}") for room in rooms}
    shop.bought({shop.goods(): 1}, headers={"authorization": f"Bearer {token}"})
    kept = members.add_address(actor, LONDON)
    members.add_address(actor, SHENZHEN)
    product = listed("CUP", stock=0)
    for liked in (product.id, "prd_22222222"):
        members.like(actor, Liked.PRODUCT, liked)
    members.like(actor, Liked.MERCHANT, shop.sellers["acme"].merchant.id)
    pages["coupons, none"] = browser.get("/coupons")
    claimed(shop, a_campaign(shop, shop.merchant())["id"], token)
    a_campaign(shop, shop.merchant(), "percent_off", {"percent": 12.5}, quantity=3)
    pages["coupons"] = browser.get("/coupons")
    earned(shop, token, {shop.goods(own_code="TEN", price=60_000): 1})
    pages |= {f"account{room}, full": browser.get(f"/account{room}") for room in rooms[:7]}
    pages |= _of_help(browser, actor)
    pages["no orders under a tab"] = browser.get("/account/orders?tab=refunds")
    pages["an address"] = browser.get(f"/account/addresses/{kept.id}")
    pages["a Chinese address"] = browser.get("/account/addresses/new?country=CN")
    pages["a favourite"] = browser.get(f"/favourites/product/{product.id}")
    pages["sessions"] = browser.get("/account/sessions")
    for body in (a_picture(), b"MZ"):
        told(handed_in(actor, body))
    pages["a picture, refused and awaited"] = browser.get(f"/account/profile?arrived={'7' * 26}")
    wrong: list[tuple[str, str, dict[str, str]]] = [
        ("/account/addresses/new", "/account/addresses/new", {"phone": "call me"}),
        ("/account/profile", "/account/profile", {"nickname": "x" * 41}),
        ("/account/security", "/account/security/password", {"old_password": "wrong"}),
        ("/account/privacy", "/account/privacy/erase", {"confirmation": "no"}),
    ]
    for path, action, fields in wrong:
        page = browser.get(path)
        pages[f"{action} filled in wrong"] = browser.send(page, page.form(action), **fields)
    return pages | _of_security(browser, codes) | _of_privacy(browser)


def _of_security(browser: Browser, codes: list[str]) -> Pages:
    """Codes sent, wrong and used; a second factor from its picture to the sign-in; a passkey."""
    page = browser.get("/account/verify")
    pages = {"verify": page}
    page = browser.send(page, page.form("/account/verify"), press="send")
    form = page.form("/account/verify", holding="#f-code")
    pages["a code is sent"] = page
    pages["a wrong code"] = browser.send(page, form, press="enter", code="000000")
    browser.send(page, form, press="enter", code=codes[0])
    pages["a code used twice"] = browser.send(page, form, press="enter", code=codes[0])
    pages["a passkey"] = added(browser, Authenticator())
    page = browser.get("/account/security")
    page = browser.send(page, page.form("/account/security/passkeys"), current_password=PASSWORD)
    pages["a new passkey"] = page
    page = browser.get("/account/security")
    form = page.form("/account/security/second-factor")
    pages["a new second factor"] = page = browser.send(page, form, password=PASSWORD)
    secret = page.one("code").get_text().replace(" ", "")
    form = page.form("/account/security/second-factor/confirm")
    pages["a second factor, mistyped"] = browser.send(page, form, code="000000")
    code = pyotp.TOTP(secret).at(clock.epoch(clock.now()))
    pages["recovery codes"] = browser.send(page, form, code=code)
    pages["security with all of it"] = browser.get("/account/security")
    elsewhere = Browser()
    page = elsewhere.get("/account/sign-in")
    form = page.form("/account/sign-in")
    page = elsewhere.send(page, form, login=LOGIN, password=PASSWORD)
    pages["second factor"] = page
    form = page.form("/account/second-factor")
    pages["second factor, wrong"] = elsewhere.send(page, form, code="000000")
    return pages


def _of_help(browser: Browser, actor: Actor) -> Pages:
    """A case that was asked, answered and closed, and what was filled in wrong."""
    page = browser.get("/account/support")
    form = page.form("/account/support")
    pages = {"help, wrong": browser.send(page, form, subject="", text="x" * 2_001)}
    pages["help, asked"] = browser.send(page, form, subject="Late", text="Where is it?\nHello?")
    (case,) = aftersales.cases_of(actor).items
    identity.bootstrap_platform("keeper@souk.example", PASSWORD)
    console = signed_in("keeper@souk.example")
    console.locale = browser.locale
    page = console.get("/console/taxes")
    pages["console, no taxes"] = page
    pages["console, a tax filled in wrong"] = console.send(page, page.form("/console/taxes"))
    vat = {"country": "GB", "on": "goods", "rate": "20", "how": "included"}
    pages["console, taxes"] = console.send(page, page.form("/console/taxes"), press="put", **vat)
    place = f"/console/support/{case.id}"
    pages["console, help"] = console.get("/console/support")
    pages["console, a case"] = page = console.get(place)
    pages["console, a case answered wrong"] = console.send(page, page.form(f"{place}/messages"))
    pages["console, nobody waits"] = console.send(
        page, page.form(f"{place}/messages"), text="On its way."
    )
    pages["help, answered"] = page = browser.get(f"/account/support/{case.id}")
    pages["help, closed"] = browser.send(page, page.form(f"/account/support/{case.id}/close"))
    pages["help, full"] = browser.get("/account/support")
    return pages


def _of_privacy(browser: Browser) -> Pages:
    page = browser.get("/account/privacy")
    pages = {"privacy": page}
    page = browser.send(page, page.form("/account/privacy/export"))
    pages["a copy being made"] = page
    deliver(privacy_workers.privacy_on_fact, "privacy.ExportRequested")
    pages["a copy to fetch"] = page = browser.get("/account/privacy")
    form = page.form("/account/privacy/erase")
    pages["erased"] = browser.send(page, form, confirmation="erase")
    return pages
