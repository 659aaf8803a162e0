"""Birthdays: said by the member, and told to whoever has something for it, once a year."""

from collections.abc import Callable

from chalicelib.aws import outbox
from chalicelib.aws.transact import Write
from chalicelib.contexts.members import store
from chalicelib.contexts.members.facts import BirthdayCame
from chalicelib.contexts.members.model import birthdays as model
from chalicelib.contexts.members.model.birthdays import Birthday
from chalicelib.contexts.members.store import Due
from chalicelib.contexts.members.store.points import due_shard
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor


def birthday_of(actor: Actor) -> Birthday:
    """Read what the member who asks has said. One round trip."""
    return store.read(Birthday, actor.as_member())


def change_birthday(actor: Actor, *, month: str, day: str) -> Birthday:
    """Keep another day, none where both are "". Refuses `request.malformed`, naming the field.

    A day that has begun by now is next year's.
    """
    member_id, told = actor.as_member(), model.plain_day(month, day)
    return store.change(
        Birthday, member_id, lambda seen: seen.moved_to(told, clock.now()), due=_due(member_id)
    )


def wish(member_id: str) -> bool:
    """Tell that a member's birthday is here; False where it is not, or was told."""
    facts: list[BirthdayCame] = []

    def wished(seen: Birthday) -> Birthday:
        facts.clear()
        now = clock.now()
        if not seen.is_here(now):
            return seen
        made = seen.wished(now)
        facts.append(
            BirthdayCame(
                id=ids.ulid(),
                occurred_at=clock.iso(now),
                member_id=member_id,
                year=made.wished_in,
            )
        )
        return made

    def told(_: Birthday) -> list[Write]:
        return [outbox.write(fact) for fact in facts]

    store.change(Birthday, member_id, wished, told, _due(member_id))
    return bool(facts)


def _due(member_id: str) -> Callable[[Birthday], Due]:
    def due(made: Birthday) -> Due:
        return (due_shard(member_id), made.next_at) if made.next_at else (None, None)

    return due
