"""`make package STAGE=…`: the application and everything around it, as one zip and one template.

The build happens in a clean folder of its own, because Chalice's cache goes by the contents of
files and misses added, renamed and removed ones. Libraries are put under `vendor/` there, whose
contents Chalice copies to the root of the zip: so pip can check the locked hashes and fetch wheels
for Lambda's platform whatever machine this is, and what a function never reads can be left out.
On one machine the emulator runs functions with its own interpreter and libraries, and the zip holds
only Souk.
"""

import argparse
import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from chalicelib.web import render
from infra import libraries, template
from infra.wiring import STAGES

ROOT = Path(__file__).resolve().parents[1]
COMPILED = render.COMPILED.relative_to(ROOT)
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o644 << 16
RUN_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Package:
    """A finished build: `template` refers to `zip` as its neighbour in the same folder."""

    stage: str
    version: str
    template: Path
    zip: Path

    @property
    def digest(self) -> str:
        """Names the code: equal sources give equal zips."""
        return hashlib.sha256(self.zip.read_bytes()).hexdigest()


class PackagingFailed(Exception):
    """Chalice or pip refused; the message holds their last words."""


def package(
    stage: str,
    *,
    source: Path = ROOT,
    target: Path | None = None,
    has_libraries: bool | None = None,
    progress: Progress = print,
) -> Package:
    """Build the stage's package from scratch in `target` (`.build/<stage>`) and say what is in it.

    Libraries are left out for the local stage only, unless `has_libraries` says otherwise.
    """
    assert stage in STAGES, f"unknown stage {stage}"
    build = target or source / ".build" / stage
    shutil.rmtree(build, ignore_errors=True)
    project = build / "project"
    _copy_sources(source, project)
    if has_libraries if has_libraries is not None else stage != "local":
        progress("fetching the locked libraries for Lambda")
        libraries.install(source / "requirements.txt", project / "vendor")
    render.compile_templates(project / "vendor" / "templates", project / COMPILED)
    _compile(project)
    progress("running chalice package")
    merge = build / "merge.json"
    merge.write_text(json.dumps(template.build(stage), indent=1, sort_keys=True))
    _run_chalice(stage, project, merge, build / "out")
    _make_stable(build / "out" / "deployment.zip")
    made = Package(
        stage=stage,
        version=_version(source),
        template=build / "out" / "sam.json",
        zip=build / "out" / "deployment.zip",
    )
    progress(f"packaged {made.zip.stat().st_size / 1e6:.1f} MB in {build / 'out'}")
    return made


def _copy_sources(source: Path, project: Path) -> None:
    """Only what Chalice reads; links such as `vendor/templates` become real folders."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".DS_Store", "deployments", "deployed")
    for folder in ("chalicelib", "vendor", ".chalice"):
        shutil.copytree(source / folder, project / folder, ignore=ignore)
    shutil.copy(source / "app.py", project / "app.py")
    (project / "requirements.txt").write_text("")


def _compile(project: Path) -> None:
    """Lambda's disk is read-only, so what is not compiled here is compiled at every cold start."""
    for folder in ("chalicelib", "vendor"):
        compileall.compile_dir(
            project / folder,
            quiet=2,
            stripdir=str(project),
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )


def _run_chalice(stage: str, project: Path, merge: Path, out: Path) -> None:
    environment = {
        "PYTHONDONTWRITEBYTECODE": "1",
        # Chalice asks boto3 for the region only to name service principals.
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    }
    command = [sys.executable, "-c", RUN_CHALICE, "--project-dir", str(project)]
    command += ["package", "--stage", stage, "--merge-template", str(merge), str(out)]
    done = subprocess.run(
        command,
        env=os.environ | environment,
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PackagingFailed((done.stdout + done.stderr).strip()[-4000:])


def _make_stable(path: Path) -> None:
    """Rewrite the zip sorted and without times, so that equal sources are equal bytes."""
    stable = path.with_suffix(".stable")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stable, "w") as new:
        for name in sorted(set(old.namelist())):
            if name.endswith("/"):
                continue
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = FILE_MODE
            new.writestr(entry, old.read(name))
    stable.replace(path)


def _version(source: Path) -> str:
    version: str = tomllib.loads((source / "pyproject.toml").read_text())["project"]["version"]
    return version


def main() -> None:
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    arguments = parser.parse_args()
    try:
        package(arguments.stage)
    except (PackagingFailed, libraries.InstallFailed) as refusal:
        sys.exit(f"packaging failed:\n{refusal}")


if __name__ == "__main__":
    main()
