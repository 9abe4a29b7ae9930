"""diplab works where it is installed: from a wheel outside the clone, and in place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, "DIPLAB_OFFLINE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder of packages that holds the built wheel, as `pip install --target` unpacks it."""
    home = tmp_path_factory.mktemp("wheel")
    built = run("-m", "hatchling", "build", "-t", "wheel", "-d", str(home), cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (wheel,) = home.glob("*.whl")
    site = home / "site"
    import zipfile

    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    return site


def where(cwd: Path, **environment: str) -> str:
    found = run("-c", "import diplab; print(diplab.__file__)", cwd=cwd, **environment)
    return found.stdout.strip()


def test_the_wheel_carries_studies_terms_and_parameters(installed):
    names = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    for name in (
        "diplab/surveys/france-2018-survey/study.toml",
        "diplab/surveys/press-2023-claims/published.csv",
        "diplab/presentation/words.toml",
        "diplab/reference/france.toml",
        "diplab/replication/archive.toml",
        "diplab/py.typed",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "shared/", "notebooks/"))]


def test_every_command_from_the_wheel_outside_the_clone(installed, tmp_path):
    site = str(installed)
    assert where(tmp_path, PYTHONPATH=site) == str(installed / "diplab" / "__init__.py")
    for words, said in (
        (("list",), "us-crowdworkers-2022"),
        (("show", "france-2019-headcount"), "circular"),
        (("new", "my-study"), "my-study"),
        (("reproduce", "my-study"), "Numbers rerun: 1"),
        (("reproduce", "france-2019-headcount", "--full", "--language", "fr"), "circulaire"),
    ):
        found = run("-m", "diplab", *words, cwd=tmp_path, PYTHONPATH=site)
        assert found.returncode == 0, found.stdout + found.stderr
        assert said in found.stdout


def test_every_command_from_the_editable_install(tmp_path):
    """The environment that runs the tests holds diplab installed in place (`pip install -e`)."""
    assert where(tmp_path) == str(ROOT / "diplab" / "__init__.py")
    for words, said in (
        (("list",), "us-crowdworkers-2022"),
        (("show", "france-2019-headcount"), "circular"),
        (("new", "my-study"), "my-study"),
        (("reproduce", "my-study"), "Numbers rerun: 1"),
    ):
        found = run("-m", "diplab", *words, cwd=tmp_path)
        assert found.returncode == 0, found.stdout + found.stderr
        assert said in found.stdout


def test_the_package_under_test_is_this_checkout():
    import diplab

    assert Path(diplab.__file__).parent == ROOT / "diplab"
