"""The platform's tax rules: those that hold, one more, one less, and back again."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.categories import CategoryTree
from chalicelib.contexts.identity.console import platform
from chalicelib.contexts.promotions.console.form import Typed
from chalicelib.contexts.promotions.model.taxes import Taxed, TaxRule
from chalicelib.contexts.promotions.service import taxes
from chalicelib.kernel.errors import Forbidden, Malformed, NotSignedIn, Refusal
from chalicelib.web.forms import Fields, FieldView
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, page, problem
from chalicelib.web.places import DEFAULT_COUNTRIES, country_names
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

TAXES = "/console/taxes"
PUT, REMOVE = "put", "remove"
NAMES = ("country", "region", "category", "on", "rate", "how")
BPS_A_PERCENT = 100
REGION_LENGTH_MAX = 60


class RuleView(Struct, frozen=True, kw_only=True):
    """A rule in words, and as the hidden fields that name it."""

    place: str
    about: str
    rate: str
    how: str
    hidden: dict[str, str]


class UndoView(Struct, frozen=True):
    """What was done, and what takes it back: `press` with these fields."""

    text: str
    press: str
    hidden: dict[str, str]


class TaxesView(Struct, frozen=True, kw_only=True):
    rules: list[RuleView]
    fields: list[FieldView]
    undo: UndoView | None
    note: str


@page(bp, "GET", TAXES)
def show(visit: Visit) -> Html:
    return _page(visit)


def show_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn | Forbidden):
        raise refusal
    return _page(visit, refusal)


@page(bp, "POST", TAXES, refused=show_again)
def change(visit: Visit) -> Html:
    """Put a rule in force, or take one away; what is agreed keeps its taxes."""
    actor, words = platform(visit).actor, visit.words
    rule = _typed(visit.fields)
    former = next((one for one in taxes.taxes() if one.place == rule.place), None)
    if visit.fields.text("press") == REMOVE:
        taxes.remove_rule(actor, rule)
        said, back = words.say(N_("The rule holds no more.")), former
    else:
        taxes.put_rule(actor, rule)
        said, back = words.say(N_("The rule holds from now on.")), former
    undo = UndoView(said, PUT if back else REMOVE, _hidden(back or rule))
    return _page(visit, undo=undo)


def _typed(fields: Fields) -> TaxRule:
    """Read a rule. Refuses `request.malformed`, naming the field."""
    typed = Typed(fields, "")
    percent = typed.percent("rate", is_needed=True)
    region = fields.text("region")
    if len(region) > REGION_LENGTH_MAX or len(region.splitlines()) > 1:
        typed.wrong("region", "too_long")
    if fields.text("on") not in set(Taxed):
        typed.wrong("on", "unknown")
    if typed.errors or percent is None:
        raise Malformed("Some fields cannot be read", errors=typed.errors)
    return TaxRule(
        country=fields.text("country"),
        region=region,
        category=fields.text("category"),
        on=Taxed(fields.text("on")),
        rate_bps=round(percent * BPS_A_PERCENT),
        is_included=fields.text("how") != "added",
    )


def _page(visit: Visit, refusal: Refusal | None = None, undo: UndoView | None = None) -> Html:
    platform(visit)
    words, tree = visit.words, catalog.categories()
    errors = _beside(problem(visit, refusal).errors) if refusal else {}
    typed = visit.fields if refusal else Fields()
    view = TaxesView(
        rules=[_rule(one, tree, words) for one in sorted(taxes.taxes(), key=_order)],
        fields=_fields(typed, errors, tree, words),
        undo=undo,
        note=words.refusal(refusal) if refusal and not errors else "",
    )
    return Html("console/promotions/taxes.html", view, refusal.status if refusal else 200)


def _order(rule: TaxRule) -> tuple[str, ...]:
    return rule.place


def _beside(errors: dict[str, str]) -> dict[str, str]:
    """Errors by the form's fields: the model names them by the rule's number."""
    return {name.rpartition(".")[2]: text for name, text in errors.items()}


def _rule(rule: TaxRule, tree: CategoryTree, words: Words) -> RuleView:
    countries = dict(country_names(words.locale))
    place = " · ".join(filter(None, (countries.get(rule.country, rule.country), rule.region)))
    return RuleView(
        place=place,
        about=_about(rule, tree, words),
        rate=f"{rule.rate_bps / BPS_A_PERCENT:g}%",
        how=words.say(N_("in the price") if rule.is_included else N_("added to the price")),
        hidden=_hidden(rule),
    )


def _about(rule: TaxRule, tree: CategoryTree, words: Words) -> str:
    if rule.on is Taxed.DELIVERY:
        return words.say(N_("Delivery"))
    found = tree.find(rule.category) if rule.category else None
    if found is not None:
        return found.named(words.locale)
    return rule.category or words.say(N_("All goods"))


def _hidden(rule: TaxRule) -> dict[str, str]:
    told = (
        rule.country,
        rule.region,
        rule.category,
        rule.on.value,
        f"{rule.rate_bps / BPS_A_PERCENT:g}",
        "included" if rule.is_included else "added",
    )
    return dict(zip(NAMES, told, strict=True))


def _fields(
    typed: Fields, errors: dict[str, str], tree: CategoryTree, words: Words
) -> list[FieldView]:
    say = words.say
    categories = [("", say(N_("All goods")))]
    categories += [
        (one.id, "\u2003" * len(tree.ancestors(one.id)[1:]) + one.named(words.locale))
        for one in tree.categories
    ]
    labels = {
        "country": (N_("Country"), country_names(words.locale)),
        "region": (N_("Region"), ()),
        "on": (
            N_("What is taxed"),
            ((Taxed.GOODS.value, say(N_("Goods"))), (Taxed.DELIVERY.value, say(N_("Delivery")))),
        ),
        "category": (N_("Category"), tuple(categories)),
        "rate": (N_("Rate in percent"), ()),
        "how": (
            N_("How it is charged"),
            (
                ("included", say(N_("in the price"))),
                ("added", say(N_("added to the price"))),
            ),
        ),
    }
    hints = {"region": say(N_("Empty is all of the country."))}
    begun = {"country": DEFAULT_COUNTRIES[words.locale]}
    return [
        FieldView(
            name=name,
            label=say(label),
            kind="select" if choices else "text",
            value=typed.text(name) or begun.get(name, ""),
            is_required=name == "rate",
            inputmode="decimal" if name == "rate" else "",
            hint=hints.get(name, ""),
            error=errors.get(name, ""),
            depends=name != "region",
            choices=choices,
        )
        for name, (label, choices) in labels.items()
    ]
