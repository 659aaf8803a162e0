"""Secrets of this install: made at the first start, kept until `make reset`."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass

from infra.local.layout import Layout

SANDBOX_SECRET_BYTES = 32
TOKEN_SECRET_BYTES = 48
PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class Secrets:
    """Shared secrets of the sandbox companies, and those that the stack would else make up.

    `demo_passwords` holds the password of each demo account by its email.
    """

    sandbox_payment: str
    sandbox_courier: str
    token: str
    edge: str
    demo_passwords: dict[str, str]


def load(places: Layout) -> Secrets:
    """Read the secrets, or make them at the first start."""
    try:
        return Secrets(**json.loads(places.secrets.read_text()))
    except (OSError, ValueError, TypeError):
        made = Secrets(
            sandbox_payment=_webhook_secret(),
            sandbox_courier=_webhook_secret(),
            token=_token_secret(),
            edge=_token_secret(),
            demo_passwords={},
        )
        _save(places, made)
        return made


def password(places: Layout, email: str) -> str:
    """The password of one demo account, made when it is first asked for."""
    known = load(places)
    if email not in known.demo_passwords:
        known.demo_passwords[email] = secrets.token_urlsafe(PASSWORD_BYTES)
        _save(places, known)
    return known.demo_passwords[email]


def _webhook_secret() -> str:
    """Standard Webhooks' form: `whsec_` and the base64 of random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SANDBOX_SECRET_BYTES)).decode()


def _token_secret() -> str:
    return secrets.token_urlsafe(TOKEN_SECRET_BYTES)


def _save(places: Layout, made: Secrets) -> None:
    draft = places.secrets.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(made), file, indent=1)
    draft.replace(places.secrets)
