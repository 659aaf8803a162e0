"""How an engine comes and goes: fetched once and checked, ended with whoever started it."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.makers.engines import fetch

LEASH = Path(fetch.__file__).with_name("leash.py")
PROGRAM = "import time; print('it runs', flush=True); time.sleep(600)"
STARTER = f"""
import subprocess, sys, time
leash = [sys.executable, {str(LEASH)!r}, sys.executable, "-c", {PROGRAM!r}]
subprocess.Popen(leash, stdin=subprocess.PIPE)
time.sleep(600)
"""


def test_a_program_on_the_leash_ends_with_a_starter_that_is_killed():
    starter = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE)
    assert starter.stdout.readline() == b"it runs\n"
    starter.kill()
    rest, _ = starter.communicate(timeout=20)  # ends when nobody holds the other end any more
    assert rest == b""


def test_a_program_on_the_leash_ends_with_its_input():
    leash = [sys.executable, str(LEASH), sys.executable, "-c", PROGRAM]
    held = subprocess.Popen(leash, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert held.stdout.readline() == b"it runs\n"
    rest, _ = held.communicate(timeout=20)
    assert rest == b""
    assert held.returncode != 0


class TestFetch:
    def test_another_archive_than_was_tested_is_refused_and_not_kept(self, tmp_path, monkeypatch):
        def packed(scratch: Path) -> Path:
            archive = scratch / "any.tgz"
            archive.write_bytes(b"something else")
            return archive

        monkeypatch.setattr(fetch, "_packed", packed)
        with pytest.raises(fetch.Unreachable, match="another amplify-dynamodb-simulator"):
            fetch.emulator(tmp_path)
        assert [place.name for place in (tmp_path / "dynamodb-local").iterdir()] == ["lock"]

    def test_a_registry_that_does_not_answer_is_said_in_a_sentence(self, tmp_path, monkeypatch):
        words = '{"error": {"summary": "connect ECONNREFUSED"}}'
        npm = [sys.executable, "-c", f"import sys; print('{words}'); sys.exit(1)"]
        monkeypatch.setattr(fetch, "npm", lambda: npm)
        with pytest.raises(fetch.Unreachable, match=r"could not be fetched .* ECONNREFUSED\. "):
            fetch.emulator(tmp_path)

    def test_those_who_ask_at_once_fetch_it_once(self, tmp_path, monkeypatch):
        fetched = []

        def fetch_it(place: Path) -> None:
            fetched.append(place)
            place.mkdir()

        monkeypatch.setattr(fetch, "_fetch", fetch_it)
        asking = [threading.Thread(target=fetch.emulator, args=(tmp_path,)) for _ in range(4)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
        assert len(fetched) == 1
