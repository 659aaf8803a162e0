"""The packaged templates of all stages, made once: without libraries, which no template mentions."""

import json

import pytest

from infra.package import Package, package
from infra.wiring import STAGES


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    root = tmp_path_factory.mktemp("packages")
    return {
        stage: package(stage, target=root / stage, has_libraries=False, progress=lambda _: None)
        for stage in STAGES
    }


@pytest.fixture(scope="session")
def templates(packages: dict[str, Package]) -> dict[str, dict]:
    return {stage: json.loads(made.template.read_text()) for stage, made in packages.items()}


@pytest.fixture(params=STAGES)
def template(request: pytest.FixtureRequest, templates: dict[str, dict]) -> dict:
    """The packaged template of each stage in turn."""
    return templates[request.param]


@pytest.fixture
def resources(template: dict) -> dict[str, dict]:
    return template["Resources"]
