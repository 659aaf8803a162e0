"""Which upload of a member counts."""

from chalicelib.contexts.members.model.avatars import (
    Avatar,
    Upload,
    refused,
    removed,
    shown,
    tidied,
    upload_of,
)

OLD, NEW, NEWER = (f"01J000000000000000000000{n}" for n in ("0A", "0B", "0C"))
SHOWN = shown(Avatar(), NEW, "members/b")


def test_an_older_upload_and_an_older_refusal_change_nothing() -> None:
    assert shown(SHOWN, OLD, "members/a") == refused(SHOWN, OLD, "picture.broken") == SHOWN
    gone = removed(SHOWN, NEWER)
    assert shown(gone, NEW, "members/b") == gone
    assert gone == removed(gone, f"{NEWER}9") == Avatar("", NEWER, "", ("members/b",))


def test_the_same_upload_twice_is_once_and_lets_nothing_go() -> None:
    assert shown(SHOWN, NEW, "members/b") == SHOWN
    assert shown(SHOWN, NEWER, "members/c").former == ("members/b",)
    back = shown(shown(SHOWN, NEWER, "members/c"), NEWER, "members/b")
    assert (back.folder, back.former) == ("members/b", ("members/c",))
    assert tidied(back, ("members/c",)) == shown(Avatar(), NEWER, "members/b")


def test_a_refusal_keeps_what_is_shown_and_ends_with_the_next_picture() -> None:
    told = refused(SHOWN, NEWER, "picture.broken")
    assert (told.folder, told.problem) == ("members/b", "picture.broken")
    assert shown(told, NEWER, "members/c").problem == ""


def test_only_names_that_a_form_gives_are_read() -> None:
    upload = Upload("acc_01J0", NEW)
    assert upload_of(upload.key) == upload
    wrong = ("", "avatars/a", f"avatars/a/b/{NEW}", f"pictures/a/{NEW}", f"avatars/a/{NEW}.png")
    assert [upload_of(key) for key in wrong] == [None] * len(wrong)
