"""What carts refuse."""

from chalicelib.kernel.errors import Conflict, FieldError, Malformed, NotFound, Refusal

LINES_MAX = 40
MERCHANTS_MAX = 8


class NoCart(NotFound):
    code, title = "cart.not_found", "There is no such cart"


class NoSuchSku(NotFound):
    code, title = "cart.no_such_sku", "There is nothing for sale under this SKU"


class NotForSale(Refusal):
    """A line of the cart cannot be bought any more: its product or its merchant left the shop."""

    code, status, title = "cart.not_for_sale", 409, "This is not for sale any more"


class CartEmpty(Refusal):
    code, status, title = "cart.empty", 422, "There is nothing in the cart"


class NothingSelected(Refusal):
    """Lines lie in the cart, and the shopper chose none of them to check out."""

    code, status, title = "cart.nothing_selected", 422, "Choose what to buy first"


class TooManyLines(Refusal):
    code, status = "cart.too_many_lines", 422
    title = f"A cart holds at most {LINES_MAX} lines"


class TooManyMerchants(Refusal):
    code, status = "cart.too_many_merchants", 422
    title = f"A cart holds goods of at most {MERCHANTS_MAX} merchants"


class OtherCurrency(Refusal):
    code, status, title = "cart.other_currency", 422, "A cart holds goods of one currency"


class CartChanged(Conflict):
    code, title = "cart.changed", "The cart was changed meanwhile; look at it again"


class DeliveryNotOffered(Refusal):
    code, status = "cart.delivery_not_offered", 422
    title = "This way to deliver is not offered for this cart and address"


class QuoteUnknown(Malformed):
    code, title = "cart.quote_unknown", "Souk did not give this quote"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("quote_id", "unknown", self.title)])
