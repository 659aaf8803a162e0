"""A member's own pages, by subject."""
