"""CloudFront: files from S3, everything else from the API, nothing cached that did not ask for it."""

import re
from pathlib import Path

from infra.stack import viewer
from infra.stack.edge import MAINTENANCE_PAGE, STRIP_FIRST_SEGMENT
from infra.stack.gateway import gateway_responses

ROOT = Path(__file__).resolve().parents[2]


def distribution(resources: dict) -> dict:
    return resources["Distribution"]["Properties"]["DistributionConfig"]


def test_files_come_from_their_buckets_and_the_rest_from_the_api(resources: dict):
    config = distribution(resources)
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == "api"
    assert {one["PathPattern"]: one["TargetOriginId"] for one in config["CacheBehaviors"]} == {
        "/static/*": "static",
        "/media/*": "media",
        "/sitemap*": "media",
    }
    assert [one["Id"] for one in config["Origins"]] == ["api", "static", "media"]


def test_buckets_are_read_with_the_distributions_own_signature(resources: dict):
    for origin in distribution(resources)["Origins"][1:]:
        assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["OriginAccess", "Id"]}


def test_an_answer_of_the_api_is_kept_only_if_it_says_so(resources: dict):
    config = distribution(resources)
    assert config["DefaultCacheBehavior"]["CachePolicyId"] == {"Ref": "PagesCachePolicy"}
    policy = resources["PagesCachePolicy"]["Properties"]["CachePolicyConfig"]
    assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
    keyed = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert keyed["CookiesConfig"] == {"CookieBehavior": "all"}
    assert keyed["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert {"Authorization", "X-Cart-Token", "X-Purchase-Token", "X-Souk-Locale"} <= set(
        keyed["HeadersConfig"]["Headers"]
    )


def test_nothing_that_went_wrong_is_kept(resources: dict):
    told = distribution(resources)["CustomErrorResponses"]
    assert {one["ErrorCachingMinTTL"] for one in told} == {0}
    assert {404, 500, 502, 503, 504} <= {one["ErrorCode"] for one in told}


def test_a_page_from_s3_says_that_the_api_cannot_be_reached(resources: dict):
    told = distribution(resources)["CustomErrorResponses"]
    pages = {one["ErrorCode"]: one["ResponsePagePath"] for one in told if "ResponsePagePath" in one}
    assert pages == {502: MAINTENANCE_PAGE, 504: MAINTENANCE_PAGE}
    assert (ROOT / MAINTENANCE_PAGE.removeprefix("/")).is_file()
    own = {answer["StatusCode"] for answer in gateway_responses().values()}
    assert not own & set(pages), "what the gateway says to programs would be hidden"


def test_the_viewers_host_does_not_reach_the_api(resources: dict):
    config = resources["PagesRequestPolicy"]["Properties"]["OriginRequestPolicyConfig"]
    assert config["HeadersConfig"] == {"HeaderBehavior": "allExcept", "Headers": ["Host"]}


def test_the_api_learns_the_viewers_address_from_cloudfront_alone(resources: dict):
    config = distribution(resources)
    assert config["DefaultCacheBehavior"]["FunctionAssociations"] == [
        {
            "EventType": "viewer-request",
            "FunctionARN": {"Fn::GetAtt": ["Viewer", "FunctionMetadata.FunctionARN"]},
        }
    ]
    assert resources["Viewer"]["Properties"]["FunctionCode"] == viewer.code()
    assert config["Origins"][0]["OriginCustomHeaders"] == [
        {"HeaderName": "X-Souk-Edge", "HeaderValue": {"Ref": "EdgeSecret"}}
    ]


def test_the_object_is_named_after_what_follows_the_first_segment():
    pattern = re.search(r"replace\((/.+/), \"\"\)", STRIP_FIRST_SEGMENT)
    assert pattern is not None
    script = pattern[1].strip("/").replace("\\/", "/")
    assert re.sub(script, "", "/static/css/a.css") == "/css/a.css"
    assert re.sub(script, "", "/media/pic/1.webp") == "/pic/1.webp"


def test_the_firewall_is_asked_for_and_only_where_it_can_stand(template: dict):
    assert template["Resources"]["Firewall"]["Condition"] == "HasFirewall"
    assert template["Parameters"]["FirewallWanted"]["Default"] == "no"
    (rule,) = template["Resources"]["Firewall"]["Properties"]["Rules"]
    assert rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    assert rule["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
