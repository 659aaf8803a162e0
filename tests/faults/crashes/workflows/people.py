"""Workflows of people: merchants and their staff, members and their carts."""

from contextlib import suppress

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.model import CannotRegister
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import CodeTaken, WrongState
from chalicelib.kernel.actors import SYSTEM
from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows.acts import stocked
from tests.faults.crashes.workflows.catalogue import listed, on_sale
from tests.makers import rows
from tests.makers.people import PASSWORD

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


WORKFLOWS = (
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
        blind={"SESSION": {"row"}},  # one whose token was lost with the answer stays until it ends
    ),
)
