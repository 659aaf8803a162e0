"""The address book in its table and as JSON."""

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.members import service
from chalicelib.contexts.members.model.addresses import ADDRESSES_MAX
from chalicelib.kernel.actors import ANONYMOUS
from chalicelib.kernel.errors import NotFound, NotSignedIn
from tests.makers import rows
from tests.makers.http import Http
from tests.makers.people import a_member
from tests.unit.members.test_addresses import LONDON, SHENZHEN

pytestmark = pytest.mark.usefixtures("stage")


def test_the_same_form_twice_is_one_address() -> None:
    ada, _ = a_member()
    first = service.add_address(ada, LONDON, cause="form 1")
    assert service.add_address(ada, LONDON, cause="form 1") == first
    service.add_address(ada, LONDON, cause="form 2")
    assert [one.name for one in service.addresses_of(ada).addresses] == ["Ada Example"] * 2


def test_two_requests_at_once_both_count(monkeypatch) -> None:
    ada, _ = a_member()
    commit, meanwhile = transact.commit, [LONDON]

    def slow(writes) -> None:
        if meanwhile:
            service.add_address(ada, meanwhile.pop())
        commit(writes)

    monkeypatch.setattr(transact, "commit", slow)
    service.add_address(ada, SHENZHEN)
    book = service.addresses_of(ada)
    assert sorted(one.name for one in book.addresses) == ["Ada Example", "张三"]
    assert book.default is not None
    assert book.default.name == "Ada Example"


def test_nobody_elses_address_is_seen_or_changed() -> None:
    ada, _ = a_member()
    bob, _ = a_member("bob@shop.example")
    kept = service.add_address(ada, LONDON)
    before = rows.everything()
    for change in (service.remove_address, service.prefer_address):
        with pytest.raises(NotFound):
            change(bob, kept.id)
    with pytest.raises(NotFound):
        service.change_address(bob, kept.id, SHENZHEN)
    with pytest.raises(NotSignedIn):
        service.addresses_of(ANONYMOUS)
    assert rows.everything() == before
    assert service.addresses_of(bob).addresses == ()


def test_programs_keep_a_book() -> None:
    _, token = a_member()
    http, bearer = Http(), {"authorization": f"Bearer {token}"}
    path = "/api/v1/me/addresses"
    assert http.get(path, **bearer).json() == {"items": [], "next_cursor": None}
    made = http.post(path, LONDON, **bearer)
    assert (made.status, made.json()["is_default"]) == (201, True)
    place = made.headers["location"]
    assert place == f"{path}/{made.json()['id']}"
    second = http.post(path, {**SHENZHEN, "is_default": True}, **bearer).json()
    assert [one["name"] for one in http.get(path, **bearer).json()["items"]] == [
        "张三",
        "Ada Example",
    ]
    changed = http.put(place, {**LONDON, "name": "Ada King"}, **bearer)
    assert (changed.status, changed.json()["name"], changed.json()["is_default"]) == (
        200,
        "Ada King",
        False,
    )
    assert http.delete(f"{path}/{second['id']}", **bearer).status == 204
    assert http.delete(f"{path}/{second['id']}", **bearer).status == 404
    (left,) = http.get(path, **bearer).json()["items"]
    assert (left["name"], left["is_default"]) == ("Ada King", True)
    refused = http.post(path, {**LONDON, "country": "CN"}, **bearer)
    assert (refused.status, refused.json()["errors"][0]["field"]) == (400, "region")


def test_a_full_book_is_refused() -> None:
    ada, token = a_member()
    for number in range(ADDRESSES_MAX):
        service.add_address(ada, LONDON, cause=str(number))
    reply = Http().post("/api/v1/me/addresses", LONDON, authorization=f"Bearer {token}")
    assert (reply.status, reply.json()["code"]) == (422, "members.too_many_addresses")
