"""Passwords hashed at next to no cost: at the real one they took seconds of every suite.

The hashes are argon2id's all the same and say their costs themselves; who looks at those asks for
`at_full_cost`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.contexts.identity.service import passwords

Costs = tuple[int, int, str]
FULL: Costs = (passwords.MEMORY_KIB, passwords.PASSES, passwords.NOBODYS_HASH)
CHEAP: Costs = (
    8,
    1,
    "$argon2id$v=19$m=8,t=1,p=1$kaLi3OURk/gBMxH1xcKgWA$sU70QM2c4pimlOGu1LhwteNnj3P+bFjv1dlOp3FdKbM",
)


def use(costs: Costs) -> None:
    """Hash at these costs from now on, in this process."""
    passwords.MEMORY_KIB, passwords.PASSES, passwords.NOBODYS_HASH = costs
    passwords._hasher.cache_clear()


@contextmanager
def at_full_cost() -> Iterator[None]:
    """Hash as everywhere outside the tests, while the context lasts."""
    use(FULL)
    yield
    use(CHEAP)
