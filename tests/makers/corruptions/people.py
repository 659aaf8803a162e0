"""Members who were erased and are not gone."""

from typing import Any

from chalicelib.contexts.identity.store.linked import LinkItem
from chalicelib.contexts.identity.store.passkeys import PasskeyItem
from chalicelib.contexts.members.model.addresses import Address, AddressBook
from chalicelib.contexts.members.store import AddressBookItem
from chalicelib.contexts.privacy.store import ErasureItem
from tests.makers.corruptions.noting import breaks
from tests.makers.patient import Patient

GONE = "acc_01KJPWD6M0ZJMJPSMD69YNX9MK"
AT = "2026-03-02T09:00:00.000Z"


def put(it: Patient, room: str, item: Any) -> None:
    it.tables[room].append(item.serialize())


def erased(it: Patient, state: str) -> None:
    put(it, "privacy", ErasureItem(f"MEMBER#{GONE}", "ERASURE", state=state, requested_at=AT))


@breaks("privacy.erased_is_closed")
def a_login_leads_into_an_erased_account(it: Patient) -> None:
    erased(it, "erasing")
    put(it, "identity", LinkItem("LINK#wechat#1", "LINK", account_id=GONE))


@breaks("privacy.erased_is_gone")
def an_erased_member_has_an_address(it: Patient) -> None:
    erased(it, "erased")
    book = AddressBook((Address(id="adr_1", name="Ada"),), "adr_1", 1)
    put(it, "members", AddressBookItem(f"MEMBER#{GONE}", "ADDRESSES", version=1, document=book))


@breaks("keys.passkey_opens_its_account")
def a_passkey_opens_an_account_that_does_not_list_it(it: Patient) -> None:
    account_id = it.rows("identity", "CREDENTIAL")[0]["pk"]["S"].removeprefix("ACCOUNT#")
    put(it, "identity", PasskeyItem("PASSKEY#1", "PASSKEY", account_id=account_id))


@breaks("help.queue_is_who_waits")
def somebody_waits_behind_who_came_later(it: Patient) -> None:
    for row in it.rows("aftersales", "CASE"):
        if "due_at" in row:
            row["due_at"] = {"S": "9#2999"}


@breaks("help.what_was_written_was_told")
def a_message_that_nobody_was_told_of(it: Patient) -> None:
    with it.edited(it.row("aftersales", "CASE"), "case") as case:
        case["messages"][0]["id"] = "msg_0"
