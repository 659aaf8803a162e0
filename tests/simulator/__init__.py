"""The deterministic simulator: one seed is one history of a marketplace under faults.

A seed decides what shoppers and merchants do, what the payment company and the courier say and
when, which messages come twice, late, crossed or never, where a process dies, and how time goes.
Everything else is the product itself: handlers, signatures, relay, queues, workers, sweepers. The
same seed gives the same trace, byte for byte. `python -m tests.simulator --help` runs seeds.
"""
