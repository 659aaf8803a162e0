"""One message in ten can never be handled: it lies dead in the end, and nobody else notices."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.aws import worker
from chalicelib.kernel import ids
from infra.wiring import QUEUE_RECEIVES_MAX, QUEUES, Queue
from tests.faults.crashes.scene import Scene
from tests.faults.storm.busy import busy_hour, in_the_end
from tests.makers import end_states
from tests.makers.machine import Message
from tests.makers.scale import pick, tell

PURCHASES = pick(6, 40)
ONE_IN = 10
LOOK_UP = {"payments", "orders-shipments", "catalog-imports"}
KINDS = ("no json", "no fact", "unknown", "broken", "absurd")


@pytest.fixture
def made(cloud, clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with busy_hour(cloud, clock, monkeypatch, PURCHASES) as scene:
        yield scene


def poison(queue: Queue, body: str, kind: str) -> str:
    """What a message of this queue is when it is spoilt in one of the ways."""
    said = json.loads(body)
    detail = said["detail"] if queue.is_fed_by_bus else said
    spoilt: Any = {
        "no fact": None,
        "unknown": {**said, "detail-type": "kitchen.KettleBoiled"},
        "broken": {**said, "detail": {}},
        "absurd": {**said, "detail": {name: [value] for name, value in detail.items()}},
    }
    if not queue.is_fed_by_bus:
        spoilt["unknown"] = {"task": "boil"}
        spoilt["broken"] = {"task": "import"}
        spoilt["absurd"] = {name: [value] for name, value in said.items()}
    return body[: len(body) // 2] if kind == "no json" else json.dumps(spoilt[kind])


def _spoil(made: Scene) -> Counter[tuple[str, str]]:
    """Put poison into every batch of every queue; returns what was put where."""
    added: Counter[tuple[str, str]] = Counter()
    mixed: list[Message] = []
    for queue in QUEUES:
        own = [one for one in made.machine.waiting if one.queue is queue]
        assert own, f"nothing waits in {queue.key}"
        healthy = [one.body for one in own]
        batches = max(-(-len(own) // (ONE_IN - 1)), len(KINDS))
        for number in range(batches):
            body = poison(queue, healthy[number % len(healthy)], KINDS[number % len(KINDS)])
            own.insert(min(number * ONE_IN + number % ONE_IN, len(own)), Message(queue, body))
            added[queue.key, body] += 1
        mixed += own
    made.machine.waiting = mixed
    return added


def test_poison_dies_and_all_others_are_handled_once(made: Scene) -> None:
    healthy = Counter(one.queue.key for one in made.machine.waiting)
    bring_back = made.put_aside()
    clean = in_the_end(made)
    assert made.machine.dead == []
    bring_back()
    added = _spoil(made)
    spoilt = in_the_end(made)
    assert not end_states.difference(clean, spoilt)
    assert Counter((one.queue.key, one.body) for one in made.machine.dead) == added
    assert {one.receives for one in made.machine.dead} == {QUEUE_RECEIVES_MAX}
    tell("poison", "queues", len(healthy))
    tell("poison", "healthy messages, each handled once", healthy.total())
    tell("poison", "poison messages, all in the dead-letter queues", added.total())


def test_what_died_of_a_bug_is_handled_once_when_it_is_sent_back(
    made: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_back = made.put_aside()
    clean = in_the_end(made)
    bring_back()
    victims = {one.body for queue in QUEUES for one in _of(made, queue)[::ONE_IN]}
    whole = worker.Message

    def failing(number: str, body: str, attempt: int) -> Any:
        assert body not in victims, "the bug"
        return whole(number, body, attempt)

    with monkeypatch.context() as patch:
        patch.setattr(worker, "Message", failing)
        made.machine.drain()
    assert {one.body for one in made.machine.dead} == victims
    died = len(made.machine.dead)
    made.machine.redrive()
    assert not end_states.difference(clean, in_the_end(made))
    assert made.machine.dead == []
    tell("poison", "dead letters sent back after the fix, each handled once", died)


def _of(made: Scene, queue: Queue) -> list[Message]:
    return [one for one in made.machine.waiting if one.queue is queue]


def test_facts_about_nothing_harm_nobody(made: Scene) -> None:
    """Whoever looks something up fails; whoever believes a fact does so beside all others."""
    bring_back = made.put_aside()
    clean = in_the_end(made)
    bring_back()
    for queue in QUEUES:
        own = _of(made, queue)
        for place, one in enumerate(own[::ONE_IN]):
            body = re.sub(r"[0-9A-HJKMNP-TV-Z]{26}", lambda _: ids.ulid(), one.body)
            made.machine.waiting.insert(place, Message(queue, body))
    spoilt = in_the_end(made)
    assert not clean - spoilt, "what is true of all others is as it would be without them"
    assert {one.queue.key for one in made.machine.dead} == LOOK_UP
