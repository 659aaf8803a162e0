"""Idempotency keys: the caller's key, the answer it got, for 24 hours.

The record is written in the transaction that has the effect, so there is no moment in which one
exists without the other. A record may be written without its answer (checkout asks the payment
company after the commit); whoever repeats the key then finishes the work and stores the answer.
"""

import hashlib

from msgspec import Struct
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import Item
from chalicelib.aws.transact import Write
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Malformed, Refusal

TTL_S = 86_400
KEY_LENGTH_MAX = 255


class KeyReused(Refusal):
    """The key was used before with another body."""

    code, status, title = "idempotency.key_reused", 409, "This key was used for another request"


class KeyMissing(Malformed):
    code, title = "idempotency.key_missing", "This call needs an Idempotency-Key header"


class KeyWrong(Malformed):
    code, title = "idempotency.key_wrong", "A key is 1 to 255 printable ASCII characters"


class Twin(Refusal):
    """The same key was committed meanwhile by a twin; its answer is this one's too."""

    code, status, title = "idempotency.in_progress", 409, "The same request is still running"
    retry_after_s = 1


class Answer(Struct, frozen=True):
    """What was answered: replayed byte for byte."""

    status: int
    body: str
    location: str = ""


class KeyItem(Item, discriminator="KEY"):
    """One used key. `body` is empty until the answer is known."""

    class Meta:
        room = "idempotency"

    request_sha = UnicodeAttribute()
    subject = UnicodeAttribute(default="")
    status = NumberAttribute(default=0)
    body = UnicodeAttribute(default="")
    location = UnicodeAttribute(default="")


class IdempotencyKey(Struct, frozen=True):
    """A caller's key in its scope (credential, method, path), with the SHA-256 of the body."""

    hash: str
    request_sha: str

    @classmethod
    def make(
        cls, *, credential: str, method: str, path: str, key: str, body: bytes
    ) -> "IdempotencyKey":
        """Refuses `idempotency.key_wrong` for a key that is not 1 to 255 printable ASCII."""
        if not 1 <= len(key) <= KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
            raise KeyWrong
        scope = f"{credential}\0{method}\0{path}\0{key}"
        return cls(_sha(scope.encode()), _sha(body))

    @property
    def place(self) -> Key:
        """Where the record lies, for reading it together with other rows."""
        return Key(KeyItem, f"KEY#{self.hash}", "KEY")

    def record(self, subject: str, answer: Answer | None = None) -> Write:
        """Contribute the record: free, or expired though DynamoDB has not removed it yet.

        `subject` is the id of what was made, to resume from when the answer is not known yet.
        """
        now = clock.epoch(clock.now())
        row = KeyItem(
            pk=f"KEY#{self.hash}",
            sk="KEY",
            request_sha=self.request_sha,
            subject=subject,
            status=answer.status if answer else 0,
            body=answer.body if answer else "",
            location=answer.location if answer else "",
            expires_at=now + TTL_S,
        )
        free = KeyItem.pk.does_not_exist() | (KeyItem.expires_at <= now)
        return transact.put(row, free, refuse=lambda _old: Twin())

    def settle(self, answer: Answer) -> Answer:
        """Store the answer of a record made without one; returns the answer that counts."""
        try:
            transact.commit([self.settled(answer)])
        except transact.ConditionFailed as failed:
            if failed.old is not None:
                return Answer(int(failed.old.status), failed.old.body, failed.old.location)
        return answer

    def settled(self, answer: Answer) -> Write:
        """Contribute the answer of a record made without one, unless it has one by now."""
        row = KeyItem(pk=f"KEY#{self.hash}", sk="KEY")
        actions = [
            KeyItem.status.set(answer.status),
            KeyItem.body.set(answer.body),
            KeyItem.location.set(answer.location),
        ]
        return transact.update(row, actions, KeyItem.status == 0)

    def opened(self, row: KeyItem | None) -> KeyItem | None:
        """Judge a record that was read: None when free, the record when it is this request's.

        Refuses `idempotency.key_reused` when the body was another.
        """
        if row is None or int(row.expires_at or 0) <= clock.epoch(clock.now()):
            return None
        if row.request_sha != self.request_sha:
            raise KeyReused
        return row

    def find(self) -> KeyItem | None:
        """Read and judge the record. One round trip."""
        return self.opened(reads.get(KeyItem, f"KEY#{self.hash}", "KEY"))


def answer_of(row: KeyItem) -> Answer | None:
    """Return the stored answer; None while it is not known yet."""
    return Answer(int(row.status), row.body, row.location) if row.status else None


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
