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
from chalicelib.kernel import clock
from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Workflow
from tests.makers import rows
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


WORKFLOWS = (
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
