"""Everybody who may come to a door, with what they hold, and the private words they may read."""

from dataclasses import dataclass, field

from chalicelib.contexts.orders.model.values import is_order_id, purchase_of_order
from chalicelib.contexts.orders.service import token_of
from chalicelib.web import csrf
from chalicelib.web.session import CART, CONSOLE, MEMBER, PURCHASES, VISITOR
from tests.doors.tenants.world import World

KEPT = ("waiting", "declined", "placed", "confirmed", "shipped")


@dataclass(frozen=True)
class Person:
    """Somebody of a side, or of none. `holder` is the cookie that this person's forms belong to."""

    role: str
    side: str
    sees: frozenset[str] = frozenset()
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    cart_token: str = ""
    purchases: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.role} {self.side}".strip()

    def form_token(self, path: str) -> str:
        """The token of a form that this person's browser was given."""
        first = CONSOLE if path.startswith("/console") else MEMBER
        return csrf.token_for(self.cookies.get(first) or self.cookies[VISITOR])

    def tokens_for(self, thing: str) -> dict[str, str]:
        """The headers of whoever holds tokens: of the own cart, of the own purchase like this."""
        found = {"x_cart_token": self.cart_token} if self.cart_token else {}
        if thing in self.purchases:
            found["x_purchase_token"] = self.purchases[thing]
        return found


def everybody(world: World) -> list[Person]:
    visitor = {VISITOR: "vis_of_the_tests"}
    people = [
        Person("anonymous", "", cookies=visitor),
        Person(
            "platform",
            "",
            frozenset({"contact a", "contact b"}),
            cookies={**visitor, CONSOLE: world.secrets[""]["console"]},
        ),
    ]
    for side, other in (("a", "b"), ("b", "a")):
        keys = world.secrets[side]
        bought = frozenset({f"shopper {side}", f"parcel {side}", f"parcel {other}"})
        sold = frozenset(
            {
                f"shopper {side}",
                f"parcel {side}",
                f"draft {side}",
                f"offer {side}",
                f"campaign {side}",
                f"coded {side}",
                f"issue {side}",
            }
        )
        asked = frozenset({f"asked {side}"})
        owned = sold | asked | {f"owner {side}", f"keys {side}"}
        session = {MEMBER: keys["cookie"]}
        people += [
            Person("member", side, bought, _bearer(keys["member"]), visitor),
            Person(
                "cookie",
                side,
                bought | asked,
                {"x_csrf_token": csrf.token_for(keys["cookie"])},
                {**visitor, **session},
            ),
            _guest(world, side, bought),
            Person("key", side, sold, _bearer(keys["key"]), visitor),
            Person("owner", side, owned, cookies={**visitor, CONSOLE: keys["owner"]}),
            Person(
                "staff",
                side,
                sold | asked | {f"staff {side}"},
                cookies={**visitor, CONSOLE: keys["staff"]},
            ),
        ]
    return people


def _guest(world: World, side: str, sees: frozenset[str]) -> Person:
    """Who was never signed in and holds the tokens that this side's browser was given."""
    things, keys = world.things[side], world.secrets[side]
    tokens = {
        name: token_of(purchase_of_order(thing) if is_order_id(thing) else thing)
        for name, thing in things.items()
        if name.endswith((" purchase", " order"))
    }
    kept = [f"{things[f'{name} purchase']}.{tokens[f'{name} purchase']}" for name in KEPT]
    cookies = {
        VISITOR: "vis_of_the_tests",
        CART: f"{things['cart']}~{keys['cart']}~2",
        PURCHASES: "~".join(kept),
    }
    return Person("guest", side, sees, {}, cookies, keys["cart"], tokens)


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
