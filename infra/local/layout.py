"""Where the local stack keeps its things, and which ports it takes."""

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.access import local_folder
from infra.local.problems import LocalProblem

HOST = "127.0.0.1"
SHOP_PORT = 8000
AWS_PORT_ABOVE = 10_000
SANDBOX_PORT_ABOVE = 20_000
LISTEN_PORT_MAX = 32_767
"""Above it most systems give ports to outgoing connections, so a fixed one may be gone."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths under `.local/`."""

    root: Path

    @property
    def state(self) -> Path:
        """What the emulator saves when it stops."""
        return self.root / "state"

    @property
    def objects(self) -> Path:
        """The files of the buckets."""
        return self.root / "s3"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def scratch(self) -> Path:
        """Unpacked functions; emptied at each start."""
        return self.root / "scratch"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def state_port(self) -> Path:
        """The emulator's port that the saved state speaks of."""
        return self.root / "state-port"

    @property
    def lock(self) -> Path:
        """Held by the supervisor while it lives; its process id is written in it."""
        return self.root / "supervisor.lock"

    @property
    def emulator_lock(self) -> Path:
        """Held by the emulator while it lives, so that no second one saves over it."""
        return self.root / "emulator.lock"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox.sqlite"

    @property
    def stack_file(self) -> Path:
        """What other programs read: contract, "The stack on one machine"."""
        return self.root / "stack.json"

    def make(self) -> None:
        """Make the folders; only the owner may look into them, since secrets lie there."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.state, self.objects, self.logs, self.scratch):
            folder.mkdir(exist_ok=True)


@dataclass(frozen=True, slots=True)
class Ports:
    """Who listens where on 127.0.0.1."""

    shop: int
    aws: int
    sandbox: int

    @property
    def shop_url(self) -> str:
        return f"http://{HOST}:{self.shop}"

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.aws}"

    @property
    def sandbox_url(self) -> str:
        return f"http://{HOST}:{self.sandbox}"


def layout() -> Layout:
    """The folder of this checkout's stack: SOUK_LOCAL_DIR, else `.local`."""
    return Layout(local_folder())


def choose_ports(places: Layout) -> Ports:
    """The shop's port as asked for, the others as last time or next to it. Raises `LocalProblem`.

    The others stay the same from start to start where they can, since the stack knows them.
    """
    shop = wanted_shop_port()
    if not is_free(shop):
        raise LocalProblem(
            f"port {shop} is taken by another program. Stop that one, "
            f"or choose another port: SOUK_PORT={shop + 10} make run"
        )
    last = _last_ports(places)
    if last is None:
        last = Ports(shop, shop + AWS_PORT_ABOVE, shop + SANDBOX_PORT_ABOVE)
    aws = _asked_or_free("SOUK_AWS_PORT", last.aws, {shop})
    ports = Ports(shop, aws, _asked_or_free("SOUK_SANDBOX_PORT", last.sandbox, {shop, aws}))
    places.ports.write_text(json.dumps(asdict(ports)))
    return ports


def wanted_shop_port() -> int:
    """SOUK_PORT, 8000 by default. Raises `LocalProblem` for anything that is no port."""
    return _port_in("SOUK_PORT", SHOP_PORT)


def is_free(port: int) -> bool:
    """Whether this port can be listened on, on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _last_ports(places: Layout) -> Ports | None:
    try:
        return Ports(**json.loads(places.ports.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _asked_or_free(variable: str, usual: int, others: set[int]) -> int:
    if os.environ.get(variable):
        asked = _port_in(variable, usual)
        if asked in others or not is_free(asked):
            raise LocalProblem(f"port {asked} of {variable} is taken by another program")
        return asked
    if usual <= 65_535 and usual not in others and is_free(usual):
        return usual
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _port_in(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise LocalProblem(f"{variable}={text} is not a port; it is a number from 1 to 65535")
    return int(text)
