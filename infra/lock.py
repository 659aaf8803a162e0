"""`make lock`: resolve requirements*.in into lock files with hashes for every platform."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS: tuple[tuple[str, str, list[str]], ...] = (
    ("requirements.in", "requirements.txt", []),
    ("requirements-dev.in", "requirements-dev.txt", ["-c", "requirements.txt"]),
)
"""What ships is resolved first and binds the development tools, so that tests run on it."""


def main() -> None:
    for source, target, constraints in LOCKS:
        command = [str(ROOT / ".venv/bin/uv"), "pip", "compile", "-q", "--generate-hashes"]
        command += ["--no-header", "--python-version=3.11", *constraints, source, "-o", target]
        command += sys.argv[1:]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            sys.exit(f"{source} cannot be resolved")


if __name__ == "__main__":
    main()
