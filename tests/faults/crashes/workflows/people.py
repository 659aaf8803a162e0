"""Workflows of people: merchants and their staff, members and their carts."""

import json
from contextlib import suppress

from chalicelib.aws.settings import settings
from chalicelib.contexts.aftersales import service as aftersales
from chalicelib.contexts.aftersales.model import CaseState
from chalicelib.contexts.cart import service as cart
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.model import CannotRegister, LoginUsed
from chalicelib.contexts.members import service as members
from chalicelib.contexts.members.model.avatars import Upload, names
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import CodeTaken, WrongState
from chalicelib.contexts.privacy import service as privacy
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind
from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows.acts import stocked
from tests.faults.crashes.workflows.catalogue import listed, on_sale
from tests.makers import rows
from tests.makers.people import PASSWORD
from tests.makers.pictures import a_picture
from tests.makers.shop import ADDRESS

EMAIL = "grace@shopper.example"


def nothing(scene: Scene) -> None:
    assert scene.memo == {}


def opens(_scene: Scene) -> None:
    """The operator opens a merchant; to be told that its code is taken means that it was done."""
    with suppress(CodeTaken):
        merchants.open_merchant(
            SYSTEM,
            name="Acme",
            email="owner@acme.example",
            code="acme",
            beside=lambda merchant: identity.joining(merchant.id, EMAIL, PASSWORD, role="owner")[1],
        )


def opened(_scene: Scene) -> None:
    assert merchants.by_code("acme").state == "approved"
    _, token = identity.sign_in_console(EMAIL, PASSWORD, address="")
    assert token


def suspends(scene: Scene) -> None:
    with suppress(WrongState):
        merchants.suspend(SYSTEM, scene.shop.sellers["acme"].id, "late parcels")


def reinstates(scene: Scene) -> None:
    with suppress(WrongState):
        merchants.reinstate(SYSTEM, scene.shop.sellers["acme"].id)


def joins(scene: Scene) -> None:
    """An owner adds a person; to be told that the address has a sign-in means that it was done."""
    seller = scene.shop.sellers["acme"]
    with suppress(CannotRegister):
        identity.add_staff(seller.id, EMAIL, PASSWORD, actor=seller.owner)


def joined(_scene: Scene) -> None:
    _, token = identity.sign_in_console(EMAIL, PASSWORD, address="")
    assert token
    assert len(rows.of_kind("identity", "ACCOUNT")) == 1


def registers(scene: Scene) -> None:
    """A shopper becomes a member; whose answer was lost finds that the address is in use."""
    body = {"email": EMAIL, "password": PASSWORD}
    reply = scene.shop.http.post("/api/v1/members", body)
    assert reply.status == 201 or reply.json()["code"] == "identity.cannot_register", reply.text


def signs_in(scene: Scene) -> None:
    """The member signs in and keeps the cart."""
    cart = scene.memo["cart"]
    body = {"email": EMAIL, "password": PASSWORD, "cart": cart["id"]}
    reply = scene.shop.http.post("/api/v1/sessions", body, x_cart_token=cart["token"])
    assert reply.status == 201, reply.text


def keeps_the_cart(scene: Scene) -> None:
    actor, _ = identity.sign_in(EMAIL, PASSWORD, address="")
    assert actor.email == EMAIL
    (owner,) = rows.of_kind("cart", "OWNER")
    assert owner["cart_id"]["S"] == scene.memo["cart"]["id"]


def is_a_member(scene: Scene) -> None:
    """A member with an address, a cart and a question."""
    registers(scene)
    member, token = identity.sign_in(EMAIL, PASSWORD, address="")
    scene.memo["member"] = Actor(ActorKind.MEMBER, member.id)
    scene.memo["token"] = token
    members.add_address(scene.memo["member"], ADDRESS, cause="first")
    cart.cart_of_member(scene.memo["member"])
    aftersales.ask(scene.memo["member"], "Hello", "Is anybody there?", key="first")


def keeps_an_address(scene: Scene) -> None:
    members.add_address(scene.memo["member"], {**ADDRESS, "name": "Grace"}, cause="second")


def has_two_addresses(scene: Scene) -> None:
    book = members.addresses_of(scene.memo["member"])
    assert [one.name for one in book.addresses] == [ADDRESS["name"], "Grace"]


def hands_in_pictures(scene: Scene) -> None:
    """Two pictures arrive, and the bucket tells of the newer first and of both twice."""
    told = [arrives(scene, "A", 40), arrives(scene, "B", 50)]
    for one in [*reversed(told), *told]:
        scene.machine.send("members-pictures", one)


def hands_in_one_picture(scene: Scene) -> None:
    told = arrives(scene, "A", 40)
    for _ in range(2):
        scene.machine.send("members-pictures", told)


def arrives(scene: Scene, last: str, side: int) -> str:
    """Put a picture of the member's where browsers put theirs; returns what the bucket says of it."""
    upload = Upload(scene.memo["member"].id, f"01J0000000000000000000000{last}")
    files = scene.cloud.services.files
    files[settings().uploads_bucket, upload.key] = a_picture(size=(side, side))
    return json.dumps({"Records": [{"s3": {"object": {"key": upload.key}}}]})


def has_the_newer_picture(scene: Scene) -> None:
    avatar = members.profile_of(scene.memo["member"]).avatar
    assert (avatar.last[-1], avatar.former, avatar.problem) == ("B", (), "")
    assert files_of_members(scene) == {f"{avatar.folder}/{name}" for name in names()}


def has_a_picture(scene: Scene) -> None:
    is_a_member(scene)
    hands_in_pictures(scene)
    scene.rest()
    has_the_newer_picture(scene)


def takes_the_picture_away(scene: Scene) -> None:
    members.remove_avatar(scene.memo["member"])


def has_initials(scene: Scene) -> None:
    assert members.profile_of(scene.memo["member"]).avatar.folders == ()
    assert files_of_members(scene) == set()


def files_of_members(scene: Scene) -> set[str]:
    """Members' files in both buckets: nothing stays of what was handed in."""
    keys = {key for _, key in scene.cloud.services.files}
    return {key for key in keys if key.startswith(("members/", "avatars/"))}


def enters_by_a_company(_scene: Scene) -> None:
    """A company confirmed who it is; a browser that got no answer finds its attempt used."""
    with suppress(LoginUsed):
        identity.sign_in_linked("wechat", "u1", name="Grace", locale="en", attempt="a1")


def has_one_account(_scene: Scene) -> None:
    assert len(rows.of_kind("identity", "ACCOUNT")) == 1
    assert len(rows.of_kind("identity", "LINK")) == 1


def asks_for_a_copy(scene: Scene) -> None:
    privacy.request_export(scene.memo["member"])


def erases(scene: Scene) -> None:
    privacy.erase(scene.memo["member"], "ERASE")


def has_bought(scene: Scene) -> None:
    """A member with an order that is paid for."""
    is_a_member(scene)
    tea = scene.shop.goods()
    headers = {"authorization": f"Bearer {scene.memo['token']}"}
    scene.memo["order"] = scene.shop.paid({tea: 1}, headers=headers)["orders"][0]["id"]


def asks_for_help(scene: Scene) -> None:
    """The member sends the form again whose answer was lost."""
    made = aftersales.ask(
        scene.memo["member"], "Late", "Where is it?", order_id=scene.memo["order"], key="k"
    )
    scene.memo["case"] = made.id


def gives_help(scene: Scene) -> None:
    owner = scene.shop.sellers["acme"].owner
    aftersales.say(owner, scene.memo["case"], "On its way.", key="k")


def closes_the_case(scene: Scene) -> None:
    aftersales.close(scene.memo["member"], scene.memo["case"])


def was_helped(scene: Scene) -> None:
    case = aftersales.case_of(scene.memo["member"], scene.memo["case"])
    assert (case.state, len(case.messages)) == (CaseState.CLOSED, 2)


def is_gone(scene: Scene) -> None:
    (row,) = rows.of_kind("privacy", "ERASURE")
    assert row["state"]["S"] == "erased"
    left = {room for room, found in rows.everything().items() if EMAIL in repr(found)}
    assert left == set()
    assert files_of_members(scene) == set()
    assert rows.of_kind("members", "PROFILE") == rows.of_kind("aftersales", "CASE") == []
    assert rows.of_kind("members", "ADDRESSES") == rows.of_kind("cart", "OWNER") == []


WORKFLOWS = (
    Workflow("member keeps an address", is_a_member, (keeps_an_address,), has_two_addresses),
    Workflow("member hands in pictures", is_a_member, (hands_in_pictures,), has_the_newer_picture),
    Workflow(
        "member takes the picture away", has_a_picture, (takes_the_picture_away,), has_initials
    ),
    Workflow("member with a picture erases the account", has_a_picture, (erases,), is_gone),
    Workflow(
        "somebody enters by another company",
        nothing,
        (enters_by_a_company,),
        has_one_account,
        blind={"SESSION": {"row"}},  # its token was lost with the answer
    ),
    Workflow(
        "member asks for help",
        has_bought,
        (asks_for_help, gives_help, closes_the_case),
        was_helped,
    ),
    Workflow("member erases the account", is_a_member, (erases,), is_gone),
    Workflow("merchant opens", nothing, (opens,), opened),
    Workflow("merchant is suspended", on_sale, (suspends,), listed()),
    Workflow(
        "merchant is suspended and reinstated",
        on_sale,
        (suspends, reinstates),
        listed("Product TEA"),
    ),
    Workflow("staff joins", lambda scene: scene.shop.merchant(), (joins,), joined),
    Workflow(
        "sign up with a cart",
        stocked,
        (registers, signs_in),
        keeps_the_cart,
        blind={
            "SESSION": {"row"},
            "SESSION_ENTRY": {"row"},
        },  # one whose answer was lost stays until it ends
    ),
)
