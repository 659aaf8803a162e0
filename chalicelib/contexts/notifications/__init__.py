"""Notifications: mails to shoppers about their purchases, in their language, each sent once.

Owns the table `notifications`, where every mail leaves its trace. Reacts to `orders.PurchasePlaced`,
`PurchasePaid`, `OrderPartlyShipped`, `OrderShipped`, `OrderDelivered` and `payments.RefundSucceeded`;
publishes nothing.
"""
