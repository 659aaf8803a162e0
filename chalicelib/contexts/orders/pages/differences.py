"""What a checkout showed, and what is different now: line by line, to be accepted or left.

The form carries what it was shown with, so that nothing has to be stored for it.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from chalicelib.contexts.cart.model import LINES_MAX, PricedCart, PricedLine
from chalicelib.contexts.promotions.pages.savings import titled
from chalicelib.kernel.money import Money
from chalicelib.web.forms import NUMBER_DIGITS_MAX, Fields
from chalicelib.web.i18n import N_, Words

FIELD = "shown"
SAVED_FIELD = "saved"
TITLE_LENGTH_MAX = 200


class Shown(Struct, frozen=True):
    """One line as a checkout showed it."""

    sku: str
    quantity: int
    amount: int


class Saved(Struct, frozen=True):
    """What one offer took off altogether, as a checkout showed it, by the name that it had."""

    amount: int
    title: str


class DifferenceView(Struct, frozen=True):
    """What something was, and what it is now."""

    label: str
    before: str
    now: str


def marks(priced: PricedCart) -> list[str]:
    """Write down what is shown of each selected line, for the form to carry."""
    return [f"{one.quantity} {one.unit_price.amount} {one.sku}" for one in priced.selected]


def shown_lines(fields: Fields) -> dict[str, Shown]:
    """Read what a form carries; what is no such mark counts for nothing."""
    found: dict[str, Shown] = {}
    for mark in fields.all(FIELD)[:LINES_MAX]:
        quantity, _, rest = mark.partition(" ")
        amount, _, sku = rest.partition(" ")
        if _is_number(quantity) and _is_number(amount) and sku:
            found[sku] = Shown(sku, int(quantity), int(amount))
    return found


def saved_marks(priced: PricedCart, words: Words) -> list[str]:
    """Write down what each offer takes off, for the form to carry: an offer that has ended is not
    known any more.
    """
    return [f"{key} {one.amount} {one.title}" for key, one in _savings(priced, words).items()]


def shown_savings(fields: Fields) -> dict[str, Saved]:
    """Read what a form carries of offers; what is no such mark counts for nothing."""
    found: dict[str, Saved] = {}
    for mark in fields.all(SAVED_FIELD)[:LINES_MAX]:
        key, _, rest = mark.partition(" ")
        amount, _, title = rest.partition(" ")
        if key and _is_number(amount) and title:
            found[key] = Saved(int(amount), title[:TITLE_LENGTH_MAX])
    return found


def _savings(priced: PricedCart, words: Words) -> dict[str, Saved]:
    found: dict[str, Saved] = {}
    for one in (each for line in priced.bought for each in line.adjustments):
        former = found.get(one.offer)
        amount = (former.amount if former else 0) - one.amount.amount
        found[one.offer] = Saved(amount, titled(one.titles, words))
    return found


def differences(
    typed: Fields,
    priced: PricedCart,
    totals: tuple[Money | None, Money],
    words: Words,
) -> list[DifferenceView]:
    """Tell each line that is not what the form was shown with, each offer that ended or takes another
    amount off, then the total where it moved.
    """
    shown = shown_lines(typed)
    said = [one for line in priced.selected for one in _of_line(shown.get(line.sku), line, words)]
    said += _of_offers(shown_savings(typed), priced, words)
    before, now = totals
    if before is not None and before != now:
        said.append(_moved(words.say(N_("Total")), before, now, words))
    return said


def _of_line(before: Shown | None, line: PricedLine, words: Words) -> Iterator[DifferenceView]:
    name = f"{line.title} · {line.variant}" if line.variant else line.title
    wanted = words.count("%(num)s piece", "%(num)s pieces", line.quantity)
    if not line.can_be_bought:
        gone = N_("Sold out") if line.is_for_sale else N_("No longer for sale")
        yield DifferenceView(name, wanted, words.say(gone))
        return
    if line.available < line.quantity:
        left = words.count("Only %(num)s left", "Only %(num)s left", line.available)
        yield DifferenceView(name, wanted, left)
    if before is None:
        return
    if before.quantity != line.quantity:
        former = words.count("%(num)s piece", "%(num)s pieces", before.quantity)
        yield DifferenceView(name, former, wanted)
    if before.amount != line.unit_price.amount:
        former_price = Money(before.amount, line.unit_price.currency)
        yield _moved(name, former_price, line.unit_price, words)


def _of_offers(
    shown: dict[str, Saved], priced: PricedCart, words: Words
) -> Iterator[DifferenceView]:
    current = _savings(priced, words)
    for key, one in shown.items():
        now = current.get(key)
        off = Money(-one.amount, priced.currency)
        if now is None:
            ended = words.say(N_("This offer does not apply any more"))
            yield DifferenceView(one.title, words.money(off).text, ended)
        elif now.amount != one.amount:
            yield _moved(one.title, off, Money(-now.amount, priced.currency), words)


def _moved(label: str, before: Money, now: Money, words: Words) -> DifferenceView:
    return DifferenceView(label, words.money(before).text, words.money(now).text)


def any_short(lines: Sequence[PricedLine]) -> bool:
    """Whether somebody wants more of something than there is."""
    return any(line.available < line.quantity for line in lines)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX
