"""Orders: checkout, purchases, and what one merchant fulfils of each.

Owns the table `orders`: a partition a purchase with its orders and the steps of its timeline. The
verbs that span rooms live here, for this is the highest room they write to: placing, capture,
expiry, cancelling and refunding each are one transaction to which cart, inventory, payments and
shipping contribute.

Emits `orders.PurchasePlaced`, `PurchasePaid`, `PurchaseExpired`, `PurchaseRevived`,
`OrderConfirmed`, `OrderPartlyShipped`, `OrderShipped`, `OrderDelivered`, `OrderCompleted`,
`OrderCancelled` and `RefundRequested`. Reacts to `shipping.ShipmentMoved` and `ShipmentDelivered`
(states), to `payments.RefundSucceeded` and `RefundFailed` (what was given back), and to every fact
of orders, payments and shipping (the timeline).
"""

from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.values import Order, Purchase

__all__ = ["Order", "OrderState", "Purchase", "PurchaseState"]
