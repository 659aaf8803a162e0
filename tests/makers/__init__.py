"""Makers: things to test with."""
