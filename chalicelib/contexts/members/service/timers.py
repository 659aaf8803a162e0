"""What comes and ends with time: birthdays, points, and the time of grace of a tier."""

from chalicelib.aws.observe import logger
from chalicelib.contexts.members.service import birthdays, points, tiers
from chalicelib.contexts.members.store import BirthdayItem, partition
from chalicelib.contexts.members.store import points as rows
from chalicelib.kernel import clock


def sweep_due() -> dict[str, int]:
    """Look at members whose time has come, and at points that are too old: a page of each shard.

    One that fails never stops the others; what is left over is taken the next time.
    """
    counts = {"done": 0, "moot": 0, "failed": 0}
    for shard in range(rows.DUE_SHARDS):
        for row in rows.due(shard, clock.now()):
            counts[_handle(row)] += 1
    return counts


def _handle(row: rows.Timed) -> str:
    member_id = row.pk.removeprefix(partition(""))
    try:
        if isinstance(row, rows.LotItem):
            acted = points.end_lot(member_id, row.sk.removeprefix("LOT#"))
        elif isinstance(row, BirthdayItem):
            acted = birthdays.wish(member_id)
        else:
            acted = tiers.review(member_id, is_due=True)
    except Exception:  # noqa: BLE001 - one member's failure never touches the others
        logger().exception("timer", extra={"pk": row.pk, "sk": row.sk})
        return "failed"
    return "done" if acted else "moot"
