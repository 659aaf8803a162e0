"""A month of offers: a row for each, a bar over its days."""

import calendar
import re
from datetime import date, datetime, timedelta, timezone

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.console import person
from chalicelib.contexts.promotions.console import words as said
from chalicelib.contexts.promotions.console.form import OFFSETS, UTC_OFFSET, ahead
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.service import offers
from chalicelib.kernel import clock
from chalicelib.web.i18n import MONTHS, N_, Words
from chalicelib.web.page import Html, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

CALENDAR = "/console/offers/calendar"
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class DayView(Struct, frozen=True):
    number: int
    is_today: bool


class BarView(Struct, frozen=True, kw_only=True):
    """An offer's days: so many before its bar, so many under it, so many after. `days` says it."""

    href: str
    title: str
    takes: str
    state: str
    is_stopped: bool
    days: str
    before: int
    during: int
    after: int


class MonthView(Struct, frozen=True, kw_only=True):
    heading: str
    zone: str
    days: list[DayView]
    bars: list[BarView]
    before_href: str
    after_href: str
    this_href: str


@page(bp, "GET", "/console/offers/calendar")
def show(visit: Visit) -> Html:
    """The month that the address names, or this one."""
    actor, words = person(visit).actor, visit.words
    offset = OFFSETS.get(words.locale, UTC_OFFSET)
    zone = timezone(ahead(offset))
    today = clock.now().astimezone(zone).date()
    first = _first(visit.query_text.get("month", ""), today)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    start = datetime(first.year, first.month, 1, tzinfo=zone)
    found = offers.between(actor, start, start + timedelta(days=last.day))
    view = MonthView(
        heading=_named(first, words),
        zone=f"UTC{offset}",
        days=[
            DayView(day, is_today=first.replace(day=day) == today) for day in range(1, last.day + 1)
        ],
        bars=[_bar(one, first, last, zone, words) for one in found],
        before_href=_href(first - timedelta(days=1)),
        after_href=_href(last + timedelta(days=1)),
        this_href=_href(today),
    )
    return Html("console/promotions/calendar.html", view)


def _first(wanted: str, today: date) -> date:
    """The first day of a month; of this one where none is named."""
    found = MONTH.fullmatch(wanted)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def _named(day: date, words: Words) -> str:
    if words.locale == "zh-CN":
        return f"{day.year}年{day.month}月"
    return f"{MONTHS[day.month - 1]} {day.year}"


def _href(day: date) -> str:
    return with_query(CALENDAR, {"month": f"{day:%Y-%m}"})


def _bar(standing: Standing, first: date, last: date, zone: timezone, words: Words) -> BarView:
    offer = standing.offer
    begins = max(offer.starts_at.astimezone(zone).date(), first)
    # What ends at midnight does not run on that day.
    ends = min((offer.ends_at - timedelta.resolution).astimezone(zone).date(), last)
    days = words.say(N_("%(first)s to %(last)s"))
    label, _ = said.STATES[standing.state(clock.now())]
    return BarView(
        href=f"/console/offers/{offer.id}",
        title=said.titled(offer, words),
        takes=said.takes(standing, words),
        state=words.say(label),
        is_stopped=standing.is_stopped,
        days=days % {"first": begins.day, "last": ends.day},
        before=begins.day - 1,
        during=(ends - begins).days + 1,
        after=last.day - ends.day,
    )
