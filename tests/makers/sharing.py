"""How the tests are shared out between processes: what is costly to begin stays in one of them.

A file's tests stay together, and so do those of a folder that starts something for all of them;
the simulator's seeds do not.
What lasts long begins first, or one process would work on alone at the end. xdist's own groups
do not reach pytest 9.2, which tells tests by another id than the one that xdist writes them into.
"""

from xdist.scheduler import LoadScopeScheduling

ENGINES = "engines"
TOGETHER = {
    "tests/faults/engines/": ENGINES,
    "tests/faults/crashes/test_on_an_engine.py": ENGINES,
    "tests/infra/": "infra",
    "tests/packaging/": "packaging",
}
APART = "tests/workflows/test_simulator.py"
"""Each of whose tests begins everything itself, and lasts long when all is proven."""
LONGEST = (
    "tests/faults/engines/",
    "tests/faults/crashes/",
    "tests/workflows/",
    "tests/doors/",
    "tests/faults/",
    "tests/infra/",
    "tests/packaging/",
    "tests/pages/",
)


class Sharing(LoadScopeScheduling):
    """Whole files and folders, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        place = nodeid.split("::", 1)[0]
        if place == APART:
            return nodeid
        groups = (group for start, group in TOGETHER.items() if place.startswith(start))
        return next(groups, place)


def rank(nodeid: str) -> int:
    """Order tests by how long those beside them last."""
    places = enumerate(LONGEST)
    return next((at for at, start in places if nodeid.startswith(start)), len(LONGEST))
