"""Offers, the shelf that finds them, and the quote that they come to."""
