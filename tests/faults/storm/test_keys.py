"""Eleven promises of an Idempotency-Key, each on every route that takes one."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.aws import idempotency, transact
from chalicelib.aws.idempotency import KEY_LENGTH_MAX
from chalicelib.aws.settings import settings
from chalicelib.web.endpoint import Keys
from tests.faults.storm.asking import JSON, MAKERS, Desk, routes
from tests.makers import rows
from tests.makers.http import Reply
from tests.makers.killing import Killed, Killer
from tests.makers.scale import tell
from tests.makers.weather import THROTTLE, Weather, first

DAY_S = 24 * 3_600
LENT = {"x-request-id"}
WRONG_KEYS = ("", "k" * (KEY_LENGTH_MAX + 1), "key\n", "key\x7f", "ключ", "café")
every_route = pytest.mark.parametrize("route", routes())


@pytest.fixture
def desk(cloud, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("SOUK_SANDBOX_URL")
    settings.cache_clear()
    return Desk()


def effects() -> Any:
    """Every row but the keys' own."""
    found = rows.everything()
    found.pop("idempotency")
    return found


def seen(reply: Reply) -> Any:
    """All that a caller sees, but the number of the request itself."""
    headers = {name: value for name, value in reply.headers.items() if name not in LENT}
    return reply.status, reply.text, headers


def done(reply: Reply) -> Reply:
    assert 200 <= reply.status < 300, reply.text
    return reply


def is_refused(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.json()["code"]) == (status, code)


def test_every_route_that_takes_a_key_is_asked() -> None:
    assert sorted(routes()) == sorted(MAKERS)
    tell("keys", "routes that take an Idempotency-Key", len(MAKERS))
    tell("keys", "promises held on each of them", 11)


@every_route
def test_1_the_same_request_gets_the_same_answer_and_does_nothing(desk: Desk, route: str) -> None:
    ask = desk.ask(route)
    first_answer = done(ask.send("key"))
    before = effects()
    for _ in range(3):
        assert seen(ask.send("key")) == seen(first_answer)
    assert effects() == before


@every_route
def test_2_another_body_is_refused_and_does_nothing(desk: Desk, route: str) -> None:
    ask = desk.ask(route)
    first_answer = done(ask.send("key"))
    before = rows.everything()
    is_refused(ask.send("key", other=True), 409, "idempotency.key_reused")
    assert rows.everything() == before
    assert seen(ask.send("key")) == seen(first_answer)


@every_route
def test_3_a_request_still_running_is_finished_or_told_of(cloud, desk: Desk, route: str) -> None:
    ask = desk.ask(route)
    table = cloud.tables.rows[settings().tables["idempotency"]]
    former = set(table)
    first_answer = done(ask.send("key"))
    (place,) = set(table) - former
    table[place] |= {"status": {"N": "0"}, "body": {"S": ""}, "location": {"S": ""}}
    before = effects()
    again = ask.send("key")
    if again.status == 409:
        is_refused(again, 409, "idempotency.in_progress")
        assert int(again.headers["retry-after"]) >= 1
    else:
        assert seen(again) == seen(first_answer)
    assert effects() == before


@every_route
def test_4_another_callers_key_is_another_key(desk: Desk, route: str) -> None:
    mine, yours = desk.ask(route), desk.ask(route, "bolt")
    one, other = done(mine.send("key")), done(yours.send("key"))
    assert one.text != other.text
    assert seen(mine.send("key")) == seen(one)
    assert seen(yours.send("key")) == seen(other)


@every_route
def test_5_the_key_on_another_path_is_another_key(desk: Desk, route: str) -> None:
    ask, another = desk.ask(route), desk.ask(route)
    fields = {"credential": "c", "method": "POST", "key": "key", "body": b""}
    make = idempotency.IdempotencyKey.make
    assert make(path=ask.path, **fields).hash != make(path=f"{ask.path}/x", **fields).hash
    if "{" in route:
        one, other = done(ask.send("key")), done(another.send("key"))
        assert one.text != other.text


@every_route
def test_6_a_refusal_leaves_the_key_free(desk: Desk, route: str) -> None:
    ask = desk.ask(route)
    unreadable = replace(ask, body=b"[]", headers={**ask.headers, "content-type": JSON})
    forged = {
        name: value if name == "content-type" else f"{value}x"
        for name, value in ask.headers.items()
    }
    before = rows.everything()
    assert unreadable.send("key").status == 400
    if forged != ask.headers:
        assert replace(ask, headers=forged).send("key").status in {401, 403, 404}
    assert rows.everything() == before
    done(ask.send("key"))


def test_6_a_refusal_that_time_undoes_leaves_the_key_free(desk: Desk) -> None:
    purchase = desk.purchase("acme")
    order = purchase["orders"][0]
    refused = desk.shop.merchant_post(order, "confirm", idempotency_key="key")
    is_refused(refused, 409, "orders.not_placed")
    assert desk.shop.capture(purchase).status == 200
    done(desk.shop.merchant_post(order, "confirm", idempotency_key="key"))


@pytest.mark.parametrize("route", routes(Keys.REQUIRED))
def test_7_a_key_that_must_be_there_is_missed(desk: Desk, route: str) -> None:
    ask = desk.ask(route)
    before = rows.everything()
    is_refused(ask.send(), 400, "idempotency.key_missing")
    assert rows.everything() == before


@pytest.mark.parametrize("route", routes(Keys.ACCEPTED))
def test_7_a_key_that_may_be_there_is_not(desk: Desk, route: str) -> None:
    ask = desk.ask(route)
    before = rows.of_kind("idempotency", "KEY")
    done(ask.send())
    assert rows.of_kind("idempotency", "KEY") == before


@every_route
@pytest.mark.parametrize("key", WRONG_KEYS, ids=ascii)
def test_8_a_key_that_is_none_is_refused(desk: Desk, route: str, key: str) -> None:
    ask = desk.ask(route)
    before = rows.everything()
    is_refused(ask.send(key), 400, "idempotency.key_wrong")
    assert rows.everything() == before


@every_route
def test_9_a_key_is_kept_for_a_day_and_not_longer(desk: Desk, clock, route: str) -> None:
    ask = desk.ask(route)
    first_answer = done(ask.send("key"))
    clock.forward(DAY_S - 1)
    assert seen(ask.send("key")) == seen(first_answer)
    is_refused(ask.send("key", other=True), 409, "idempotency.key_reused")
    clock.forward(1)
    later = ask.send("key", other=True)
    assert later.status != 409 or not later.json()["code"].startswith("idempotency.")


@every_route
def test_10_what_crashed_before_its_answer_is_answered(desk: Desk, route: str) -> None:
    """Killed after each of its calls; the repeat answers, and the effect is there once."""
    dry, ask = Killer(), desk.ask(route)
    with dry.watching():
        dry.guard("api", lambda: done(ask.send("of the dry run")))
    for number in range(1, len(dry.calls) + 1):
        ask, killer = desk.ask(route), Killer([(number, "after")])
        with killer.watching(), pytest.raises(Killed):
            killer.guard("api", lambda ask=ask, number=number: ask.send(f"key {number}"))
        crashed = effects()
        again = done(ask.send(f"key {number}"))
        if "TransactWriteItems" in dry.calls[:number]:
            counts = {room: len(table) for room, table in effects().items()}
            assert counts == {room: len(table) for room, table in crashed.items()}
        assert seen(ask.send(f"key {number}")) == seen(again)


@every_route
def test_11_a_server_error_is_not_kept(cloud, desk: Desk, route: str) -> None:
    ask = desk.ask(route)
    before = rows.everything()
    names = ("TransactWriteItems", "PutItem", "UpdateItem")
    with Weather(first(10**6, THROTTLE, *names)).over(cloud):
        is_refused(ask.send("key"), 503, "request.busy")
    assert rows.everything() == before
    first_answer = done(ask.send("key"))
    assert seen(ask.send("key")) == seen(first_answer)


@every_route
def test_twins_at_the_same_moment_get_one_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """The second comes and is done while the first is about to commit."""
    ask, commit = desk.ask(route), transact.commit
    twins: list[Reply] = []

    def late(writes: Any) -> None:
        monkeypatch.setattr(transact, "commit", commit)
        twins.append(done(ask.send("key")))
        commit(writes)

    monkeypatch.setattr(transact, "commit", late)
    reply = done(ask.send("key"))
    assert seen(reply) == seen(twins[0])
    before = effects()
    assert seen(ask.send("key")) == seen(reply)
    assert effects() == before
