"""What Souk says about itself: its health and its contract."""

from functools import cache

import msgspec
from chalice import Blueprint

from chalicelib.aws.settings import settings
from chalicelib.web.endpoint import Answer, endpoint
from chalicelib.web.openapi import document

bp = Blueprint(__name__)
CONTRACT_MAX_AGE_S = 300


class Health(msgspec.Struct):
    status: str
    version: str
    stage: str


@endpoint(bp, "GET", "/api/v1/health", summary="Whether Souk answers", tag="about", answer=Health)
def health(_request: object) -> Health:
    return Health("ok", settings().version, settings().stage)


@endpoint(bp, "GET", "/api/v1/openapi.json", summary="This contract", tag="about", answer=dict)
def contract(_request: object) -> Answer:
    return Answer(_contract(), headers={"Cache-Control": f"public, max-age={CONTRACT_MAX_AGE_S}"})


@cache
def _contract() -> str:
    routes = bp.current_app.routes  # type: ignore[attr-defined]
    described = document(routes, version=settings().version, url=settings().shop_url)
    return msgspec.json.encode(described).decode()
