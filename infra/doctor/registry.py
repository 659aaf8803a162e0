"""What an invariant is, and the list of all of them.

An invariant is a function over a `Whole` that wears `@invariant("<subject>.<promise>")` and yields
what breaks it, as pairs of whom it is about and a sentence; its docstring is the promise. A later
room writes such functions in a file of its own and names that file in `infra/doctor/__init__.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infra.doctor.whole import Whole

Found = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One thing that is wrong: which promise, about whom, and how, in plain words with numbers."""

    invariant: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.subject}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Invariant:
    """A promise and the function that finds what breaks it.

    `adds_up`: it compares sums over many rows, of which a read of a busy stage may catch half a
    change; there only the same difference seen again is a violation.
    """

    slug: str
    promise: str
    find: Callable[[Whole], Found]
    adds_up: bool = False

    def check(self, whole: Whole) -> list[Violation]:
        """Find what breaks the promise; rows so odd that it cannot be told are a finding too."""
        found = []
        try:
            found += [Violation(self.slug, subject, words) for subject, words in self.find(whole)]
        except (
            ArithmeticError,
            AssertionError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as odd:
            found.append(Violation(self.slug, "the stage", f"this cannot be checked: {odd!r}"))
        return found


INVARIANTS: dict[str, Invariant] = {}
"""Every invariant by its name, in the order in which a report shows them."""


def invariant(
    slug: str, *, adds_up: bool = False
) -> Callable[[Callable[[Whole], Found]], Invariant]:
    """Put a function on the list of invariants, under a name that stays."""

    def register(find: Callable[[Whole], Found]) -> Invariant:
        assert slug not in INVARIANTS, f"{slug} is there already"
        assert find.__doc__, f"{slug} says what it promises"
        one = Invariant(slug, " ".join(find.__doc__.split()), find, adds_up)
        INVARIANTS[slug] = one
        return one

    return register


def examine(whole: Whole) -> list[Violation]:
    """Check every invariant; the empty list says that all is well."""
    return [violation for one in INVARIANTS.values() for violation in one.check(whole)]
