"""What is in the zip, what is not, and how large it may be."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from chalicelib.web.render import is_page
from infra.libraries import SERVICES_KEPT
from infra.package import ROOT, Package, package

ZIP_BYTES_MAX = 50_000_000
UNZIPPED_BYTES_MAX = 130_000_000
LOCAL_ZIP_BYTES_MAX = 5_000_000
CLIENT = re.compile(r'client\(\s*"([a-z0-9]+)"')

WORKERS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "chalicelib").rglob("workers.py")
)


def templates_on_disk() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }


def test_the_templates_in_the_zip_are_those_on_disk(local_names: set[str]):
    assert {name for name in local_names if name.startswith("templates/")} == templates_on_disk()
    assert templates_on_disk()


def test_all_the_code_is_in_the_zip_and_nothing_else_of_ours(local_names: set[str]):
    code = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "chalicelib").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert code | {"app.py"} <= local_names
    tops = {name.split("/")[0] for name in local_names}
    assert tops == {"app.py", "chalice", "chalicelib", "templates"}


def test_pages_are_compiled(local_names: set[str]):
    names = [name.removeprefix("templates/") for name in templates_on_disk()]
    pages = [name for name in names if is_page(name)]
    modules = {name for name in local_names if name.startswith("chalicelib/web/compiled/tmpl_")}
    assert len([name for name in modules if name.endswith(".py")]) == len(pages)


def test_the_local_zip_brings_no_libraries(local_package: Package):
    assert local_package.zip.stat().st_size < LOCAL_ZIP_BYTES_MAX


def test_modules_are_compiled(local_names: set[str]):
    version = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
    assert f"chalicelib/kernel/__pycache__/money.{version}.pyc" in local_names


def test_equal_sources_are_equal_bytes(local_package: Package, tmp_path: Path):
    again = package("local", target=tmp_path / "again", progress=lambda _: None)
    assert again.digest == local_package.digest


def test_the_zip_for_aws_is_small_enough(aws_package: Package):
    with zipfile.ZipFile(aws_package.zip) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    assert aws_package.zip.stat().st_size < ZIP_BYTES_MAX
    assert unzipped < UNZIPPED_BYTES_MAX


def test_the_zip_for_aws_holds_every_locked_library(unzipped: Path):
    lock = (ROOT / "requirements.txt").read_text()
    locked = {
        name.replace("-", "_").lower() for name in re.findall(r"^([\w-]+)==", lock, re.MULTILINE)
    }
    found = {
        path.name.split("-")[0].replace(".", "_").lower() for path in unzipped.glob("*.dist-info")
    }
    assert locked == found


def test_the_clients_that_the_code_makes_are_described_in_the_zip(unzipped: Path):
    made = {
        name
        for path in (ROOT / "chalicelib").rglob("*.py")
        for name in CLIENT.findall(path.read_text())
    }
    assert made | {"dynamodb"} <= SERVICES_KEPT
    described = {path.name for path in (unzipped / "botocore" / "data").iterdir() if path.is_dir()}
    assert described == SERVICES_KEPT


@pytest.mark.parametrize("module", ["app", *WORKERS])
def test_a_handlers_module_imports_alone_from_the_zip(module: str, unzipped: Path):
    """Lambda imports a worker's module without `app`, and nothing of this checkout."""
    others = "" if module == "app" else "assert 'app' not in sys.modules"
    script = f"import sys; sys.path.insert(0, {str(unzipped)!r}); import {module}; {others}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", script],
        cwd=unzipped,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_formats_of_both_languages_are_in_the_zip(unzipped: Path):
    script = (
        f"import sys; sys.path.insert(0, {str(unzipped)!r})\n"
        "from babel.numbers import format_currency as f\n"
        "print(f(1234.5, 'GBP', locale='en'), f(1234.5, 'CNY', locale='zh_Hans_CN'))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout == "£1,234.50 ¥1,234.50\n"


def test_the_digest_names_the_bytes(local_package: Package):
    data = local_package.zip.read_bytes()
    assert local_package.digest == hashlib.sha256(data).hexdigest()
