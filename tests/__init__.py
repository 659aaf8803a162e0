"""Souk's tests."""
