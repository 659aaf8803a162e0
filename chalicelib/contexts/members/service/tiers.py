"""Tiers: looked at when a member's orders change, and when a month or a time of grace is over."""

from msgspec import Struct

from chalicelib.aws import outbox, retries, transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.members.facts import TierChanged
from chalicelib.contexts.members.model import tiers as model
from chalicelib.contexts.members.model.points import Loyalty, PointsChanged
from chalicelib.contexts.members.model.tiers import Tier, Year
from chalicelib.contexts.members.store import points as rows
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy


class TierView(Struct, frozen=True):
    """Where a member stands: the ladder, the step, what the year earned so far, and until when the
    tier stays though the year earns less ("" where it earns it).
    """

    ladder: tuple[Tier, ...]
    step: int
    year: Year
    since: str
    grace_until: str

    @property
    def tier(self) -> Tier:
        """The member's tier."""
        return self.ladder[self.step]

    @property
    def next(self) -> Tier | None:
        """The next step up, None at the top."""
        return self.ladder[self.step + 1] if self.step + 1 < len(self.ladder) else None


def ladder() -> tuple[Tier, ...]:
    """The shop's ladder."""
    return model.ladder_of(settings().tiers)


def tier_in(loyalty: Loyalty) -> Tier:
    """The tier of a member who stands so."""
    steps = ladder()
    return steps[model.step_of(steps, loyalty.tier)]


def tier_of(actor: Actor) -> TierView:
    """Tell where the member who asks stands. Two round trips."""
    member_id, now = actor.as_member(), clock.now()
    steps, loyalty = ladder(), rows.loyalty(member_id)
    year = model.year_of(rows.months(member_id, model.first_month(now)), now)
    step = model.step_of(steps, loyalty.tier)
    return TierView(steps, step, year, loyalty.since, loyalty.grace_until)


def review(member_id: str, *, is_due: bool = False) -> bool:
    """Look at a member again; one who `is_due` gets a new time for the next look. True where anything
    about the tier changed.
    """
    for attempt in range(retries.ROUNDS_MAX):
        now, steps = clock.now(), ladder()
        seen = rows.loyalty(member_id)
        if not seen.version:
            return False
        year = model.year_of(rows.months(member_id, model.first_month(now)), now)
        made = model.reviewed(seen, steps, year, now)
        due_at = model.review_due(made, steps, now)
        if made == seen and not is_due:
            return False
        writes = [rows.review(member_id, seen, made, due_at)]
        if made.tier != seen.tier:
            writes.append(outbox.write(_changed(member_id, seen, made, steps)))
        try:
            transact.commit(writes)
        except PointsChanged:
            retries.pause(attempt)
        else:
            return made != seen
    raise Busy


def _changed(member_id: str, seen: Loyalty, made: Loyalty, steps: tuple[Tier, ...]) -> TierChanged:
    former = model.step_of(steps, seen.tier)
    return TierChanged(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        member_id=member_id,
        tier=made.tier,
        former=steps[former].code,
        is_higher=model.step_of(steps, made.tier) > former,
    )
