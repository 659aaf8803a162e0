"""The rooms: one bounded context each, with the same furniture in all. docs/architecture.md says who may import whom."""
