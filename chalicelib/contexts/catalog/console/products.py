"""The merchant's products: the list, a form for what is there, a form for a new one."""

from typing import Any

from chalice import Blueprint

from chalicelib.aws.idempotency import Answer, IdempotencyKey
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.api.merchant import ProductBody, ProductChanges, wanted_of
from chalicelib.contexts.catalog.console import views
from chalicelib.contexts.catalog.model.products import Product, ProductState
from chalicelib.contexts.identity.console import staff
from chalicelib.contexts.inventory import service as inventory
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from chalicelib.kernel.money import Money
from chalicelib.web import forms
from chalicelib.web.forms import ChoiceView, Fields, wrong
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, Redirect, converted, local, page, problem, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

ROWS_SHOWN = 25
PRODUCTS = "/console/products"


@page(bp, "GET", "/console/products")
def show_all(visit: Visit) -> Html:
    return _list(visit, visit.query_text)


@page(bp, "GET", "/console/products/new")
def show_new(visit: Visit) -> Html:
    return _new(visit)


def new_again(visit: Visit, refusal: Refusal) -> Html:
    return _new(visit, refusal)


@page(bp, "POST", "/console/products/new", refused=new_again)
def make(visit: Visit) -> Redirect:
    """Make a product with one variant, and put its stock."""
    session, fields = staff(visit), visit.fields
    body = converted(_new_body(fields), ProductBody)
    on_hand = fields.whole("on_hand")

    def perform(key: IdempotencyKey) -> Redirect:
        product = service.create(session.actor, wanted_of(body), key=key, seal=_sealed)
        inventory.put_stock(session.actor, product.content.variants[0].sku, on_hand)
        return Redirect(PRODUCTS)

    key = forms.key_of(fields, holder=session.account_id, path=f"{PRODUCTS}/new")
    return forms.once(key, perform, lambda _subject, _answer: Redirect(PRODUCTS))


@page(bp, "GET", "/console/products/{product}")
def show(visit: Visit, product: str) -> Html:
    return _edit(visit, product)


def edit_again(visit: Visit, refusal: Refusal, *, product: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    return _edit(visit, product, refusal)


@page(bp, "POST", "/console/products/{product}", refused=edit_again)
def change(visit: Visit, product: str) -> Redirect:
    """Change what the form has: words, category, and every variant's prices."""
    actor = staff(visit).actor
    seen = service.own(actor, product)
    body = converted(_changed_body(visit.fields, seen), ProductChanges)
    service.change(actor, product, wanted_of(body))
    return Redirect(f"{PRODUCTS}/{seen.id}")


def list_again(visit: Visit, refusal: Refusal, *, product: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    del product
    return _list(visit, {}, refusal)


@page(bp, "POST", "/console/products/{product}/state", refused=list_again)
def move(visit: Visit, product: str) -> Redirect:
    """List or delist a product."""
    changes = converted({"state": visit.fields.text("state")}, ProductChanges)
    service.change(staff(visit).actor, product, wanted_of(changes))
    return Redirect(local(visit.fields.text("back"), PRODUCTS))


def _list(visit: Visit, query: dict[str, str], refusal: Refusal | None = None) -> Html:
    actor, words = staff(visit).actor, visit.words
    wanted = query.get("state", "")
    state = wanted if wanted in set(ProductState) else ""
    found = service.own_products(
        actor, state=state, limit=ROWS_SHOWN, cursor=query.get("cursor", "")
    )
    onwards = {"state": state, "cursor": found.next_cursor}
    view = views.ProductsView(
        tabs=_tabs(state, words),
        products=[views.row_view(one, service.categories(), words) for one in found.items],
        next_href=with_query(PRODUCTS, onwards) if found.next_cursor else "",
        note=words.refusal(refusal) if refusal else "",
    )
    return Html("console/catalog/products.html", view, refusal.status if refusal else 200)


def _tabs(state: str, words: Words) -> list[ChoiceView]:
    everything = ChoiceView(words.say(N_("All")), PRODUCTS, is_current=not state)
    return [
        everything,
        *(
            ChoiceView(words.say(label), f"{PRODUCTS}?state={name}", is_current=name == state)
            for name, (label, _) in views.STATES.items()
        ),
    ]


def _new(visit: Visit, refusal: Refusal | None = None) -> Html:
    staff(visit)
    view = views.new_view(
        service.categories(),
        settings().currency,
        visit.words,
        visit.fields,
        note=_note(visit, refusal),
        errors=_errors(visit, refusal),
    )
    return Html("console/catalog/product.html", view, refusal.status if refusal else 200)


def _edit(visit: Visit, reference: str, refusal: Refusal | None = None) -> Html:
    view = views.edit_view(
        service.own(staff(visit).actor, reference),
        service.categories(),
        visit.words,
        visit.fields,
        note=_note(visit, refusal),
        errors=_errors(visit, refusal),
    )
    return Html("console/catalog/product.html", view, refusal.status if refusal else 200)


def _new_body(fields: Fields) -> dict[str, Any]:
    variant: dict[str, Any] = {
        "sku": fields.text("sku"),
        "price": _price(fields, "price", settings().currency),
    }
    if fields.text("compare_at"):
        variant["compare_at"] = _price(fields, "compare_at", settings().currency)
    picture = fields.text("picture")
    return {
        "title": fields.text("title"),
        "description": fields.text("description"),
        "category": fields.text("category"),
        "state": fields.text("state") or ProductState.DRAFT,
        "variants": [variant],
        "media": [{"url": picture, "alt": fields.text("title")}] if picture else [],
    }


def _changed_body(fields: Fields, seen: Product) -> dict[str, Any]:
    variants = []
    for one in seen.content.variants:
        price, compare_at = f"price.{one.sku}", f"compare.{one.sku}"
        variant: dict[str, Any] = {
            "sku": one.sku,
            "price": _price(fields, price, one.price.currency),
            "options": one.options,
            "weight_g": one.weight_g,
        }
        if fields.text(compare_at):
            variant["compare_at"] = _price(fields, compare_at, one.price.currency)
        variants.append(variant)
    return {
        "title": fields.text("title"),
        "description": fields.text("description"),
        "category": fields.text("category"),
        "variants": variants,
        "attributes": _attributes(fields),
    }


def _attributes(fields: Fields) -> dict[str, str]:
    """Read what the category asks for, and the lines `name: value` of whatever else is said."""
    asked = {
        name.removeprefix(views.ATTRIBUTE): fields.text(name)
        for name in fields
        if name.startswith(views.ATTRIBUTE) and fields.text(name)
    }
    free = {}
    for line in fields.text("attributes").replace("：", ":").splitlines():
        name, mark, value = (part.strip() for part in line.partition(":"))
        if line.strip() and not (mark and name and value):
            raise wrong("attributes")
        if mark:
            free[name] = value
    return free | asked


def _price(fields: Fields, name: str, currency: str) -> dict[str, Any]:
    """Read a price in major units, such as 12.50."""
    if not fields.text(name):
        raise wrong(name, "missing")
    try:
        amount = Money.parse(fields.text(name), currency).amount
    except ValueError:
        raise wrong(name) from None
    return {"amount": amount, "currency": currency}


def _note(visit: Visit, refusal: Refusal | None) -> str:
    return visit.words.refusal(refusal) if refusal else ""


def _errors(visit: Visit, refusal: Refusal | None) -> dict[str, str]:
    """What is wrong with which field; the API names a new product's prices in its one variant."""
    if refusal is None:
        return {}
    found = problem(visit, refusal).errors
    named = {name.removeprefix("variants[0]."): text for name, text in found.items()}
    return {name.removesuffix(".amount"): text for name, text in named.items()}


def _sealed(product: Product) -> Answer:
    return Answer(303, "", f"{PRODUCTS}/{product.id}")
