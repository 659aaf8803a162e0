"""What members asked about their data. Every fact's aggregate is the account."""

from chalicelib.kernel.facts import Fact


class PrivacyFact(Fact, frozen=True, kw_only=True):
    """Something that a member asked; nothing in it tells who that is."""

    account_id: str

    @property
    def aggregate(self) -> str:
        return self.account_id


class ExportRequested(PrivacyFact, frozen=True, kw_only=True):
    """A member wants a copy of what is held about them."""

    name = "privacy.ExportRequested"

    export_id: str


class MemberErased(PrivacyFact, frozen=True, kw_only=True):
    """A member's account is closed for good: every room forgets who it was."""

    name = "privacy.MemberErased"
