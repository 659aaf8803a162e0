"""Rows that nobody can publish hold up nobody; rows that the stream missed are published."""

import json
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws import bus, outbox, transact
from chalicelib.kernel import clock as clock_of_kernel
from chalicelib.kernel import ids
from chalicelib.kernel.facts import Fact
from infra.wiring import STREAM
from tests.faults.crashes.scene import MINUTE_S, Scene
from tests.faults.storm.busy import busy_hour, in_the_end
from tests.makers import end_states, rows
from tests.makers.machine import Machine
from tests.makers.quick import Cloud
from tests.makers.scale import pick, tell

FACTS = pick(1_000, 10_000)
PURCHASES = pick(3, 20)
TABLE = "test-souk-outbox"


class KettleBoiled(Fact, frozen=True, kw_only=True):
    name = "kitchen.KettleBoiled"
    kettle: str

    @property
    def aggregate(self) -> str:
        return self.kettle


def boil(count: int) -> list[str]:
    """Commit facts; returns their ids, oldest first."""
    made = [
        KettleBoiled(
            id=ids.ulid(),
            occurred_at=clock_of_kernel.iso(clock_of_kernel.now()),
            kettle=f"kettle-{number}",
        )
        for number in range(count)
    ]
    for start in range(0, count, 50):
        transact.commit([outbox.write(fact) for fact in made[start : start + 50]])
    return [fact.id for fact in made]


def unsent() -> set[str]:
    return {row["sk"]["S"] for row in rows.of_kind("outbox", "FACT") if "due_shard" in row}


def unreadable(cloud: Cloud, fact_id: str, **changes: Any) -> None:
    """Spoil a row; a value of None takes the attribute away."""
    table = cloud.tables.rows[TABLE]
    (place,) = [place for place in table if place[1] == fact_id]
    row = {**table[place], **changes}
    table[place] = {name: value for name, value in row.items() if value is not None}


class Bus:
    """A bus that notes what it takes, answers no to some facts, and throws a call out for others."""

    def __init__(self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.too_large: set[str] = set()
        monkeypatch.setattr(cloud.services, "_put_events", self._put)

    def _put(self, params: dict[str, Any]) -> dict[str, Any]:
        found = [json.loads(entry["Detail"])["id"] for entry in params["Entries"]]
        if self.too_large.intersection(found):
            error: Any = {"Error": {"Code": "ValidationException"}, "ResponseMetadata": {}}
            raise ClientError(error, "PutEvents")
        self.taken.update(one for one in found if one not in self.refused)
        told = [
            {"ErrorCode": "MalformedDetail"} if one in self.refused else {"EventId": one}
            for one in found
        ]
        return {"FailedEntryCount": len(self.refused.intersection(found)), "Entries": told}


@pytest.fixture
def heard(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Bus:
    return Bus(cloud, monkeypatch)


def spoil(cloud: Cloud, heard: Bus, facts: list[str]) -> set[str]:
    """One row in ten that nobody can publish, each for another reason; returns their ids."""
    bad = facts[3::10]
    for number, fact_id in enumerate(bad):
        match number % 4:
            case 0:
                unreadable(cloud, fact_id, kind={"S": "OF_A_LATER_VERSION"})
            case 1:
                unreadable(cloud, fact_id, body=None)
            case 2:
                heard.refused.add(fact_id)
            case 3:
                heard.too_large.add(fact_id)
    return set(bad)


def test_rows_that_nobody_can_publish_hold_up_nobody(cloud: Cloud, heard: Bus, clock) -> None:
    machine = Machine()
    facts = boil(80)
    bad = spoil(cloud, heard, facts)
    stream = list(cloud.tables.rows[TABLE].values())
    machine._stream = sorted(stream, key=lambda row: row["sk"]["S"])
    machine._read = set(facts)
    machine.turn()
    assert set(heard.taken) == set(facts) - bad, "the first delivery publishes all that is good"
    for _ in range(STREAM.retries + 2):
        machine.turn()
    assert not machine._stream, "after its retries the stream is free again"
    assert bad <= set(machine.missed)
    later = boil(5)
    machine.drain()
    assert set(later) <= set(heard.taken)
    clock.forward(MINUTE_S)
    for _ in range(2):
        assert machine.strike("outbox_sweep") == {"sent": 0, "refused": len(bad)}
    assert len(facts) - len(bad) > 50
    tell("poison", "rows of the outbox that nobody could publish", len(bad))


def test_the_sweeper_goes_on_behind_them_and_publishes_them_once_mended(
    cloud: Cloud, heard: Bus, clock
) -> None:
    machine = Machine()
    facts = boil(400)
    whole = {place: dict(row) for place, row in cloud.tables.rows[TABLE].items()}
    bad = spoil(cloud, heard, facts)
    machine.lose_stream()
    clock.forward(MINUTE_S)
    swept = machine.strike("outbox_sweep")
    assert swept == {"sent": len(facts) - len(bad), "refused": len(bad)}
    assert set(heard.taken) == set(facts) - bad
    heard.refused.clear()
    heard.too_large.clear()
    for place, row in whole.items():
        if place[1] in bad:
            cloud.tables.rows[TABLE][place] = row
    assert machine.strike("outbox_sweep") == {"sent": len(bad), "refused": 0}
    assert heard.taken == Counter(facts)
    assert unsent() == set()


def test_more_than_a_page_of_every_shard_at_once(cloud: Cloud, heard: Bus, clock) -> None:
    facts = boil(FACTS)
    machine = Machine()
    machine.lose_stream()
    assert machine.strike("outbox_sweep")["sent"] == 0, "they are not late yet"
    clock.forward(MINUTE_S)
    assert machine.strike("outbox_sweep") == {"sent": FACTS, "refused": 0}
    assert heard.taken == Counter(facts)
    assert FACTS > outbox.SHARDS * outbox.SWEEP_PAGE_SIZE
    tell("poison", "rows that the stream lost, all published by one sweep", FACTS)


def test_several_sweepers_at_once(
    cloud: Cloud, heard: Bus, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each begins while the one before is between the bus and its mark."""
    facts = boil(300)
    machine = Machine()
    machine.lose_stream()
    clock.forward(MINUTE_S)
    put, sweepers = bus.put, []

    def crowded(entries: Any) -> set[str]:
        refused = put(entries)
        if len(sweepers) < 3:
            sweepers.append(machine)
            machine.strike("outbox_sweep")
        return refused

    monkeypatch.setattr(bus, "put", crowded)
    machine.strike("outbox_sweep")
    assert len(sweepers) == 3
    assert set(heard.taken) == set(facts)
    assert unsent() == set()


def test_a_whole_workflow_without_its_stream(
    cloud: Cloud, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeper alone brings every fact to every worker; the end is the same."""
    with busy_hour(cloud, clock, monkeypatch, PURCHASES) as made:
        bring_back = made.put_aside()
        clean = in_the_end(made)
        bring_back()
        made.machine.chance = None
        _without_a_stream(made)
        assert not end_states.difference(clean, in_the_end(made))
        assert made.machine.dead == []
        assert len(made.machine.missed) > 0
        tell(
            "poison", "facts of a workflow that only the sweeper brought", len(made.machine.missed)
        )


def _without_a_stream(made: Scene) -> None:
    for _ in range(100):
        made.machine.lose_stream()
        made.later(MINUTE_S)
        made.machine.strike("outbox_sweep")
        while made.machine.waiting:
            made.machine.lose_stream()
            made.machine.turn()
        if not unsent():
            return
    raise AssertionError("the sweeper never comes to an end")
