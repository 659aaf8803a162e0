"""Languages: gettext's words, and amounts and times as each language writes them.

English sentences are the message ids, so English needs no catalogue. `make messages` extracts them
from templates, pages and refusals and compiles `locale/`; a test holds the catalogue complete.
"""

import gettext
from datetime import datetime
from functools import cache
from pathlib import Path

from msgspec import Struct

from chalicelib.kernel import clock
from chalicelib.kernel.errors import FieldError, Refusal
from chalicelib.kernel.money import Money, exponent

LOCALES = ("en", "zh-CN")
CATALOGUES = Path(__file__).resolve().parent / "locale"
DOMAIN = "souk"
LANGUAGE_NAMES = {"en": "English", "zh-CN": "中文"}

SIGNS = {
    "AUD": "A$",
    "CAD": "CA$",
    "CHF": "CHF\u00a0",
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "SGD": "S$",
    "TWD": "NT$",
    "USD": "$",
}
SIGNS_OF = {"en": {"CNY": "CN¥"}, "zh-CN": {"JPY": "JP¥", "USD": "US$"}}
"""Signs that would be read as another currency in that language."""

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "extract, translate later"
    """Mark a sentence for extraction where it is declared; `Words` says it later."""
    return message


class PriceView(Struct, frozen=True):
    """An amount as templates show it: the sign is set smaller than the number."""

    sign: str
    number: str

    @property
    def text(self) -> str:
        return self.sign + self.number


class TimeView(Struct, frozen=True):
    """A moment for people, and for the `datetime` attribute."""

    iso: str
    text: str


class Words:
    """One language: says sentences, writes amounts and times. Made by `words(locale)`."""

    def __init__(self, locale: str) -> None:
        assert locale in LOCALES, "a language that Souk speaks"
        self.locale = locale
        self._catalogue: gettext.NullTranslations = gettext.NullTranslations()
        if locale != "en":
            languages = [locale.replace("-", "_")]
            self._catalogue = gettext.translation(DOMAIN, CATALOGUES, languages)

    def say(self, message: str) -> str:
        """Return the sentence in this language."""
        return self._catalogue.gettext(message) if message else ""

    def count(self, one: str, many: str, number: int) -> str:
        """Return the form that fits the number, with `%(num)s` filled in."""
        return self.plural(one, many, number) % {"num": number}

    def plural(self, one: str, many: str, number: int) -> str:
        """Return the form that fits the number, unfilled."""
        return self._catalogue.ngettext(one, many, number)

    def refusal(self, refusal: Refusal) -> str:
        """Say why something was refused: the details where they are in this language."""
        if self.locale == "en":
            return refusal.detail
        return self.say(refusal.title)

    def field_error(self, error: FieldError) -> str:
        """Say what is wrong with one field of a form."""
        return self.say(FIELD_ERRORS.get(error.code, FIELD_ERRORS["invalid"]))

    def money(self, amount: Money) -> PriceView:
        """Write an amount with its sign, grouped by thousands."""
        places = exponent(amount.currency)
        sign = SIGNS_OF[self.locale].get(amount.currency) or SIGNS.get(amount.currency)
        number = f"{abs(amount.decimal()):,.{places}f}"
        minus = "\u2212" if amount.amount < 0 else ""
        return PriceView(minus + (sign or f"{amount.currency}\u00a0"), number)

    def moment(self, at: str) -> TimeView:
        """Write a time that is given as RFC 3339."""
        moment = clock.parse(at)
        return TimeView(clock.iso(moment), f"{self._day(moment)} {moment:%H:%M} UTC")

    def day(self, at: str) -> TimeView:
        """Write the day of a time that is given as RFC 3339."""
        moment = clock.parse(at)
        return TimeView(clock.iso(moment), self._day(moment))

    def _day(self, moment: datetime) -> str:
        if self.locale == "zh-CN":
            return f"{moment.year}年{moment.month}月{moment.day}日"
        return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


FIELD_ERRORS = {
    "missing": N_("Fill this in."),
    "invalid": N_("This does not look right."),
    "wrong_type": N_("This does not look right."),
    "out_of_range": N_("This is too long, too short or out of range."),
    "unknown": N_("Choose another one."),
    "unknown_choice": N_("Choose another one."),
    "wrong_unit": N_("This unit does not fit here."),
    "before_start": N_("The end comes after the start."),
    "too_long": N_("This is too long, too short or out of range."),
    "too_many": N_("These are too many."),
}


@cache
def words(locale: str) -> Words:
    """Return the words of a language, read once per container."""
    return Words(locale)
