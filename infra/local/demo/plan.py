"""Reads the files of `demo/`: merchants, members, categories and catalogues."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from infra.package import ROOT

FOLDER = ROOT / "demo"
SHOP_URL_MARK = "{{shop_url}}"
"""Stands in catalogues where the shop's own address belongs: the pictures are its static files."""

NEWEST = 4
"""So many products of each catalogue are handed in last."""


@dataclass(frozen=True, slots=True)
class PlannedMerchant:
    """A merchant to open; `names` and `description` are by locale, prices in minor units. `offers` and
    `campaigns` are bodies of the contract without a time: they run from the first start on.
    """

    code: str
    names: Mapping[str, str]
    description: Mapping[str, str]
    email: str
    owner: str
    commission_bps: int
    currency: str
    delivery_methods: tuple[Mapping[str, Any], ...]
    catalogues: tuple[Path, ...]
    offers: tuple[Mapping[str, Any], ...] = ()
    campaigns: tuple[Mapping[str, Any], ...] = ()

    def csv(self, catalogue: Path, shop_url: str) -> tuple[bytes, bytes]:
        """One catalogue with the addresses of this shop's pictures, its newest products apart.

        Whoever hands in all first parts before the second has several merchants among the newest.
        """
        text = catalogue.read_text(encoding="utf-8").replace(SHOP_URL_MARK, shop_url)
        head, *rows = csv.reader(StringIO(text, newline=""))
        handles = list(dict.fromkeys(row[0] for row in rows))
        newest = set(handles[-NEWEST:])
        older = [row for row in rows if row[0] not in newest]
        return _written([head, *older]), _written(
            [head, *(row for row in rows if row[0] in newest)]
        )


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """Somebody with a sign-in."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole demo."""

    platform: PlannedPerson
    merchants: tuple[PlannedMerchant, ...]
    members: tuple[PlannedPerson, ...]
    categories: Mapping[str, Any]


def _written(rows: list[list[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def read(folder: Path = FOLDER) -> Plan:
    """Read the demo's files; a mistake in them is ours and shows as the error it is."""
    people = json.loads((folder / "merchants.json").read_text(encoding="utf-8"))
    return Plan(
        platform=PlannedPerson(**people["platform"]),
        merchants=tuple(_merchant(folder, one) for one in people["merchants"]),
        members=tuple(PlannedPerson(**one) for one in people["members"]),
        categories=json.loads((folder / "categories.json").read_text(encoding="utf-8")),
    )


def _merchant(folder: Path, described: Mapping[str, Any]) -> PlannedMerchant:
    return PlannedMerchant(
        code=described["code"],
        names=described["name"],
        description=described["description"],
        email=described["email"],
        owner=described["owner"],
        commission_bps=described["commission_bps"],
        currency=described["currency"],
        delivery_methods=tuple(described["delivery_methods"]),
        catalogues=tuple(folder / "catalogue" / name for name in described["catalogues"]),
        offers=tuple(described.get("offers", ())),
        campaigns=tuple(described.get("campaigns", ())),
    )
