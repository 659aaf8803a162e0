"""What an offer brought and cost, as the console shows it."""

from collections.abc import Mapping

from msgspec import Struct

from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.statistics import Figures
from chalicelib.kernel.money import Money
from chalicelib.web.i18n import N_, PriceView, TimeView, Words

DAYS_SHOWN = 31


class TileView(Struct, frozen=True):
    """One figure and what it counts."""

    figure: str
    label: str


class DayRowView(Struct, frozen=True):
    """One day; `minor` is what it sold, for its bar."""

    day: TimeView
    orders: int
    units: int
    sales: PriceView
    off: PriceView
    minor: int


class PerformanceView(Struct, frozen=True, kw_only=True):
    """`most` is the best day's sales, in minor units; `budget` and `spent` too, "" without a budget."""

    tiles: list[TileView]
    days: list[DayRowView]
    most: int
    budget: str
    spent: str
    budget_text: str


def performance_view(
    standing: Standing, found: Figures, days: Mapping[str, Figures], words: Words
) -> PerformanceView:
    """Show an offer's figures: altogether, and by day from the newest back."""
    currency, say = standing.offer.currency, words.say

    def money(minor: int) -> PriceView:
        return words.money(Money(minor, currency))

    tiles = [
        TileView(str(found.orders), say(N_("orders with it"))),
        TileView(str(found.units), say(N_("pieces with it"))),
        TileView(money(found.sales).text, say(N_("paid for them"))),
        TileView(money(found.off).text, say(N_("taken off"))),
        TileView(money(found.by_merchant).text, say(N_("paid by the merchant"))),
        TileView(money(found.by_platform).text, say(N_("paid by Souk"))),
    ]
    rows = [
        DayRowView(
            words.day(f"{day}T00:00:00Z"),
            one.orders,
            one.units,
            money(one.sales),
            money(one.off),
            max(0, one.sales),
        )
        for day, one in sorted(days.items(), reverse=True)[:DAYS_SHOWN]
        if one
    ]
    budget = standing.budget
    said = say(N_("%(spent)s of a budget of %(budget)s is spent"))
    spent = "" if budget is None else money(budget).text
    return PerformanceView(
        tiles=tiles if found else [],
        days=rows,
        most=max((one.minor for one in rows), default=0),
        budget="" if budget is None else str(budget),
        spent=str(min(found.off, budget or 0)),
        budget_text=said % {"spent": money(found.off).text, "budget": spent} if spent else "",
    )
