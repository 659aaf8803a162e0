"""Every function of every stage gets settings that the code accepts, and no more than it needs."""

import json
from typing import Any

import pytest

from chalicelib.aws import settings
from infra.package import ROOT
from infra.stack.functions import OPTIONAL_SETTINGS, SANDBOX_ONLY, SHOP_GROUPS
from infra.template import SECRETS
from infra.wiring import FUNCTIONS, SANDBOX_STAGES, STAGES, Function

LAMBDA_ENVIRONMENT_BYTES_MAX = 4096
NAMES = ("TableName", "QueueName", "BucketName", "Name")


def environment(template: dict, declared: Function, given: dict[str, str]) -> dict[str, str]:
    """The variables of a function, as CloudFormation would fill them in."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    own = template["Resources"][declared.logical_id]["Properties"]["Environment"]["Variables"]
    values = {key: _resolve(template, value, given) for key, value in (shared | own).items()}
    return {key: value for key, value in values.items() if value is not None}


def _resolve(template: dict, value: Any, given: dict[str, str]) -> str | None:
    match value:
        case str():
            return value
        case {"Ref": "AWS::NoValue"}:
            return None
        case {"Ref": name} if name in template["Parameters"]:
            return given.get(name) or template["Parameters"][name].get("Default", "")
        case {"Ref": name}:
            properties = template["Resources"][name]["Properties"]
            named = next(properties[key] for key in NAMES if key in properties)
            return named if isinstance(named, str) else named["Fn::Sub"]
        case {"Fn::If": [condition, then, otherwise]}:
            is_true = bool(given.get(condition.removeprefix("Has")))
            return _resolve(template, then if is_true else otherwise, given)
    raise AssertionError(value)


def everything(template: dict) -> dict[str, str]:
    """A value for every parameter, longer than a real one."""
    return {name: f"https://{name}.example/{'x' * 60}" for name in template["Parameters"]}


@pytest.mark.parametrize("declared", FUNCTIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("stage", STAGES)
def test_the_code_accepts_what_a_function_gets(stage, declared, templates):
    given = {"MailFrom": "shop@souk.example", "TokenSecret": "s" * 48, "Version": "1"}
    found = settings.load(environment(templates[stage], declared, given))
    assert found.stage == stage
    assert found.mail_from == "shop@souk.example"
    assert found.tables["orders"] == f"{stage}-souk-orders"
    assert found.sandbox_payment_secret == ""


@pytest.mark.parametrize("declared", FUNCTIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("stage", STAGES)
def test_provider_secrets_reach_only_those_who_speak_to_providers(stage, declared, templates):
    found = environment(templates[stage], declared, everything(templates[stage]))
    secret = {name for name in found if "STRIPE" in name or "SANDBOX" in name} - {"SOUK_STRIPE_URL"}
    if declared.group not in SHOP_GROUPS:
        assert secret == set()
    else:
        assert {"SOUK_STRIPE_KEY", "SOUK_STRIPE_WEBHOOK_SECRET"} <= secret
        assert ("SOUK_SANDBOX_PAYMENT_SECRET" in secret) is (stage in SANDBOX_STAGES)


def test_prod_knows_no_sandbox_at_all(templates):
    text = json.dumps(templates["prod"])
    for name in SANDBOX_ONLY:
        assert name not in text
    assert "SANDBOX" not in text


@pytest.mark.parametrize("declared", FUNCTIONS, ids=lambda one: one.name)
def test_the_environment_fits_into_what_lambda_allows(declared, templates):
    for template in templates.values():
        found = environment(template, declared, everything(template))
        size = sum(len(key) + len(value) for key, value in found.items())
        assert size < LAMBDA_ENVIRONMENT_BYTES_MAX


def test_secrets_are_never_shown_and_stand_in_no_file(template):
    for name in SECRETS:
        if name in template["Parameters"]:
            assert template["Parameters"][name]["NoEcho"] is True
    committed = json.loads((ROOT / ".chalice" / "config.json").read_text())
    variables = committed["environment_variables"] | {
        key: value
        for stage in committed["stages"].values()
        for key, value in stage["environment_variables"].items()
    }
    assert not [name for name in variables if "SECRET" in name or name.endswith("_KEY")]


def test_every_optional_setting_is_one_that_the_code_reads():
    code = (ROOT / "chalicelib" / "aws" / "settings.py").read_text()
    for name in OPTIONAL_SETTINGS:
        assert f'"{name}"' in code


def test_every_stage_names_itself_and_every_function_has_a_policy():
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    assert config["autogen_policy"] is False
    assert {
        stage: one["environment_variables"]["SOUK_STAGE"] for stage, one in config["stages"].items()
    } == {stage: stage for stage in STAGES}
    assert config["lambda_functions"] == {
        one.name: {
            "iam_policy_file": one.policy_file,
            "lambda_timeout": one.timeout_s,
            "lambda_memory_size": one.memory_mb,
        }
        for one in FUNCTIONS
    }
