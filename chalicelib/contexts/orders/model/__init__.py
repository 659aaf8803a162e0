"""Purchases and orders as values: states, what was agreed, what is left of it. Pure."""
