"""The table `privacy`: a member's last export, and the erasure of an account."""

from pynamodb.attributes import DiscriminatorAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.tables import Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.privacy.model import (
    EXPORT_KEPT_S,
    LOOK_AGAIN_S,
    ErasureState,
    Export,
    ExportState,
)
from chalicelib.kernel import clock

DUE_SHARD = "ERASING"
DUE_PAGE_SIZE = 100


class PrivacyItem(Item):
    class Meta:
        room = "privacy"

    kind = DiscriminatorAttribute()


class ExportItem(PrivacyItem, discriminator="EXPORT"):
    """One a member: a new one takes the place of the last."""

    export_id = UnicodeAttribute()
    state = UnicodeAttribute()
    requested_at = UnicodeAttribute()
    ends_at = UnicodeAttribute()


class ErasureItem(PrivacyItem, discriminator="ERASURE"):
    """Stays as the proof; `due_at` is when it is looked at again while it is not done."""

    state = UnicodeAttribute()
    requested_at = UnicodeAttribute()
    erased_at = UnicodeAttribute(default="")


def partition(account_id: str) -> str:
    return f"MEMBER#{account_id}"


def export_of(account_id: str) -> Export | None:
    """Read a member's last export. One round trip."""
    row = reads.get(ExportItem, partition(account_id), "EXPORT")
    if row is None:
        return None
    return Export(row.export_id, ExportState(row.state), row.requested_at, row.ends_at)


def new_export(account_id: str, export: Export) -> Write:
    """Contribute an export in the place of the last."""
    row = ExportItem(
        partition(account_id),
        "EXPORT",
        export_id=export.id,
        state=export.state.value,
        requested_at=export.requested_at,
        ends_at=export.ends_at,
        expires_at=clock.epoch(clock.parse(export.ends_at)) + EXPORT_KEPT_S,
    )
    return transact.put(row)


def export_ready(account_id: str, export_id: str) -> Write:
    """Contribute that the file is there, unless another export was asked for meanwhile."""
    return transact.update(
        ExportItem(partition(account_id), "EXPORT"),
        [ExportItem.state.set(ExportState.READY.value)],
        ExportItem.export_id == export_id,
    )


def forget_export(account_id: str) -> Write:
    return transact.delete(ExportItem(partition(account_id), "EXPORT"))


def erasure_of(account_id: str) -> ErasureItem | None:
    return reads.get(ErasureItem, partition(account_id), "ERASURE")


def begin_erasure(account_id: str) -> Write:
    """Contribute that the account is erased; a second time is refused as failed."""
    now = clock.now()
    row = ErasureItem(
        partition(account_id),
        "ERASURE",
        state=ErasureState.ERASING.value,
        requested_at=clock.iso(now),
        due_shard=DUE_SHARD,
        due_at=clock.iso(clock.later(now, LOOK_AGAIN_S)),
    )
    return transact.create(row)


def finish_erasure(account_id: str) -> Write:
    """Contribute that nothing is left to erase. Twice is once."""
    return transact.update(
        ErasureItem(partition(account_id), "ERASURE"),
        [
            ErasureItem.state.set(ErasureState.ERASED.value),
            ErasureItem.erased_at.set(clock.iso(clock.now())),
            ErasureItem.due_shard.remove(),
            ErasureItem.due_at.remove(),
        ],
        ErasureItem.pk.exists(),
    )


def look_again(account_id: str) -> Write:
    """Contribute when a running erasure is looked at next."""
    due_at = clock.iso(clock.later(clock.now(), LOOK_AGAIN_S))
    return transact.update(
        ErasureItem(partition(account_id), "ERASURE"),
        [ErasureItem.due_at.set(due_at)],
        ErasureItem.state == ErasureState.ERASING.value,
    )


def due() -> list[str]:
    """Read the accounts whose erasure is to be looked at, soonest first. One round trip."""
    before = clock.iso(clock.now())
    rows = reads.query(
        ErasureItem, DUE_SHARD, index="by_due", between=("0", before), limit=DUE_PAGE_SIZE
    )
    return [row.pk.removeprefix("MEMBER#") for row in rows.items]
