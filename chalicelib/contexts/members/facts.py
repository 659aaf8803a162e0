"""What happens to a member's points and tier."""

from typing import ClassVar

from chalicelib.contexts.members.model.points import PointsKind
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


class MemberFact(Fact, frozen=True, kw_only=True):
    """Something that happened to one member."""

    member_id: str

    @property
    def aggregate(self) -> str:
        return self.member_id


class PointsMoved(MemberFact, frozen=True, kw_only=True):
    """A member's points became more or fewer. `value` is what they are worth: negative where they
    go. `order_id` is "" where they moved with the whole purchase, or with time.
    """

    name: ClassVar[str] = "members.PointsMoved"
    kind: PointsKind
    points: int
    value: Money
    purchase_id: str = ""
    order_id: str = ""


class TierChanged(MemberFact, frozen=True, kw_only=True):
    """A member went up or down the ladder."""

    name: ClassVar[str] = "members.TierChanged"
    tier: str
    former: str
    is_higher: bool


class BirthdayCame(MemberFact, frozen=True, kw_only=True):
    """A member's birthday of this year has begun somewhere. The day itself is nobody else's business."""

    name: ClassVar[str] = "members.BirthdayCame"
    year: int


class OrderCounted(MemberFact, frozen=True, kw_only=True):
    """A member's order is completed, and this much was bought with it, net of what went back by then."""

    name: ClassVar[str] = "members.OrderCounted"
    purchase_id: str
    order_id: str
    merchant_id: str
    spend: Money
