"""Carts: what somebody means to buy, priced anew at every look.

Owns the table `cart`: one row a cart with all its lines, kept 90 days after the last change, and a
row a member that points to the member's cart. A cart is opened by its id and token (an HMAC of the
id, so nothing is stored for it). Emits no facts and reacts to none.
"""
