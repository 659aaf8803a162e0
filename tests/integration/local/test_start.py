"""What `make run` says before anything starts, and what a stop leaves behind."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local import (
    changes,
    detached,
    emulator,
    keys,
    layout,
    locks,
    saved_state,
    stack,
    stack_file,
)
from infra.local.layout import Layout, Ports, choose_ports
from infra.local.problems import LocalProblem
from infra.wiring import BUCKETS, QUEUES, STREAM, TABLES

ROOT = Path(__file__).resolve().parents[3]
PORTS = Ports(8000, 18000, 28000)


@pytest.fixture
def places(tmp_path, monkeypatch) -> Layout:
    monkeypatch.setenv("SOUK_LOCAL_DIR", str(tmp_path / "here"))
    for name in ("SOUK_PORT", "SOUK_AWS_PORT", "SOUK_SANDBOX_PORT"):
        monkeypatch.delenv(name, raising=False)
    found = layout.layout()
    found.make()
    return found


def command(places: Layout, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """One command as `make` gives it, in an environment of its own."""
    environment = {"PATH": os.environ["PATH"], "SOUK_LOCAL_DIR": str(places.root), **extra}
    return subprocess.run(
        [sys.executable, "-m", "infra.local", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestPorts:
    def test_a_taken_port_is_named_with_the_way_out(self, places, taken_port):
        ended = command(places, "run", SOUK_PORT=str(taken_port))
        assert ended.returncode == 1
        assert f"port {taken_port} is taken" in ended.stderr
        assert "SOUK_PORT=" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert len(ended.stderr.splitlines()) == 1

    def test_start_tells_the_same(self, places, taken_port):
        ended = command(places, "start", SOUK_PORT=str(taken_port))
        assert ended.returncode == 1
        assert f"port {taken_port} is taken" in ended.stdout + ended.stderr
        assert locks.holder(places.lock) is None

    @pytest.mark.parametrize("text", ["0", "65536", "-1", "80a", "８０８０"])
    def test_what_is_no_port_is_refused(self, places, monkeypatch, text):
        monkeypatch.setenv("SOUK_PORT", text)
        with pytest.raises(LocalProblem, match="is not a port"):
            choose_ports(places)

    def test_stay_from_start_to_start(self, places, monkeypatch, free_port):
        monkeypatch.setenv("SOUK_PORT", str(free_port))
        first = choose_ports(places)
        assert choose_ports(places) == first
        assert len({first.shop, first.aws, first.sandbox}) == 3

    def test_one_that_has_been_taken_meanwhile_is_replaced(self, places, monkeypatch, free_port):
        monkeypatch.setenv("SOUK_PORT", str(free_port))
        first = choose_ports(places)
        with socket.socket() as other:
            other.bind(("127.0.0.1", first.aws))
            other.listen()
            second = choose_ports(places)
        assert second.shop == first.shop
        assert second.aws != first.aws

    def test_of_another_shop_leave_the_emulator_where_it_is(self, places, monkeypatch):
        monkeypatch.setattr(layout, "is_free", lambda port: True)
        monkeypatch.setenv("SOUK_PORT", "8000")
        first = choose_ports(places)
        monkeypatch.setenv("SOUK_PORT", "8010")
        second = choose_ports(places)
        assert (second.shop, second.aws, second.sandbox) == (8010, first.aws, first.sandbox)

    def test_two_checkouts_get_different_ones(self, places, tmp_path, monkeypatch):
        other = Layout(tmp_path / "other")
        other.make()
        monkeypatch.setenv("SOUK_PORT", "8000")
        monkeypatch.setattr(layout, "is_free", lambda port: True)
        mine = choose_ports(places)
        monkeypatch.setenv("SOUK_PORT", "8001")
        theirs = choose_ports(other)
        assert not {mine.shop, mine.aws, mine.sandbox} & {theirs.shop, theirs.aws, theirs.sandbox}


class TestProcesses:
    def test_a_process_id_left_behind_misleads_nobody(self, places):
        places.lock.write_text("1")
        stopped = command(places, "stop")
        assert (stopped.returncode, stopped.stdout) == (0, "Souk is not running.\n")
        assert command(places, "status").returncode == 3

    def test_a_second_start_names_the_first(self, places):
        with locks.take(places.lock):
            ended = command(places, "run")
        assert ended.returncode == 1
        assert f"process {os.getpid()}" in ended.stderr
        assert "make stop" in ended.stderr

    def test_logs_of_what_does_not_run(self, places):
        ended = command(places, "logs")
        assert ended.returncode == 1
        assert "make start" in ended.stderr

    def test_a_missing_tool_is_named(self, places, tmp_path):
        (tmp_path / "sitecustomize.py").write_text(
            "import importlib.util as u\n"
            "real = u.find_spec\n"
            "u.find_spec = lambda name, *a: None if name == 'ministack' else real(name, *a)\n"
        )
        ended = command(places, "run", PYTHONPATH=str(tmp_path))
        assert ended.returncode == 1
        assert "ministack missing" in ended.stderr
        assert "make venv" in ended.stderr

    def test_an_emulator_that_ends_at_once_is_quoted(self, places, free_port, monkeypatch):
        monkeypatch.setattr(emulator.sys, "executable", "/bin/false")
        own = emulator.Emulator(places, Ports(1, free_port, 2))
        with pytest.raises(LocalProblem, match="MiniStack ended with code 1 while starting"):
            own.start()
        own.stop()

    def test_the_leash_ends_what_hangs_on_it(self, places, free_port):
        own = emulator.Emulator(places, Ports(1, free_port, 2))
        own.start()
        assert locks.holder(places.emulator_lock) is not None
        sqs = boto3.client(
            "sqs",
            endpoint_url=f"http://127.0.0.1:{free_port}",
            region_name=emulator.REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        sqs.create_queue(QueueName="kept")
        sqs.close()
        own._process.stdin.close()
        assert own._process.wait(30) == 0
        assert locks.holder(places.emulator_lock) is None
        assert "kept" in (places.state / "sqs.json").read_text()
        own.stop()


class TestSavedState:
    KEY = "0\u0000us-east-1\u0000'a'"

    def save(self, places: Layout, name: str, payload: object) -> None:
        saved = {"__ministack_format__": 2, "payload": payload}
        (places.state / name).write_text(json.dumps(saved))

    def saved(self, places: Layout, name: str) -> Any:
        found = json.loads((places.state / name).read_text())
        assert found["__ministack_format__"] == 2
        return found["payload"]

    def test_stream_positions_and_log_lines_are_forgotten_and_nothing_else(self, places):
        functions = {"data": {self.KEY: 1}}
        positions = {"data": {self.KEY: 7}}
        groups = {"data": {self.KEY: {"arn": "a", "streams": {"s": {}}}}}
        wanted = {"functions": functions, "dynamodb_stream_positions": positions}
        self.save(places, "lambda.json", wanted)
        self.save(places, "cloudwatch_logs.json", {"log_groups": groups})
        saved_state.mend(places, PORTS)
        found = self.saved(places, "lambda.json")
        assert found == {"functions": functions, "dynamodb_stream_positions": {"data": {}}}
        logs = self.saved(places, "cloudwatch_logs.json")
        assert logs["log_groups"]["data"] == {self.KEY: {"arn": "a", "streams": {}}}

    def test_messages_in_work_are_given_back_and_delayed_ones_stay_away(self, places):
        in_work = {"sent_at": 1.0, "visible_at": 99.0, "receive_count": 1, "receipt_handle": "r"}
        delayed = {"sent_at": 1.0, "visible_at": 99.0, "receive_count": 0, "receipt_handle": None}
        queue = {"messages": [in_work, delayed]}
        self.save(places, "sqs.json", {"queues": {"data": {self.KEY: queue}}})
        saved_state.mend(places, PORTS)
        first, second = self.saved(places, "sqs.json")["queues"]["data"][self.KEY]["messages"]
        assert (first["visible_at"], first["receipt_handle"]) == (1.0, None)
        assert second == delayed

    def test_addresses_move_with_the_port(self, places):
        queue = "http://127.0.0.1:18000/000000000000/local-souk-settlement-facts"
        self.save(places, "sqs.json", {"queues": {"data": {f"0\u0000{queue}": {"messages": []}}}})
        saved_state.mend(places, PORTS)
        saved_state.mend(places, Ports(8000, 18111, 28000))
        text = (places.state / "sqs.json").read_text()
        assert "127.0.0.1:18111/000000000000" in text
        assert "18000" not in text

    def test_a_first_start_has_none(self, places):
        saved_state.mend(places, PORTS)
        assert list(places.state.iterdir()) == []

    def test_a_broken_file_is_named(self, places):
        (places.state / "lambda.json").write_text("{")
        with pytest.raises(LocalProblem, match=r"lambda\.json is broken.*make reset"):
            saved_state.mend(places, PORTS)


class TestEnvironment:
    def test_reaches_nothing_but_the_emulator(self, monkeypatch):
        monkeypatch.setenv("AWS_PROFILE", "prod")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere")
        found = emulator.sdk_environment(PORTS)
        assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:18000"
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(found)
        assert found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
        assert "127.0.0.1" in found["NO_PROXY"]


class TestSecrets:
    def test_are_made_once_and_only_for_their_owner(self, places):
        first = keys.load(places)
        assert keys.load(places) == first
        assert first.sandbox_payment.startswith("whsec_")
        assert first.sandbox_payment != first.sandbox_courier
        assert stat.S_IMODE(places.secrets.stat().st_mode) == 0o600
        assert stat.S_IMODE(places.root.stat().st_mode) == 0o700

    def test_passwords_are_kept_by_email(self, places):
        first = keys.password(places, "a@demo.example")
        assert keys.password(places, "b@demo.example") != first
        assert keys.password(places, "a@demo.example") == first
        assert len(first) >= 12

    def test_differ_between_installs(self, places, tmp_path):
        other = Layout(tmp_path / "other")
        other.make()
        assert keys.load(other) != keys.load(places)


class TestChanges:
    @pytest.fixture
    def checkout(self, tmp_path):
        for name in ("app.py", "chalicelib/a.py", "infra/b.py", "infra/local/c.py", "static/d.css"):
            (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / name).write_text(name)
        return tmp_path

    @pytest.mark.parametrize("name", ["app.py", "chalicelib/a.py", "infra/b.py"])
    def test_what_is_deployed_counts(self, checkout, name):
        before = changes.digest(checkout, {})
        (checkout / name).write_text("other")
        assert changes.digest(checkout, {}) != before

    @pytest.mark.parametrize("name", ["infra/local/c.py", "static/d.css", "chalicelib/x.pyc"])
    def test_what_is_not_deployed_does_not(self, checkout, name):
        before = changes.digest(checkout, {})
        (checkout / name).write_text("other")
        assert changes.digest(checkout, {}) == before

    def test_renamed_files_and_parameters_count(self, checkout):
        before = changes.digest(checkout, {"ShopUrl": "a"})
        assert changes.digest(checkout, {"ShopUrl": "b"}) != before
        (checkout / "chalicelib/a.py").rename(checkout / "chalicelib/b.py")
        assert changes.digest(checkout, {"ShopUrl": "a"}) != before


class TestReset:
    def test_forgets_everything(self, places):
        keys.load(places)
        (places.state / "dynamodb.json").write_text("{}")
        assert detached.reset() == 0
        assert not places.root.exists()

    def test_leaves_a_folder_alone_that_is_not_ours(self, tmp_path, monkeypatch):
        (tmp_path / "thesis.txt").write_text("years of work")
        monkeypatch.setenv("SOUK_LOCAL_DIR", str(tmp_path))
        with pytest.raises(LocalProblem, match="left alone"):
            detached.reset()
        assert (tmp_path / "thesis.txt").exists()


class TestStackFile:
    def test_has_the_shape_of_the_contract(self, places):
        secrets = keys.load(places)
        outputs = {"BusName": "local-souk-bus"}
        outputs |= {table.logical_id: table.name("local") for table in TABLES}
        outputs |= {bucket.logical_id: bucket.purpose for bucket in BUCKETS}
        outputs |= {f"{queue.logical_id}Url": f"u/{queue.key}" for queue in QUEUES}
        outputs |= {f"{queue.dead_logical_id}Url": f"d/{queue.key}" for queue in QUEUES}
        outputs[f"{STREAM.dead_logical_id}Url"] = "d/outbox-relay"
        demo = stack_file.Demo(
            stack_file.SignIn("p@demo.example", "p"),
            [stack_file.DemoMerchant("mer_1", "One", "o@demo.example", "o", "key_1")],
            [stack_file.SignIn("m@demo.example", "m")],
        )
        stack_file.write(places, PORTS, secrets, outputs, demo)
        written = json.loads(places.stack_file.read_text())
        assert stat.S_IMODE(places.stack_file.stat().st_mode) == 0o600
        assert set(written) == {
            "shop_url",
            "console_url",
            "aws_endpoint_url",
            "region",
            "sandbox_url",
            "stack_name",
            "bus",
            "tables",
            "queues",
            "sandbox_payment_secret",
            "sandbox_courier_secret",
            "platform",
            "merchants",
            "members",
        }
        assert written["shop_url"] == "http://127.0.0.1:8000"
        assert written["stack_name"] == "local-souk"
        assert written["tables"]["orders"] == "local-souk-orders"
        assert written["queues"]["settlement"] == {
            "url": "u/settlement",
            "dead_letter_url": "d/settlement",
        }
        assert written["queues"]["outbox-relay"]["dead_letter_url"] == "d/outbox-relay"
        assert written["platform"] == {"email": "p@demo.example", "password": "p"}
        assert written["merchants"] == [
            {
                "id": "mer_1",
                "name": "One",
                "email": "o@demo.example",
                "password": "o",
                "api_key": "key_1",
            }
        ]
        assert written["members"] == [{"email": "m@demo.example", "password": "m"}]

    def test_the_stack_is_given_all_that_only_this_machine_knows(self, places):
        given = stack.parameters(PORTS, keys.load(places))
        assert given["ShopUrl"] == "http://127.0.0.1:8000"
        assert given["PictureHosts"] == "127.0.0.1:8000"
        assert given["SandboxUrl"] == "http://127.0.0.1:28000"
        from infra import template

        assert set(given) <= set(template.parameters("local"))
        assert set(template.REQUIRED) <= set(given)
