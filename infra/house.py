"""The operator's verbs that the application itself carries out, run here against a stage.

The services are those that the functions run, with the functions' own settings, read from the API
function's configuration, and with the operator's AWS credentials.
"""

import os
import secrets
from dataclasses import dataclass

import boto3

from infra import outputs

PASSWORD_BYTES = 12
FIRST_KEY = "First key"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A console sign-in whose password nobody else knows."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class OpenedMerchant:
    """A merchant that may sell, its owner's sign-in, and an API key that is shown once."""

    id: str
    code: str
    owner: SignIn
    api_key: str


def enter(stage: str) -> None:
    """Take on the settings of the stage's functions, so that services work on its tables."""
    from chalicelib.aws.settings import settings

    name = outputs.of(stage)["APIHandlerName"]
    configuration = boto3.client("lambda").get_function_configuration(FunctionName=name)
    variables = configuration["Environment"]["Variables"]
    os.environ |= {key: value for key, value in variables.items() if key.startswith("SOUK_")}
    settings.cache_clear()


def bootstrap(email: str) -> SignIn:
    """Make the platform's console sign-in."""
    from chalicelib.contexts.identity import service as identity

    password = secrets.token_urlsafe(PASSWORD_BYTES)
    return SignIn(identity.bootstrap_platform(email, password).email, password)


def open_merchant(name: str, email: str) -> OpenedMerchant:
    """Approve a new merchant at once, with an owner for its console and a key for its programs."""
    from chalicelib.contexts.identity import service as identity
    from chalicelib.contexts.merchants import service as merchants
    from chalicelib.kernel.actors import SYSTEM, Role

    merchant = merchants.open_merchant(SYSTEM, name=name, email=email)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    owner = identity.add_staff(merchant.id, email, password, name, Role.OWNER)
    _, token = identity.make_api_key(SYSTEM, merchant.id, FIRST_KEY)
    return OpenedMerchant(merchant.id, merchant.code, SignIn(owner.email, password), token)
