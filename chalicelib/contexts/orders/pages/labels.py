"""What states are called on pages, and the tone in which they are shown."""

from collections.abc import Mapping

from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.tabs import Tab
from chalicelib.contexts.payments.model import RefundState
from chalicelib.contexts.shipping.model import ShipmentState
from chalicelib.web.i18n import N_, Words

WAIT, GO, GOOD, BAD, PLAIN = "wait", "go", "good", "bad", "plain"

ORDER: Mapping[OrderState, tuple[str, str]] = {
    OrderState.AWAITING_PAYMENT: (N_("Awaiting payment"), WAIT),
    OrderState.PLACED: (N_("Paid, to be confirmed"), GO),
    OrderState.EXPIRED: (N_("Closed unpaid"), PLAIN),
    OrderState.CANCELLED: (N_("Cancelled"), PLAIN),
    OrderState.CONFIRMED: (N_("Confirmed, being packed"), GO),
    OrderState.PARTLY_SHIPPED: (N_("Partly shipped"), GO),
    OrderState.SHIPPED: (N_("Shipped"), GO),
    OrderState.READY_FOR_PICKUP: (N_("Ready for pickup"), GO),
    OrderState.PARTLY_DELIVERED: (N_("Partly delivered"), GO),
    OrderState.DELIVERED: (N_("Delivered"), GOOD),
    OrderState.COLLECTED: (N_("Picked up"), GOOD),
    OrderState.COMPLETED: (N_("Completed"), GOOD),
}
assert set(ORDER) == set(OrderState), "every state has its words"

PURCHASE: Mapping[PurchaseState, tuple[str, str]] = {
    PurchaseState.AWAITING_PAYMENT: (N_("Awaiting payment"), WAIT),
    PurchaseState.PAID: (N_("Paid"), GOOD),
    PurchaseState.EXPIRED: (N_("Closed unpaid"), PLAIN),
    PurchaseState.CANCELLED: (N_("Cancelled"), PLAIN),
}
assert set(PURCHASE) == set(PurchaseState), "every state has its words"

HEADLINES: Mapping[PurchaseState, tuple[str, str]] = {
    PurchaseState.AWAITING_PAYMENT: (
        N_("Your order is in. It waits for your payment"),
        N_("As soon as it is paid the merchants are told."),
    ),
    PurchaseState.PAID: (
        N_("Thank you. Your purchase is paid"),
        N_("Each merchant confirms and sends what is theirs; you see it here."),
    ),
    PurchaseState.EXPIRED: (
        N_("This purchase was not paid in time"),
        N_("Nothing was taken. What was held for you is for sale again."),
    ),
    PurchaseState.CANCELLED: (
        N_("This purchase is cancelled"),
        N_("What was paid for it goes back to you."),
    ),
}
assert set(HEADLINES) == set(PurchaseState), "every state has its headline"

OVERDUE = (
    N_("The time to pay is over"),
    N_("If you have paid already, it shows here in a moment. If not, nothing was taken."),
)
"""The headline of a purchase that still waits, though not for another try to pay."""

ON_ITS_WAY = (
    N_("Everything is on its way to you"),
    N_("Below you see where each parcel is. Tell us when you have it."),
)
"""The headline of a paid purchase of which nothing waits at a merchant any more."""

ARRIVED = (
    N_("Thank you. Everything has arrived"),
    N_("If something is not right, write to its merchant."),
)
"""The headline of a paid purchase of which nothing is on its way any more."""

SHIPMENT: Mapping[str, str] = {
    ShipmentState.CREATED: N_("Handed to the courier"),
    ShipmentState.PICKED_UP: N_("Collected by the courier"),
    ShipmentState.IN_TRANSIT: N_("On its way"),
    ShipmentState.OUT_FOR_DELIVERY: N_("Out for delivery"),
    ShipmentState.DELIVERED: N_("Delivered"),
    ShipmentState.EXCEPTION: N_("A problem on the way"),
    ShipmentState.RETURNING: N_("Going back to the merchant"),
    ShipmentState.RETURNED: N_("Back at the merchant"),
    ShipmentState.READY_FOR_PICKUP: N_("Ready for pickup"),
    ShipmentState.COLLECTED: N_("Picked up"),
}
assert set(SHIPMENT) == set(ShipmentState), "every state has its words"

REFUND: Mapping[RefundState, str] = {
    RefundState.REQUESTED: N_("%(amount)s is on its way back to you."),
    RefundState.SENT: N_("%(amount)s is on its way back to you."),
    RefundState.SUCCEEDED: N_("%(amount)s went back to you."),
    RefundState.FAILED: N_("%(amount)s could not be sent back yet; we look after it."),
}
assert set(REFUND) == set(RefundState), "every state has its words"

TABS: Mapping[Tab, str] = {
    Tab.ALL: N_("All"),
    Tab.TO_PAY: N_("To pay"),
    Tab.TO_SHIP: N_("To ship"),
    Tab.TO_RECEIVE: N_("To receive"),
    Tab.COMPLETED: N_("Completed"),
    Tab.REFUNDS: N_("Refunds"),
}
assert set(TABS) == set(Tab), "every tab has its words"

PROVIDERS = {
    "sandbox": (N_("Sandbox payment"), N_("A pretend payment company, for trying things out.")),
    "stripe": (N_("Card"), N_("You pay on Stripe's page and come back here.")),
}

COURIERS = {
    "sandbox": N_("Sandbox courier"),
    "dhl": "DHL",
    "dpd": "DPD",
    "evri": "Evri",
    "fedex": "FedEx",
    "parcelforce": "Parcelforce",
    "royal-mail": "Royal Mail",
    "sf-express": N_("SF Express"),
    "ups": "UPS",
    "other": N_("Another courier"),
}


def courier_name(name: str, words: Words) -> str:
    """Name a courier; one that is not known here goes by its own name."""
    return words.say(COURIERS.get(name, name))


def shipment_state(state: str, words: Words) -> str:
    return words.say(SHIPMENT.get(state, state))
