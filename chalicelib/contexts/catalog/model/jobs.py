"""Imports as values: the job, how far it has come, and what it has to say about rows."""

from enum import StrEnum

from msgspec import Struct, field

from chalicelib.kernel.states import Machine


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


IMPORTING = Machine(
    ImportState,
    {
        ImportState.QUEUED: {ImportState.RUNNING, ImportState.FAILED},
        ImportState.RUNNING: {ImportState.DONE, ImportState.FAILED},
        ImportState.DONE: set(),
        ImportState.FAILED: set(),
    },
)


class Outcome(StrEnum):
    """What an import did with one handle."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Remark(Struct, frozen=True):
    """Something about one row: why it was refused, or what a merchant should know.

    Rows are counted as a spreadsheet does: the header is row 1.
    """

    row: int
    code: str
    detail: str


class Counts(Struct, frozen=True):
    """How far an import has come: rows read, products by outcome, remarks by kind."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    notices: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Add up two counts."""
        return Counts(
            self.rows + other.rows,
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.notices + other.notices,
        )


class ImportJob(Struct, frozen=True):
    """An import. It goes on behind row `row`, at byte `offset`; `revision` counts its saves.

    Until `leased_until` (RFC 3339) one worker has it for itself.
    """

    id: str
    merchant_id: str
    state: ImportState
    filename: str
    size: int
    created_at: str
    counts: Counts = field(default_factory=Counts)
    offset: int = 0
    row: int = 0
    problem: Remark | None = None
    revision: int = 1
    leased_until: str = ""
