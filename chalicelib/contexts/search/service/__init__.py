"""What people do with search: look for products, and be offered words while they type."""

from chalicelib.contexts.search.service.asking import search, suggest

__all__ = ["search", "suggest"]
