"""A stage for tests: the same names as a deployed one, made directly on whatever engine answers."""

import base64
import os
from collections.abc import Collection
from functools import cache
from typing import Any

import boto3
import pytest
from moto.events import events_backends
from moto.s3 import s3_backends
from moto.ses import ses_backends
from moto.sqs import sqs_backends

from chalicelib.aws import clients, settings, tables
from chalicelib.aws.settings import TABLES

STAGE = "test"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
PAYMENT_SECRET = "whsec_" + base64.b64encode(b"payment secret of the tests 0123").decode()
COURIER_SECRET = "whsec_" + base64.b64encode(b"courier secret of the tests 4567").decode()
LOGINS = '{"wechat": {"kind": "wechat", "label": "WeChat", "app_id": "wx1", "secret": "s"}}'
QUEUES = ("catalog-imports", "catalog-pictures", "promotions-issues")


def stage_environment() -> dict[str, str]:
    """The variables that a deployed function of this stage would have."""
    queue = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{STAGE}-souk-"
    return {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "SOUK_STAGE": STAGE,
        "SOUK_VERSION": "0.0.0-test",
        **{f"SOUK_{room.upper()}_TABLE": f"{STAGE}-souk-{room}" for room in TABLES},
        "SOUK_BUS": f"{STAGE}-souk-bus",
        "SOUK_CATALOG_IMPORTS_QUEUE_URL": queue + "catalog-imports",
        "SOUK_CATALOG_PICTURES_QUEUE_URL": queue + "catalog-pictures",
        "SOUK_PROMOTIONS_ISSUES_QUEUE_URL": queue + "promotions-issues",
        "SOUK_MEDIA_BUCKET": f"{STAGE}-souk-media",
        "SOUK_UPLOADS_BUCKET": f"{STAGE}-souk-uploads",
        "SOUK_SHOP_URL": "http://127.0.0.1:8000",
        "SOUK_TOKEN_SECRET": "token secret of the tests",
        "SOUK_MAIL_FROM": "shop@souk.example",
        # moto's transactions restore all tables when one is refused: no two may run at once.
        "SOUK_CATALOG_IMPORT_WRITERS": "1",
        "SOUK_SANDBOX_URL": "http://127.0.0.1:8002",
        "SOUK_LOGINS": LOGINS,
        "SOUK_SANDBOX_PAYMENT_SECRET": PAYMENT_SECRET,
        "SOUK_SANDBOX_COURIER_SECRET": COURIER_SECRET,
    }


def enter(patch: pytest.MonkeyPatch, *, without: Collection[str] = ()) -> None:
    """Put on the stage's environment, and nothing of this machine's own."""
    for name in [name for name in os.environ if name.startswith(("SOUK_", "AWS_"))]:
        patch.delenv(name)
    for name, value in stage_environment().items():
        if name not in without:
            patch.setenv(name, value)
    forget()


def forget() -> None:
    """Let settings and clients be made anew for the present environment."""
    settings.settings.cache_clear()
    clients.client.cache_clear()
    tables.forget_connection()


def create_surroundings() -> None:
    """Make all but the tables, in moto's own hands: to ask for each would cost a test's worth."""
    for queue in QUEUES:
        sqs_backends[ACCOUNT][REGION].create_queue(f"{STAGE}-souk-{queue}")
    events_backends[ACCOUNT][REGION].create_event_bus(f"{STAGE}-souk-bus")
    for bucket in ("media", "uploads"):
        s3_backends[ACCOUNT]["aws"].create_bucket(f"{STAGE}-souk-{bucket}", REGION)
    ses_backends[ACCOUNT][REGION].verify_email_identity("shop@souk.example")


@cache
def client(service: str) -> Any:
    """A client for all tests of this process: making one costs more than what it does here."""
    return boto3.client(service, region_name=REGION)
