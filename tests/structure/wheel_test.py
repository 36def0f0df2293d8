"""The wheel holds our four packages, and nothing installed beside it has one of their names."""

import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGES = {"pipelines", "transforms", "scrapers", "schemas"}


@pytest.fixture(scope="module")
def source(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout: building leaves folders in the tree that it builds from."""
    source = tmp_path_factory.mktemp("source")
    for folder in [*PACKAGES, "tests", "demo", "benchmarks", "templates"]:
        if (project / folder).is_dir():
            shutil.copytree(project / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ["setup.py", "pyproject.toml"]:
        shutil.copy(project / name, source)
    return source


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return zipfile.ZipFile(next(target.glob("*.whl")))


def test_the_top_level_is_exactly_the_four_packages(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES


def test_every_module_is_in_the_wheel(wheel: zipfile.ZipFile, source: Path) -> None:
    modules = {str(path.relative_to(source)) for package in PACKAGES for path in (source / package).rglob("*.py")}
    assert modules - set(wheel.namelist()) == set(), "a folder without __init__.py is not packaged"


def test_every_file_that_a_module_reads_is_in_the_wheel(wheel: zipfile.ZipFile, source: Path) -> None:
    files = {path for package in PACKAGES for path in (source / package).rglob("*.*") if path.is_file()}
    data = {str(path.relative_to(source)) for path in files if path.suffix not in (".py", ".pyc")}
    assert "pipelines/report/templates/page.html" in data
    assert data - set(wheel.namelist()) == set(), "package_data of setup.py does not name them"


def test_version_and_command_are_declared(wheel: zipfile.ZipFile) -> None:
    from schemas.version import __version__

    info = f"scrapeline-{__version__}.dist-info"
    assert "scrapeline = pipelines.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert f"Version: {__version__}\n" in wheel.read(f"{info}/METADATA").decode()


def test_no_dependency_provides_a_package_of_ours() -> None:
    owners = importlib.metadata.packages_distributions()
    strangers = {name: set(owners.get(name, [])) - {"scrapeline"} for name in PACKAGES}
    assert not any(strangers.values()), strangers


def test_a_process_elsewhere_can_import_the_packages(tmp_path: Path) -> None:
    """Worker processes start in other folders and without our `sys.path`."""
    code = "import schemas, scrapers, transforms, pipelines"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
