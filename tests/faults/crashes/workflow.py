"""What a workflow is: a situation, what the outside then does, and how it must have ended."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.crashes.scene import MINUTE_S, Scene

Step = Callable[[Scene], Any]


@dataclass(frozen=True)
class Workflow:
    """One workflow of Souk; a new one is one more entry in `workflows.ALL`.

    `prepare` makes the situation, undisturbed. `steps` are what the outside does, one request or
    one strike of a clock each; after each the machinery runs until nothing is left to deliver. A
    step that was killed is done again, as a caller does that got no answer, so it must ask for the
    same thing with the same key. `ends` looks at the end, besides the invariants and the rows of
    an undisturbed run. `blind` names, for a kind of row or the name of a fact, attributes that may
    differ, `row` for all of it, with the reason beside each entry.
    """

    name: str
    prepare: Step
    steps: tuple[Step, ...]
    ends: Step
    company: str = ""
    patience_s: int = MINUTE_S
    """How long after the last step the clocks strike: longer where a timer has to run out first."""
    blind: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name
