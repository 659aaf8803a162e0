"""CloudFront before everything: pictures and static files from S3, the rest from the API."""

from typing import Any

from chalicelib.web.addresses import HEADER as LOCALE_HEADER
from infra.stack import gateway, viewer
from infra.stack.cfn import NO_VALUE, Json, att, ref, resource, when
from infra.wiring import MEDIA, STATIC, Bucket

DAY_S = 24 * 3600
YEAR_S = 365 * DAY_S

FIREWALL_REQUESTS_PER_5_MIN = 3000
"""A flood guard for one address. The finer limits of each route are the application's."""

FILES_POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; sandbox"
MAINTENANCE_PAGE = "/static/errors/maintenance.html"
ERRORS_OF_THE_API = (400, 403, 404, 405, 414, 416, 500, 501, 503)
"""Those that CloudFront would keep for ten seconds if it were not told otherwise."""

KEYED_HEADERS = [
    "Accept",
    "Accept-Language",
    "Authorization",
    "HX-Request",
    "X-Cart-Token",
    "X-Purchase-Token",
    LOCALE_HEADER.title(),
]
"""What an answer of the API may depend on besides its address, its query and its cookies."""

STRIP_FIRST_SEGMENT = """function handler(event) {
  var request = event.request;
  request.uri = request.uri.replace(/^\\/[^/]+/, "");
  return request;
}
"""


def resources(stage: str) -> Json:
    """The distribution with its policies, and a firewall where one is asked for."""
    return {
        "Distribution": resource(
            "AWS::CloudFront::Distribution", {"DistributionConfig": _config()}
        ),
        "OriginAccess": resource(
            "AWS::CloudFront::OriginAccessControl",
            {
                "OriginAccessControlConfig": {
                    "Name": f"{stage}-souk",
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        ),
        "FileKeys": _function(
            f"{stage}-souk-file-keys",
            "/static/css/a.css is the object css/a.css",
            STRIP_FIRST_SEGMENT,
        ),
        "Viewer": _function(
            f"{stage}-souk-viewer", "Who is asking, and in which language", viewer.code()
        ),
        "FilesCachePolicy": _cache_policy(f"{stage}-souk-files", DAY_S, {}),
        "PagesCachePolicy": _cache_policy(
            f"{stage}-souk-pages",
            0,
            {
                "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": KEYED_HEADERS},
                "CookiesConfig": {"CookieBehavior": "all"},
                "QueryStringsConfig": {"QueryStringBehavior": "all"},
            },
        ),
        "PagesRequestPolicy": _everything_but_host(f"{stage}-souk-pages"),
        "FilesHeaders": _file_headers(f"{stage}-souk-files"),
        "Firewall": _firewall(f"{stage}-souk"),
    }


def _function(name: str, purpose: str, code: str) -> Json:
    return resource(
        "AWS::CloudFront::Function",
        {
            "Name": name,
            "AutoPublish": True,
            "FunctionCode": code,
            "FunctionConfig": {"Comment": purpose, "Runtime": "cloudfront-js-2.0"},
        },
    )


def _on_request(function_id: str) -> list[Json]:
    arn = att(function_id, "FunctionMetadata.FunctionARN")
    return [{"EventType": "viewer-request", "FunctionARN": arn}]


def _config() -> Json:
    return {
        "Enabled": True,
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "PriceClass": "PriceClass_All",
        "Aliases": when("HasShopDomain", [ref("ShopDomain")], NO_VALUE),
        "ViewerCertificate": when(
            "HasShopDomain",
            {
                "AcmCertificateArn": ref("ShopCertificateArn"),
                "MinimumProtocolVersion": "TLSv1.2_2021",
                "SslSupportMethod": "sni-only",
            },
            {"CloudFrontDefaultCertificate": True},
        ),
        "WebACLId": when(
            "HasFirewall", att("Firewall", "Arn"), when("HasWebAclArn", ref("WebAclArn"), NO_VALUE)
        ),
        "Origins": [gateway.origin(), _bucket_origin(STATIC), _bucket_origin(MEDIA)],
        "DefaultCacheBehavior": {
            "TargetOriginId": "api",
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
            "Compress": True,
            "CachePolicyId": ref("PagesCachePolicy"),
            "OriginRequestPolicyId": ref("PagesRequestPolicy"),
            "FunctionAssociations": _on_request("Viewer"),
        },
        "CacheBehaviors": [
            _files("/static/*", STATIC),
            _files("/media/*", MEDIA),
            _files("/sitemap*", MEDIA, is_rooted=True),
        ],
        "CustomErrorResponses": _errors(),
    }


def _bucket_origin(bucket: Bucket) -> Json:
    return {
        "Id": bucket.purpose,
        "DomainName": att(bucket.logical_id, "RegionalDomainName"),
        "OriginAccessControlId": att("OriginAccess", "Id"),
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }


def _errors() -> list[Json]:
    """Nothing that went wrong is kept: what is not there may be there at the next call.

    502 and 504 are CloudFront's own word that the API cannot be reached (the gateway and the
    application answer 500 and 503 themselves); a page from S3 says so.
    """
    kept = [{"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in ERRORS_OF_THE_API]
    unreached = [
        {
            "ErrorCode": code,
            "ErrorCachingMinTTL": 0,
            "ResponseCode": "503",
            "ResponsePagePath": MAINTENANCE_PAGE,
        }
        for code in (502, 504)
    ]
    return [*kept, *unreached]


def _files(path: str, bucket: Bucket, *, is_rooted: bool = False) -> Json:
    """Files of a bucket: its keys are the paths, without their first segment unless `is_rooted`."""
    found = {
        "PathPattern": path,
        "TargetOriginId": bucket.purpose,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": ["GET", "HEAD"],
        "Compress": True,
        "CachePolicyId": ref("FilesCachePolicy"),
        "ResponseHeadersPolicyId": ref("FilesHeaders"),
    }
    return found if is_rooted else {**found, "FunctionAssociations": _on_request("FileKeys")}


def _cache_policy(name: str, default_s: int, keyed_by: Json) -> Json:
    """The origin's Cache-Control decides; `default_s` holds where it says nothing."""
    nothing: dict[str, Any] = {
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    return resource(
        "AWS::CloudFront::CachePolicy",
        {
            "CachePolicyConfig": {
                "Name": name,
                "MinTTL": 0,
                "DefaultTTL": default_s,
                "MaxTTL": YEAR_S,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "EnableAcceptEncodingGzip": True,
                    "EnableAcceptEncodingBrotli": True,
                    **nothing,
                    **keyed_by,
                },
            }
        },
    )


def _everything_but_host(name: str) -> Json:
    """API Gateway routes by Host, so the viewer's must not reach it; all else does."""
    return resource(
        "AWS::CloudFront::OriginRequestPolicy",
        {
            "OriginRequestPolicyConfig": {
                "Name": name,
                "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["Host"]},
                "CookiesConfig": {"CookieBehavior": "all"},
                "QueryStringsConfig": {"QueryStringBehavior": "all"},
            }
        },
    )


def _file_headers(name: str) -> Json:
    return resource(
        "AWS::CloudFront::ResponseHeadersPolicy",
        {
            "ResponseHeadersPolicyConfig": {
                "Name": name,
                "SecurityHeadersConfig": {
                    "ContentTypeOptions": {"Override": True},
                    "StrictTransportSecurity": {
                        "AccessControlMaxAgeSec": YEAR_S,
                        "IncludeSubdomains": True,
                        "Override": True,
                    },
                    "ContentSecurityPolicy": {
                        "ContentSecurityPolicy": FILES_POLICY,
                        "Override": True,
                    },
                },
                "CustomHeadersConfig": {
                    "Items": [
                        {
                            "Header": "Cross-Origin-Resource-Policy",
                            "Value": "same-origin",
                            "Override": True,
                        }
                    ]
                },
            }
        },
    )


def _firewall(name: str) -> Json:
    visibility = {
        "SampledRequestsEnabled": True,
        "CloudWatchMetricsEnabled": True,
        "MetricName": name,
    }
    return resource(
        "AWS::WAFv2::WebACL",
        {
            "Name": name,
            "Scope": "CLOUDFRONT",
            "DefaultAction": {"Allow": {}},
            "VisibilityConfig": visibility,
            "Rules": [
                {
                    "Name": "one-address",
                    "Priority": 0,
                    "Action": {
                        "Block": {
                            "CustomResponse": {
                                "ResponseCode": 429,
                                "ResponseHeaders": [{"Name": "Retry-After", "Value": "300"}],
                            }
                        }
                    },
                    "Statement": {
                        "RateBasedStatement": {
                            "Limit": FIREWALL_REQUESTS_PER_5_MIN,
                            "AggregateKeyType": "IP",
                        }
                    },
                    "VisibilityConfig": {**visibility, "MetricName": f"{name}-one-address"},
                }
            ],
        },
        Condition="HasFirewall",
    )
