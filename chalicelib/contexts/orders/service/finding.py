"""Finding a purchase without its link: by its number and whom it was made for."""

import re

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.model.refusals import NotFoundByContact, TooManyLookUps
from chalicelib.contexts.orders.model.values import is_order_id, is_purchase_id, purchase_of_order
from chalicelib.contexts.orders.store import Whole

PHONE_DIGITS_MIN = 7
_NOT_DIGITS = re.compile(r"\D+")


def find(number: str, contact: str, *, address: str) -> str:
    """Return the id of the purchase with this number, made with this email address or phone.

    `number` is a purchase's or one of its orders', as people copy it: in any case, with spaces.
    Refuses `orders.not_found_by_contact` for an unknown number and for another's contact alike,
    after as many round trips, and `orders.too_many_look_ups` where somebody guesses. Two round
    trips; three more for a wrong pair.
    """
    purchase_id = _purchase_id(number)
    guess = identity.guess(f"look-up#{purchase_id}", address=address)
    if guess.wait_s:
        raise TooManyLookUps(guess.wait_s)
    whole = store.read_whole(purchase_id) if is_purchase_id(purchase_id) else None
    if whole is None or not _is_made_for(whole, contact.strip()):
        guess.fails()
        raise NotFoundByContact
    return whole.purchase.id


def _purchase_id(number: str) -> str:
    kind, _, rest = "".join(number.split()).strip("#").partition("_")
    written = f"{kind.lower()}_{rest.upper()}" if rest else f"pur_{kind.upper()}"
    return purchase_of_order(written) if is_order_id(written) else written


def _is_made_for(whole: Whole, contact: str) -> bool:
    if "@" in contact:
        return bool(whole.purchase.email) and contact.lower() == whole.purchase.email.lower()
    return any(_is_same_phone(contact, order.address.phone) for order in whole.orders)


def _is_same_phone(one: str, other: str) -> bool:
    """Whether two numbers are the same but for the country's code, which one of them may lack."""
    short, long = sorted((_digits(one), _digits(other)), key=len)
    return len(short) >= PHONE_DIGITS_MIN and long.endswith(short)


def _digits(phone: str) -> str:
    return _NOT_DIGITS.sub("", phone).lstrip("0")
