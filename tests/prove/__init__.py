"""Every suite at its whole size, and what they found written into docs/reliability.md."""
