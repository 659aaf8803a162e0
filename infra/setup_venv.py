"""Make `.venv` from the lock file. Runs under the system's Python: standard library only.

uv installs ten times faster than pip, so pip fetches uv first, by its hash in the same lock file.
Where uv cannot run, pip does everything.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements-dev.txt"
OLDEST = (3, 11)


def main() -> None:
    """Create the environment if there is none, and bring it up to the lock file."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"Souk needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
            "Name another one: make PYTHON=python3.12 …"
        )
    python = VENV / "bin" / "python"
    if not python.exists():
        print("making .venv", flush=True)
        _create()
    print("installing the locked dependencies", flush=True)
    if not (_get_uv(python) and _install_with_uv(python)):
        print("uv is not available here; pip takes a little longer", flush=True)
        _pip(python, LOCK)
    (VENV / ".ready").touch()


def _create() -> None:
    try:
        venv.create(VENV, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit("This Python cannot make virtual environments; on Debian install python3-venv.")


def _get_uv(python: Path) -> bool:
    if (VENV / "bin" / "uv").exists():
        return True
    pinned = VENV / "uv.txt"
    pinned.write_text(_uv_lines(LOCK.read_text()))
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary=:all:", "-r", str(pinned)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _uv_lines(lock: str) -> str:
    """Cut the entry of uv, with its hashes, out of the lock file."""
    lines = lock.splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("uv=="))
    last = first
    while lines[last].endswith("\\"):
        last += 1
    return "\n".join(lines[first : last + 1]) + "\n"


def _install_with_uv(python: Path) -> bool:
    command = [str(VENV / "bin" / "uv"), "pip", "install", "-q", "--python", str(python)]
    command += ["--require-hashes", "-r", str(LOCK)]
    return subprocess.run(command, check=False).returncode == 0


def _pip(python: Path, lock: Path) -> None:
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    command += ["--require-hashes", "-r", str(lock)]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit("The dependencies could not be installed; pip's words above say why.")


if __name__ == "__main__":
    main()
