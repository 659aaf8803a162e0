"""Linked logins in the table: one person of a company enters one account, and nobody is locked out."""

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.identity import service
from chalicelib.contexts.identity.model import (
    AlreadyLinked,
    LastWayIn,
    LinkedElsewhere,
    LoginUsed,
)
from chalicelib.kernel.errors import NotFound
from tests.makers import rows
from tests.makers.people import a_member

pytestmark = pytest.mark.usefixtures("stage")


def enter(subject: str, attempt: str, provider: str = "wechat"):
    return service.sign_in_linked(provider, subject, name="小明", locale="zh-CN", attempt=attempt)


def providers(actor) -> list[str]:
    return [one.provider for one in service.linked_logins(actor)[0]]


def test_somebody_new_gets_an_account_and_enters_it_again() -> None:
    first, token = enter("u1", "a1")
    again, _ = enter("u1", "a2")
    assert first.account_id == again.account_id
    assert service.session(token) == first
    assert service.account(first.account_id).name == "小明"
    assert enter("u1", "a3", "qq")[0].account_id != first.account_id


def test_an_attempt_is_good_once() -> None:
    enter("u1", "a1")
    before = rows.everything()
    with pytest.raises(LoginUsed):
        enter("u1", "a1")
    assert rows.everything() == before


def test_two_browsers_at_once_make_one_account(monkeypatch) -> None:
    commit, meanwhile = transact.commit, ["a2"]

    def slow(writes) -> None:
        if meanwhile:
            enter("u1", meanwhile.pop())
        commit(writes)

    monkeypatch.setattr(transact, "commit", slow)
    late, _ = enter("u1", "a1")
    assert enter("u1", "a3")[0].account_id == late.account_id
    assert len(rows.of_kind("identity", "LINK")) == 1


def test_a_known_address_leads_into_no_account() -> None:
    ada, _ = a_member("ada@home.example")
    stranger, _ = service.sign_in_linked(
        "google", "s1", name="ada@home.example", locale="en", attempt="a1"
    )
    assert stranger.account_id != ada.id


def test_a_member_links_and_unlinks() -> None:
    ada, _ = a_member()
    service.link(ada, "wechat", "u1", name="小明", attempt="a1")
    assert providers(ada) == ["wechat"]
    assert enter("u1", "a2")[0].account_id == ada.id
    service.unlink(ada, "wechat")
    assert providers(ada) == []
    assert enter("u1", "a3")[0].account_id != ada.id
    with pytest.raises(NotFound):
        service.unlink(ada, "wechat")


def test_nobody_takes_anothers_login_or_two_of_one_company() -> None:
    ada, _ = a_member()
    bob, _ = a_member("bob@shop.example")
    service.link(ada, "wechat", "u1", name="", attempt="a1")
    with pytest.raises(LinkedElsewhere):
        service.link(bob, "wechat", "u1", name="", attempt="a2")
    with pytest.raises(AlreadyLinked):
        service.link(ada, "wechat", "u2", name="", attempt="a3")
    assert providers(bob) == []


def test_the_last_way_in_stays() -> None:
    session, _ = enter("u1", "a1")
    with pytest.raises(LastWayIn):
        service.unlink(session.actor, "wechat")
    service.link(session.actor, "qq", "q1", name="", attempt="a2")
    service.unlink(session.actor, "wechat")
    with pytest.raises(LastWayIn):
        service.unlink(session.actor, "qq")


def test_two_unlinked_at_once_leave_one(monkeypatch) -> None:
    session, _ = enter("u1", "a1")
    service.link(session.actor, "qq", "q1", name="", attempt="a2")
    commit, meanwhile = transact.commit, ["qq"]

    def slow(writes) -> None:
        if meanwhile:
            service.unlink(session.actor, meanwhile.pop())
        commit(writes)

    monkeypatch.setattr(transact, "commit", slow)
    with pytest.raises(LastWayIn):
        service.unlink(session.actor, "wechat")
    assert providers(session.actor) == ["wechat"]
