"""A member's picture: handed in, looked at and painted anew by a worker, shown, taken away.

Its address is made of the file's bytes and the shop's secret: nobody guesses it, and a worker that
starts again meets what it has written before, so that no file is left without a row that names it.
"""

import hashlib
import hmac
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import files, studio
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members import store
from chalicelib.contexts.members.model import avatars as model
from chalicelib.contexts.members.model.avatars import SIDES_PX, Avatar, Upload
from chalicelib.contexts.members.model.profile import Profile
from chalicelib.kernel import ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.picturing import BYTES_MAX, PictureProblem, PictureRefused

TYPES = {"jpg": "image/jpeg", "webp": "image/webp"}
UPLOAD_TYPE = "application/octet-stream"
UPLOAD_BYTES_MAX = 60_000_000
"""Three times what is taken: so that who hands in too much is told by us, in words, and not by S3."""
A_DAY = "public, max-age=86400"
"""No longer: what a member takes away is gone from caches, too, the day after."""


class UploadForm(Struct, frozen=True):
    """A form that takes one file straight into the uploads' bucket, and the upload's id."""

    upload_id: str
    url: str
    fields: dict[str, str]


def upload_form(actor: Actor, *, back: str) -> UploadForm:
    """Make a form for one picture, good for an hour.

    The browser goes on to `back` with the upload's id behind it.
    """
    upload = Upload(actor.as_member(), ids.ulid())
    form = files.upload_form(
        settings().uploads_bucket,
        upload.key,
        size_bytes_max=UPLOAD_BYTES_MAX,
        content_type=UPLOAD_TYPE,
        back=back + upload.id,
    )
    return UploadForm(upload.id, form["url"], form["fields"])


def remove_avatar(actor: Actor) -> None:
    """Show initials again and remove the files. Again after a failure finishes what was begun."""
    account_id = actor.as_member()
    removal_id = ids.ulid()

    store.change(
        Profile,
        account_id,
        lambda seen: replace(seen, avatar=model.removed(seen.avatar, removal_id)),
    )
    _tidy(account_id)


def arrived(key: str) -> None:
    """Look at a file that the bucket says has arrived, and show it if it is a picture.

    Twice, late or after something newer it changes nothing; of a member who is gone nothing stays.
    What was handed in, which may say where it was taken, is removed at the end.
    """
    upload = model.upload_of(key)
    if upload is None:
        return
    bucket = settings().uploads_bucket
    size_bytes = files.size(bucket, key)
    if size_bytes is not None:
        _look_at(upload, size_bytes)
    _tidy(upload.account_id)
    if size_bytes is not None:
        files.remove(bucket, key)


def avatar_file(account_id: str) -> bytes | None:
    """Read the member's picture, the larger one; None where initials are shown."""
    folder = store.read(Profile, account_id).avatar.folder
    return files.get(settings().media_bucket, f"{folder}/{SIDES_PX[-1]}.jpg") if folder else None


def forget_files(account_id: str) -> None:
    """Remove every file that a member's profile names."""
    _remove(store.read(Profile, account_id).avatar.folders)


def _look_at(upload: Upload, size_bytes: int) -> None:
    if upload.id < store.read(Profile, upload.account_id).avatar.last:
        return
    try:
        body = _handed_in(upload, size_bytes)
        if body is None:
            return
        painted = studio.paint_squares(body, SIDES_PX)
    except PictureRefused as refusal:
        problem = refusal.problem.value
        logger().info("avatar refused", extra={"key": upload.key, "problem": problem})
        _write(upload, lambda seen: model.refused(seen, upload.id, problem))
        return
    folder = _folder(upload, body)
    for name, data in painted.items():
        _put(f"{folder}/{name}", data)
    kept = _write(upload, lambda seen: model.shown(seen, upload.id, folder))
    if kept is None or kept.folder != folder:
        _remove((folder,))


def _handed_in(upload: Upload, size_bytes: int) -> bytes | None:
    if size_bytes > BYTES_MAX:
        raise PictureRefused(PictureProblem.TOO_LARGE)
    return files.get(settings().uploads_bucket, upload.key)


def _write(upload: Upload, make: Callable[[Avatar], Avatar]) -> Avatar | None:
    """Change the avatar of a member who is there; None for one who is gone."""

    def changed(seen: Profile) -> Profile:
        return replace(seen, avatar=make(seen.avatar))

    def beside(_: Profile) -> list[Write]:
        return [identity.still_open(upload.account_id)]

    try:
        return store.change(Profile, upload.account_id, changed, beside).avatar
    except NotFound:
        logger().info("avatar of nobody", extra={"key": upload.key})
        return None


def _tidy(account_id: str) -> None:
    """Remove the files of former pictures, and then forget that they were there."""
    former = store.read(Profile, account_id).avatar.former
    if not former:
        return
    _remove(former)
    store.change(
        Profile,
        account_id,
        lambda seen: replace(seen, avatar=model.tidied(seen.avatar, former)),
    )


def _folder(upload: Upload, body: bytes) -> str:
    said = f"{upload.key}/{hashlib.sha256(body).hexdigest()}".encode()
    secret = settings().token_secret.encode()
    return f"members/{hmac.new(secret, said, hashlib.sha256).hexdigest()[:40]}"


def _put(key: str, body: bytes) -> None:
    content_type = TYPES[key.rpartition(".")[2]]
    bucket = settings().media_bucket
    files.put(bucket, key, body, content_type=content_type, cache_control=A_DAY)


def _remove(folders: tuple[str, ...]) -> None:
    for folder in folders:
        for name in model.names():
            files.remove(settings().media_bucket, f"{folder}/{name}")
