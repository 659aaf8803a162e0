"""The contract page: valid OpenAPI 3.1, and every API route is on it."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.makers.http import Http


@pytest.mark.usefixtures("stage")
def test_the_page_validates() -> None:
    described = Http().get("/api/v1/openapi.json").json()
    OpenAPIV31SpecValidator(described).validate()


@pytest.mark.usefixtures("stage")
def test_every_api_route_is_described() -> None:
    http = Http()
    described = http.get("/api/v1/openapi.json").json()["paths"]
    routes = {
        (route, method.lower())
        for route, methods in http.app.routes.items()
        if route.startswith(("/api/", "/webhooks/"))
        for method in methods
    }
    assert routes == {(path, method) for path, methods in described.items() for method in methods}


@pytest.mark.usefixtures("stage")
def test_another_method_is_refused_as_a_problem() -> None:
    reply = Http().post("/api/v1/health", {})
    assert reply.status == 405
    assert reply.json()["code"] == "request.method_not_allowed"
    assert reply.headers["allow"] == "GET"


@pytest.mark.usefixtures("stage")
def test_unknown_query_parameters_are_refused() -> None:
    reply = Http().get("/api/v1/health?x=1")
    assert reply.status == 400
    assert reply.json()["code"] == "request.malformed"
