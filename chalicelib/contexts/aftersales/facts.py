"""What happens in conversations with members. No fact holds what was written."""

from typing import ClassVar

from chalicelib.kernel.facts import Fact


class CaseFact(Fact, frozen=True, kw_only=True):
    """Something that happened in one case. A `merchant_id` of "" is the platform's."""

    case_id: str
    member_id: str
    merchant_id: str
    message_id: str

    @property
    def aggregate(self) -> str:
        return self.case_id


class HelpAsked(CaseFact, frozen=True, kw_only=True):
    """A member wrote. `priority` is that of the member's tier then."""

    name: ClassVar[str] = "aftersales.HelpAsked"
    priority: int


class HelpGiven(CaseFact, frozen=True, kw_only=True):
    """Somebody of the staff answered. `merchant_name` is by locale, empty where it is the platform."""

    name: ClassVar[str] = "aftersales.HelpGiven"
    merchant_name: dict[str, str]
