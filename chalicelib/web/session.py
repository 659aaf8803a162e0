"""What the browser remembers for us, and a visit: one request of a person with it.

Cookies are HttpOnly and SameSite=Lax; under https they are Secure and carry the `__Host-` prefix,
which binds them to this host. Nothing in them is trusted that is not a token of ours.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from chalicelib.aws.secrets import token_fits, token_for
from chalicelib.aws.settings import settings
from chalicelib.kernel import ids
from chalicelib.web import csrf, i18n
from chalicelib.web.forms import Fields
from chalicelib.web.request import Request

MEMBER = "souk_session"
CONSOLE = "souk_console"
VISITOR = "souk_visitor"
CART = "souk_cart"
PURCHASES = "souk_purchases"
LOCALE = "souk_locale"
CHALLENGE = "souk_challenge"

YEAR_S = 365 * 86_400
CART_S = 90 * 86_400
PURCHASES_S = 60 * 86_400
PURCHASES_MAX = 8
COUNT_MAX = 999_999
_MARK = "~"


class Cookie(Struct, frozen=True):
    """A cookie to set; without `max_age_s` it ends with the browser, with 0 it is forgotten."""

    name: str
    value: str
    max_age_s: int | None = None

    def line(self) -> str:
        """Write the Set-Cookie header."""
        parts = [f"{cookie_name(self.name)}={self.value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if self.max_age_s is not None:
            parts.append(f"Max-Age={self.max_age_s}")
        if is_secure():
            parts.append("Secure")
        return "; ".join(parts)


def is_secure() -> bool:
    """Tell whether the shop is reached by https; one machine's loopback is not."""
    return settings().shop_url.startswith("https:")


def cookie_name(name: str) -> str:
    """Give a cookie's name on the wire."""
    return f"__Host-{name}" if is_secure() else name


def forget(name: str) -> Cookie:
    """Make the browser forget a cookie."""
    return Cookie(name, "", 0)


def session_cookie(name: str, token: str) -> Cookie:
    """Remember a sign-in. The session's own row says when it ends."""
    return Cookie(name, token, YEAR_S if name == MEMBER else None)


def cart_cookie(cart_id: str, count: int) -> Cookie:
    """Remember a cart with its token, and how many pieces to show beside its picture."""
    shown = min(count, COUNT_MAX)
    return Cookie(CART, _MARK.join((cart_id, token_for(cart_id), str(shown))), CART_S)


def locale_cookie(locale: str) -> Cookie:
    return Cookie(LOCALE, locale, YEAR_S)


def member_cookie(request: Request) -> str:
    """Return the member's cookie where it counts for a program's call; empty where it does not.

    On anything but GET it counts only from the shop's own origin and with `X-CSRF-Token`.
    """
    token = request.cookies.get(cookie_name(MEMBER), "")
    if token and request.method != "GET":
        try:
            csrf.check([token], request.headers.get(csrf.HEADER, ""), request.headers)
        except csrf.FormForged:
            return ""
    return token


class Visit(Request):
    """One request of a person: a Request with its form, its cookies and its language.

    `session` is put there by the room that knows sessions, once it has looked.
    """

    def __init__(self, raw: Any, *, path_params: Mapping[str, str]) -> None:
        super().__init__(raw, path_params=path_params)
        self.fields = Fields()
        self.session: Any = None
        self.set_cookies: list[Cookie] = []

    def cookie(self, name: str) -> str:
        """Return a cookie's value; empty where the browser sent none."""
        return self.cookies.get(cookie_name(name), "")

    @cached_property
    def words(self) -> i18n.Words:
        return i18n.words(self.locale)

    @property
    def query_text(self) -> dict[str, str]:
        """The query's parameters, the last value of each."""
        return dict(self.raw.query_params or {})

    @property
    def cart_id(self) -> str:
        """The cart that this browser holds the token of; empty without one."""
        cart_id, _, rest = self.cookie(CART).partition(_MARK)
        token = rest.partition(_MARK)[0]
        return cart_id if cart_id.startswith("crt_") and token_fits(cart_id, token) else ""

    @property
    def cart_count(self) -> int:
        """How many pieces the cart held when this browser last changed it."""
        shown = self.cookie(CART).rpartition(_MARK)[2]
        return int(shown) if shown.isascii() and shown.isdigit() and len(shown) <= 6 else 0

    @property
    def holders(self) -> list[str]:
        """The cookies that a form of this visitor may be bound to, the strongest first.

        A page that was open before a sign-in still works after it, in either tab.
        """
        names = (CONSOLE if self.path.startswith("/console") else MEMBER, VISITOR)
        return [self.cookie(name) for name in names if self.cookie(name)]

    @cached_property
    def csrf_token(self) -> str:
        """The token for this visitor's forms; a visitor without any cookie is given one."""
        if not self.holders:
            fresh = Cookie(VISITOR, ids.secret("vis"), YEAR_S)
            self.set_cookies.append(fresh)
            return csrf.token_for(fresh.value)
        return csrf.token_for(self.holders[0])

    def purchase_tokens(self) -> dict[str, str]:
        """The purchases that this browser was shown, with their tokens; the newest last."""
        pairs = (part.partition(".") for part in self.cookie(PURCHASES).split(_MARK))
        return {purchase_id: token for purchase_id, _, token in pairs if token}

    def remember_purchase(self, purchase_id: str) -> Cookie:
        """Let this browser open a purchase again; the oldest are forgotten."""
        known = self.purchase_tokens()
        known.pop(purchase_id, None)
        kept = list(known.items())[-(PURCHASES_MAX - 1) :]
        kept.append((purchase_id, token_for(purchase_id)))
        return Cookie(PURCHASES, _MARK.join(f"{name}.{token}" for name, token in kept), PURCHASES_S)
