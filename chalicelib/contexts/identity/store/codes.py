"""Rows of one-time codes. A code itself is kept nowhere: it follows from its request's id."""

import hmac
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import transact
from chalicelib.aws.reads import Key
from chalicelib.aws.secrets import sign
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.model import (
    CODE_DIGITS,
    CODE_TRIES_MAX,
    CODE_TTL_S,
    CODES_AN_HOUR,
    CODES_WINDOW_S,
    Audience,
    CodeWrong,
    Purpose,
    TooManyCodes,
)
from chalicelib.contexts.identity.store import IdentityItem, token_hash
from chalicelib.kernel import clock


class CodeItem(IdentityItem, discriminator="CODE"):
    """The last code that was asked for, and how many were within the hour since `window_at`.

    `request_id` is empty once the code was used.
    """

    request_id = UnicodeAttribute(default="")
    good_until = NumberAttribute(default=0)
    tries = NumberAttribute(default=0)
    sent = NumberAttribute(default=0)
    window_at = NumberAttribute(default=0)


def code_key(audience: Audience, purpose: Purpose, login: str) -> Key:
    """Where a login's code for one purpose lies, whether or not it belongs to anybody."""
    return Key(CodeItem, f"CODE#{token_hash(f'{audience}#{purpose}#{login}')}", "CODE")


def code_of(request_id: str) -> str:
    """Make the code of a request: whoever has the stage's secret can make it again."""
    return f"{int(sign('code', request_id), 16) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def new_code(key: Key, row: CodeItem | None, request_id: str, now: datetime) -> Write:
    """Contribute a code in place of the one before. Refuses `identity.too_many_codes`."""
    at = clock.epoch(now)
    sent, window_at = 0, at
    if row is not None and int(row.window_at) + CODES_WINDOW_S > at:
        sent, window_at = int(row.sent), int(row.window_at)
    if sent >= CODES_AN_HOUR:
        raise TooManyCodes(window_at + CODES_WINDOW_S - at)
    wanted = CodeItem(
        key.pk,
        key.sk,
        request_id=request_id,
        good_until=at + CODE_TTL_S,
        tries=0,
        sent=sent + 1,
        window_at=window_at,
        expires_at=window_at + CODES_WINDOW_S + CODE_TTL_S,
    )
    unchanged = CodeItem.pk.does_not_exist()
    if row is not None:
        unchanged = (CodeItem.sent == row.sent) & (CodeItem.window_at == row.window_at)
    return transact.put(wanted, unchanged, refuse=lambda _old: TooManyCodes(1))


def fits(row: CodeItem | None, code: str, now: datetime) -> bool:
    """Tell whether a code is the one that was sent, still good; takes as long without a row."""
    request_id = row.request_id if row is not None else ""
    is_equal = hmac.compare_digest(code_of(request_id).encode(), code.encode())
    is_good = row is not None and bool(request_id) and int(row.good_until) > clock.epoch(now)
    return is_equal and is_good and row is not None and int(row.tries) < CODE_TRIES_MAX


def missed(key: Key, row: CodeItem) -> Write:
    """Contribute one more wrong try."""
    actions = [CodeItem.tries.add(1)]
    return transact.update(CodeItem(key.pk, key.sk), actions, CodeItem.request_id == row.request_id)


def spend(key: Key, row: CodeItem) -> Write:
    """Contribute the end of a code: it is good once."""
    return transact.update(
        CodeItem(key.pk, key.sk),
        [CodeItem.request_id.set("")],
        (CodeItem.request_id == row.request_id) & (CodeItem.tries < CODE_TRIES_MAX),
        refuse=lambda _old: CodeWrong(),
    )
