"""Writes `.local/stack.json`, which outside programs rely on: contract, "The stack on one machine"."""

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

from infra import outputs as meaning
from infra.deploy import Outputs
from infra.local.emulator import REGION
from infra.local.keys import Secrets
from infra.local.layout import Layout, Ports
from infra.local.stack import STAGE
from infra.wiring import stack_name


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person's sign-in."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoMerchant:
    """A merchant of the demo with its owner's sign-in and its API key."""

    id: str
    name: str
    email: str
    password: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Demo:
    """Who is in the demo marketplace."""

    platform: SignIn
    merchants: list[DemoMerchant] = field(default_factory=list)
    members: list[SignIn] = field(default_factory=list)


def write(
    places: Layout, ports: Ports, secrets: Secrets, outputs: Outputs, demo: Demo
) -> dict[str, Any]:
    """Write the file whole or not at all; only its owner may read it."""
    described = describe(ports, secrets, outputs, demo)
    draft = places.stack_file.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(described, file, indent=1, ensure_ascii=False)
    draft.replace(places.stack_file)
    return described


def describe(ports: Ports, secrets: Secrets, outputs: Outputs, demo: Demo) -> dict[str, Any]:
    """The contents of the file."""
    return {
        "shop_url": ports.shop_url,
        "console_url": f"{ports.shop_url}/console",
        "aws_endpoint_url": ports.aws_url,
        "region": REGION,
        "sandbox_url": ports.sandbox_url,
        "stack_name": stack_name(STAGE),
        "bus": outputs["BusName"],
        "tables": meaning.tables(outputs),
        "queues": {key: asdict(urls) for key, urls in meaning.queues(outputs).items()},
        "sandbox_payment_secret": secrets.sandbox_payment,
        "sandbox_courier_secret": secrets.sandbox_courier,
        **asdict(demo),
    }


def tell(described: dict[str, Any]) -> None:
    """Print the addresses and sign-ins."""
    lines = [
        "",
        f"  Shop      {described['shop_url']}/",
        f"  Console   {described['console_url']}",
        f"  Sandbox   {described['sandbox_url']}/  (payment company, courier, refunds)",
        f"  Messages  {described['sandbox_url']}/messages  (mails and codes that were sent)",
        f"  AWS       {described['aws_endpoint_url']}  ({described['region']})",
        "",
        f"  Platform  {described['platform']['email']}  {described['platform']['password']}",
    ]
    lines += [
        f"  Merchant  {one['email']}  {one['password']}  {one['name']}"
        for one in described["merchants"]
    ]
    lines += [f"  Member    {one['email']}  {one['password']}" for one in described["members"]]
    print("\n".join([*lines, ""]), flush=True)
