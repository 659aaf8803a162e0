"""State machines as tables: listed edges, checked for completeness when they are made."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)


class Machine(Generic[S]):
    """The listed edges of one axis. States move only along them."""

    def __init__(self, states: type[S], edges: Mapping[S, set[S]]) -> None:
        assert set(edges) == set(states), "every state needs its row, even an empty one"
        assert all(targets <= set(states) for targets in edges.values()), "an edge leads nowhere"
        self.states = states
        self.edges = {state: frozenset(targets) for state, targets in edges.items()}

    def allows(self, source: S, target: S) -> bool:
        """Tell whether the edge is listed."""
        return target in self.edges[source]

    def sources(self, target: S) -> list[S]:
        """Every state that may move to `target`, in the order they are declared."""
        return [state for state in self.states if target in self.edges[state]]

    def is_final(self, state: S) -> bool:
        """Tell whether no edge leaves this state."""
        return not self.edges[state]
