"""Benchmarks: what a request costs, each figure beside its limit. `make bench` runs them all."""
