"""Settlement: the double-entry journal, what is owed to whom, and the statements that close it.

Owns the table `settlement`. Reacts to `orders.PurchasePaid`, `OrderCompleted`, `RefundRequested` and to
`payments.PaymentCaptured`, `RefundSucceeded`, `RefundFailed`; publishes `settlement.StatementClosed`.
Entries are never changed: a correction is another entry.
"""
