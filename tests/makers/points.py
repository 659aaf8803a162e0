"""Members who earn and spend points."""

from typing import Any

from chalicelib.kernel import clock
from infra.doctor import Horizon, examine, read_whole
from infra.wiring import QUEUES
from tests.makers.invariants import scan
from tests.makers.pump import Pump
from tests.makers.shop import Shop, captured_data

BOOKS = ("points.", "tiers.", "money.acc", "money.bal", "money.entry", "offers.uses", "coupons.")
OURS = {"members_on_order_fact", "settlement_on_fact"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def told(**changes: Any) -> None:
    """Let members and the journal hear of everything that was not told them yet."""
    Pump(skip=frozenset(queue.handler for queue in QUEUES) - OURS, **changes).drain()


def completed(shop: Shop, purchase: Any) -> Any:
    """The purchase's orders are sent and received."""
    for order in purchase["orders"]:
        assert shop.merchant_post(order, "confirm").status == 200
        units = {line["sku"]: line["quantity"] for line in order["lines"]}
        assert shop.ship(order, units).status == 201
        path = f"/api/v1/orders/{order['id']}/receive"
        assert shop.shopper(purchase, path).status == 200
    return shop.seen(purchase)


def earned(shop: Shop, token: str, lines: dict[str, int]) -> Any:
    """A member's purchase, paid and completed, and told."""
    purchase = completed(shop, shop.paid(lines, headers=bearer(token)))
    told()
    return purchase


def refunded(shop: Shop, purchase: Any, units: dict[str, int], **changes: Any) -> Any:
    """Units of the first order go back, and the company has paid that out."""
    made = shop.refund(purchase["orders"][0], units, **changes).json()
    succeeded(shop, purchase, made)
    return made


def succeeded(shop: Shop, purchase: Any, made: Any) -> None:
    """The company says that it gave a refund back."""
    data = captured_data(purchase, refund_id=made["id"], amount=made["amount"]["amount"])
    assert shop.company("refund.succeeded", data, event_id=f"msg_{made['id']}").status == 200


def points_of(shop: Shop, token: str) -> Any:
    return shop.http.get("/api/v1/me/points", **bearer(token)).json()


def tier_of(shop: Shop, token: str) -> Any:
    return shop.http.get("/api/v1/me/tier", **bearer(token)).json()


def statement(shop: Shop, token: str) -> list[tuple[str, int]]:
    """Kind and points of each line, oldest first."""
    items = points_of(shop, token)["items"]
    return [(one["kind"], one["points"]) for one in reversed(items)]


def put_points(shop: Shop, cart: dict[str, str], token: str, points: Any) -> Any:
    path = f"/api/v1/carts/{cart['id']}/points"
    headers = {"x_cart_token": cart["token"], **(bearer(token) if token else {})}
    return shop.http.put(path, {"points": points}, **headers)


def require_books() -> None:
    """The doctor finds nothing wrong with points and tiers, what purchases use, and the journal."""
    horizon = Horizon.drained(clock.now())
    found = examine(read_whole(scan(), clock.now(), horizon))
    wrong = [str(one) for one in found if one.invariant.startswith(BOOKS)]
    assert not wrong, "\n".join(wrong)
