"""Who may go through which door: every route with its method, as data.

`names` says which parameter names whose thing; `<thing>` in a body or form is replaced by such a
thing's name, too. A route may stand here several times, with things of several kinds.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.doors.tenants.world import CLEO, CSV, OPEN_CAMPAIGN
from tests.makers.people import PASSWORD
from tests.makers.shop import ADDRESS, gbp

ANYONE = frozenset({"anonymous", "platform", "member", "cookie", "guest", "key", "owner", "staff"})
NOBODY = frozenset[str]()
SHOPPERS = frozenset({"member", "cookie", "guest"})
MEMBERS = frozenset({"member", "cookie"})
VISITORS = frozenset({"cookie", "guest"})
ACCOUNT = frozenset({"cookie"})
GUEST, KEY, OWNER, PLATFORM = (frozenset({one}) for one in ("guest", "key", "owner", "platform"))
STAFF = frozenset({"owner", "staff"})
CONSOLE = STAFF | PLATFORM


@dataclass(frozen=True)
class Door:
    """One route and who may use it, with something valid to send."""

    route: str
    who: frozenset[str]
    names: dict[str, str] = field(default_factory=dict)
    json: Any = None
    form: dict[str, str] | None = None
    fixed: dict[str, str] = field(default_factory=dict)
    query: str = ""
    raw: tuple[str, bytes] | None = None
    lands: str = ""
    """Where the door sends whoever may not, if not to the sign-in."""
    refusal: int = 404
    """How it refuses whoever sends something made up, where that is no thing with a name."""

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.route.partition(" ")[2]

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(("/api/", "/webhooks/"))

    @property
    def kinds(self) -> list[str]:
        """The kinds of things that a request names, each by itself."""
        found = re.findall(r"<([a-z ]+)>", repr((self.json, self.form)))
        return list(dict.fromkeys([*self.names.values(), *found]))

    @property
    def has_things(self) -> bool:
        return bool(self.kinds)


ORDER = {"order": "placed order"}
NEW_PRODUCT = {
    "title": "Cup",
    "description": "",
    "category": "other",
    "state": "draft",
    "variants": [{"sku": "CUP", "price": gbp(500)}],
}
CHECKOUT = {
    "email": "dora@shop.example",
    "address": ADDRESS,
    "delivery_method": "standard",
    "payment": {"provider": "sandbox"},
}
NEW_OFFER = {
    "title": "Sale",
    "kind": "amount_off",
    "value": gbp(100),
    "starts_at": "2026-03-02T00:00:00Z",
    "ends_at": "2026-03-09T00:00:00Z",
}
NEW_CAMPAIGN = {
    "title": "Welcome",
    "coupon": {"kind": "amount_off", "value": gbp(100)},
    "quantity": 5,
    "per_member": 1,
    "starts_at": "2026-03-02T00:00:00Z",
    "ends_at": "2026-03-09T00:00:00Z",
}
OFFER_FORM = {
    "title_en": "Sale",
    "kind": "percent_off",
    "percent": "5",
    "starts_at": "2026-03-02T00:00",
    "ends_at": "2026-03-09T00:00",
    "key": "offer-form",
}
CAMPAIGN_FORM = {
    **OFFER_FORM,
    "quantity": "5",
    "per_member": "1",
    "key": "campaign-form",
}
FILE = (
    b'--mark\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n<csrf>\r\n'
    b'--mark\r\nContent-Disposition: form-data; name="file"; filename="goods.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\n" + CSV + b"\r\n--mark--\r\n"
)
CREDENTIALS = {"login": CLEO, "password": PASSWORD}
NEW_PASSWORD = {"old_password": PASSWORD, "new_password": PASSWORD}
ACME = {"kind": "merchant", "liked": "acme"}
A_PRODUCT = {"kind": "product"}
UNITS = [{"sku": "<sku>", "quantity": 1}]

PROGRAMS = [
    Door("GET /api/v1/health", ANYONE),
    Door("GET /api/v1/openapi.json", ANYONE),
    Door("GET /api/v1/categories", ANYONE),
    Door("GET /api/v1/products", ANYONE),
    Door("GET /api/v1/products", ANYONE, query="?q=zqdraftbcanary"),
    Door("GET /api/v1/products/{product}", ANYONE, {"product": "listed"}),
    Door("GET /api/v1/products/{product}", NOBODY, {"product": "draft"}),
    Door("POST /api/v1/carts", ANYONE),
    Door("GET /api/v1/carts/{cart}", GUEST, {"cart": "cart"}),
    Door(
        "PUT /api/v1/carts/{cart}/lines/{sku}",
        GUEST,
        {"cart": "cart"},
        {"quantity": 1},
        fixed={"sku": "kiln.TEA"},
    ),
    Door(
        "PUT /api/v1/carts/{cart}/lines/{sku}",
        NOBODY,
        {"cart": "cart"},
        {"quantity": 1},
        fixed={"sku": "kiln.DRAFT"},
    ),
    Door("POST /api/v1/carts/{cart}/quote", GUEST, {"cart": "cart"}, {"address": ADDRESS}),
    Door("POST /api/v1/carts/{cart}/checkout", GUEST, {"cart": "cart"}, CHECKOUT),
    Door("POST /api/v1/members", ANYONE, json={"email": "new@shop.example", "password": PASSWORD}),
    Door("POST /api/v1/sessions", ANYONE, json={"email": CLEO, "password": PASSWORD}),
    Door(
        "POST /api/v1/sessions", GUEST, json={"email": CLEO, "password": PASSWORD, "cart": "<cart>"}
    ),
    Door("DELETE /api/v1/sessions/current", MEMBERS),
    Door("POST /api/v1/sessions/second-factor", NOBODY, json={"challenge": "chl_x", "code": "1"}),
    Door("POST /api/v1/codes", ANYONE, json={"email": CLEO, "purpose": "sign_in"}),
    Door(
        "POST /api/v1/password-resets",
        NOBODY,
        json={"email": CLEO, "code": "000000", "password": PASSWORD},
    ),
    Door("PUT /api/v1/me/password", MEMBERS, json={"old": PASSWORD, "new": PASSWORD}),
    Door("GET /api/v1/me/sessions", MEMBERS),
    Door("DELETE /api/v1/me/sessions/{session}", NOBODY, fixed={"session": "made-up"}),
    Door("GET /api/v1/me", MEMBERS),
    Door("GET /api/v1/me/purchases", MEMBERS),
    Door("GET /api/v1/me/favourites", MEMBERS),
    Door("PUT /api/v1/me/favourites/{kind}/{liked}", MEMBERS, fixed=ACME),
    Door("PUT /api/v1/me/favourites/{kind}/{liked}", NOBODY, {"liked": "draft"}, fixed=A_PRODUCT),
    Door("DELETE /api/v1/me/favourites/{kind}/{liked}", MEMBERS, fixed=ACME),
    Door("GET /api/v1/me/addresses", MEMBERS),
    Door("POST /api/v1/me/addresses", MEMBERS, json=ADDRESS),
    Door("PUT /api/v1/me/addresses/{address}", MEMBERS, {"address": "address"}, ADDRESS),
    Door("DELETE /api/v1/me/addresses/{address}", MEMBERS, {"address": "address"}),
    Door("GET /api/v1/purchases/{purchase}", SHOPPERS, {"purchase": "placed purchase"}),
    Door("POST /api/v1/purchases/{purchase}/cancel", SHOPPERS, {"purchase": "placed purchase"}),
    Door("POST /api/v1/purchases/{purchase}/cancel", SHOPPERS, {"purchase": "waiting purchase"}),
    Door(
        "POST /api/v1/purchases/{purchase}/payments",
        SHOPPERS,
        {"purchase": "declined purchase"},
        {"provider": "sandbox"},
    ),
    Door("POST /api/v1/orders/{order}/cancel", SHOPPERS, ORDER),
    Door("POST /api/v1/orders/{order}/receive", SHOPPERS, {"order": "shipped order"}),
    Door("GET /api/v1/orders/{order}/timeline", SHOPPERS, {"order": "shipped order"}),
    Door("GET /api/v1/merchant/products", KEY),
    Door("POST /api/v1/merchant/products", KEY, json=NEW_PRODUCT),
    Door("GET /api/v1/merchant/products/{product}", KEY, {"product": "draft"}),
    Door("PATCH /api/v1/merchant/products/{product}", KEY, {"product": "draft"}, {"title": "Mug"}),
    Door("DELETE /api/v1/merchant/products/{product}", KEY, {"product": "draft"}),
    Door("POST /api/v1/merchant/imports", KEY, raw=("text/csv", CSV)),
    Door("POST /api/v1/merchant/imports", KEY, json={"filename": "goods.csv", "size": 6_000_000}),
    Door("GET /api/v1/merchant/imports/{import_id}", KEY, {"import_id": "import"}),
    Door("GET /api/v1/merchant/stock/{sku}", KEY, {"sku": "sku"}),
    Door("PUT /api/v1/merchant/stock/{sku}", KEY, {"sku": "sku"}, {"on_hand": 900}),
    Door("GET /api/v1/merchant/orders", KEY),
    Door("GET /api/v1/merchant/orders/{order}", KEY, ORDER),
    Door("POST /api/v1/merchant/orders/{order}/confirm", KEY, ORDER),
    Door("POST /api/v1/merchant/orders/{order}/cancel", KEY, ORDER),
    Door(
        "POST /api/v1/merchant/orders/{order}/shipments",
        KEY,
        {"order": "confirmed order"},
        {"courier": "sandbox", "lines": UNITS},
    ),
    Door(
        "POST /api/v1/merchant/orders/{order}/refunds",
        KEY,
        ORDER,
        {"lines": UNITS, "reason": "chipped"},
    ),
    Door("GET /api/v1/merchant/offers", KEY),
    Door("POST /api/v1/merchant/offers", KEY, json=NEW_OFFER),
    Door(
        "POST /api/v1/merchant/offers",
        KEY,
        json=NEW_OFFER | {"products": ["<draft>"]},
        refusal=422,
    ),
    Door("GET /api/v1/merchant/offers/{offer}", KEY, {"offer": "offer"}),
    Door("PATCH /api/v1/merchant/offers/{offer}", KEY, {"offer": "offer"}, {"title": "Sale"}),
    Door("GET /api/v1/merchant/campaigns", KEY),
    Door("POST /api/v1/merchant/campaigns", KEY, json=NEW_CAMPAIGN),
    Door("GET /api/v1/merchant/campaigns/{campaign}", KEY, {"campaign": "campaign"}),
    Door(
        "PATCH /api/v1/merchant/campaigns/{campaign}",
        KEY,
        {"campaign": "campaign"},
        {"stopped": True},
    ),
    Door(
        "POST /api/v1/merchant/campaigns/{campaign}/codes", KEY, {"campaign": "coded"}, {"count": 2}
    ),
    Door("GET /api/v1/merchant/campaigns/{campaign}/codes", KEY, {"campaign": "coded"}),
    Door("GET /api/v1/merchant/campaigns/{campaign}/issues", KEY, {"campaign": "campaign"}),
    Door(
        "PATCH /api/v1/merchant/campaigns/{campaign}/issues/{issue}",
        KEY,
        {"campaign": "campaign", "issue": "issue"},
        {"paused": True},
    ),
    Door("GET /api/v1/campaigns", ANYONE),
    Door("POST /api/v1/campaigns/{campaign}/claim", MEMBERS, fixed={"campaign": OPEN_CAMPAIGN}),
    Door("GET /api/v1/me/coupons", MEMBERS),
    Door("GET /api/v1/me/points", MEMBERS),
    Door("GET /api/v1/me/tier", MEMBERS),
    Door("PUT /api/v1/carts/{cart}/points", NOBODY, {"cart": "cart"}, {"points": 5}),
    Door(
        "PUT /api/v1/carts/{cart}/coupons/{code}",
        GUEST,
        {"cart": "cart"},
        fixed={"code": "ALLOURS"},
    ),
    Door(
        "DELETE /api/v1/carts/{cart}/coupons/{code}",
        GUEST,
        {"cart": "cart"},
        fixed={"code": "ALLOURS"},
    ),
    Door("GET /api/v1/merchant/statements", KEY),
    Door("GET /api/v1/merchant/statements/{statement}", KEY, {"statement": "statement"}),
    Door("GET /api/v1/merchant/ledger", KEY),
    Door("POST /webhooks/payments/{provider}", NOBODY, fixed={"provider": "sandbox"}, json={}),
    Door("POST /webhooks/couriers/{courier}", NOBODY, fixed={"courier": "sandbox"}, json={}),
]
PURCHASE = {"purchase": "placed purchase"}
PAGES = [
    Door("GET /", ANYONE),
    Door("GET /search", ANYONE, query="?q=zqdraftbcanary"),
    Door("GET /search/advanced", ANYONE, query="?q=zqdraftbcanary"),
    Door("GET /search/suggest", ANYONE, query="?q=zqdraftbcanary"),
    Door("GET /c/{category}", ANYONE, fixed={"category": "other"}),
    Door("GET /compare", ANYONE),
    Door("GET /recent", ANYONE),
    Door("GET /fragments/cards", ANYONE),
    Door("GET /fragments/coupons/{merchant}", ANYONE, {"merchant": "merchant"}),
    Door("GET /fragments/related/{product}", ANYONE, fixed={"product": "mug-p7k2m9qd"}),
    Door("GET /p/{product}", ANYONE, {"product": "slug"}),
    Door("GET /p/{product}", NOBODY, {"product": "draft"}),
    Door("GET /locale/{locale}", ANYONE, fixed={"locale": "en"}),
    Door("GET /fragments/visitor", ANYONE),
    Door("GET /m/{merchant}", ANYONE, fixed={"merchant": "kiln"}),
    Door("GET /feed.xml", ANYONE),
    Door("GET /robots.txt", ANYONE),
    Door("GET /help", ANYONE),
    Door("GET /shipping-and-returns", ANYONE),
    Door("GET /terms", ANYONE),
    Door("GET /privacy", ANYONE),
    Door("GET /cart", ANYONE),
    Door("GET /fragments/cart", ANYONE),
    Door("POST /cart/lines", ANYONE, form={"sku": "kiln.TEA", "quantity": "1"}),
    Door("POST /cart/lines", NOBODY, form={"sku": "kiln.DRAFT", "quantity": "1"}),
    Door("POST /cart/quantities", GUEST, form={"sku": "acme.TEA", "quantity": "1"}),
    Door("POST /cart/selection", GUEST, form={"choice": "all"}),
    Door("GET /coupons", ANYONE),
    Door("POST /coupons/{campaign}", ACCOUNT, form={}, fixed={"campaign": OPEN_CAMPAIGN}),
    Door("GET /account/coupons", ACCOUNT),
    Door("GET /account/points", ACCOUNT),
    Door("GET /account/tier", ACCOUNT),
    Door("POST /cart/points", NOBODY, form={"points": "5"}),
    Door("POST /cart/coupons", GUEST, form={"code": "ALLOURS"}),
    Door("POST /cart/coupons/remove", GUEST, form={"code": "ALLOURS"}),
    Door("POST /cart/fixes", GUEST, form={"sku": "acme.TEA"}),
    Door("GET /checkout", ANYONE),
    Door(
        "POST /checkout",
        GUEST,
        form={"email": "dora@shop.example", **ADDRESS, "provider": "sandbox", "step": "quote"},
        lands="/cart",
    ),
    Door("GET /account", ACCOUNT),
    Door("GET /account/orders", ACCOUNT),
    Door("GET /account/profile", ACCOUNT),
    Door("POST /account/profile", ACCOUNT, form={"nickname": "Ada", "locale": "en"}),
    Door(
        "POST /account/profile/birthday",
        ACCOUNT,
        form={"birthday_month": "2", "birthday_day": "29"},
    ),
    Door("POST /account/profile/picture/remove", ACCOUNT, form={}),
    Door("GET /account/favourites", ACCOUNT),
    Door("POST /account/favourites", ACCOUNT, form={"gone": "product/prd_22222222"}),
    Door("GET /favourites/{kind}/{liked}", ACCOUNT, fixed=ACME),
    Door("GET /favourites/{kind}/{liked}", NOBODY, {"liked": "draft"}, fixed=A_PRODUCT),
    Door("POST /favourites/{kind}/{liked}", ACCOUNT, fixed=ACME, form={"want": "yes"}),
    Door("GET /fragments/favourites/{kind}/{liked}", ANYONE, fixed=ACME),
    Door("GET /divisions", ANYONE),
    Door("GET /sign-in/with/{provider}", ANYONE, fixed={"provider": "wechat"}),
    Door("GET /sign-in/with/{provider}/return", NOBODY, fixed={"provider": "wechat"}),
    Door("GET /account/support", ACCOUNT),
    Door(
        "POST /account/support",
        ACCOUNT,
        form={"subject": "Late", "text": "Where is it?", "order": "<placed order>", "key": "k"},
    ),
    Door("GET /account/support/{case}", ACCOUNT, {"case": "case"}),
    Door(
        "POST /account/support/{case}/messages",
        ACCOUNT,
        {"case": "case"},
        form={"text": "And now?", "key": "k"},
    ),
    Door("POST /account/support/{case}/close", ACCOUNT, {"case": "case"}, form={}),
    Door("GET /account/privacy", ACCOUNT),
    Door("POST /account/privacy/export", ACCOUNT, form={}),
    Door("GET /account/privacy/export", NOBODY),
    Door("POST /account/privacy/erase", ACCOUNT, form={"confirmation": "ERASE"}),
    Door("GET /account/sign-in/code", ANYONE),
    Door("POST /account/sign-in/code", ANYONE, form={"login": CLEO, "step": "send"}),
    Door("GET /account/reset", ANYONE),
    Door("POST /account/reset", ANYONE, form={"login": CLEO, "step": "send"}),
    Door("GET /account/verify", ACCOUNT),
    Door("POST /account/verify", ACCOUNT, form={"step": "send"}),
    Door("GET /account/second-factor", ANYONE),
    Door("POST /account/second-factor", ANYONE, form={"code": "000000"}),
    Door("GET /account/security", ACCOUNT),
    Door("POST /account/security/password", ACCOUNT, form=NEW_PASSWORD),
    Door("POST /account/security/second-factor", ACCOUNT, form={"password": PASSWORD}),
    Door("GET /account/security/second-factor", ACCOUNT),
    Door("POST /account/security/second-factor/confirm", ACCOUNT, form={"code": "000000"}),
    Door("POST /account/security/second-factor/drop", ACCOUNT, form={"password": PASSWORD}),
    Door("POST /account/sign-in/passkey", NOBODY, form={"answer": "{}"}),
    Door("POST /account/security/passkeys", ACCOUNT, form={"current_password": PASSWORD}),
    Door("POST /account/security/passkeys/finish", NOBODY, form={"answer": "{}"}, refusal=422),
    Door(
        "POST /account/security/passkeys/{passkey}/rename",
        NOBODY,
        fixed={"passkey": "made-up"},
        form={"name": "Mine"},
    ),
    Door(
        "POST /account/security/passkeys/{passkey}/remove",
        NOBODY,
        fixed={"passkey": "made-up"},
        form={},
    ),
    Door("GET /account/sessions", ACCOUNT),
    Door("POST /account/sessions/end-others", ACCOUNT, form={}),
    Door("POST /account/sessions/{session}/end", NOBODY, fixed={"session": "made-up"}, form={}),
    Door("GET /account/logins", ACCOUNT),
    Door("POST /account/logins", NOBODY, form={"confirmed": "eyJ9.made-up"}),
    Door("POST /account/logins/{provider}/remove", NOBODY, fixed={"provider": "qq"}, form={}),
    Door("GET /account/addresses", ACCOUNT),
    Door("GET /account/addresses/new", ACCOUNT),
    Door("POST /account/addresses/new", ACCOUNT, form=ADDRESS),
    Door("GET /account/addresses/{address}", ACCOUNT, {"address": "address"}),
    Door("POST /account/addresses/{address}", ACCOUNT, {"address": "address"}, form=ADDRESS),
    Door("POST /account/addresses/{address}/remove", ACCOUNT, {"address": "address"}, form={}),
    Door("POST /account/addresses/{address}/prefer", ACCOUNT, {"address": "address"}, form={}),
    Door("GET /account/sign-in", ANYONE),
    Door("POST /account/sign-in", ANYONE, form=CREDENTIALS),
    Door("GET /account/register", ANYONE),
    Door("POST /account/register", ANYONE, form={"login": "n@shop.example", "password": PASSWORD}),
    Door("POST /account/sign-out", ANYONE, form={}),
    Door("GET /orders/find", ANYONE),
    Door(
        "POST /orders/find",
        NOBODY,
        form={"number": "pur_01JNAAAAAAAAAAAAAAAAAAAAAA", "contact": "n@shop.example"},
        refusal=422,
    ),
    Door("GET /orders/{purchase}", VISITORS, PURCHASE),
    Door("GET /fragments/orders/{purchase}", VISITORS, PURCHASE),
    Door("POST /orders/{purchase}/again", VISITORS, PURCHASE, form={}),
    Door("POST /orders/{purchase}/cancel", VISITORS, PURCHASE, form={}),
    Door("POST /orders/{purchase}/cancel", VISITORS, PURCHASE, form={"order": "<placed order>"}),
    Door(
        "POST /orders/{purchase}/payments",
        VISITORS,
        {"purchase": "declined purchase"},
        form={"provider": "sandbox"},
    ),
    Door(
        "POST /orders/{purchase}/receive",
        VISITORS,
        {"purchase": "shipped purchase"},
        form={"order": "<shipped order>"},
    ),
]
DESK = [
    Door("GET /console/sign-in", ANYONE),
    Door(
        "POST /console/sign-in", ANYONE, form={"login": "staff@acme.example", "password": PASSWORD}
    ),
    Door("POST /console/sign-out", ANYONE, form={}),
    Door("GET /console", CONSOLE),
    Door("GET /console/orders", STAFF),
    Door("GET /console/orders/{order}", STAFF, ORDER),
    Door("POST /console/orders/{order}/confirm", STAFF, ORDER, form={}),
    Door("POST /console/orders/{order}/cancel", STAFF, ORDER, form={}),
    Door(
        "POST /console/orders/{order}/shipments",
        STAFF,
        {"order": "confirmed order"},
        form={"courier": "sandbox", "ship.<sku>": "1"},
    ),
    Door(
        "POST /console/orders/{order}/refunds",
        STAFF,
        ORDER,
        form={"refund.<sku>": "1", "reason": "chipped"},
    ),
    Door("GET /console/products", STAFF),
    Door("GET /console/products/new", STAFF),
    Door(
        "POST /console/products/new",
        STAFF,
        form={
            "title": "Cup",
            "description": "",
            "category": "other",
            "sku": "CUP",
            "price": "5.00",
            "on_hand": "3",
            "state": "draft",
        },
    ),
    Door("GET /console/products/{product}", STAFF, {"product": "draft"}),
    Door(
        "POST /console/products/{product}",
        STAFF,
        {"product": "listed"},
        form={"title": "Mug", "description": "", "category": "other", "price.<sku>": "9.00"},
    ),
    Door(
        "POST /console/products/{product}/state",
        STAFF,
        {"product": "draft"},
        form={"state": "listed"},
    ),
    Door("GET /console/products/{product}/pictures", STAFF, {"product": "draft"}),
    Door("POST /console/products/{product}/pictures", STAFF, {"product": "draft"}, form={}),
    Door(
        "POST /console/products/{product}/pictures/add",
        STAFF,
        {"product": "draft"},
        form={"url": "https://far.example/a.png", "alt": "Front"},
    ),
    Door("GET /console/imports", STAFF),
    Door("POST /console/imports", STAFF, raw=("multipart/form-data; boundary=mark", FILE)),
    Door("GET /console/imports/{job}", STAFF, {"job": "import"}),
    Door("GET /console/stock", STAFF),
    Door("POST /console/stock", STAFF, form={"sku": "<sku>", "on_hand": "900"}),
    Door("GET /console/statements", STAFF),
    Door("GET /console/statements/{statement}", STAFF, {"statement": "statement"}),
    Door("GET /console/second-factor", ANYONE),
    Door("POST /console/second-factor", ANYONE, form={"code": "000000"}),
    Door("GET /console/security", CONSOLE),
    Door("POST /console/security/password", CONSOLE, form=NEW_PASSWORD),
    Door("POST /console/security/second-factor", CONSOLE, form={"password": PASSWORD}),
    Door("GET /console/security/second-factor", CONSOLE),
    Door("POST /console/security/second-factor/confirm", CONSOLE, form={"code": "000000"}),
    Door("POST /console/security/second-factor/drop", CONSOLE, form={"password": PASSWORD}),
    Door("GET /console/api-keys", OWNER),
    Door("POST /console/api-keys", OWNER, form={"label": "robot"}),
    Door("POST /console/api-keys/revoke", OWNER, form={"id": "<key>"}),
    Door("GET /console/merchants", PLATFORM),
    Door(
        "POST /console/merchants/{merchant}",
        PLATFORM,
        {"merchant": "applicant"},
        form={"move": "take_up", "state": "applied"},
    ),
    Door("GET /console/categories", PLATFORM),
    Door("GET /console/categories/{category}", PLATFORM, fixed={"category": "other"}),
    Door(
        "POST /console/categories/{category}",
        PLATFORM,
        fixed={"category": "other"},
        form={"name": "weight", "en": "Weight", "zh": "重量", "kind": "number", "unit": "g"},
    ),
    Door(
        "POST /console/categories/{category}/remove",
        PLATFORM,
        fixed={"category": "other"},
        form={"name": "weight"},
    ),
    Door("GET /console/offers", CONSOLE),
    Door("GET /console/offers/new", CONSOLE),
    Door("POST /console/offers/new", CONSOLE, form=OFFER_FORM | {"then": "publish"}),
    Door(
        "POST /console/offers/new",
        CONSOLE,
        form=OFFER_FORM | {"then": "publish", "skus": "<sku>", "key": "offer-named"},
        refusal=422,
    ),
    Door("POST /console/offers/preview", CONSOLE, form=OFFER_FORM),
    Door("GET /console/offers/calendar", CONSOLE),
    Door("GET /console/offers/{offer}", STAFF, {"offer": "offer"}),
    Door("POST /console/offers/{offer}", STAFF, {"offer": "offer"}, form=OFFER_FORM),
    Door("GET /console/campaigns", CONSOLE),
    Door("GET /console/campaigns/new", CONSOLE),
    Door("POST /console/campaigns/new", CONSOLE, form=CAMPAIGN_FORM | {"then": "publish"}),
    Door(
        "POST /console/campaigns/new",
        CONSOLE,
        form=CAMPAIGN_FORM | {"then": "publish", "skus": "<sku>", "key": "campaign-named"},
        refusal=422,
    ),
    Door("POST /console/campaigns/preview", CONSOLE, form=CAMPAIGN_FORM),
    Door("GET /console/campaigns/{campaign}", STAFF, {"campaign": "campaign"}),
    Door(
        "POST /console/campaigns/{campaign}",
        STAFF,
        {"campaign": "campaign"},
        form={"title_en": "Sale", "quantity": "2000", "per_member": "1000"},
    ),
    Door(
        "POST /console/campaigns/{campaign}/codes",
        STAFF,
        {"campaign": "coded"},
        form={"codes": "2", "key": "codes-form"},
    ),
    Door("GET /console/campaigns/{campaign}/codes.csv", STAFF, {"campaign": "coded"}),
    Door(
        "POST /console/campaigns/{campaign}/issues",
        PLATFORM,
        fixed={"campaign": OPEN_CAMPAIGN},
        form={"whom": "gold", "key": "issue-form"},
    ),
    Door(
        "POST /console/campaigns/{campaign}/issues/{issue}",
        STAFF,
        {"campaign": "campaign", "issue": "issue"},
        form={"move": "pause"},
    ),
    Door(
        "POST /console/campaigns/{campaign}/state",
        STAFF,
        {"campaign": "campaign"},
        form={"move": "stop"},
    ),
    Door("POST /console/offers/{offer}/state", STAFF, {"offer": "offer"}, form={"move": "stop"}),
    Door("GET /console/support", CONSOLE),
    Door("GET /console/support/{case}", STAFF, {"case": "case"}),
    Door(
        "POST /console/support/{case}/messages",
        STAFF,
        {"case": "case"},
        form={"text": "It is on its way.", "key": "k"},
    ),
    Door("POST /console/support/{case}/close", STAFF, {"case": "case"}, form={}),
    Door("GET /console/taxes", PLATFORM),
    Door(
        "POST /console/taxes",
        PLATFORM,
        form={"country": "FR", "on": "goods", "rate": "20", "how": "included", "press": "put"},
    ),
    Door("GET /console/review", PLATFORM),
    Door("POST /console/review", PLATFORM, form={"company": "sandbox", "event": "<callback>"}),
]
DOORS = [*PROGRAMS, *PAGES, *DESK]
