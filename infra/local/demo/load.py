"""Fills an empty shop with the demo, or finds it filled."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.model import CannotRegister
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import CodeTaken, DeliveryMethod, Merchant, MethodKind
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM, Role
from chalicelib.kernel.money import Money
from infra import house
from infra.local import keys, stack
from infra.local.demo import plan as plans
from infra.local.demo import settle
from infra.local.demo.plan import Plan, PlannedMerchant
from infra.local.demo.shop import Shop
from infra.local.layout import Layout, Ports
from infra.local.problems import LocalProblem
from infra.local.progress import Progress
from infra.local.stack_file import Demo, DemoMerchant, SignIn

IMPORTS = "/api/v1/merchant/imports"
OFFERS = "/api/v1/merchant/offers"
CAMPAIGNS = "/api/v1/merchant/campaigns"
OFFERS_RUN = timedelta(days=365)
NOTE = "/souk/local/demo"
KEY_LABEL = "Demo"
IMPORT_TIMEOUT_S = 150.0
SETTLE_TIMEOUT_S = 40.0
"""By then everything is listed; pictures that a slow machine still paints come in beside the shop."""
RESTART_TIMEOUT_S = 5.0
"""What was under way at the stop is done long before; what is not goes on beside the open shop."""
LISTED_TIMEOUT_S = 30.0
POLL_S = 0.3
ALREADY_THERE = 422
PAGE = 100


@dataclass(slots=True)
class Noted:
    """How far the loading has come; kept on the emulator, so it is as old as the data."""

    api_keys: dict[str, str] = field(default_factory=dict)
    merchant_ids: dict[str, str] = field(default_factory=dict)
    is_loaded: bool = False


def load(places: Layout, ports: Ports, progress: Progress) -> Demo:
    """Load what is missing, wait until the shop shows it, and tell who is in it."""
    plan = plans.read()
    noted = Noted(**json.loads(stack.note(NOTE) or "{}"))
    shop = Shop(ports.shop)
    if noted.is_loaded:
        settle.wait(RESTART_TIMEOUT_S, progress)
    else:
        _load(plan, noted, places, ports, progress)
        settle.wait(SETTLE_TIMEOUT_S, progress)
        _wait_until_listed(shop, noted)
        noted.is_loaded = True
        _note(noted)
    progress(f"{_total(shop)} products are listed and can be found")
    return _demo(plan, noted, places)


def _load(plan: Plan, noted: Noted, places: Layout, ports: Ports, progress: Progress) -> None:
    house.enter(stack.STAGE)
    shop = Shop(ports.shop)
    _bootstrap(plan, places)
    for planned in plan.merchants:
        if planned.code not in noted.api_keys:
            _open(planned, noted, places)
            progress(f"merchant {planned.names['en']} is open")
    parts = [
        (planned.code, planned.csv(one, ports.shop_url))
        for planned in plan.merchants
        for one in planned.catalogues
    ]
    jobs = [
        (code, shop.call("POST", IMPORTS, csv[part], token=noted.api_keys[code]).body["id"])
        for part in (0, 1)
        for code, csv in parts
    ]
    for code, job in jobs:
        done = _finish(shop, job, noted.api_keys[code])
        progress(f"imported {done['created'] + done['updated']} products of {code}")
    for planned in plan.merchants:
        key = noted.api_keys[planned.code]
        _offer(shop, OFFERS, planned.offers, key)
        _offer(shop, CAMPAIGNS, planned.campaigns, key)
    for member in plan.members:
        password = keys.password(places, member.email)
        body = {"email": member.email, "password": password, "name": member.name}
        shop.call("POST", "/api/v1/members", body, expect=frozenset({201, ALREADY_THERE}))


def _offer(shop: Shop, path: str, bodies: Sequence[Mapping[str, Any]], key: str) -> None:
    """Make a merchant's offers or campaigns, but for those that an earlier start, stopped half-way,
    has made.
    """
    if not bodies:
        return
    there = {one["title"] for one in shop.call("GET", path, token=key).body["items"]}
    now = clock.now()
    for one in bodies:
        title = one["titles"]["en"]
        if title not in there:
            times = {"starts_at": clock.iso(now), "ends_at": clock.iso(now + OFFERS_RUN)}
            shop.call("POST", path, {"title": title, **one, **times}, token=key)


def _bootstrap(plan: Plan, places: Layout) -> None:
    person = plan.platform
    with suppress(CannotRegister):  # an earlier start was stopped half-way
        identity.bootstrap_platform(person.email, keys.password(places, person.email), person.name)
    catalog.load_categories(SYSTEM, plan.categories)


def _open(planned: PlannedMerchant, noted: Noted, places: Layout) -> None:
    merchant = _merchant(planned)
    password = keys.password(places, planned.email)
    with suppress(CannotRegister):  # an earlier start was stopped half-way
        identity.add_staff(merchant.id, planned.email, password, planned.owner, Role.OWNER)
    _, token = identity.make_api_key(SYSTEM, merchant.id, KEY_LABEL)
    noted.merchant_ids[planned.code] = merchant.id
    noted.api_keys[planned.code] = token
    _note(noted)


def _merchant(planned: PlannedMerchant) -> Merchant:
    try:
        return merchants.open_merchant(
            SYSTEM,
            name=planned.names,
            email=planned.email,
            code=planned.code,
            description=planned.description,
            commission_bps=planned.commission_bps,
            currency=planned.currency,
            delivery_methods=[_delivery(one, planned.currency) for one in planned.delivery_methods],
        )
    except CodeTaken:
        return merchants.by_code(planned.code)


def _delivery(described: Mapping[str, Any], currency: str) -> DeliveryMethod:
    free_from = described.get("free_from")
    return DeliveryMethod(
        id=described["id"],
        kind=MethodKind(described["kind"]),
        name=described["name"],
        price=Money(described["price"], currency),
        free_from=None if free_from is None else Money(free_from, currency),
        days_min=described["days_min"],
        days_max=described["days_max"],
    )


def _finish(shop: Shop, job: str, key: str) -> Any:
    """Wait for an import's end; a refused row of the demo is a mistake of ours."""
    deadline = monotonic() + IMPORT_TIMEOUT_S
    while True:
        found = shop.call("GET", f"{IMPORTS}/{job}", token=key).body
        if found["state"] == "done" and not found["refused"]:
            return found
        if found["state"] in {"done", "failed"} or monotonic() > deadline:
            raise LocalProblem(f"an import of the demo went wrong: {json.dumps(found)[:2000]}")
        sleep(POLL_S)


def _wait_until_listed(shop: Shop, noted: Noted) -> None:
    """Wait until the shop's listing shows as many products as the merchants have listed."""
    wanted = sum(_listed(shop, key) for key in noted.api_keys.values())
    deadline = monotonic() + LISTED_TIMEOUT_S
    while (total := _total(shop)) < wanted:
        if monotonic() > deadline:
            raise LocalProblem(f"the shop lists {total} of {wanted} products: see `make logs`")
        sleep(POLL_S)


def _total(shop: Shop) -> int:
    return int(shop.call("GET", "/api/v1/products?limit=1").body["total"])


def _listed(shop: Shop, key: str) -> int:
    count, cursor = 0, ""
    while True:
        path = f"/api/v1/merchant/products?limit={PAGE}{cursor}"
        page = shop.call("GET", path, token=key).body
        count += sum(1 for product in page["items"] if product["state"] == "listed")
        if page["next_cursor"] is None:
            return count
        cursor = f"&cursor={page['next_cursor']}"


def _note(noted: Noted) -> None:
    stack.take_note(NOTE, json.dumps(asdict(noted)))


def _demo(plan: Plan, noted: Noted, places: Layout) -> Demo:
    def sign_in(email: str) -> SignIn:
        return SignIn(email, keys.password(places, email))

    return Demo(
        platform=sign_in(plan.platform.email),
        merchants=[
            DemoMerchant(
                id=noted.merchant_ids[one.code],
                name=one.names["en"],
                email=one.email,
                password=keys.password(places, one.email),
                api_key=noted.api_keys[one.code],
            )
            for one in plan.merchants
        ],
        members=[sign_in(one.email) for one in plan.members],
    )
