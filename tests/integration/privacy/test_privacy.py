"""A copy of everything, and an erasure that leaves the books as they were."""

import io
import json
import zipfile

import pytest

from chalicelib.aws import files, transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.aftersales import service as aftersales
from chalicelib.contexts.cart import service as cart
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.model import SignInFailed
from chalicelib.contexts.members import service as members
from chalicelib.contexts.members.model.favourites import Liked
from chalicelib.contexts.privacy import service, workers
from chalicelib.kernel.errors import Malformed, NotFound, NotSignedIn
from tests.integration.members.test_avatars import handed_in
from tests.integration.members.test_avatars import told as told_of_pictures
from tests.makers import rows
from tests.makers.facts import deliver
from tests.makers.http import Http
from tests.makers.people import PASSWORD, a_member
from tests.makers.pictures import a_picture
from tests.makers.pump import strike
from tests.makers.shop import ADDRESS, Shop
from tests.unit.members.test_addresses import LONDON

WORD = "zqvantablack"
EMAIL = f"{WORD}@shop.example"
ERASED = "privacy.MemberErased"


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


@pytest.fixture
def ada(shop):
    """A member who has left a trace in every room."""
    actor, token = a_member(EMAIL, name=WORD)
    members.add_address(actor, {**LONDON, "name": WORD})
    members.change_profile(actor, nickname=WORD)
    members.like(actor, Liked.MERCHANT, "mer_1")
    mine = cart.cart_of_member(actor)
    assert mine.lines == {}
    identity.link(actor, "wechat", "u1", name=WORD, attempt="a1")
    aftersales.ask(actor, WORD, WORD, key="k")
    return actor, token


def bought(shop: Shop, token: str):
    """A purchase of the member, paid for."""
    sku = shop.goods() if not shop.sellers else "acme.TEA"
    changes = {"email": EMAIL, "note": WORD, "address": {**ADDRESS, "name": WORD, "phone": WORD}}
    headers = {"authorization": f"Bearer {token}"}
    reply = shop.checkout(shop.cart({sku: 1}), headers=headers, **changes)
    assert reply.status == 201, reply.text
    assert shop.capture(reply.json()).status == 200
    return shop.seen(reply.json())


def told(stage) -> None:
    """Let every fact reach the bus."""
    stage.forward(60)
    strike("outbox_sweep")


def ended(shop: Shop, purchase) -> None:
    order = purchase["orders"][0]
    assert shop.merchant_post(order, "confirm").status == 200
    assert shop.ship(order, {"acme.TEA": 1}).status == 201
    path = f"/api/v1/orders/{order['id']}/receive"
    assert shop.shopper(purchase, path).status == 200


def traces() -> set[str]:
    """The rooms in which the member's word still stands."""
    everything = rows.everything().items()
    return {room for room, found in everything if WORD in repr(found)} - {"idempotency"}


def books() -> object:
    everything = rows.everything()
    return everything["settlement"], everything["payments"], everything["inventory"]


def test_a_copy_has_it_all_and_goes(shop: Shop, ada, stage) -> None:
    actor, token = ada
    told_of_pictures(handed_in(actor, a_picture()))
    purchase = bought(shop, token)
    export = service.request_export(actor)
    assert service.request_export(actor) == export
    with pytest.raises(NotFound):
        service.fetch_export(actor)
    for _ in range(2):
        assert deliver(workers.privacy_on_fact, "privacy.ExportRequested") == {
            "batchItemFailures": []
        }
    assert export.key in service.fetch_export(actor)
    packed = files.get(settings().uploads_bucket, export.key)
    assert packed is not None
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert archive.read("picture.jpg").startswith(b"\xff\xd8\xff")
    found = {name: json.loads(archive.read(name)) for name in archive.namelist()[:-1]}
    assert set(found) == {
        "account.json",
        "members.json",
        "cart.json",
        "coupons.json",
        "orders.json",
        "help.json",
    }
    assert found["account.json"]["account"]["email"] == EMAIL
    assert found["members.json"]["addresses"]["addresses"][0]["name"] == WORD
    assert found["orders.json"][0]["purchase"]["id"] == purchase["id"]
    assert "password_hash" not in repr(found)
    stage.forward(7 * 86_400)
    with pytest.raises(NotFound):
        service.fetch_export(actor)
    assert service.request_export(actor).id != export.id


def test_whoever_is_erased_leaves_no_trace_and_the_books_stay(shop: Shop, ada, stage) -> None:
    actor, token = ada
    ended(shop, bought(shop, token))
    service.request_export(actor)
    told(stage)
    before = books()
    assert traces() >= {"identity", "members", "orders", "outbox"}
    service.erase(actor, "erase")
    with pytest.raises(NotSignedIn):
        identity.member(token)
    for _ in range(2):
        assert deliver(workers.privacy_on_fact, ERASED) == {"batchItemFailures": []}
    assert traces() == set()
    assert books() == before
    (row,) = rows.of_kind("privacy", "ERASURE")
    assert row["state"]["S"] == "erased"
    with pytest.raises(SignInFailed):
        identity.sign_in(EMAIL, PASSWORD, address="192.0.2.1")
    again, _ = a_member(EMAIL)
    assert again.id != actor.id
    assert identity.account_linked_to("wechat", "u1") == ""


def test_a_running_order_keeps_its_address_until_it_has_ended(shop: Shop, ada, stage) -> None:
    actor, token = ada
    purchase = bought(shop, token)
    told(stage)
    service.erase(actor, "删除")
    deliver(workers.privacy_on_fact, ERASED)
    assert traces() == {"orders", "outbox"}
    stage.forward(86_400)
    assert service.sweep_due() == {"erased": 0, "waiting": 1, "failed": 0}
    ended(shop, purchase)
    told(stage)
    stage.forward(86_400)
    assert service.sweep_due() == {"erased": 1, "waiting": 0, "failed": 0}
    assert traces() == set()
    assert service.sweep_due() == {"erased": 0, "waiting": 0, "failed": 0}


def test_without_the_word_nothing_happens(shop: Shop, ada) -> None:
    actor, _ = ada
    before = rows.everything()
    for typed in ("", "yes", "ERASED"):
        with pytest.raises(Malformed):
            service.erase(actor, typed)
    assert rows.everything() == before


def test_erasing_twice_is_erasing_once(shop: Shop, ada) -> None:
    actor, _ = ada
    service.erase(actor, "ERASE")
    service.erase(actor, "ERASE")
    assert rows.facts().count(ERASED) == 1


class Killed(BaseException):
    """The function is gone."""


def test_a_crash_at_any_write_leaves_the_rest_to_the_next_try(
    shop: Shop, ada, stage, monkeypatch
) -> None:
    actor, token = ada
    ended(shop, bought(shop, token))
    told(stage)
    service.erase(actor, "ERASE")
    commit, put_all = transact.commit, transact.put_all
    for killed_at in range(20):
        left = [killed_at]

        def dying(write, left=left):
            def write_or_die(*args):
                if not left[0]:
                    raise Killed
                left[0] -= 1
                write(*args)

            return write_or_die

        monkeypatch.setattr(transact, "commit", dying(commit))
        monkeypatch.setattr(transact, "put_all", dying(put_all))
        try:
            deliver(workers.privacy_on_fact, ERASED)
        except Killed:
            continue
        break
    assert killed_at >= 3
    assert traces() == set()


def test_the_members_own_programs_are_out_at_once(shop: Shop, ada) -> None:
    actor, token = ada
    service.erase(actor, "ERASE")
    assert Http().get("/api/v1/me", authorization=f"Bearer {token}").status == 401
