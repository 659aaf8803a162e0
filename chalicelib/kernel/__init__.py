"""Pure vocabulary that every wing shares. Standard library only; imports nothing of Souk."""
