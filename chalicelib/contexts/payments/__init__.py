"""Payments: what companies outside owe us for a purchase, what they told us, and refunds.

Table `payments`: `PAYMENT#id` / `PAYMENT` with its `REFUND#id` rows in the same partition;
`CALLBACK#provider-event` keeps every callback raw and is its marker; `REFERENCE#provider-reference`
finds a payment by the company's own name for the money. Timers for asking companies and flagged
callbacks lie in `by_due`.

Emits `PaymentCaptured`, `PaymentFailed`, `RefundSucceeded`, `RefundFailed`, `ChargebackOpened`.
Reacts to `orders.RefundRequested` by sending the refund. Capture, expiry, cancelling and asking for
a refund are verbs of orders, to which `store` contributes its writes.
"""
