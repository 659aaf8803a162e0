"""Reading what shoppers send at checkout: field by field, every wrong one named."""

from collections.abc import Collection
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.contexts.identity.model import EMAIL_TOLD, normal_email
from chalicelib.contexts.orders.model.values import Address
from chalicelib.contexts.orders.service import Wish
from chalicelib.kernel import countries, text
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.money import Money

NOTE_LENGTH_MAX = 500
MINOR_MAX = 2**53 - 1
MAY_BE_EMPTY = frozenset({"line2", "region"})

Provider = Annotated[str, Meta(min_length=1, max_length=40)]


_PLAIN = r"[^\x00-\x1f\x7f\x85\u2028\u2029]"
FILLED = {"pattern": rf"^{_PLAIN}*[^\s\x00-\x1f\x7f\x85\u2028\u2029]{_PLAIN}*$", "minLength": 1}
"""What the contract says of most of an address's lines: plain text, and something in it."""


class AddressBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=100, extra_json_schema=FILLED)]
    phone: Annotated[str, Meta(max_length=40, extra_json_schema=FILLED)]
    line1: Annotated[str, Meta(max_length=200, extra_json_schema=FILLED)]
    city: Annotated[str, Meta(max_length=100, extra_json_schema=FILLED)]
    postal_code: Annotated[str, Meta(max_length=20, extra_json_schema=FILLED)]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", extra_json_schema=countries.SCHEMA)]
    line2: Annotated[str, Meta(max_length=200, extra_json_schema=text.TOLD_LINE)] = ""
    region: Annotated[str, Meta(max_length=100, extra_json_schema=text.TOLD_LINE)] = ""


class MoneyBody(msgspec.Struct, forbid_unknown_fields=True):
    amount: Annotated[int, Meta(ge=0, le=MINOR_MAX)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class PaymentBody(msgspec.Struct, forbid_unknown_fields=True):
    provider: Provider


class Checkout(msgspec.Struct, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=254, extra_json_schema={"pattern": EMAIL_TOLD})]
    address: AddressBody
    delivery_method: Annotated[str, Meta(min_length=1, max_length=64)]
    payment: PaymentBody
    expected_total: MoneyBody | None = None
    quote_id: Annotated[str, Meta(min_length=1, max_length=2_000)] | None = None
    locale: Annotated[str, Meta(pattern="^(en|zh-CN)$")] | None = None
    note: Annotated[str, Meta(max_length=NOTE_LENGTH_MAX, extra_json_schema=text.TOLD)] = ""


def wish_of(body: Checkout, locale: str, *, may_be_empty: Collection[str] = MAY_BE_EMPTY) -> Wish:
    """Check what was sent. Refuses `request.malformed`, naming every wrong field."""
    wrong: list[FieldError] = []
    email = _email(body.email, wrong)
    address = _address(body.address, may_be_empty, wrong)
    if text.has_control(body.note):
        wrong.append(FieldError("note", "invalid", "No control characters"))
    if wrong:
        raise Malformed("; ".join(one.detail for one in wrong), errors=wrong)
    expected = body.expected_total
    return Wish(
        email=email,
        address=address,
        delivery_method=body.delivery_method,
        provider=body.payment.provider,
        locale=body.locale or locale,
        expected_total=Money(expected.amount, expected.currency) if expected else None,
        quote_id=body.quote_id or "",
        note=body.note.strip(),
    )


def _email(email: str, wrong: list[FieldError]) -> str:
    try:
        return normal_email(email)
    except Malformed as refused:
        wrong.extend(refused.errors)
        return ""


def _address(body: AddressBody, may_be_empty: Collection[str], wrong: list[FieldError]) -> Address:
    written = {name: getattr(body, name).strip() for name in body.__struct_fields__}
    for name, value in written.items():
        field = f"address.{name}"
        if not value and name not in may_be_empty:
            wrong.append(FieldError(field, "missing", f"The address needs {name}"))
        elif len(value.splitlines()) > 1 or text.has_control(value) or "\t" in value:
            wrong.append(FieldError(field, "invalid", f"{name} is one line of plain text"))
    if not countries.is_country(written["country"]):
        detail = "country is no ISO 3166 alpha-2 code"
        wrong.append(FieldError("address.country", "unknown", detail))
    return Address(**written)
