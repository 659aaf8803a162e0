"""A member's picture from the uploads' bucket to the shop's: late, twice, out of order, for nobody."""

import io
import json

import boto3
import pytest
from PIL import Image

from chalicelib.aws import files
from chalicelib.aws.settings import settings
from chalicelib.contexts.members import service, workers
from chalicelib.contexts.members.model.avatars import Avatar
from chalicelib.contexts.privacy import service as privacy
from chalicelib.contexts.privacy.model import CONFIRMATIONS
from tests.makers import rows
from tests.makers.people import a_member
from tests.makers.pictures import a_bomb, a_picture, from_a_telephone
from tests.makers.queues import hand

PNG, JPEG = a_picture(size=(40, 20)), from_a_telephone()
NAMES = ["192.jpg", "192.webp", "96.jpg", "96.webp"]


@pytest.fixture
def ada(stage):
    return a_member()[0]


def handed_in(actor, body: bytes) -> str:
    """Put a file where a form of now would; returns its key."""
    key = service.upload_form(actor, back="/").fields["key"]
    files.put(settings().uploads_bucket, key, body, content_type="application/octet-stream")
    return key


def told(*keys: str, times: int = 1) -> None:
    for key in keys * times:
        said = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
        assert hand(workers.members_on_picture, said) == []


def avatar(actor) -> Avatar:
    return service.profile_of(actor).avatar


def stored(bucket: str) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return sorted(one["Key"] for one in found)


def shown(actor) -> list[str]:
    return [f"{avatar(actor).folder}/{name}" for name in NAMES]


def test_it_is_painted_anew_as_squares_and_what_was_handed_in_is_gone(ada) -> None:
    told(handed_in(ada, JPEG), times=2)
    assert stored(settings().media_bucket) == shown(ada)
    assert stored(settings().uploads_bucket) == []
    for key in shown(ada):
        body = files.get(settings().media_bucket, key)
        picture = Image.open(io.BytesIO(body))
        assert picture.size[0] == picture.size[1] == int(key.rpartition("/")[2].partition(".")[0])
        assert not picture.getexif()
        assert b"SecretCamera" not in body


def test_another_takes_its_place_and_the_former_ones_files_are_gone(ada) -> None:
    told(handed_in(ada, PNG))
    first = avatar(ada).folder
    told(handed_in(ada, JPEG))
    assert avatar(ada).folder not in {"", first}
    assert avatar(ada).former == ()
    assert stored(settings().media_bucket) == shown(ada)


def test_the_same_form_sent_with_another_file_shows_the_other(ada) -> None:
    key = handed_in(ada, PNG)
    told(key)
    first = avatar(ada).folder
    files.put(settings().uploads_bucket, key, JPEG, content_type="application/octet-stream")
    told(key, times=2)
    assert avatar(ada).folder != first
    assert stored(settings().media_bucket) == shown(ada)


def test_an_older_one_that_is_told_later_changes_nothing(ada) -> None:
    older, newer = handed_in(ada, PNG), handed_in(ada, JPEG)
    told(newer)
    seen = avatar(ada)
    told(older, newer)
    assert avatar(ada) == seen
    assert stored(settings().media_bucket) == shown(ada)
    assert stored(settings().uploads_bucket) == []


def test_what_was_taken_away_does_not_come_back(ada) -> None:
    told(handed_in(ada, PNG))
    late = handed_in(ada, JPEG)
    service.remove_avatar(ada)
    told(late)
    assert (avatar(ada).folder, avatar(ada).former) == ("", ())
    assert stored(settings().media_bucket) == stored(settings().uploads_bucket) == []
    told(handed_in(ada, PNG))
    assert stored(settings().media_bucket) == shown(ada)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture.unknown_kind"),
        (b"MZ\x90\x00" + b"\0" * 100, "picture.unknown_kind"),
        (a_bomb(), "picture.too_many_pixels"),
        (PNG + b"<script>", "picture.polyglot"),
        (PNG[:50], "picture.broken"),
        (b"\xff\xd8\xff" + b"\0" * 25_000_000, "picture.too_large"),
    ],
    ids=["svg", "program", "bomb", "polyglot", "broken", "large"],
)
def test_what_is_no_picture_is_refused_and_the_former_stays(ada, body, problem) -> None:
    told(handed_in(ada, PNG))
    before = shown(ada)
    told(handed_in(ada, body), times=2)
    assert (avatar(ada).problem, shown(ada)) == (problem, before)
    assert stored(settings().media_bucket) == before
    assert stored(settings().uploads_bucket) == []


def test_of_a_member_who_is_gone_nothing_stays(ada) -> None:
    told(handed_in(ada, PNG))
    late = handed_in(ada, JPEG)
    privacy.erase(ada, CONFIRMATIONS[0])
    service.forget_member(ada.id)
    told(late, "avatars/acc_nobody/01J0000000000000000000000A", "avatars/odd")
    assert stored(settings().media_bucket) == stored(settings().uploads_bucket) == []
    assert rows.of_kind("members", "PROFILE") == []


def test_a_worker_that_stops_before_the_former_files_are_gone_removes_them_next(
    ada, monkeypatch
) -> None:
    told(handed_in(ada, PNG))
    key = handed_in(ada, JPEG)
    with monkeypatch.context() as broken:
        broken.setattr(files, "remove", lambda *_: 1 / 0)
        said = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
        assert hand(workers.members_on_picture, said) == ["m-1"]
    assert len(stored(settings().media_bucket)) == 2 * len(NAMES)
    told(key)
    assert stored(settings().media_bucket) == shown(ada)
    assert avatar(ada).former == ()
