"""What people do with search: look for products, be offered words while they type, have it rebuilt."""

from chalicelib.contexts.search.service.asking import search, suggest
from chalicelib.contexts.search.service.building import rebuild

__all__ = ["rebuild", "search", "suggest"]
