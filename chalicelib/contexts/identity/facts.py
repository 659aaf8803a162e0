"""What identity tells: somebody asked for a one-time code."""

from typing import ClassVar

from chalicelib.kernel.facts import Fact


class CodeRequested(Fact, frozen=True, kw_only=True):
    """A one-time code is to be sent to an account's login. It holds no login and no code.

    `request_id` is what the code is made from; `account_id` is empty where the login belongs to
    nobody, and nothing is sent. `purpose` is `sign_in`, `reset_password` or `verify`.
    """

    name: ClassVar[str] = "identity.CodeRequested"
    request_id: str
    account_id: str
    purpose: str
    locale: str

    @property
    def aggregate(self) -> str:
        return self.request_id


class MemberJoined(Fact, frozen=True, kw_only=True):
    """Somebody has an account as a member from now on."""

    name: ClassVar[str] = "identity.MemberJoined"
    member_id: str

    @property
    def aggregate(self) -> str:
        return self.member_id


def joined(member_id: str, at: str, fact_id: str) -> MemberJoined:
    """Say that somebody became a member."""
    return MemberJoined(id=fact_id, occurred_at=at, member_id=member_id)
