"""Promotions: offers, and the pure engine that turns a basket and offers into a quote.

Owns the table `promotions`: each owner's offers, the board of those that may run, what is left of
quotas, and what purchases use. `cart` prices by it, `orders` writes uses in its own transactions.
`docs/promotions.md` states the rules as a merchant reads them.
"""
