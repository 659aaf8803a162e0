"""The two kinds of zip: what one machine runs, and what AWS runs. The second is built once."""

import shutil
import zipfile
from pathlib import Path

import pytest

from infra.package import Package, package


def _quiet(_: str) -> None:
    return None


@pytest.fixture(scope="session")
def local_package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return package("local", target=tmp_path_factory.mktemp("local"), progress=_quiet)


@pytest.fixture(scope="session")
def aws_package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return package("prod", target=tmp_path_factory.mktemp("prod"), progress=_quiet)


@pytest.fixture(scope="session")
def unzipped(aws_package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What /var/task holds on Lambda."""
    folder = tmp_path_factory.mktemp("task")
    shutil.unpack_archive(aws_package.zip, folder, "zip")
    return folder


@pytest.fixture(scope="session")
def local_names(local_package: Package) -> set[str]:
    with zipfile.ZipFile(local_package.zip) as archive:
        return set(archive.namelist())
