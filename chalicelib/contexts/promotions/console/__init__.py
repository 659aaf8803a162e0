"""The console for offers: a merchant's people see to their own, the platform's to the platform's."""
