"""The packaged template as a whole: what a merge can silently get wrong, and what a linter sees."""

import json
import subprocess
import sys
from pathlib import Path

from app import app
from chalicelib.web import errors
from infra import template as template_module
from infra.stack import gateway
from infra.wiring import STAGES

API_RESOURCES_MAX = 300
TEMPLATE_BYTES_MAX = 1_000_000


def test_every_resource_has_a_type(resources: dict):
    """An override whose logical id meets nothing would stand there without one."""
    assert [name for name, one in resources.items() if not one.get("Type")] == []


def test_cfn_lint_finds_nothing(packages: dict):
    """In production's template, which has all that the others have."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(packages["prod"].template)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_all_stages_have_the_same_resources(templates: dict):
    made = {
        stage: {name: one["Type"] for name, one in template["Resources"].items()}
        for stage, template in templates.items()
    }
    assert made["dev"] == made["prod"]
    assert made["local"].items() <= made["prod"].items()


def test_the_template_fits_into_a_change_set(packages: dict):
    for made in packages.values():
        assert made.template.stat().st_size < TEMPLATE_BYTES_MAX


def test_the_same_stage_gives_the_same_template():
    for stage in STAGES:
        first, second = template_module.build(stage), template_module.build(stage)
        assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def test_parameters_are_used(template: dict):
    rest = json.dumps({key: value for key, value in template.items() if key != "Parameters"})
    for name in template["Parameters"]:
        assert f'{{"Ref": "{name}"}}' in rest or f"${{{name}}}" in rest, name


def test_the_api_is_regional_and_named_after_its_stage(templates: dict):
    for stage, template in templates.items():
        api = template["Resources"]["RestAPI"]["Properties"]
        assert api["EndpointConfiguration"] == "REGIONAL"
        assert api["StageName"] == "api"
        assert api["DefinitionBody"]["info"]["title"] == f"{stage}-souk"
        (alarm,) = [
            one["Properties"]
            for one in template["Resources"].values()
            if one.get("Properties", {}).get("MetricName") == "5XXError"
        ]
        assert {"Name": "ApiName", "Value": f"{stage}-souk"} in alarm["Dimensions"]


def test_the_functions_have_the_time_that_their_callers_give_them(resources: dict):
    handler = resources["APIHandler"]["Properties"]
    assert (handler["Timeout"], handler["MemorySize"]) == (28, 1024)
    assert resources["CatalogOnImport"]["Properties"]["Timeout"] == 300
    assert resources["SettlementOnFact"]["Properties"]["Timeout"] == 30


def test_log_groups_are_those_of_the_functions(resources: dict):
    for name, one in resources.items():
        if one["Type"] == "AWS::Logs::LogGroup":
            owner = one["Properties"]["LogGroupName"]["Fn::Sub"].removeprefix("/aws/lambda/")
            assert resources[owner.strip("${}")]["Type"] == "AWS::Serverless::Function", name


def test_the_gateways_own_refusals_are_problems(resources: dict):
    answers = resources["RestAPI"]["Properties"]["GatewayResponses"]
    assert set(answers) == set(gateway.REFUSALS)
    for answer in answers.values():
        problem = json.loads(answer["ResponseTemplates"]["application/json"])
        assert set(problem) == {"type", "title", "status", "detail", "code", "request_id"}
        assert problem["status"] == answer["StatusCode"]
        assert problem["type"] == errors.TYPE_PREFIX + problem["code"]
        assert problem["request_id"] == "$context.requestId"
        headers = answer["ResponseParameters"]["Headers"]
        assert headers["X-Request-Id"] == "context.requestId"
        assert headers["Content-Type"] == "'application/problem+json'"
        assert ("Retry-After" in headers) is (problem["status"] in {429, 503})


def test_the_gateways_codes_are_those_of_the_application():
    codes = {kind: (one.status, one.code) for kind, one in gateway.REFUSALS.items()}
    assert codes["MISSING_AUTHENTICATION_TOKEN"] == (404, "request.not_found")
    assert codes["REQUEST_TOO_LARGE"] == (413, "request.too_large")
    assert codes["THROTTLED"] == (429, "request.too_many")
    assert codes["INTEGRATION_TIMEOUT"] == (503, "request.busy")
    assert codes["DEFAULT_5XX"] == (503, "request.busy")


def test_the_paths_fit_into_one_api():
    """Every node of every path is a resource of the API, the root too."""
    nodes = {"/"}
    for path in app.routes:
        parts = path.strip("/").split("/")
        nodes |= {"/".join(parts[: count + 1]) for count in range(len(parts))}
    assert len(nodes) < API_RESOURCES_MAX


def test_a_path_has_one_variable_name_at_each_place():
    """API Gateway refuses `/a/{id}` beside `/a/{other}/x`; Chalice does not notice."""
    variables: dict[str, set[str]] = {}
    for path in app.routes:
        parts = path.strip("/").split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                variables.setdefault("/".join(parts[:place]), set()).add(part)
    assert {parent: names for parent, names in variables.items() if len(names) > 1} == {}
