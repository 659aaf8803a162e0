"""However often facts are delivered, and in whatever order, a story ends the same."""

from random import Random

import pytest

from infra.wiring import QUEUES
from tests.conftest import Clock
from tests.faults.confluence.stories import STORIES, Story
from tests.faults.crashes.scene import DAY_S, Scene, scene
from tests.faults.crashes.sweep import BLIND
from tests.makers import end_states, invariants, rows
from tests.makers.facts_published import published_facts
from tests.makers.machine import Message, is_routed
from tests.makers.quick import Cloud
from tests.makers.scale import pick, tell

ORDERS = pick(100, 1_000)
COPIES_MAX = 5
DELAY_MAX_S = 3 * DAY_S
WITHOUT = BLIND | {
    # Whichever fact about a sku comes first finds that it ran out or came back and tells it; the
    # others find that it is told, and leave no marker.
    "DONE#inventory_levels": {"row"},
}


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_any_order_ends_the_same(
    story: Story, clock: Clock, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene(clock, cloud, monkeypatch, story.company) as here:
        story.prepare(here)
        here.rest()
        for step in story.steps:
            step(here)
        known = end_states.names()
        bring_back = here.put_aside()
        bring_back()
        here.rest()
        without = WITHOUT | story.blind
        once = end_states.state(known, without, timeless=True)
        story.ends(here)
        for seed in range(ORDERS):
            bring_back()
            deliver(here, Random(f"{story} {seed}"))
            state = end_states.state(known, without, timeless=True)
            difference = end_states.difference(once, state)
            assert not difference, f"{story} in order {seed} ends otherwise:\n{difference}"
            assert here.machine.dead == []
        invariants.check(here.shelves)
    tell("crashes", f"orders of the facts of each of {len(STORIES)} stories", ORDERS)


def test_every_fact_that_anybody_hears_is_in_a_story(
    clock: Clock, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = {name for name in published_facts() if any(is_routed(one, name) for one in QUEUES)}
    empty, started = cloud.put_aside(), clock.moment
    told: set[str] = set()
    for story in STORIES:
        cloud.bring_back(empty)
        clock.moment = started
        with (
            monkeypatch.context() as patch,
            scene(clock, cloud, patch, story.company) as here,
        ):
            story.prepare(here)
            here.rest()
            for step in story.steps:
                step(here)
            here.rest()
            told |= set(rows.facts())
    assert heard <= told


def deliver(here: Scene, chance: Random) -> None:
    """Deliver every fact, and those that come of it, one to five times, at any time."""
    machine = here.machine
    machine.waiting = many(machine.waiting, chance)
    delays = sorted((chance.randrange(DELAY_MAX_S) for _ in range(5)), reverse=True)
    passed_s = 0
    while True:
        machine.collect()
        if not machine._stream and not machine.waiting:
            return
        if delays and chance.random() < 0.1:
            until_s = delays.pop()
            here.later(until_s - passed_s)
            passed_s = until_s
        choices = list(dict.fromkeys(message.queue for message in machine.waiting))
        if machine._stream and chance.randrange(len(choices) + 1) == 0:
            before = len(machine.waiting)
            machine._deliver_stream()
            machine.waiting[before:] = many(machine.waiting[before:], chance)
            chance.shuffle(machine.waiting)
        elif choices:
            machine._deliver(chance.choice(choices))


def many(messages: list[Message], chance: Random) -> list[Message]:
    """Each message one to five times, in any order."""
    copies = [
        Message(one.queue, one.body)
        for one in messages
        for _ in range(chance.randint(1, COPIES_MAX))
    ]
    chance.shuffle(copies)
    return copies
