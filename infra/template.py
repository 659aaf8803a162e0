"""The merge template: everything `chalice package` cannot know, as one JSON document a stage."""

from infra.stack import alarms, edge, functions, gateway, messaging, storage
from infra.stack.cfn import Json, is_set, ref
from infra.wiring import BUCKETS, QUEUES, SANDBOX_STAGES, STREAM, TABLES

REQUIRED = ("MailFrom", "TokenSecret")
MADE_UP = ("TokenSecret", "EdgeSecret")
"""Secrets that nobody outside needs to know: a new stack that is given none gets random ones."""

SECRETS = (
    *MADE_UP,
    "StripeKey",
    "StripeWebhookSecret",
    "Logins",
    "SandboxPaymentSecret",
    "SandboxCourierSecret",
)
UNCONDITIONAL = ("Version", "FirewallWanted", "ShopCertificateArn", "ApiCertificateArn")
"""Optional parameters that no condition of their own depends on."""

SECRET_LENGTH_MIN = 32
NO_CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/none"

DESCRIPTIONS = {
    "Version": "What /api/v1/health reports",
    "MailFrom": "Sender of mails; the address or its domain is verified in SES",
    "TokenSecret": "Signs cart and purchase tokens, cursors and form tokens",
    "EdgeSecret": "Proves to the API that CloudFront is asking",
    "ShopUrl": "Public address of the shop, without a slash at the end",
    "ShopDomain": "Domain of the shop, if it has one of its own",
    "ShopCertificateArn": "Certificate for ShopDomain, in us-east-1",
    "ApiDomainName": "Domain of the API behind CloudFront, if it has one of its own",
    "ApiCertificateArn": "Certificate for ApiDomainName, in the stack's region",
    "WebAclArn": "A web ACL of your own, instead of the built-in firewall",
    "FirewallWanted": "yes for the built-in rate limit; only a stack in us-east-1 can have it",
    "AlarmAddress": "Who gets a mail when an alarm goes off",
    "PictureHosts": "host:port pairs exempt from the private-address guard; development only",
    "StripeKey": "Secret key of Stripe; empty for none",
    "StripeWebhookSecret": "Signing secret of Stripe's webhook endpoint",
    "StripeUrl": "Another address for Stripe's API; development only",
    "Logins": "Companies that sign people in, as JSON: see docs/operations.md; empty for none",
    "SandboxUrl": "Where the sandbox payment company and courier have their pages",
    "SandboxPaymentSecret": "whsec_ secret of the sandbox payment company; empty for none",
    "SandboxCourierSecret": "whsec_ secret of the sandbox courier; empty for none",
}


def build(stage: str) -> Json:
    """The whole merge template of a stage; pure, so the same stage gives the same document."""
    resources: Json = {}
    for part in (storage, messaging, functions, gateway, edge, alarms):
        for logical_id, value in part.resources(stage).items():
            assert logical_id not in resources, f"{logical_id} is declared twice"
            resources[logical_id] = value
    return {
        "Parameters": parameters(stage),
        "Conditions": conditions(stage),
        "Globals": {"Function": {"Environment": {"Variables": functions.shared_settings()}}},
        "Resources": resources,
        "Outputs": outputs(),
    }


def parameters(stage: str) -> Json:
    """What differs between accounts. A stage with real money has no place for sandbox secrets."""
    return {
        name: _parameter(name, description)
        for name, description in DESCRIPTIONS.items()
        if stage in SANDBOX_STAGES or name not in functions.SANDBOX_ONLY
    }


def conditions(stage: str) -> Json:
    """`Has<Parameter>` for every optional parameter, and the firewall's."""
    found: Json = {
        f"Has{name}": is_set(name)
        for name in parameters(stage)
        if name not in {*REQUIRED, *UNCONDITIONAL}
    }
    found["HasFirewall"] = {
        "Fn::And": [
            {"Fn::Equals": [ref("FirewallWanted"), "yes"]},
            {"Fn::Equals": [ref("AWS::Region"), "us-east-1"]},
        ]
    }
    return found


def outputs() -> Json:
    """Names that operators and the local stack need; `infra.outputs` reads them back."""
    found: Json = {"BusName": ref("Bus"), "DistributionId": ref("Distribution")}
    found["DistributionDomain"] = {"Fn::GetAtt": ["Distribution", "DomainName"]}
    found |= {table.logical_id: ref(table.logical_id) for table in TABLES}
    found |= {bucket.logical_id: ref(bucket.logical_id) for bucket in BUCKETS}
    for queue in QUEUES:
        found[f"{queue.logical_id}Url"] = ref(queue.logical_id)
        found[f"{queue.dead_logical_id}Url"] = ref(queue.dead_logical_id)
    found[f"{STREAM.dead_logical_id}Url"] = ref(STREAM.dead_logical_id)
    return {name: {"Value": value} for name, value in found.items()}


def _parameter(name: str, description: str) -> Json:
    parameter: Json = {"Type": "String", "Description": description}
    if name in SECRETS:
        parameter["NoEcho"] = True
    if name == "TokenSecret":
        parameter["MinLength"] = SECRET_LENGTH_MIN
    if name == "FirewallWanted":
        parameter |= {"AllowedValues": ["yes", "no"], "Default": "no"}
    elif name.endswith("CertificateArn"):
        parameter["Default"] = NO_CERTIFICATE
    elif name not in REQUIRED:
        parameter["Default"] = ""
    return parameter
