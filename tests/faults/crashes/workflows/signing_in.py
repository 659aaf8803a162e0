"""Workflows of what secures an account: a password chosen by a code, a second factor."""

import json
from contextlib import suppress

import pyotp
import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.model import (
    RECOVERY_CODES,
    FactorConflict,
    SecondFactorNeeded,
    SignInFailed,
)
from chalicelib.contexts.identity.model.passkeys import PasskeyOver
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound
from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Workflow
from tests.makers import rows
from tests.makers.authenticator import Authenticator
from tests.makers.people import PASSWORD

EMAIL = "grace@shopper.example"
NEW_PASSWORD = "another horse battery"


def is_member(scene: Scene) -> None:
    scene.memo["member"] = identity.register(email=EMAIL, password=PASSWORD)[0].id


def asks_for_a_code(scene: Scene) -> None:
    body = {"email": EMAIL, "purpose": "reset_password"}
    assert scene.shop.http.post("/api/v1/codes", body).status == 204


def chooses_a_password(scene: Scene) -> None:
    """By the last code that was sent; whose answer was lost finds that the code is used."""
    sent = json.loads(rows.facts("identity.CodeRequested")[-1])
    code = identity.code_of(sent["request_id"])
    body = {"email": EMAIL, "code": code, "password": NEW_PASSWORD}
    reply = scene.shop.http.post("/api/v1/password-resets", body)
    assert reply.status == 204 or reply.json()["code"] == "identity.code_wrong", reply.text


def has_the_new_password(_scene: Scene) -> None:
    with pytest.raises(SignInFailed):
        identity.sign_in(EMAIL, PASSWORD, address="")
    assert identity.sign_in(EMAIL, NEW_PASSWORD, address="")


def offers_a_factor(scene: Scene) -> None:
    identity.begin_second_factor(scene.memo["member"], PASSWORD, address="")


def confirms_the_factor(scene: Scene) -> None:
    """With the code of now; whose answer was lost finds that it is on."""
    with suppress(FactorConflict):
        secret, _ = identity.pending_second_factor(scene.memo["member"])
        code = pyotp.TOTP(secret).at(clock.epoch(clock.now()))
        identity.confirm_second_factor(scene.memo["member"], code)


def asks_for_both(scene: Scene) -> None:
    with pytest.raises(SecondFactorNeeded):
        identity.sign_in(EMAIL, PASSWORD, address="")
    security = identity.security_of(scene.memo["member"])
    assert security.recovery_codes_left == RECOVERY_CODES


def has_asked_a_device(scene: Scene) -> None:
    is_member(scene)
    device = Authenticator(counts=False)  # what it counts is lost when its process is killed
    options = identity.begin_passkey(scene.memo["member"], PASSWORD, address="")
    scene.memo |= {"device": device, "answer": device.make(options)}


def makes_a_passkey(scene: Scene) -> None:
    """A device answers once; whose answer was lost finds that it was taken."""
    with suppress(PasskeyOver):
        identity.finish_passkey(scene.memo["member"], "Phone", scene.memo["answer"])


def enters_by_it(scene: Scene) -> None:
    """Who got no answer asks again."""
    identity.sign_in_passkey(scene.memo["device"].enter(identity.passkey_question()), address="")


def has_used_it(scene: Scene) -> None:
    (passkey,) = identity.passkeys_of(scene.memo["member"])
    assert passkey.used_at


def has_a_passkey(scene: Scene) -> None:
    has_asked_a_device(scene)
    makes_a_passkey(scene)
    scene.memo["passkey"] = identity.passkeys_of(scene.memo["member"])[0].id


def removes_it(scene: Scene) -> None:
    """Who got no answer is told that there is none."""
    with suppress(NotFound):
        identity.remove_passkey(scene.memo["member"], scene.memo["passkey"])


def has_none(scene: Scene) -> None:
    assert identity.passkeys_of(scene.memo["member"]) == []
    assert rows.of_kind("identity", "PASSKEY") == []


BY_CHANCE = {
    "PASSKEY": {"row"},
    "PASSKEY_ENTRY": {"row"},
    "CHALLENGE": {"row"},
    "SESSION": {"row"},
    "SESSION_ENTRY": {"row"},
}
"""A device draws its keys and its names of them by chance, and each question is another."""

WORKFLOWS = (
    Workflow(
        "passkey made and used",
        has_asked_a_device,
        (makes_a_passkey, enters_by_it),
        has_used_it,
        blind=BY_CHANCE,
    ),
    Workflow(
        "passkey removed",
        has_a_passkey,
        (removes_it,),
        has_none,
        blind=BY_CHANCE,
    ),
    Workflow(
        "password chosen by a code",
        is_member,
        (asks_for_a_code, chooses_a_password),
        has_the_new_password,
        blind={
            "CODE": {"request_id", "sent", "tries", "window_at", "good_until"},  # asked for again
            "MAIL": {"row"},  # a mail for each code that was asked for
            "identity.CodeRequested": {"row"},  # whoever got no answer asks once more
            "THROTTLE": {"row"},  # who enters a used code once more is counted
        },
    ),
    Workflow(
        "second factor",
        is_member,
        (offers_a_factor, confirms_the_factor),
        asks_for_both,
        blind={
            "TOTP": {"sealed", "last_step"},  # made by chance
            "RECOVERY": {"row"},  # made by chance
        },
    ),
)
