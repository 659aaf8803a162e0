"""What a member may ask about their own data, and when it is done."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from chalicelib.kernel import clock
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.states import Machine

EXPORT_KEPT_S = 7 * 86_400
EXPORT_LINK_S = 300
LOOK_AGAIN_S = 86_400
CONFIRMATIONS = ("ERASE", "删除")
"""What a member types to erase the account, in either language."""


class ExportState(StrEnum):
    """QUEUED until a worker has made the file."""

    QUEUED = "queued"
    READY = "ready"


class ErasureState(StrEnum):
    """The member is gone at once; ERASING until no running order needs a name and an address."""

    ERASING = "erasing"
    ERASED = "erased"


EXPORTS = Machine(ExportState, {ExportState.QUEUED: {ExportState.READY}, ExportState.READY: set()})
ERASURES = Machine(
    ErasureState, {ErasureState.ERASING: {ErasureState.ERASED}, ErasureState.ERASED: set()}
)


class Export(Struct, frozen=True):
    """A member's copy of their data: a zip in the uploads bucket, until `ends_at`."""

    id: str
    state: ExportState
    requested_at: str
    ends_at: str

    @property
    def key(self) -> str:
        return f"exports/{self.id}.zip"

    def is_there(self, now: datetime) -> bool:
        """Tell whether it can be fetched now."""
        return self.state is ExportState.READY and clock.parse(self.ends_at) > now


def confirmed(typed: str) -> None:
    """Check that somebody means it. Refuses `request.malformed`, naming the field."""
    if typed.strip().upper() not in CONFIRMATIONS:
        detail = f"Type {CONFIRMATIONS[0]} to erase the account"
        raise Malformed(detail, errors=[FieldError("confirmation", "invalid", detail)])
