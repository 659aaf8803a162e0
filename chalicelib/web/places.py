"""Where people live, as forms ask it: countries by name, and China's 省/市/区 one after another."""

from collections.abc import Mapping
from functools import cache
from typing import Protocol

from msgspec import Struct

from chalicelib.kernel import countries, divisions
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_, Words

CHINA = "CN"
DEFAULT_COUNTRIES = {"en": "GB", "zh-CN": CHINA}


POSTAL_CODE_LAST = frozenset("AE AU CA GB HK IE IN KR MY NZ PH SG TH US VN ZA".split())
"""Where the postal code follows the city; elsewhere it stands before it."""


class Located(Protocol):
    """An address as orders and books keep it."""

    @property
    def line1(self) -> str: ...
    @property
    def line2(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def postal_code(self) -> str: ...
    @property
    def country(self) -> str: ...


class _Told(Struct, frozen=True):
    label: str
    autocomplete: str
    is_required: bool = True
    inputmode: str = ""
    is_wide: bool = False
    hint: str = ""


_WHO = {
    "name": _Told(N_("Full name"), "name"),
    "phone": _Told(
        N_("Phone"),
        "tel",
        inputmode="tel",
        hint=N_("Only for the courier, if they cannot find you."),
    ),
}
_CHINESE = {
    "line1": _Told(N_("Street, building and door"), "street-address", is_wide=True),
    "postal_code": _Told(N_("Postal code"), "postal-code", is_required=False),
}
_WESTERN = {
    "line1": _Told(N_("Street and number"), "address-line1", is_wide=True),
    "line2": _Told(N_("Flat, floor, company"), "address-line2", is_required=False, is_wide=True),
    "city": _Told(N_("City"), "address-level2"),
    "region": _Told(N_("Region"), "address-level1", is_required=False),
    "postal_code": _Told(N_("Postal code"), "postal-code", is_required=False),
}


def address_fields(
    typed: Mapping[str, str], words: Words, errors: Mapping[str, str]
) -> list[FieldView]:
    """The fields of an address as its country wants them, with what was typed."""
    country = country_of(typed, words)
    where = FieldView(
        name="country",
        label=words.say(N_("Country")),
        kind="select",
        value=country,
        autocomplete="country",
        error=errors.get("country", ""),
        choices=country_names(words.locale),
    )
    if country != CHINA:
        return [
            *_fields(_WHO, typed, words, errors),
            where,
            *_fields(_WESTERN, typed, words, errors),
        ]
    return [
        *_fields(_WHO, typed, words, errors),
        where,
        *division_fields(typed, words, errors),
        *_fields(_CHINESE, typed, words, errors),
    ]


def address_lines(told: Located, words: Words, *, district: str = "") -> list[str]:
    """Write a place as it goes on a parcel: in China from the large to the small."""
    country = dict(country_names(words.locale)).get(told.country, told.country)
    if told.country == CHINA:
        large = dict.fromkeys((told.region, told.city, district))
        small = f"{told.line1} {told.line2} {told.postal_code}"
        return [" ".join((country, *filter(None, large))), " ".join(small.split())]
    parts = [told.postal_code, told.city, told.region]
    if told.country in POSTAL_CODE_LAST:
        parts = [told.city, told.region, told.postal_code]
    return [
        line for line in (told.line1, told.line2, " ".join(filter(None, parts)), country) if line
    ]


def country_of(typed: Mapping[str, str], words: Words) -> str:
    """The country that a form names, or that its language suggests."""
    return typed.get("country") or DEFAULT_COUNTRIES[words.locale]


def division_fields(
    typed: Mapping[str, str], words: Words, errors: Mapping[str, str]
) -> list[FieldView]:
    """省, 市 and 区: each offers what belongs to the one before, and what does not is let go."""
    region = _of(typed.get("region", ""), divisions.regions())
    cities = divisions.cities(region)
    city = _of(typed.get("city", ""), cities)
    districts = divisions.districts(region, city)
    district = _of(typed.get("district", ""), districts)
    levels = (
        ("region", words.say(N_("Province")), region, divisions.regions()),
        ("city", words.say(N_("City")), city, cities),
        ("district", words.say(N_("District")), district, districts),
    )
    return [
        FieldView(
            name=name,
            label=label,
            kind="select",
            value=value,
            error=errors.get(name, ""),
            choices=(("", words.say(N_("Choose"))), *((one, one) for one in offered)),
        )
        for name, label, value, offered in levels
    ]


@cache
def country_names(locale: str) -> tuple[tuple[str, str], ...]:
    """Name every country in a language, in its order. Read once per container."""
    from babel import Locale

    names = Locale.parse(locale.replace("-", "_")).territories
    pairs = [(code, str(names.get(code, code))) for code in countries.CODES]
    return tuple(sorted(pairs, key=lambda pair: pair[1]))


def _of(value: str, offered: list[str]) -> str:
    """Keep a choice that is offered; take the only one there is."""
    if value in offered:
        return value
    return offered[0] if len(offered) == 1 else ""


def _fields(
    told: Mapping[str, _Told], typed: Mapping[str, str], words: Words, errors: Mapping[str, str]
) -> list[FieldView]:
    return [
        FieldView(
            name=name,
            label=words.say(one.label),
            value=typed.get(name, ""),
            is_required=one.is_required,
            autocomplete=one.autocomplete,
            inputmode=one.inputmode,
            is_wide=one.is_wide,
            hint=words.say(one.hint),
            error=errors.get(name, ""),
        )
        for name, one in told.items()
    ]
