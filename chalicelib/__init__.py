"""Souk: a multi-merchant storefront that runs serverless."""
