"""The table `aftersales`: a row for each case.

| pk | sk | row |
|---|---|---|
| `CASE#id` | `CASE` | the conversation; `by_owner` lists a member's, `by_state` a merchant's by state, the newest first; `by_due` is the queue of those that wait, in the order in which they are answered |
"""

from typing import Any

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.aftersales.model import Case, CaseChanged, CaseState
from chalicelib.kernel.paging import Page

PLATFORM = "platform"


class AftersalesItem(Item):
    class Meta:
        room = "aftersales"

    kind = DiscriminatorAttribute()


class CaseItem(AftersalesItem, discriminator="CASE"):
    version = NumberAttribute()
    case: DocumentAttribute[Case] = DocumentAttribute(Case)


def read(case_id: str) -> Case | None:
    """Read a case. One round trip."""
    row = reads.get(CaseItem, partition(case_id), "CASE")
    return row.case if row else None


def create(case: Case) -> Write:
    """Contribute a new case; one that is there is refused as failed."""
    return transact.create(_row(case))


def keep(case: Case) -> Write:
    """Contribute a case in the place of the version before. Refuses `aftersales.case_changed`."""
    as_read = CaseItem.version == case.version - 1
    return transact.put(_row(case), as_read, refuse=lambda _old: CaseChanged())


def forget(case_id: str) -> Write:
    """Contribute the end of a case. Twice is once."""
    return transact.delete(CaseItem(partition(case_id), "CASE"))


def of_member(member_id: str, *, limit: int, cursor: str = "") -> Page[Case]:
    """A page of a member's cases, the newest first. One round trip."""
    return _page(member_list(member_id), "by_owner", limit, cursor, forward=False)


def waiting(merchant_id: str, *, limit: int, cursor: str = "") -> Page[Case]:
    """A page of the queue, in the order in which it is answered. One round trip."""
    return _page(queue(merchant_id), "by_due", limit, cursor, forward=True)


def of_state(merchant_id: str, state: CaseState, *, limit: int, cursor: str = "") -> Page[Case]:
    """A page of a merchant's cases in a state, the newest first. One round trip."""
    return _page(state_list(merchant_id, state), "by_state", limit, cursor, forward=False)


def all_of(member_id: str) -> list[Case]:
    """Every case of a member. For workers."""
    return [row.case for row in reads.query_all(CaseItem, member_list(member_id), index="by_owner")]


def partition(case_id: str) -> str:
    return f"CASE#{case_id}"


def member_list(member_id: str) -> str:
    return f"MEMBER#{member_id}"


def state_list(merchant_id: str, state: CaseState) -> str:
    return f"{merchant_id or PLATFORM}#{state}"


def queue(merchant_id: str) -> str:
    return f"WAITING#{merchant_id or PLATFORM}"


def _row(case: Case) -> CaseItem:
    waits = case.state is CaseState.WAITING
    return CaseItem(
        partition(case.id),
        "CASE",
        version=case.version,
        case=case,
        owner=member_list(case.member_id),
        owner_at=f"{case.opened_at}#{case.id}",
        state_owner=state_list(case.merchant_id, case.state),
        due_shard=queue(case.merchant_id) if waits else None,
        due_at=case.rank if waits else None,
    )


def _page(place: str, index: str, limit: int, cursor: str, *, forward: bool) -> Page[Case]:
    rows: Page[Any] = reads.page(
        CaseItem,
        place,
        scope=f"cases {place}",
        limit=limit,
        cursor=cursor,
        index=index,
        forward=forward,
    )
    return Page([row.case for row in rows.items], rows.next_cursor)
