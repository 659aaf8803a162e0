"""The trace of every mail: `MAIL#fact` / message. It holds no address and no words."""

from typing import Any

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import transact
from chalicelib.aws.tables import Item
from chalicelib.aws.worker import MARKER_TTL_S, AlreadyHandled
from chalicelib.contexts.notifications.model import MailState, Message
from chalicelib.kernel import clock


class NotificationItem(Item):
    class Meta:
        room = "notifications"

    kind = DiscriminatorAttribute()


class MailItem(NotificationItem, discriminator="MAIL"):
    state = UnicodeAttribute()
    purchase_id = UnicodeAttribute()
    attempts = NumberAttribute(default=0)
    sent_at = UnicodeAttribute(default="")
    message_id = UnicodeAttribute(default="")


def intend(fact_id: str, message: Message, purchase_id: str) -> None:
    """Save that the mail is about to be sent. Raises `AlreadyHandled` when it was sent before."""
    row = _row(fact_id, message)
    actions: list[Any] = [
        MailItem.state.set(MailState.SENDING),
        MailItem.purchase_id.set(purchase_id),
        MailItem.attempts.add(1),
        MailItem.expires_at.set(clock.epoch(clock.now()) + MARKER_TTL_S),
        MailItem.kind.set(MailItem),
    ]
    unsent = MailItem.pk.does_not_exist() | (MailItem.state == MailState.SENDING)
    write = transact.update(row, actions, unsent, refuse=lambda old: AlreadyHandled(0, old))
    transact.commit([write])


def sent(fact_id: str, message: Message, message_id: str) -> None:
    """Save that the carrier took the mail."""
    actions: list[Any] = [
        MailItem.state.set(MailState.SENT),
        MailItem.message_id.set(message_id),
        MailItem.sent_at.set(clock.iso(clock.now())),
    ]
    transact.commit([transact.update(_row(fact_id, message), actions)])


def _row(fact_id: str, message: Message) -> MailItem:
    return MailItem(pk=f"MAIL#{fact_id}", sk=message.value)
