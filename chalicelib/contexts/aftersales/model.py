"""Cases: a member asks a merchant or the platform for help, is answered, and may go on asking."""

import unicodedata
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.members.model.tiers import PRIORITIES
from chalicelib.contexts.orders.model.values import MerchantCopy
from chalicelib.kernel import text
from chalicelib.kernel.errors import Conflict, FieldError, Malformed, NotFound, Refusal
from chalicelib.kernel.states import Machine

SUBJECT_LENGTH_MAX = 120
MESSAGE_LENGTH_MAX = 2_000
TEXT_BYTES_MAX = 60_000
"""A case lies in one row, in the table and in three indexes of it."""
OPEN_MAX = 5
CASE = "cas"
"""Begins the id of a case."""


class NoCase(NotFound):
    """There is none, or it is somebody else's."""

    code, title = "aftersales.no_such_case", "There is no such request for help"


class TooManyCases(Refusal):
    """Those that are open come first."""

    code, status = "aftersales.too_many_cases", 422
    title = f"You have {OPEN_MAX} open requests: write on in one of them, or close one"


class CaseFull(Refusal):
    """More does not fit into its row."""

    code, status = "aftersales.case_full", 422
    title = "This conversation is full: close it and begin another"


class CaseChanged(Conflict):
    """Somebody else wrote meanwhile: read it again."""

    code, title = "aftersales.case_changed", "The conversation went on meanwhile"


class CaseState(StrEnum):
    """A case waits for an answer of the staff, was answered, or is closed."""

    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"


CASES = Machine(
    CaseState,
    {
        CaseState.WAITING: {CaseState.ANSWERED, CaseState.CLOSED},
        CaseState.ANSWERED: {CaseState.WAITING, CaseState.CLOSED},
        CaseState.CLOSED: {CaseState.WAITING, CaseState.ANSWERED},
    },
)
"""Whoever writes into one that is closed opens it again."""


class Message(Struct, frozen=True):
    """What was written; `by_staff` is who of the staff wrote it (an account's id), "" for the member."""

    id: str
    at: str
    text: str
    by_staff: str = ""


class Standing(Struct, frozen=True):
    """The tier that a member has, and how soon who has it is answered: the highest first."""

    tier: str = ""
    priority: int = 0


class Case(Struct, frozen=True, kw_only=True):
    """One conversation: with the merchant of an order, or, where it is about none, with the platform.
    `waiting_since` is when the member asked what is not answered yet.
    """

    id: str
    member_id: str
    merchant: MerchantCopy | None
    order_id: str
    subject: str
    state: CaseState
    standing: Standing
    opened_at: str
    waiting_since: str
    messages: tuple[Message, ...]
    version: int = 1

    @property
    def merchant_id(self) -> str:
        """Whose it is to answer; "" is the platform."""
        return self.merchant.id if self.merchant else ""

    @property
    def rank(self) -> str:
        """Sorts those that wait: the highest priority first, then who has waited longest."""
        before = PRIORITIES - 1 - self.standing.priority
        return f"{before}#{self.waiting_since}#{self.id}"

    def asked(self, message: Message, standing: Standing) -> "Case":
        """The member writes: from now on it waits. Who waits already waits since then."""
        is_new = self.state is not CaseState.WAITING
        return self._said(
            message,
            CaseState.WAITING,
            waiting_since=message.at if is_new else self.waiting_since,
            standing=standing,
        )

    def answered(self, message: Message) -> "Case":
        """Somebody of the staff writes."""
        return self._said(message, CaseState.ANSWERED)

    def closed(self) -> "Case":
        """Nobody waits any more; one that is closed stays so."""
        if self.state is CaseState.CLOSED:
            return self
        return self._moved(CaseState.CLOSED)

    def has(self, message_id: str) -> bool:
        """Whether this was written before."""
        return any(one.id == message_id for one in self.messages)

    def _said(self, message: Message, target: CaseState, **changes: object) -> "Case":
        said = (*self.messages, message)
        if sum(len(one.text.encode()) for one in said) > TEXT_BYTES_MAX:
            raise CaseFull
        moved = self if self.state is target else self._moved(target)
        return replace(moved, messages=said, **changes)

    def _moved(self, target: CaseState) -> "Case":
        assert CASES.allows(self.state, target), "every state may be left for the others"
        return replace(self, state=target)


def plain_subject(told: str) -> str:
    """Check a subject: one line. Refuses `request.malformed`."""
    written = unicodedata.normalize("NFC", told.strip())
    if not written:
        raise _wrong("subject", "missing", "Say what it is about")
    is_line = len(written.splitlines()) <= 1 and not text.has_control(written)
    if len(written) > SUBJECT_LENGTH_MAX or not is_line:
        raise _wrong("subject", "out_of_range", f"Up to {SUBJECT_LENGTH_MAX} characters on a line")
    return written


def plain_message(told: str) -> str:
    """Check a message: some lines. Refuses `request.malformed`."""
    written = unicodedata.normalize("NFC", "\n".join(told.strip().splitlines()))
    if not written:
        raise _wrong("text", "missing", "Write something")
    if len(written) > MESSAGE_LENGTH_MAX or text.has_control(written):
        raise _wrong("text", "out_of_range", f"Up to {MESSAGE_LENGTH_MAX} characters")
    return written


def _wrong(field: str, code: str, detail: str) -> Malformed:
    return Malformed(detail, errors=[FieldError(field, code, detail)])
