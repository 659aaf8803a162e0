"""Taxes by examples that can be reckoned by hand."""

from typing import Any

import pytest

from chalicelib.contexts.promotions.model.quotes import Quote
from chalicelib.contexts.promotions.model.taxes import (
    NO_TAX,
    Tax,
    Taxed,
    TaxesUnsound,
    TaxTable,
    require_sound_taxes,
    tax_refunded,
)
from tests.makers.prices import Market, a_line, a_market, a_tax_rule, an_offer

VAT = a_tax_rule()
ADDED = a_tax_rule(is_included=False)
TEA, LAMP = a_line(), a_line(sku="a.LAMP", categories=("lamp", "home"))


def taxed(*rules, lines=(TEA,), region: str = "", **shipping: int) -> Quote:
    market = a_market(an_offer(amount=400), lines=lines, **shipping)
    place = ("GB", region)
    return Market(market.basket, market.offers, market.moment, rules=rules, place=place).quote()


def test_without_rules_there_is_no_tax() -> None:
    quote = taxed(a_tax_rule(country="DE"))
    assert (quote.lines[0].tax, quote.tax.amount, quote.tax_included.amount) == (NO_TAX, 0, 0)


def test_what_a_price_contains_is_told_and_not_added() -> None:
    quote = taxed(VAT)
    assert quote.lines[0].tax == Tax(100, 2_000, is_included=True)
    assert (quote.tax.amount, quote.tax_included.amount, quote.payable.amount) == (0, 100, 600)


def test_what_is_added_is_reckoned_on_the_discounted_total() -> None:
    quote = taxed(ADDED)
    assert quote.lines[0].tax == Tax(120, 2_000, is_included=False)
    assert quote.lines[0].total.amount == 600
    assert (quote.tax.amount, quote.tax_included.amount, quote.payable.amount) == (120, 0, 720)


def test_delivery_is_taxed_by_a_rule_of_its_own_alone() -> None:
    assert taxed(ADDED, mer_a=500).payable.amount == 1_220
    quote = taxed(ADDED, a_tax_rule(on=Taxed.DELIVERY, rate_bps=500, is_included=False), mer_a=500)
    assert quote.deliveries[0].tax == Tax(25, 500, is_included=False)
    assert (quote.tax.amount, quote.payable.amount) == (145, 1_245)


def rates(*rules, region: str) -> list[int]:
    taxes = TaxTable(rules).at("GB", region)
    return [rule.rate_bps if (rule := taxes.of(line)) else -1 for line in (TEA, LAMP)]


def test_a_category_goes_before_those_above_it_and_a_region_before_its_country() -> None:
    food, tea = a_tax_rule(category="food", rate_bps=500), a_tax_rule(category="tea", rate_bps=0)
    wales = a_tax_rule(region="WLS", rate_bps=1_000)
    welsh_tea = a_tax_rule(region="WLS", category="tea", rate_bps=100)
    assert rates(food, region="") == [500, -1]
    assert rates(VAT, food, region="") == [500, 2_000]
    assert rates(VAT, food, tea, wales, region="") == [0, 2_000]
    assert rates(VAT, food, tea, wales, region="WLS") == [0, 1_000]
    assert rates(welsh_tea, wales, tea, food, VAT, region="WLS") == [100, 1_000]


def test_lines_of_one_rate_are_taxed_together() -> None:
    lines = tuple(a_line(sku=f"a.{name}", unit_price=333) for name in "ABC")
    market = a_market(lines=lines)
    rules = (a_tax_rule(rate_bps=1_000, is_included=False),)
    quote = Market(market.basket, (), market.moment, rules=rules).quote()
    assert [line.tax.amount for line in quote.lines] == [34, 33, 33]
    assert quote.tax.amount == 100


def test_each_merchant_owes_for_itself() -> None:
    lines = (a_line(unit_price=5), a_line(sku="b.X", merchant_id="mer_b", unit_price=5))
    market = a_market(lines=lines)
    rules = (a_tax_rule(rate_bps=1_000, is_included=False),)
    quote = Market(market.basket, (), market.moment, rules=rules).quote()
    assert [line.tax.amount for line in quote.lines] == [1, 1]


def test_a_refund_takes_its_part_of_the_tax_and_the_last_one_the_rest() -> None:
    assert [tax_refunded(100, 600, before, 200) for before in (0, 200, 400)] == [33, 33, 34]
    assert tax_refunded(0, 0, 0, 0) == 0


@pytest.mark.parametrize(
    ("rules", "field", "code"),
    [
        ((a_tax_rule(country="gb"),), "rules.0.country", "not_a_country"),
        ((a_tax_rule(rate_bps=10_001),), "rules.0.rate", "out_of_range"),
        ((a_tax_rule(rate_bps=-1),), "rules.0.rate", "out_of_range"),
        (
            (a_tax_rule(on=Taxed.DELIVERY, category="tea"),),
            "rules.0.category",
            "not_of_goods",
        ),
        ((VAT, ADDED), "rules.1.category", "repeated"),
    ],
)
def test_refuses_rules_that_contradict(rules: tuple[Any, ...], field: str, code: str) -> None:
    with pytest.raises(TaxesUnsound) as refused:
        require_sound_taxes(rules)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]
