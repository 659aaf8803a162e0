"""The REST API's own manners: its refusals, its throttle, its address."""

import json

from infra.stack.cfn import Json, ref, resource, sub, when
from infra.wiring import API_STAGE

API_STAGE_ID = f"RestAPI{API_STAGE}Stage"
"""The logical id that the SAM transform gives to the API's stage."""

RATE_PER_S = 200
BURST = 400
RETRY_AFTER_S = 5

# Gateway response type -> status, code, title, detail. The details say nothing of the inside.
REFUSALS: dict[str, tuple[int, str, str, str]] = {
    "MISSING_AUTHENTICATION_TOKEN": (
        404,
        "web.not_found",
        "Not found",
        "There is nothing at this address.",
    ),
    "RESOURCE_NOT_FOUND": (
        404,
        "web.not_found",
        "Not found",
        "There is nothing at this address.",
    ),
    "REQUEST_TOO_LARGE": (
        413,
        "web.too_large",
        "Too large",
        "The request is larger than 10 MB.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": (
        415,
        "web.unsupported_media_type",
        "Unsupported media type",
        "This address does not take that media type.",
    ),
    "THROTTLED": (
        429,
        "web.too_many_requests",
        "Too many requests",
        "Slow down and try again shortly.",
    ),
    "QUOTA_EXCEEDED": (
        429,
        "web.too_many_requests",
        "Too many requests",
        "Slow down and try again shortly.",
    ),
    "WAF_FILTERED": (
        429,
        "web.too_many_requests",
        "Too many requests",
        "Slow down and try again shortly.",
    ),
    "INTEGRATION_FAILURE": (
        503,
        "web.try_again",
        "Try again",
        "The shop could not answer just now.",
    ),
    "INTEGRATION_TIMEOUT": (
        504,
        "web.try_again",
        "Try again",
        "The shop took too long to answer.",
    ),
    "DEFAULT_4XX": (
        400,
        "web.bad_request",
        "Bad request",
        "The request could not be understood.",
    ),
    "DEFAULT_5XX": (
        503,
        "web.try_again",
        "Try again",
        "The shop could not answer just now.",
    ),
}


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
    }


def gateway_responses() -> Json:
    """The gateway's own answers in the shape of every other refusal (RFC 9457)."""
    return {
        kind: {
            "StatusCode": status,
            "ResponseParameters": {"Headers": _headers(status)},
            "ResponseTemplates": {"application/json": _problem(status, code, title, detail)},
        }
        for kind, (status, code, title, detail) in REFUSALS.items()
    }


def _headers(status: int) -> dict[str, str]:
    headers = {
        "Content-Type": "'application/problem+json'",
        "X-Request-Id": "context.requestId",
        "Cache-Control": "'no-store'",
        "X-Content-Type-Options": "'nosniff'",
    }
    if status in {429, 503, 504}:
        headers["Retry-After"] = f"'{RETRY_AFTER_S}'"
    return headers


def _problem(status: int, code: str, title: str, detail: str) -> str:
    return json.dumps(
        {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": "$context.requestId",
        }
    )
