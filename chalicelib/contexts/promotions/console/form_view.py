"""What the form for an offer shows."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from chalicelib.contexts.catalog.model.categories import CategoryTree
from chalicelib.contexts.catalog.model.products import Product
from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.merchants.model import Merchant
from chalicelib.contexts.promotions.console import words as said
from chalicelib.contexts.promotions.console.form import CATEGORY, FIRST, KEPT, MERCHANT, PRODUCT
from chalicelib.contexts.promotions.console.performance import PerformanceView
from chalicelib.contexts.promotions.console.preview import PreviewView, SimulationView
from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.web.forms import ChoiceView, Fields, FieldView
from chalicelib.web.i18n import N_, Words

CATEGORIES_SHOWN = 300
DEPENDS = {"title_en", "title_zh", "amount", "percent", "price", "buy", "get", "parts", "gift"}
DEPENDS |= {"bundle_price", "bundle_percent", "occasion_amount"}
DEPENDS |= {"joined_since", "joined_until", "members"}
"""Needed for some kinds, or one of two."""
HALVES = (-210, 210, 270, 330, 345, 390, 570, 630)
"""The zones that are not whole hours from UTC, in minutes."""


class TickView(Struct, frozen=True):
    """A box to be ticked."""

    name: str
    label: str
    is_ticked: bool
    level: int = 1


class KindView(Struct, frozen=True):
    """What one kind asks for; shown while it is the one that is chosen."""

    name: str
    label: str
    fields: list[FieldView]


class OfferFormView(Struct, frozen=True, kw_only=True):
    heading: str
    action: str
    key: str
    offer: str
    titles: list[FieldView]
    kind: FieldView
    kinds: list[KindView]
    conditions: list[FieldView]
    times: list[FieldView]
    limits: list[FieldView]
    products: list[TickView]
    categories: list[TickView]
    skus: FieldView
    does_combine: bool
    does_reclaim: bool
    reclaims_error: str
    products_error: str
    categories_error: str
    merchants: list[TickView]
    merchants_error: str
    buttons: list[ChoiceView]
    currency: str
    preview: PreviewView | None = None
    simulation: SimulationView | None = None
    performance: PerformanceView | None = None
    can_simulate: bool = False
    state: str = ""
    tone: str = "plain"
    note: str = ""
    good: str = ""


class Asking:
    """Makes fields that show what was typed and what is wrong with it."""

    def __init__(self, typed: Fields, errors: Mapping[str, str], words: Words) -> None:
        self.typed, self.errors, self.words = typed, errors, words

    def field(
        self,
        name: str,
        label: str,
        *,
        kind: str = "text",
        hint: str = "",
        inputmode: str = "",
        choices: tuple[tuple[str, str], ...] = (),
        is_required: bool = False,
        is_wide: bool = False,
    ) -> FieldView:
        """A field; `label` and `hint` are said already."""
        return FieldView(
            name=name,
            label=label,
            value=self.typed.text(name),
            kind=kind,
            is_required=is_required,
            autocomplete="off",
            inputmode=inputmode,
            hint=hint,
            error=self.errors.get(name, ""),
            is_wide=is_wide,
            depends=name in DEPENDS,
            choices=choices,
        )

    def money(self, name: str, label: str, currency: str, *, hint: str = "") -> FieldView:
        return self.field(name, f"{label} ({currency})", hint=hint, inputmode="decimal")

    def number(
        self, name: str, label: str, *, hint: str = "", is_required: bool = False
    ) -> FieldView:
        return self.field(name, label, hint=hint, inputmode="numeric", is_required=is_required)


def titles(ask: Asking) -> list[FieldView]:
    say = ask.words.say
    hint = say(N_("What shoppers read beside the price. One of the two is enough."))
    return [
        ask.field("title_en", say(N_("Title in English")), hint=hint),
        ask.field("title_zh", say(N_("Title in Chinese"))),
    ]


def kind_field(ask: Asking, among: Sequence[Kind] = tuple(Kind)) -> FieldView:
    say = ask.words.say
    choices = tuple((kind.value, say(label)) for kind, label in said.KINDS.items() if kind in among)
    return ask.field("kind", say(N_("Kind")), kind="select", choices=choices, is_required=True)


def kinds(ask: Asking, currency: str, among: Sequence[Kind] = tuple(Kind)) -> list[KindView]:
    """The fields of every kind; without `:has` in the style sheet all of them are seen."""
    say = ask.words.say
    parts_hint = N_(
        "One on each line: how many, then your SKU, as in “2 TEA-50”. “any” stands for anything else "
        "that the offer is about."
    )
    either = say(N_("Either a price or a percentage."))
    found = {
        Kind.AMOUNT_OFF: [ask.money("amount", say(N_("Takes off")), currency)],
        Kind.PERCENT_OFF: [
            ask.field("percent", say(N_("Percent off")), inputmode="decimal"),
            ask.money("cap", say(N_("At most")), currency),
        ],
        Kind.FIXED_PRICE: [ask.money("price", say(N_("Each piece costs")), currency)],
        Kind.BUY_X_GET_Y: [
            ask.number("buy", say(N_("Buy so many"))),
            ask.number("get", say(N_("Get so many free"))),
        ],
        Kind.BUNDLE: [
            ask.field(
                "parts",
                say(N_("Parts of a set")),
                kind="textarea",
                hint=say(parts_hint),
                is_wide=True,
            ),
            ask.money("bundle_price", say(N_("A set costs")), currency, hint=either),
            ask.field("bundle_percent", say(N_("Percent off a set")), inputmode="decimal"),
        ],
        Kind.GIFT: [ask.field("gift", say(N_("SKU of the gift")))],
        Kind.FREE_SHIPPING: [],
    }
    return [
        KindView(kind.value, say(said.KINDS[kind]), fields)
        for kind, fields in found.items()
        if fields and kind in among
    ]


def conditions(ask: Asking, currency: str) -> list[FieldView]:
    say = ask.words.say
    hint = say(N_("Leave both empty and it holds from the first piece on."))
    return [
        ask.money("threshold_amount", say(N_("From this amount on")), currency, hint=hint),
        ask.number("threshold_quantity", say(N_("From so many pieces on"))),
    ]


def audience_field(ask: Asking) -> FieldView:
    """Whom an offer is for: a tier stands for those above it, too."""
    say, locale = ask.words.say, ask.words.locale
    ladder = tiers.ladder()
    choices = [("", say(N_("Everybody"))), (FIRST, say(N_("Who never bought before")))]
    choices += [(ladder[0].code, say(N_("All members")))]
    choices += [
        (tier.code, say(N_("%(tier)s and up")) % {"tier": tier.titles[locale]})
        for tier in ladder[1:]
    ]
    if ask.typed.text("audience") == KEPT:
        choices.append((KEPT, say(N_("As a program has set it"))))
    hint = say(N_("Members see it when they are signed in."))
    return ask.field(
        "audience", say(N_("For whom")), kind="select", choices=tuple(choices), hint=hint
    )


def channel_field(ask: Asking) -> FieldView:
    """In which carts an offer runs: by where they were begun."""
    say = ask.words.say
    choices = [
        ("", say(N_("Everywhere"))),
        *((one.value, say(text)) for one, text in said.CHANNELS.items()),
    ]
    if ask.typed.text("channel") == KEPT:
        choices.append((KEPT, say(N_("As a program has set it"))))
    hint = say(N_("By where a cart was begun."))
    return ask.field("channel", say(N_("Where")), kind="select", choices=tuple(choices), hint=hint)


def times(ask: Asking) -> list[FieldView]:
    say = ask.words.say
    return [
        ask.field("starts_at", say(N_("Starts")), kind="datetime-local", is_required=True),
        ask.field("ends_at", say(N_("Ends")), kind="datetime-local", is_required=True),
        ask.field(
            "zone", say(N_("Times are in")), kind="select", choices=zones(), is_required=True
        ),
    ]


def limits(ask: Asking, currency: str) -> list[FieldView]:
    say = ask.words.say
    spent = say(N_("It stops by itself once it is seen to have taken off this much."))
    counted = say(
        N_("Pieces for prices of single articles, orders for all else. Empty is no limit.")
    )
    return [
        ask.number("quota", say(N_("Quota of all shoppers")), hint=counted),
        ask.number("per_member", say(N_("Quota of one shopper"))),
        ask.money("budget", say(N_("Budget")), currency, hint=spent),
    ]


def zones() -> tuple[tuple[str, str], ...]:
    """The zones of the world, by what they are from UTC."""
    minutes = sorted({*(60 * hour for hour in range(-12, 15)), *HALVES})
    offsets = [
        f"{'-' if one < 0 else '+'}{abs(one) // 60:02d}:{abs(one) % 60:02d}" for one in minutes
    ]
    return tuple((one, f"UTC{one}") for one in offsets)


def product_ticks(own: Sequence[Product], typed: Fields) -> list[TickView]:
    """The maker's products, those that are ticked first."""
    ticks = [
        TickView(f"{PRODUCT}{one.id}", one.content.title, bool(typed.text(f"{PRODUCT}{one.id}")))
        for one in own
    ]
    return sorted(ticks, key=lambda one: not one.is_ticked)


def merchant_ticks(sellers: Sequence[Merchant], typed: Fields, locale: str) -> list[TickView]:
    """The merchants that an offer of the platform's may name, those that are ticked first."""
    ticks = [
        TickView(
            f"{MERCHANT}{one.id}", one.name_in(locale), bool(typed.text(f"{MERCHANT}{one.id}"))
        )
        for one in sellers
    ]
    return sorted(ticks, key=lambda one: not one.is_ticked)


def category_ticks(tree: CategoryTree, typed: Fields, locale: str) -> list[TickView]:
    return [
        TickView(
            f"{CATEGORY}{one.id}",
            one.named(locale),
            bool(typed.text(f"{CATEGORY}{one.id}")),
            len(tree.ancestors(one.id)),
        )
        for one in tree.categories[:CATEGORIES_SHOWN]
    ]


def skus_field(ask: Asking, *, is_platform: bool) -> FieldView:
    say = ask.words.say
    own = say(N_("One SKU on each line; each stands for its product."))
    whole = say(N_("One SKU on each line, with the merchant's code, as in “acme.TEA-50”."))
    label = say(N_("Products by SKU") if is_platform else N_("Other products, by SKU"))
    return ask.field(
        "skus", label, kind="textarea", hint=whole if is_platform else own, is_wide=True
    )
