"""Deploying to the emulator: the same code path as AWS, from nothing, again, and when it cannot."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from chalicelib.aws.settings import settings
from infra import deploy as deploy_module
from infra import house
from infra import outputs as outputs_module
from infra.assets import A_WHILE, FOREVER
from infra.deploy import DeployFailed, deploy
from infra.package import Package
from infra.wiring import QUEUES, STREAM, TABLES

READY_AFTER_S_MAX = 30
MAIL_FROM = "shop@souk.example"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MiniStack on a free port of loopback; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("emulator")
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": "eu-west-1",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], env=environment, stdout=log, stderr=log
        )
        try:
            yield _when_ready(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(20)


def _when_ready(address: str, process: subprocess.Popen) -> str:
    deadline = time.monotonic() + READY_AFTER_S_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_ministack/ready", timeout=1).close()
        except OSError:
            continue
        return address
    raise AssertionError("the emulator does not start")


@pytest.fixture
def account(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point boto3 at the emulator, as a user's environment points it at an account."""
    for name in [name for name in os.environ if name.startswith(("SOUK_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    (folder / "static" / "css").mkdir(parents=True)
    (folder / "static" / "css" / "site.css").write_text("body{}")
    (folder / "static" / "app.0123abcd.js").write_text("1")
    return folder


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def local_stack(
    account: None, packages: dict[str, Package], source: Path, told: list[str]
) -> dict[str, str]:
    """The outputs of the local stack, deployed now or by an earlier test."""
    return deploy(
        "local",
        built=packages["local"],
        source=source,
        progress=told.append,
        parameters={"MailFrom": MAIL_FROM, "ShopUrl": "http://127.0.0.1:8000"},
    )


def variables(stage: str) -> dict[str, str]:
    name = deploy_module.stack_outputs(stage)["APIHandlerName"]
    found = boto3.client("lambda").get_function_configuration(FunctionName=name)
    return found["Environment"]["Variables"]


def stacks() -> set[str]:
    return {one["StackName"] for one in boto3.client("cloudformation").describe_stacks()["Stacks"]}


def test_the_outputs_name_every_table_and_queue(local_stack):
    assert outputs_module.tables(local_stack) == {
        table.room: f"local-souk-{table.room}" for table in TABLES
    }
    queues = outputs_module.queues(local_stack)
    assert set(queues) == {queue.key for queue in QUEUES} | {STREAM.key}
    assert queues["settlement"].url.endswith("/local-souk-settlement-facts")
    assert queues["settlement"].dead_letter_url.endswith("/local-souk-settlement-facts-dead")
    assert queues["outbox-relay"].url == ""


def test_deploying_again_changes_nothing(local_stack, packages, source, told):
    before = variables("local")
    told.clear()
    again = deploy("local", built=packages["local"], source=source, progress=told.append)
    assert told == [
        "uploaded 0 static files",
        "updating the stack local-souk",
        "the stack local-souk is up to date",
    ]
    assert again == local_stack
    assert variables("local") == before
    assert len(before["SOUK_TOKEN_SECRET"]) >= 32


def test_a_parameter_that_is_given_changes_and_the_others_stay(local_stack, packages, source, told):
    before = variables("local")
    changed = {"PictureHosts": "127.0.0.1:9", "ShopUrl": "http://127.0.0.1:8123"}
    deploy(
        "local", built=packages["local"], source=source, progress=told.append, parameters=changed
    )
    assert variables("local") == before | {"SOUK_SHOP_URL": "http://127.0.0.1:8123"}
    assert "update complete: local-souk" in told


def test_static_files_carry_their_type_and_how_long_they_keep(local_stack):
    s3, bucket = boto3.client("s3"), local_stack["StaticBucket"]
    style = s3.head_object(Bucket=bucket, Key="css/site.css")
    assert style["ContentType"] == "text/css; charset=utf-8"
    assert style["CacheControl"] == A_WHILE
    script = s3.head_object(Bucket=bucket, Key="app.0123abcd.js")
    assert script["ContentType"] == "text/javascript; charset=utf-8"
    assert script["CacheControl"] == FOREVER


def test_the_shop_lives_at_cloudfronts_address_until_it_has_its_own(
    account, packages, source, told
):
    outputs = deploy(
        "dev",
        built=packages["dev"],
        source=source,
        progress=told.append,
        parameters={"MailFrom": MAIL_FROM},
    )
    found = variables("dev")
    assert found["SOUK_SHOP_URL"] == f"https://{outputs['DistributionDomain']}"
    assert found["SOUK_MAIL_FROM"] == MAIL_FROM
    own = {"ShopDomain": "shop.example"}
    deploy("dev", built=packages["dev"], source=source, progress=told.append, parameters=own)
    assert variables("dev")["SOUK_SHOP_URL"] == "https://shop.example"


def test_prod_has_no_place_for_sandbox_secrets(account, packages, source, told):
    given = {"MailFrom": MAIL_FROM, "SandboxPaymentSecret": "whsec_x"}
    with pytest.raises(DeployFailed, match="prod has no parameter SandboxPaymentSecret"):
        deploy(
            "prod", built=packages["prod"], source=source, progress=told.append, parameters=given
        )
    assert "prod-souk" not in stacks()


def test_a_new_stack_needs_a_sender(account, packages, source, told):
    with pytest.raises(DeployFailed, match="MailFrom"):
        deploy("prod", built=packages["prod"], source=source, progress=told.append)
    assert "prod-souk" not in stacks()


@pytest.fixture
def name_taken(account: None) -> Iterator[None]:
    """Something that stands in the stack's way, as what outlived a former stack does."""
    cloudfront = boto3.client("cloudfront")
    made = cloudfront.create_function(
        Name="prod-souk-file-keys",
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"function handler(event) { return event.request; }",
    )
    yield
    boto3.client("cloudformation").delete_stack(StackName="prod-souk")
    cloudfront.delete_function(Name="prod-souk-file-keys", IfMatch=made["ETag"])


def test_a_stack_that_fails_is_explained_and_then_named_with_the_way_out(
    name_taken, packages, source, told
):
    def try_it() -> None:
        deploy(
            "prod",
            built=packages["prod"],
            source=source,
            progress=told.append,
            parameters={"MailFrom": MAIL_FROM},
        )

    with pytest.raises(DeployFailed, match=r"(?s)ROLLBACK_COMPLETE.*FileKeys: .*already exists"):
        try_it()
    with pytest.raises(DeployFailed, match="delete-stack --stack-name prod-souk"):
        try_it()


@pytest.fixture
def own_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    settings.cache_clear()


def test_operators_work_with_the_settings_of_the_functions(local_stack, own_environment):
    house.enter("local")
    assert settings().tables["orders"] == local_stack["OrdersTable"]
    assert settings().media_bucket == local_stack["MediaBucket"]
    assert settings().token_secret == variables("local")["SOUK_TOKEN_SECRET"]


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "infra.deploy", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_credentials_is_said_before_anything_is_built():
    done = run_command("dev", AWS_DEFAULT_REGION="eu-west-1", AWS_EC2_METADATA_DISABLED="true")
    assert done.returncode == 1
    assert done.stderr.startswith("No AWS credentials")
    assert done.stdout == ""


def test_no_region_is_said_before_anything_is_built():
    done = run_command("dev", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")
    assert done.returncode == 1
    assert "region" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pair_that_is_none_is_refused():
    done = run_command("dev", "MailFrom", AWS_DEFAULT_REGION="eu-west-1")
    assert done.returncode == 1
    assert "'MailFrom' is not Name=value" in done.stderr
