"""The same kills with the tables on Amazon's own engine, where tokens and conditions are real."""

from random import Random
from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.aws.settings import settings
from chalicelib.aws.tables import connection
from tests.conftest import Clock
from tests.faults.crashes.scene import scene
from tests.faults.crashes.sweep import Sweep
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows import ALL
from tests.makers import rows
from tests.makers.engines import Find, staged
from tests.makers.scale import pick, tell

ENGINE = "dynamodb-local"
BATCH_SIZE = 25
KILLS = pick(4, 40)
TOKEN = transact._token
TOLD = ("checkout", "capture", "cancel paid", "refund and its callback")


class OnEngine:
    """Puts the tables of an engine aside and brings them back.

    An engine remembers tokens for ten minutes, so it would take a play's writes for repeats of the
    play before: each has tokens of its own.
    """

    def __init__(self) -> None:
        self.plays = 0

    def token(self, operations: list[dict[str, Any]]) -> str:
        return f"{self.plays}-{TOKEN(operations)}"[:36]

    def put_aside(self) -> rows.Rows:
        return rows.everything()

    def bring_back(self, kept: rows.Rows) -> None:
        self.plays += 1
        present = rows.everything()
        writes: list[tuple[str, dict[str, Any]]] = []
        for room, table in kept.items():
            name = settings().tables[room]
            for pk, sk in present[room].keys() - table.keys():
                key = {"pk": {"S": pk}, "sk": {"S": sk}}
                writes.append((name, {"DeleteRequest": {"Key": key}}))
            for place, row in table.items():
                if present[room].get(place) != row:
                    writes.append((name, {"PutRequest": {"Item": row}}))
        for start in range(0, len(writes), BATCH_SIZE):
            asked: dict[str, list[Any]] = {}
            for name, write in writes[start : start + BATCH_SIZE]:
                asked.setdefault(name, []).append(write)
            answer = connection().dispatch("BatchWriteItem", {"RequestItems": asked})
            assert not answer["UnprocessedItems"]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("workflow", [one for one in ALL if one.name in TOLD], ids=str)
def test_killed_for_real(
    workflow: Workflow, clock: Clock, engines: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = OnEngine()
    monkeypatch.setattr(transact, "_token", cloud.token)
    with (
        staged(engines(ENGINE), clock),
        scene(clock, cloud, monkeypatch, workflow.company) as here,
    ):
        sweep = Sweep(workflow, here, has_stations=False)
        points = list(sweep.points())
        chosen = Random(str(workflow)).sample(points, min(KILLS, len(points)))
        for point in chosen:
            sweep.kill(point, is_real=True)
    tell("crashes", f"real kills of {workflow} on {ENGINE}", len(chosen))
