"""The companies outside: one port a kind, one adapter a file. Knows no room."""
