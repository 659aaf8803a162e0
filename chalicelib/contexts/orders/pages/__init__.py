"""The shopper's pages of orders: `checkout`, and `purchase` for what follows it."""
