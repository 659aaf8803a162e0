"""The JSON routes of promotions."""
