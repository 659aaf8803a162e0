"""Brings the stack on the emulator up to date, and leaves it alone where nothing has changed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from infra import deploy, outputs, package
from infra.deploy import Outputs
from infra.local import changes, locks
from infra.local.keys import Secrets
from infra.local.layout import HOST, Ports
from infra.local.problems import LocalProblem
from infra.local.progress import Progress
from infra.wiring import API_STAGE

STAGE = "local"
MAIL_FROM = "shop@souk.example"
DIGEST_NOTE = "/souk/local/digest"
BUILD_TIMEOUT_S = 120.0
OUTSIDE = {
    "Logins": "SOUK_LOGINS",
    "StripeKey": "SOUK_STRIPE_KEY",
    "StripeWebhookSecret": "SOUK_STRIPE_WEBHOOK_SECRET",
    "StripeUrl": "SOUK_STRIPE_URL",
}
"""Who wants to try Stripe or sign-in companies here says so in the environment; else there is none."""


def parameters(ports: Ports, secrets: Secrets) -> dict[str, str]:
    """What only this machine knows, for the stack's template."""
    return {
        "MailFrom": MAIL_FROM,
        "TokenSecret": secrets.token,
        "EdgeSecret": secrets.edge,
        "ShopUrl": ports.shop_url,
        "SandboxUrl": ports.sandbox_url,
        "SandboxPaymentSecret": secrets.sandbox_payment,
        "SandboxCourierSecret": secrets.sandbox_courier,
        "PictureHosts": f"{HOST}:{ports.shop}",
        **{name: os.environ.get(variable, "") for name, variable in OUTSIDE.items()},
    }


def bring_up_to_date(ports: Ports, secrets: Secrets, progress: Progress) -> Outputs:
    """Create or update the stack if need be; return its outputs. Raises `LocalProblem`."""
    given = parameters(ports, secrets)
    wanted = changes.digest(package.ROOT, given)
    if note(DIGEST_NOTE) == wanted:
        progress("the stack is as it was")
        return outputs.of(STAGE)
    try:
        with _building(package.ROOT):
            built = package.package(STAGE, progress=progress)
            found = deploy.deploy(STAGE, progress=progress, parameters=given, built=built)
    except package.PackagingFailed as refusal:
        raise LocalProblem(f"packaging failed:\n{refusal}") from refusal
    except (deploy.DeployFailed, ClientError) as refusal:
        raise LocalProblem(f"the stack could not be brought up to date: {refusal}") from refusal
    boto3.client("ses").verify_email_identity(EmailAddress=MAIL_FROM)
    take_note(DIGEST_NOTE, wanted)
    return found


def routes(api_id: str) -> dict[str, frozenset[str]]:
    """The API's path templates with their methods, as the emulator's gateway knows them."""
    pages = boto3.client("apigateway").get_paginator("get_resources")
    return {
        found["path"]: frozenset(found["resourceMethods"])
        for page in pages.paginate(restApiId=api_id)
        for found in page["items"]
        if found.get("resourceMethods")
    }


def api(found: Outputs) -> tuple[str, str]:
    """The id and the stage of the API behind the front door."""
    return found["RestAPIId"], API_STAGE


def note(name: str) -> str:
    """Read what was noted on the emulator; it is saved and lost together with its data."""
    ssm = boto3.client("ssm")
    try:
        found: str = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return ""
    return found


def take_note(name: str, value: str) -> None:
    """Keep a text on the emulator."""
    boto3.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


@contextmanager
def _building(root: Path) -> Iterator[None]:
    """Let one process at a time use the build folder of this checkout."""
    place = root / ".build" / "local.lock"
    place.parent.mkdir(exist_ok=True)
    if not locks.wait_until_free(place, BUILD_TIMEOUT_S):
        raise LocalProblem("another process has been packaging this checkout for too long")
    try:
        lock = locks.take(place)
    except locks.Held as other:
        raise LocalProblem("another process packages this checkout; try again shortly") from other
    try:
        yield
    finally:
        lock.close()
