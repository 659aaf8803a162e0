"""The merchant's products and imports: `products` and `imports`, with what they show in `views`."""
