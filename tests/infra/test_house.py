"""`make bootstrap` and `make merchant`: what they print works, and works once."""

import re
import sys

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.merchants import MerchantState
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import ActorKind, Role
from infra import house, operate

ADDRESS = "203.0.113.9"


@pytest.fixture
def command(stage, monkeypatch, capsys):
    """Run a command as make does; its words are returned, a refusal is raised."""
    monkeypatch.setattr(house, "enter", lambda stage: None)

    def run(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["infra.operate", "dev", *words])
        operate.main()
        return capsys.readouterr().out

    return run


def test_bootstrap_makes_the_platforms_sign_in(command):
    printed = re.fullmatch(
        r"platform sign-in: (\S+)  (\S+)\n", command("bootstrap", "Me@Souk.example")
    )
    assert printed is not None
    session, _ = identity.sign_in_console(printed[1], printed[2], address=ADDRESS)
    assert printed[1] == "me@souk.example"
    assert session.actor.kind is ActorKind.PLATFORM


def test_bootstrap_with_a_known_address_changes_nothing(command):
    printed = command("bootstrap", "me@souk.example").split()
    with pytest.raises(SystemExit, match="address"):
        command("bootstrap", "me@souk.example")
    session, _ = identity.sign_in_console(printed[-2], printed[-1], address=ADDRESS)
    assert session.actor.kind is ActorKind.PLATFORM


def test_merchant_prints_a_sign_in_and_a_key_that_work(command):
    printed = command("merchant", "Blue Teapot", "owner@teapot.example")
    merchant_id = re.search(r"mer_\w+", printed)[0]
    sign_in = re.search(r"console sign-in: (\S+)  (\S+)", printed)
    key = re.search(r"key_\w+", printed)[0]
    found = merchants.get(merchant_id)
    assert found.state is MerchantState.APPROVED
    assert f"({found.code})" in printed
    session, _ = identity.sign_in_console(sign_in[1], sign_in[2], address=ADDRESS)
    assert (session.actor.role, session.actor.merchant_id) == (Role.OWNER, merchant_id)
    assert identity.merchant(key).merchant_id == merchant_id


@pytest.mark.parametrize(
    "words", [("bootstrap", ""), ("merchant", "Name", " "), ("redrive", ""), ("nothing",)]
)
def test_a_missing_word_is_asked_for(command, words, capsys):
    with pytest.raises(SystemExit) as refusal:
        command(*words)
    assert refusal.value.code == 2
    assert "usage: infra.operate" in capsys.readouterr().err
