"""`make deploy STAGE=…`: bring the package to AWS, or to the emulator where AWS_ENDPOINT_URL says so.

The code goes to an artifact bucket under the name of its own hash, the stack is changed by a change
set, the files of `static/` go to their bucket. Running it again changes nothing and is a success.
"""

import argparse
import getpass
import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    WaiterError,
)

from infra import access, assets, package, template
from infra.libraries import InstallFailed
from infra.package import Package, PackagingFailed, Progress
from infra.wiring import STAGES, STATIC, stack_name

POLL_S = 2.0
POLL_LOCAL_S = 0.2
SECRET_BYTES = 48
NOTHING_TO_DO = ("didn't contain changes", "no updates are to be performed")
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
FINISHED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE")

Outputs = dict[str, str]


class DeployFailed(Exception):
    """The deployment cannot go on; the message says why and what to do."""


def deploy(
    stage: str,
    *,
    progress: Progress = print,
    parameters: Mapping[str, str] | None = None,
    built: Package | None = None,
    source: Path = package.ROOT,
) -> Outputs:
    """Create or update the stage's stack from the package and return the stack's outputs.

    `parameters` are those of `infra.template.DESCRIPTIONS`; what is not given keeps its last value.
    Secrets that nobody outside needs are made up where a new stack is given none.
    """
    _refuse_without_account()
    built = built or package.package(stage, source=source, progress=progress)
    wanted = {"Version": f"{built.version}+{built.digest[:8]}", **(parameters or {})}
    if wanted.get("ShopDomain") and "ShopUrl" not in wanted:
        wanted["ShopUrl"] = f"https://{wanted['ShopDomain']}"
    stack = _Stack(stage, progress)
    template_url = _upload_code(built, progress)
    known = stack.outputs()
    if known:
        assets.upload(source / "static", known[STATIC.logical_id], progress)
    stack.change(template_url, wanted)
    outputs = stack.outputs()
    if not stack.parameters().get("ShopUrl"):
        progress("telling the functions the address that CloudFront gave the shop")
        stack.change(template_url, wanted | {"ShopUrl": shop_url(outputs)})
    if not known:
        assets.upload(source / "static", outputs[STATIC.logical_id], progress)
    return outputs


def stack_outputs(stage: str) -> Outputs:
    """The outputs of a stage's stack, empty where there is none."""
    return _Stack(stage, print).outputs()


def shop_url(outputs: Outputs) -> str:
    return f"https://{outputs['DistributionDomain']}"


def _refuse_without_account() -> None:
    """Packaging takes a while; whether there is an account to bring it to is known at once."""
    if not boto3.session.Session().region_name:
        raise DeployFailed("No AWS region: set AWS_DEFAULT_REGION, or one in the profile.")
    boto3.client("sts").get_caller_identity()


def artifact_bucket(stage: str) -> str:
    account = boto3.client("sts").get_caller_identity()["Account"]
    return f"{stage}-souk-artifacts-{account}-{boto3.session.Session().region_name}"


def _upload_code(built: Package, progress: Progress) -> str:
    """Upload zip and template under the names of their contents; the template's address."""
    bucket, s3 = artifact_bucket(built.stage), boto3.client("s3")
    _ensure_bucket(bucket)
    code_key = f"code/{built.digest}.zip"
    if not _exists(s3, bucket, code_key):
        progress(f"uploading the code ({built.zip.stat().st_size / 1e6:.1f} MB)")
        s3.upload_file(str(built.zip), bucket, code_key)
    document = json.loads(built.template.read_text())
    for resource in document["Resources"].values():
        if "CodeUri" in resource["Properties"]:
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": code_key}
    body = json.dumps(document).encode()
    template_key = f"template/{hashlib.sha256(body).hexdigest()}.json"
    s3.put_object(Bucket=bucket, Key=template_key, Body=body)
    endpoint = s3.meta.endpoint_url
    if os.environ.get("AWS_ENDPOINT_URL"):
        return f"{endpoint}/{bucket}/{template_key}"
    return f"https://{bucket}.s3.{s3.meta.region_name}.amazonaws.com/{template_key}"


def _ensure_bucket(bucket: str) -> None:
    s3 = boto3.client("s3")
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as absent:
        if absent.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise
    else:
        return
    region = s3.meta.region_name
    where: dict[str, Any] = {}
    if region != "us-east-1":
        where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
    )


def _exists(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True


class _Stack:
    """One stage's CloudFormation stack, changed by change sets and watched while it moves."""

    def __init__(self, stage: str, progress: Progress) -> None:
        self.stage = stage
        self.name = stack_name(stage)
        self.progress = progress
        self.cloudformation = boto3.client("cloudformation")
        self.poll_s = POLL_LOCAL_S if os.environ.get("AWS_ENDPOINT_URL") else POLL_S

    def describe(self) -> Any | None:
        """What AWS says of the stack, None where there is none."""
        try:
            return self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as refusal:
            if "does not exist" in str(refusal):
                return None
            raise

    def outputs(self) -> Outputs:
        found = self.describe() or {}
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        found = self.describe() or {}
        return {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}

    def change(self, template_url: str, wanted: Mapping[str, str]) -> None:
        """Make and execute a change set; one without changes is thrown away."""
        found = self.describe()
        self._refuse_if_stuck(found)
        is_new = found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS"
        change_set = f"deploy-{time.time_ns()}"
        self.progress(f"{'creating' if is_new else 'updating'} the stack {self.name}")
        self.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=change_set,
            ChangeSetType="CREATE" if is_new else "UPDATE",
            TemplateURL=template_url,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=self._parameter_list(wanted, is_new=is_new),
        )
        if not self._has_changes(change_set):
            self.progress(f"the stack {self.name} is up to date")
            return
        seen = {event["EventId"] for event in self._events()}
        self.cloudformation.execute_change_set(StackName=self.name, ChangeSetName=change_set)
        self._watch(seen)

    def _refuse_if_stuck(self, found: Any | None) -> None:
        if found is None:
            return
        status = found["StackStatus"]
        if status in BROKEN:
            raise DeployFailed(
                f"The stack {self.name} is in {status} and cannot be updated. Delete it with\n"
                f"  aws cloudformation delete-stack --stack-name {self.name}\n"
                "and deploy again. Tables and buckets are kept; remove those of a first, failed "
                "deployment by hand, since their names are taken."
            )
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise DeployFailed(f"The stack {self.name} is busy ({status}); try again later.")

    def _parameter_list(self, wanted: Mapping[str, str], *, is_new: bool) -> list[Any]:
        """Give what is wanted; keep the rest. Names the template lacks are a mistake."""
        declared = template.parameters(self.stage)
        if unknown := set(wanted) - set(declared):
            raise DeployFailed(f"The stage {self.stage} has no parameter {', '.join(unknown)}.")
        wanted = dict(wanted)
        if is_new:
            for name in template.MADE_UP:
                wanted.setdefault(name, secrets.token_urlsafe(SECRET_BYTES))
            if missing := [name for name in template.REQUIRED if name not in wanted]:
                raise DeployFailed(
                    f"A new stack needs a value for {', '.join(missing)}: "
                    f"make deploy STAGE={self.stage} SET='{missing[0]}=…'"
                )
        given = [{"ParameterKey": key, "ParameterValue": wanted[key]} for key in sorted(wanted)]
        kept = set() if is_new else set(self.parameters()) & set(declared) - set(wanted)
        return given + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]

    def _has_changes(self, change_set: str) -> bool:
        waiter = self.cloudformation.get_waiter("change_set_create_complete")
        try:
            waiter.wait(
                StackName=self.name,
                ChangeSetName=change_set,
                WaiterConfig={"Delay": max(1, int(self.poll_s)), "MaxAttempts": 300},
            )
        except WaiterError as refusal:
            reason = str(refusal.last_response.get("StatusReason", refusal))
            self.cloudformation.delete_change_set(StackName=self.name, ChangeSetName=change_set)
            if any(phrase in reason.lower() for phrase in NOTHING_TO_DO):
                return False
            raise DeployFailed(f"AWS refuses the template: {reason}") from refusal
        return True

    def _watch(self, seen: set[str]) -> None:
        """Tell each resource's progress until the stack rests; fail if it rests badly."""
        failures: list[str] = []
        while True:
            found = self.describe()
            for event in reversed(self._events()):
                if event["EventId"] in seen:
                    continue
                seen.add(event["EventId"])
                self._tell(event, failures)
            status = found["StackStatus"] if found else "DELETE_COMPLETE"
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(self.poll_s)
        if status not in FINISHED_WELL:
            raise DeployFailed("\n".join([f"The stack {self.name} ended in {status}.", *failures]))

    def _tell(self, event: Any, failures: list[str]) -> None:
        status, logical_id = event["ResourceStatus"], event["LogicalResourceId"]
        if status.endswith("_FAILED"):
            failures.append(f"  {logical_id}: {event.get('ResourceStatusReason', status)}")
        if not status.endswith("_IN_PROGRESS"):
            self.progress(f"{status.lower().replace('_', ' ')}: {logical_id}")

    def _events(self) -> list[Any]:
        return self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]


def _given(pairs: list[str]) -> dict[str, str]:
    """`Name=value` pairs; a value of `-` is asked for, so that it stays out of shell histories."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise DeployFailed(f"{pair!r} is not Name=value")
        found[name] = getpass.getpass(f"{name}: ") if value == "-" else value
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("set", nargs="*", metavar="Name=value", help="a parameter of the stack")
    arguments = parser.parse_args()
    try:
        access.use(arguments.stage)
        outputs = deploy(arguments.stage, parameters=_given(arguments.set))
    except EndpointConnectionError as refusal:
        sys.exit(access.NOT_RUNNING if arguments.stage == "local" else str(refusal))
    except NoCredentialsError:
        sys.exit("No AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret.")
    except (
        DeployFailed,
        PackagingFailed,
        InstallFailed,
        access.NotRunning,
        BotoCoreError,
        ClientError,
    ) as refusal:
        sys.exit(f"deploy failed: {refusal}")
    for name, value in sorted(outputs.items()):
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
