"""What settlement says happened."""

from typing import ClassVar

from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


class StatementClosed(Fact, frozen=True, kw_only=True):
    """A merchant's statement takes no more entries; `owed` is what it is to be paid."""

    name: ClassVar[str] = "settlement.StatementClosed"

    statement_id: str
    merchant_id: str
    number: int
    entries: int
    owed: Money

    @property
    def aggregate(self) -> str:
        return self.statement_id
