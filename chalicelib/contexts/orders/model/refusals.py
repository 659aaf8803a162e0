"""What this room says no to."""

from chalicelib.kernel.errors import Conflict, FieldError, NotFound, Refusal, TooManyRequests


class NoPurchase(NotFound):
    code, title = "orders.purchase_not_found", "There is no such purchase"


class NoOrder(NotFound):
    code, title = "orders.order_not_found", "There is no such order"


class NotFoundByContact(Refusal):
    """An unknown number and another's contact look alike."""

    code, status = "orders.not_found_by_contact", 422
    title = "No order has this number and this contact"


class TooManyLookUps(TooManyRequests):
    code, title = "orders.too_many_look_ups", "Too many wrong tries; wait a little"

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.retry_after_s = wait_s


class CartTooComplex(Refusal):
    """More writes than one transaction may have."""

    code, status = "orders.cart_too_complex", 422
    title = "This cart is too much for one purchase; make two of it"


class PriceChanged(Refusal):
    """What would be charged is not what was shown. `totals` carries what it is now."""

    code, status, title = "orders.price_changed", 409, "The total is not what was shown"


class NotAwaitingPayment(Conflict):
    code, title = "orders.not_awaiting_payment", "This purchase does not wait for payment"


class NotCancellable(Conflict):
    code, title = "orders.not_cancellable", "This cannot be cancelled any more"


class AlreadyShipped(NotCancellable):
    """Cancelling ends with the first shipment; from then on goods are returned."""

    code, title = "orders.already_shipped", "It is shipped already and cannot be cancelled"


class NotPlaced(Conflict):
    """Only an order that is paid for can be confirmed."""

    code, title = "orders.not_placed", "This order does not wait to be confirmed"


class NotConfirmed(Conflict):
    """Shipping comes after confirming."""

    code, title = "orders.not_confirmed", "Confirm the order before shipping it"


class NothingToShip(Refusal):
    """More units than are left to ship."""

    code, status, title = "orders.nothing_to_ship", 422, "So many are not left to ship"


class NotShipped(Conflict):
    """Goods that were not sent cannot have arrived."""

    code, title = "orders.not_shipped", "This order is not wholly on its way yet"


class NothingToRefund(Refusal):
    """More than is left of what was paid."""

    code, status, title = "orders.nothing_to_refund", 422, "So much is not left to refund"


class NoSuchLine(Refusal):
    """The order has no line of this SKU."""

    code, status, title = "orders.no_such_line", 422, "The order has no such line"

    def __init__(self, sku: str, place: int) -> None:
        detail = f"The order has no line of {sku[:80]}"
        super().__init__(detail, errors=[FieldError(f"lines[{place}].sku", "unknown", detail)])
