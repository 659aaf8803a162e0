"""Whoever calls at the shop's doors: what counts, what is refused, and that refusals write nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from chalicelib.aws.settings import settings
from tests.conftest import Clock
from tests.doors.forgeries.bodies import BODIES
from tests.doors.forgeries.cases import STATUS, Case, Outcome, Sent, good
from tests.doors.forgeries.events import EVENTS
from tests.doors.forgeries.headers import HEADERS, SIGNATURES
from tests.doors.forgeries.houses import HOUSES, House
from tests.makers import payments
from tests.makers.http import Http, Reply
from tests.makers.round_trips import counted
from tests.makers.rows import everything
from tests.makers.scale import pick, tell

MATRIX = [*HEADERS, *SIGNATURES, *BODIES, *EVENTS]
CASES_MIN = 30
READS = {"GetItem", "BatchGetItem", "Query"}
Quiet = pytest.MonkeyPatch


@pytest.fixture(params=list(HOUSES))
def house(request: pytest.FixtureRequest, stage: Clock, monkeypatch: Quiet) -> Iterator[House]:
    monkeypatch.delenv("SOUK_SANDBOX_URL")
    for name, value in {**HOUSES["stripe"].environment}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield replace(HOUSES[request.param])
    settings.cache_clear()


@cache
def caller() -> Http:
    return Http()


def send(house: House, sent: Sent) -> Reply:
    http = caller()
    event = http.event("POST", (sent.path or house.path) + sent.query, sent.body, sent.headers)
    assert event is not None
    for name, value in sent.second.items():
        event["multiValueHeaders"][name] = [value, *event["multiValueHeaders"][name]]
    if sent.text is not None:
        event["body"] = sent.text
    event["isBase64Encoded"] = sent.is_base64
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sent.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        reply = http.deliver(event)
    settings.cache_clear()
    return reply


def judged(house: House, case: Case, thing: str) -> str:
    """Play a row on a thing; what was wrong with its end, or nothing."""
    sent = case.forge(house, thing)
    with counted() as calls:
        reply = send(house, sent)
    code = case.outcome.value if "." in case.outcome.value else ""
    if reply.status != STATUS[case.outcome] or (code and reply.json()["code"] != code):
        return f"answered {reply.status} {reply.text[:200]}"
    if case.outcome is Outcome.COUNTS:
        return "" if house.happened(thing) else "did not count"
    if case.outcome is Outcome.FLAGGED:
        is_flagged = payments.now(thing).is_flagged and reply.json()["outcome"] == "flagged"
        return "" if is_flagged and not house.happened(thing) else "was not flagged"
    return "" if set(calls) <= READS else f"wrote: {calls}"


def test_refusals_are_in_the_right_words_and_write_nothing(house: House) -> None:
    rows = rows_of(house, with_effect=False)
    assert len(rows) >= CASES_MIN
    thing = house.fresh()
    house.others = HOUSES["stripe" if house.name == "sandbox" else "sandbox"].fresh()
    before = everything()
    wrong = {}
    for case in rows:
        fault = judged(house, case, thing)
        if fault:
            wrong[case.name] = fault
    assert wrong == {}
    assert everything() == before
    assert not house.happened(thing)
    tell("forgery", f"refused cases against {house.name}", len(rows))


def test_what_is_genuine_counts_and_what_is_wrong_about_money_is_flagged(house: House) -> None:
    rows = rows_of(house, with_effect=True)
    wrong = {}
    for number, case in enumerate(rows):
        house.message = f"evt_{number}"
        fault = judged(house, case, house.fresh())
        if fault:
            wrong[case.name] = fault
    assert wrong == {}
    tell("forgery", f"accepted cases against {house.name}", len(rows))


def rows_of(house: House, *, with_effect: bool) -> list[Case]:
    """A house's part of the matrix: rows that leave something behind, or those that must not."""
    rows = [case for case in MATRIX if house.name in case.houses]
    names = Counter(case.name for case in rows)
    assert [name for name, count in names.items() if count > 1] == []
    effects = {Outcome.COUNTS, Outcome.FLAGGED}
    return [case for case in rows if (case.outcome in effects) is with_effect]


def test_no_bit_can_be_flipped(house: House) -> None:
    """One bit of the body or of a header's value: hundreds at random, or every one of them."""
    thing = house.fresh()
    headers, body = good(house, thing)
    names = list(headers)
    whole = [("", bit) for bit in range(len(body) * 8)]
    whole += [(name, bit) for name in names for bit in range(len(headers[name]) * 8)]
    chosen = whole
    if len(whole) > pick(200, len(whole)):
        chosen = Random(11).sample(whole, 200)
    before = everything()
    for name, bit in chosen:
        if name:
            forged = flipped(headers[name].encode(), bit).decode("latin-1")
            sent = Sent(headers | {name: forged}, body)
        else:
            sent = Sent(headers, flipped(body, bit))
        reply = send(house, sent)
        assert (reply.status, reply.json()["code"]) == (401, "webhooks.bad_signature"), (name, bit)
    assert everything() == before
    tell("forgery", f"bits flipped against {house.name}", len(chosen))


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_replay_changes_nothing(house: House, stage: Clock) -> None:
    """Within the window it is thanked for; after it, refused; under another id it is forged."""
    thing = house.fresh()
    headers, body = good(house, thing)
    assert send(house, Sent(headers, body)).status == 200
    assert house.happened(thing)
    before = everything()
    for seconds in (0, 150, 150):
        stage.forward(seconds)
        reply = send(house, Sent(headers, body))
        assert reply.status == 200
        assert reply.json().get("outcome", "duplicate") == "duplicate"
        assert reply.json().get("moved", False) is False
    stage.forward(1)
    assert send(house, Sent(headers, body)).status == 401
    if "webhook-id" in headers:
        stage.forward(-301)
        assert send(house, Sent(headers | {"webhook-id": "evt_2"}, body)).status == 401
    assert everything() == before


def test_the_same_id_cannot_bring_other_news(house: House) -> None:
    """A signed message under an id that was heard before is a duplicate, whatever it says."""
    thing, other = house.fresh(), house.fresh()
    headers, body = good(house, thing)
    assert send(house, Sent(headers, body)).status == 200
    before = everything()
    second = house.event(other)
    reply = send(house, Sent(house.sign(second), second))
    assert reply.status == 200
    assert not house.happened(other)
    assert everything() == before
