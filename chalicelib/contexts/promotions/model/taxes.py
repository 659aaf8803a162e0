"""Taxes: contained in prices or added to them, by rules that are data."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from chalicelib.contexts.promotions.model.lines import Line
from chalicelib.contexts.promotions.model.offers import BPS_ALL
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.money import shared

ANYWHERE, ANYTHING = "", ""
_COUNTRY = re.compile(r"[A-Z]{2}")


class Taxed(StrEnum):
    """What a rule taxes."""

    GOODS = "goods"
    DELIVERY = "delivery"


class TaxRule(Struct, frozen=True, kw_only=True):
    """The rate at which a country (ISO 3166), or one region of it, taxes goods of a category and of
    those below it, or delivery. No region is all of the country, no category all goods.
    """

    country: str
    rate_bps: int
    is_included: bool
    region: str = ANYWHERE
    category: str = ANYTHING
    on: Taxed = Taxed.GOODS

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What it is for: no two rules are for the same."""
        return self.country, self.region, self.category, self.on


class TaxesUnsound(Malformed):
    """The tax rules contradict themselves; `errors` name the rules by number and say why."""

    code, title = "promotions.taxes_unsound", "The tax rules contradict themselves"


class Tax(Struct, frozen=True, gc=False):
    """The tax of a line or a delivery, in minor units: contained in its total, or added to it."""

    amount: int
    rate_bps: int
    is_included: bool

    @property
    def added(self) -> int:
        """What it adds to what is paid."""
        return 0 if self.is_included else self.amount


NO_TAX = Tax(0, 0, is_included=False)


class Taxes(Struct, frozen=True):
    """The rules of one place: of goods by category, and of delivery."""

    goods: dict[str, TaxRule]
    delivery: TaxRule | None = None

    def of(self, line: Line) -> TaxRule | None:
        """Find a line's rule: that of its own category, else of the nearest above, else of all."""
        for category in line.categories:
            if category in self.goods:
                return self.goods[category]
        return self.goods.get(ANYTHING)


class TaxTable:
    """Sound tax rules, by place."""

    def __init__(self, rules: Iterable[TaxRule]) -> None:
        self._rules: dict[tuple[str, str], list[TaxRule]] = {}
        for rule in rules:
            self._rules.setdefault((rule.country, rule.region), []).append(rule)

    def at(self, country: str, region: str = ANYWHERE) -> Taxes:
        """Find the rules of a place: those of the region stand before the country's, category by
        category. Where there is no rule nothing is taxed.
        """
        whole = self._rules.get((country, ANYWHERE), [])
        here = whole + (self._rules.get((country, region), []) if region else [])
        delivery = [rule for rule in here if rule.on is Taxed.DELIVERY]
        return Taxes(
            {rule.category: rule for rule in here if rule.on is Taxed.GOODS},
            delivery[-1] if delivery else None,
        )


def require_sound_taxes(rules: Sequence[TaxRule]) -> Sequence[TaxRule]:
    """Refuse `promotions.taxes_unsound`, naming every contradiction."""
    errors, seen = [], set()
    for number, rule in enumerate(rules):
        checks = (
            ("country", "not_a_country", "Two capital letters", not _is_country(rule.country)),
            ("rate", "out_of_range", "A rate is 0 to 100", not 0 <= rule.rate_bps <= BPS_ALL),
            ("category", "not_of_goods", "Delivery has no category", _is_of_both(rule)),
            ("category", "repeated", "One rule for a place and a category", rule.place in seen),
        )
        seen.add(rule.place)
        errors += [
            FieldError(f"rules.{number}.{field}", code, sentence)
            for field, code, sentence, is_wrong in checks
            if is_wrong
        ]
    if errors:
        raise TaxesUnsound(errors=errors)
    return rules


def taxed(lines: Sequence[Line], totals: Sequence[int], taxes: Taxes) -> list[Tax]:
    """Tax what lines cost: of one merchant and one rate together, halves rounded up, and shared among
    them by largest remainder, so that the taxes of lines sum to what the merchant's order owes.
    """
    result = [NO_TAX] * len(lines)
    together: dict[tuple[str, int, bool], list[int]] = {}
    for place, line in enumerate(lines):
        rule = taxes.of(line)
        if rule:
            key = (line.merchant_id, rule.rate_bps, rule.is_included)
            if key in together:
                together[key].append(place)
            else:
                together[key] = [place]
    for (_, rate_bps, is_included), places in together.items():
        if len(places) == 1:
            (place,) = places
            result[place] = tax_alone(totals[place], rate_bps, is_included=is_included)
            continue
        weights = [totals[place] for place in places]
        due = _due(sum(weights), rate_bps, is_included=is_included)
        parts = shared(due, weights) if due else [0] * len(weights)
        for place, part in zip(places, parts, strict=True):
            result[place] = Tax(part, rate_bps, is_included)
    return result


def tax_alone(total: int, rate_bps: int, *, is_included: bool) -> Tax:
    """Tax a total by itself, such as a delivery."""
    return Tax(_due(total, rate_bps, is_included=is_included), rate_bps, is_included)


def tax_refunded(tax: int, total: int, before: int, now: int) -> int:
    """The part of a line's tax that goes with a refund of `now` from its total, after refunds of
    `before`: in proportion, cents cut off, the last taking the rest. Any refunds that sum to the
    total give back exactly the tax. All are minor units; `total` is what the tax was reckoned on.
    """
    assert before >= 0, "refunds take from nothing"
    assert now >= 0, "a refund gives"
    assert before + now <= total, "refunds never pass the total"
    return tax * (before + now) // total - tax * before // total if total else 0


def _due(total: int, rate_bps: int, *, is_included: bool) -> int:
    """What a total contains at a rate, or what is added to it; halves rounded up."""
    whole = BPS_ALL + rate_bps if is_included else BPS_ALL
    return (2 * total * rate_bps + whole) // (2 * whole)


def _is_country(text: str) -> bool:
    return _COUNTRY.fullmatch(text) is not None


def _is_of_both(rule: TaxRule) -> bool:
    return rule.on is Taxed.DELIVERY and rule.category != ANYTHING
