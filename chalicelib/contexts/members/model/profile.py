"""How a member is shown: a nickname, initials, and the language they chose."""

import unicodedata

from msgspec import Struct

from chalicelib.contexts.members.model.avatars import Avatar
from chalicelib.kernel import text
from chalicelib.kernel.errors import FieldError, Malformed

NICKNAME_LENGTH_MAX = 40
LOCALES = ("", "en", "zh-CN")
"""The languages there are; none is the browser's."""
TINTS = 8
"""How many colours initials are shown on."""


class Profile(Struct, frozen=True):
    """`locale` is empty where the browser decides; without a nickname the account's name is shown."""

    nickname: str = ""
    locale: str = ""
    avatar: Avatar = Avatar()
    version: int = 0


def plain_nickname(nickname: str) -> str:
    """Check a nickname: one line of some length. Refuses `request.malformed`."""
    written = unicodedata.normalize("NFC", nickname.strip())
    is_line = len(written.splitlines()) <= 1 and not text.has_control(written)
    if len(written) > NICKNAME_LENGTH_MAX or not is_line:
        detail = f"Up to {NICKNAME_LENGTH_MAX} characters on one line"
        raise Malformed(detail, errors=[FieldError("nickname", "out_of_range", detail)])
    return written


def known_locale(locale: str) -> str:
    """Check a language. Refuses `request.malformed`."""
    if locale not in LOCALES:
        raise Malformed("Choose another", errors=[FieldError("locale", "unknown", "Unknown")])
    return locale


def initials(name: str) -> str:
    """One or two letters that stand for a name: 小明 gives 小, Ada Lovelace gives AL."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "·"
    first = words[0][0].upper()
    is_latin = first.isascii() and len(words) > 1 and words[-1][0].isascii()
    return first + (words[-1][0].upper() if is_latin else "")


def tint(account_id: str) -> int:
    """The colour that goes with an account, from 1."""
    return sum(account_id.encode()) % TINTS + 1
