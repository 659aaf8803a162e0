"""Promotions: offers, and the pure engine that turns a basket and offers into a quote.

It owns no table yet and tells no facts: whoever prices hands over the offers, what is left of their
quotas and the moment. `docs/promotions.md` states the rules as a merchant reads them.
"""
