"""Merchants: who sells. Onboarding, review, standing, and how each of them delivers.

Owns the table `merchants`. Emits `merchants.MerchantApproved` and `merchants.MerchantSuspended`;
reacts to nothing. The catalogue lists a merchant's products while it is approved.
"""

from chalicelib.contexts.merchants.model import DeliveryMethod, Merchant, MerchantState, Review

__all__ = ["DeliveryMethod", "Merchant", "MerchantState", "Review"]
