"""Whose address a request has: CloudFront's word counts only with CloudFront's secret."""

from types import SimpleNamespace

import pytest

from chalicelib.web import request as request_module
from chalicelib.web.request import Request

SECRET = "edge secret of the tests"


def address(**headers: str) -> str:
    raw = SimpleNamespace(
        method="GET",
        path="/",
        context={"path": "/", "identity": {"sourceIp": "198.51.100.7"}},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        query_params=None,
        raw_body=b"",
    )
    return Request(raw, path_params={}).address


@pytest.fixture
def edge(monkeypatch):
    settings = SimpleNamespace(edge_secret=SECRET)
    monkeypatch.setattr(request_module, "settings", lambda: settings)
    return settings


def test_the_viewer_that_cloudfront_names_is_the_caller(edge):
    assert address(x_souk_edge=SECRET, x_viewer_address="203.0.113.5") == "203.0.113.5"


@pytest.mark.parametrize("given", ["", "edge secret", SECRET + "x", "密"])
def test_without_the_secret_the_gateways_word_counts(edge, given):
    assert address(x_souk_edge=given, x_viewer_address="203.0.113.5") == "198.51.100.7"


def test_a_stack_without_cloudfront_believes_no_header(edge):
    edge.edge_secret = ""
    assert address(x_souk_edge="", x_viewer_address="203.0.113.5") == "198.51.100.7"
