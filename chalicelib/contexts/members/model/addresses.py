"""A member's address book: at most twenty addresses, one of which is taken first."""

import re
import unicodedata
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict, replace

from chalicelib.kernel import countries, divisions, text
from chalicelib.kernel.errors import FieldError, Malformed, NotFound, Refusal

ADDRESSES_MAX = 20
CHINA = "CN"
LENGTHS_MAX = {
    "name": 100,
    "phone": 40,
    "line1": 200,
    "line2": 200,
    "city": 100,
    "region": 100,
    "district": 100,
    "postal_code": 20,
    "country": 2,
}
"""In characters; what a checkout takes."""
REQUIRED = ("name", "phone", "line1", "city", "country")
_PHONE = re.compile(r"\+?[(0-9][0-9 ()./-]{4,38}[0-9]")


class TooManyAddresses(Refusal):
    code, status = "members.too_many_addresses", 422
    title = f"An address book has at most {ADDRESSES_MAX} addresses; remove one first"


class Address(Struct, frozen=True, kw_only=True):
    """Where to. `district` is filled in China alone, where region, city and district are picked."""

    id: str = ""
    name: str = ""
    phone: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    district: str = ""
    postal_code: str = ""
    country: str = ""

    def for_checkout(self) -> dict[str, str]:
        """Write it in the fields that a checkout takes: a district goes before the street."""
        fields: dict[str, str] = asdict(self)
        del fields["id"]
        district = fields.pop("district")
        is_told = district and district != self.city and not self.line1.startswith(district)
        room = LENGTHS_MAX["line1"]
        return fields | {"line1": f"{district}{self.line1}"[:room] if is_told else self.line1}


class AddressBook(Struct, frozen=True):
    """Addresses, the newest last. `default_id` names one of them; only an empty book has none."""

    addresses: tuple[Address, ...] = ()
    default_id: str = ""
    version: int = 0

    def find(self, address_id: str) -> Address:
        """Return an address. Refuses `request.not_found`."""
        for one in self.addresses:
            if one.id == address_id:
                return one
        raise NotFound

    @property
    def default(self) -> Address | None:
        return next((one for one in self.addresses if one.id == self.default_id), None)

    @property
    def default_first(self) -> list[Address]:
        """All addresses as people are offered them."""
        return sorted(self.addresses, key=lambda one: one.id != self.default_id)


def added(book: AddressBook, address: Address, *, is_default: bool) -> AddressBook:
    """Put an address with a new id in; the first is taken first. Refuses the twenty-first.

    The same address once more (by its id, from a repeated request) changes nothing.
    """
    if any(one.id == address.id for one in book.addresses):
        return book
    if len(book.addresses) >= ADDRESSES_MAX:
        raise TooManyAddresses
    first = is_default or not book.addresses
    return replace(
        book,
        addresses=(*book.addresses, address),
        default_id=address.id if first else book.default_id,
    )


def changed(book: AddressBook, address: Address, *, is_default: bool) -> AddressBook:
    """Put an address in the place of the one with its id. Refuses `request.not_found`."""
    book.find(address.id)
    kept = tuple(address if one.id == address.id else one for one in book.addresses)
    return replace(book, addresses=kept, default_id=address.id if is_default else book.default_id)


def removed(book: AddressBook, address_id: str) -> AddressBook:
    """Take an address out; where it was taken first, the newest one is. Refuses an unknown one."""
    book.find(address_id)
    kept = tuple(one for one in book.addresses if one.id != address_id)
    default_id = book.default_id
    if default_id == address_id:
        default_id = kept[-1].id if kept else ""
    return replace(book, addresses=kept, default_id=default_id)


def preferred(book: AddressBook, address_id: str) -> AddressBook:
    """Take an address first from now on. Refuses `request.not_found`."""
    book.find(address_id)
    return replace(book, default_id=address_id)


def checked(given: Mapping[str, str], address_id: str) -> Address:
    """Read what somebody typed into an address. Refuses `request.malformed`, naming every field."""
    fields = {name: _written(given.get(name, "")) for name in LENGTHS_MAX}
    if fields["country"] != CHINA:
        fields["district"] = ""
    errors = [error for name, value in fields.items() if (error := _wrong(name, value))]
    if fields["country"] == CHINA:
        errors += _wrong_division(fields)
    if errors:
        raise Malformed("The address is not complete", errors=errors)
    return Address(id=address_id, **fields)


def _written(value: str) -> str:
    return unicodedata.normalize("NFC", value.strip())


def _wrong(name: str, value: str) -> FieldError | None:
    if not value:
        return FieldError(name, "missing", "Missing") if name in REQUIRED else None
    has_lines = len(value.splitlines()) > 1
    if len(value) > LENGTHS_MAX[name] or has_lines or text.has_control(value):
        return FieldError(name, "out_of_range", f"Up to {LENGTHS_MAX[name]} characters on one line")
    if name == "country" and not countries.is_country(value):
        return FieldError(name, "unknown", "This is no country's ISO 3166 code")
    if name == "phone" and not _PHONE.fullmatch(value):
        return FieldError(name, "invalid", "This is not a phone number")
    return None


def _wrong_division(fields: Mapping[str, str]) -> list[FieldError]:
    """Name the first of region, city and district that is not of the one before."""
    region, city, district = fields["region"], fields["city"], fields["district"]
    if region not in divisions.regions():
        return [FieldError("region", "unknown", "Choose a province")]
    if city and city not in divisions.cities(region):
        return [FieldError("city", "unknown", "Choose a city of this province")]
    if city and not divisions.is_place(region, city, district):
        return [FieldError("district", "unknown", "Choose a district of this city")]
    return []
