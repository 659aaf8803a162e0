"""Seeing, taking along and erasing a member's data, room by room."""

import io
import zipfile
from typing import Any

import msgspec

from chalicelib.aws import files, outbox, transact
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.contexts.aftersales import service as aftersales
from chalicelib.contexts.cart import service as cart
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members import service as members
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.privacy import model, store
from chalicelib.contexts.privacy.facts import ExportRequested, MemberErased
from chalicelib.contexts.privacy.model import EXPORT_KEPT_S, Export, ExportState
from chalicelib.contexts.promotions.service import campaigns
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import NotFound

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def request_export(actor: Actor) -> Export:
    """Let a worker make a copy of everything; one that is being made or is there still stands."""
    account_id, now = actor.as_member(), clock.now()
    last = store.export_of(account_id)
    if last is not None and clock.parse(last.ends_at) > now:
        return last
    ends_at = clock.iso(clock.later(now, EXPORT_KEPT_S))
    export = Export(ids.secret("exp"), ExportState.QUEUED, clock.iso(now), ends_at)
    told = ExportRequested(
        id=ids.ulid(), occurred_at=clock.iso(now), account_id=account_id, export_id=export.id
    )
    transact.commit([store.new_export(account_id, export), outbox.write(told)])
    return export


def export_of(actor: Actor) -> Export | None:
    """Read the member's last export. One round trip."""
    return store.export_of(actor.as_member())


def fetch_export(actor: Actor) -> str:
    """Give an address of a few minutes at which the member's file is. Refuses `request.not_found`."""
    export = store.export_of(actor.as_member())
    if export is None or not export.is_there(clock.now()):
        raise NotFound
    return files.download_url(settings().uploads_bucket, export.key, ttl_s=model.EXPORT_LINK_S)


def make_export(fact: ExportRequested) -> None:
    """Write the file and then say so. A second time writes the same file again."""
    export = store.export_of(fact.account_id)
    if export is None or export.id != fact.export_id:
        return
    body = _zipped(held(fact.account_id), members.avatar_file(fact.account_id))
    files.put(settings().uploads_bucket, export.key, body, content_type="application/zip")
    transact.commit([store.export_ready(fact.account_id, export.id)])


def held(account_id: str) -> dict[str, Any]:
    """Gather what is held about a member: file name -> value."""
    return {
        "account.json": identity.held_about(account_id),
        "members.json": members.held_about(account_id),
        "cart.json": cart.held_about(account_id),
        "coupons.json": campaigns.held_about(account_id),
        "orders.json": orders.held_about(account_id),
        "help.json": aftersales.held_about(account_id),
    }


def erase(actor: Actor, typed: str) -> None:
    """Close the member's account for good: every session ends now; a worker does the rest.

    Refuses `request.malformed` unless the confirmation was typed.
    """
    account_id = actor.as_member()
    model.confirmed(typed)
    told = MemberErased(id=ids.ulid(), occurred_at=clock.iso(clock.now()), account_id=account_id)
    writes = [store.begin_erasure(account_id), outbox.write(told)]
    try:
        transact.commit([*writes, *identity.closing(account_id)])
    except transact.ConditionFailed:
        if store.erasure_of(account_id) is None:
            raise
    identity.end_sessions(account_id)


def carry_out(fact: MemberErased) -> None:
    """Erase what can be erased now, at once after the member asked."""
    _carry_out(fact.account_id)


def sweep_due() -> dict[str, int]:
    """Look again at erasures that wait for orders to end. One that fails never stops the others."""
    counts = {"erased": 0, "waiting": 0, "failed": 0}
    for account_id in store.due():
        try:
            counts["erased" if _carry_out(account_id) else "waiting"] += 1
        except Exception:  # noqa: BLE001 - one member's failure never touches the next
            logger().exception("erasure", extra={"account_id": account_id})
            counts["failed"] += 1
    return counts


def _carry_out(account_id: str) -> bool:
    """Ask every room for its part; each may be asked any number of times. True when all is gone."""
    identity.end_sessions(account_id)
    export = store.export_of(account_id)
    if export is not None:
        files.remove(settings().uploads_bucket, export.key)
        transact.commit([store.forget_export(account_id)])
    cart.forget_member(account_id)
    members.forget_member(account_id)
    campaigns.forget_member(account_id)
    aftersales.forget_member(account_id)
    if orders.forget_member(account_id):
        transact.commit([store.look_again(account_id)])
        return False
    transact.commit([store.finish_erasure(account_id)])
    return True


def _zipped(found: dict[str, Any], avatar: bytes | None) -> bytes:
    """Write the files into one, the same bytes for the same data; the member's picture is a file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in found.items():
            text = msgspec.json.format(msgspec.json.encode(value), indent=2)
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), text)
        if avatar is not None:
            archive.writestr(zipfile.ZipInfo("picture.jpg", ZIP_EPOCH), avatar)
    return packed.getvalue()
