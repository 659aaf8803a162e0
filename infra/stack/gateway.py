"""The REST API's own manners: its refusals, its throttle, its address."""

import json
from dataclasses import dataclass

from chalicelib.kernel.errors import (
    Busy,
    Malformed,
    NotFound,
    Refusal,
    TooLarge,
    TooManyRequests,
    UnsupportedMedia,
)
from infra.stack.cfn import Json, ref, resource, sub, when
from infra.wiring import API_STAGE

API_STAGE_ID = f"RestAPI{API_STAGE}Stage"
"""The logical id that the SAM transform gives to the API's stage."""

EDGE_HEADER = "X-Souk-Edge"
"""Proves to the application that CloudFront asks, so that its word on the viewer can be believed."""

RATE_PER_S = 200
BURST = 400
RETRY_AFTER_S = 5
PROBLEM_TYPE_PREFIX = "https://souk.example/problems/"


@dataclass(frozen=True, slots=True)
class GatewayRefusal:
    """An answer that API Gateway gives without asking the application. It says nothing of the inside."""

    status: int
    code: str
    title: str
    detail: str

    @property
    def headers(self) -> dict[str, str]:
        """All but X-Request-Id, which every request has its own of."""
        headers = {
            "Content-Type": "application/problem+json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if self.status in {429, 503}:
            headers["Retry-After"] = str(RETRY_AFTER_S)
        return headers

    def body(self, request_id: str) -> str:
        return json.dumps(
            {
                "type": PROBLEM_TYPE_PREFIX + self.code,
                "title": self.title,
                "status": self.status,
                "detail": self.detail,
                "code": self.code,
                "request_id": request_id,
            }
        )


def _like(refusal: type[Refusal], detail: str, *, status: int | None = None) -> GatewayRefusal:
    """The gateway's word for what the application refuses in the same sense."""
    return GatewayRefusal(status or refusal.status, refusal.code, refusal.title, detail)


NOT_FOUND = _like(NotFound, "There is nothing at this address.")
TOO_MANY = _like(TooManyRequests, "Slow down and try again shortly.")
UNREACHED = _like(Busy, "The shop could not answer just now.")

REFUSALS = {
    "MISSING_AUTHENTICATION_TOKEN": NOT_FOUND,
    "INVALID_SIGNATURE": NOT_FOUND,
    "EXPIRED_TOKEN": NOT_FOUND,
    "RESOURCE_NOT_FOUND": NOT_FOUND,
    "REQUEST_TOO_LARGE": _like(TooLarge, "A request may have 10 MB at most."),
    "UNSUPPORTED_MEDIA_TYPE": _like(UnsupportedMedia, "Send another Content-Type."),
    "THROTTLED": TOO_MANY,
    "QUOTA_EXCEEDED": TOO_MANY,
    "WAF_FILTERED": TOO_MANY,
    "INTEGRATION_FAILURE": UNREACHED,
    "INTEGRATION_TIMEOUT": _like(Busy, "The shop took too long to answer."),
    "DEFAULT_4XX": _like(Malformed, "The gateway could not make sense of the request."),
    "DEFAULT_5XX": UNREACHED,
}
"""API Gateway's response types. It takes an unknown path for a call to itself that lacks AWS's own
signature, or, where there is an Authorization header, has a wrong one."""


def resources(stage: str) -> Json:
    """Overrides for Chalice's `RestAPI`, and a custom domain where one is asked for."""
    return {
        "RestAPI": {
            "Properties": {
                # Alarms find the API by this name, so it must differ between stages.
                "DefinitionBody": {"info": {"title": f"{stage}-souk"}},
                "GatewayResponses": gateway_responses(),
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "ThrottlingRateLimit": RATE_PER_S,
                        "ThrottlingBurstLimit": BURST,
                        "MetricsEnabled": True,
                    }
                ],
            }
        },
        "ApiDomain": resource(
            "AWS::ApiGateway::DomainName",
            {
                "DomainName": ref("ApiDomainName"),
                "RegionalCertificateArn": ref("ApiCertificateArn"),
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
                "SecurityPolicy": "TLS_1_2",
            },
            Condition="HasApiDomainName",
        ),
        "ApiDomainMapping": resource(
            "AWS::ApiGateway::BasePathMapping",
            {
                "DomainName": ref("ApiDomain"),
                "RestApiId": ref("RestAPI"),
                "Stage": ref(API_STAGE_ID),
            },
            Condition="HasApiDomainName",
        ),
    }


def origin() -> Json:
    """Where CloudFront finds the API: its custom domain, else the address AWS gives it."""
    return {
        "Id": "api",
        "DomainName": when(
            "HasApiDomainName",
            ref("ApiDomainName"),
            sub("${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}"),
        ),
        "OriginPath": when("HasApiDomainName", "", f"/{API_STAGE}"),
        "CustomOriginConfig": {
            "OriginProtocolPolicy": "https-only",
            "OriginSSLProtocols": ["TLSv1.2"],
            "OriginReadTimeout": 30,
        },
        "OriginCustomHeaders": [{"HeaderName": EDGE_HEADER, "HeaderValue": ref("EdgeSecret")}],
    }


def gateway_responses() -> Json:
    """The gateway's own answers in the shape of every other refusal (RFC 9457)."""
    return {
        kind: {
            "StatusCode": refusal.status,
            "ResponseParameters": {
                "Headers": {name: f"'{value}'" for name, value in refusal.headers.items()}
                | {"X-Request-Id": "context.requestId"}
            },
            "ResponseTemplates": {"application/json": refusal.body("$context.requestId")},
        }
        for kind, refusal in REFUSALS.items()
    }
