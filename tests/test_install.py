"""diplab works where it is installed: from a wheel outside the clone, and in place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest

import diplab

ROOT = Path(__file__).parents[1]
NEW_STUDY = ("README.md", "published.csv", "study.py.txt", "study.toml.txt")


def run(*words: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, "DIPLAB_OFFLINE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder of packages that holds the built wheel, as `pip install --target` unpacks it."""
    home = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(home), cwd=ROOT)
    (wheel,) = home.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(home / "site")
    # a source of the same bytes and time is not compiled a second time
    for source in (ROOT / "diplab").rglob("*.py"):
        unpacked, compiled = (
            home / "site" / source.relative_to(ROOT),
            Path(cache_from_source(source)),
        )
        if (
            compiled.is_file()
            and unpacked.is_file()
            and unpacked.read_bytes() == source.read_bytes()
        ):
            shutil.copystat(source, unpacked)
            known = Path(cache_from_source(unpacked))
            known.parent.mkdir(exist_ok=True)
            shutil.copyfile(compiled, known)
    return home / "site"


def test_the_wheel_carries_studies_terms_and_parameters(installed):
    names = {
        path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()
    }
    assert names >= {
        "diplab/surveys/france-2018-survey/study.toml",
        "diplab/surveys/press-2023-claims/published.csv",
        "diplab/presentation/words.toml",
        "diplab/microdata/lexicon.toml",
        *(f"diplab/replication/new_study/{name}" for name in NEW_STUDY),
        "diplab/reference/france.toml",
        "diplab/replication/archive.toml",
        "diplab/py.typed",
    }
    assert not [name for name in names if name.startswith(("tests/", "shared/", "notebooks/"))]


COMMANDS = """
import diplab, diplab.cli
print(diplab.__file__)
for words in ("list", "show france-2019-headcount", "new my-study",
              "reproduce my-study france-2019-headcount --jobs 1 --full --language fr"):
    assert not diplab.cli.app(words.split(), standalone_mode=False)
"""


def test_every_command_from_the_wheel_outside_the_clone(installed, tmp_path):
    assert (
        run("-m", "diplab", "--version", cwd=tmp_path, PYTHONPATH=str(installed))
        == "diplab 0.1.0\n"
    )
    printed = run("-c", COMMANDS, cwd=tmp_path, PYTHONPATH=str(installed))
    assert printed.startswith(str(installed / "diplab" / "__init__.py"))
    for words in (
        "us-crowdworkers-2022",
        "circular",
        "my-study",
        "Chiffres refaits\N{NO-BREAK SPACE}: ",
        "circulaire",
    ):
        assert words in printed
    assert (tmp_path / "report" / "my-study.fr.html").is_file()


WITHOUT_SOURCES = """
import importlib, pkgutil
import pandas as pd
import diplab as dl

assert dl.__file__.endswith("__init__.pyc"), dl.__file__
for module in pkgutil.walk_packages(dl.__path__, "diplab."):
    if not module.name.endswith("__main__") and ".surveys" not in module.name:
        importlib.import_module(module.name)
for topic in (dl, dl.planning, dl.population, dl.survival, dl.types, dl.wording, dl.work):
    assert all(getattr(topic, name) is not None for name in topic.__all__), topic
found = dl.estimate(dl.declare_design(pd.DataFrame({"y": [1.0, 2, 6]})), dl.mean("y"))
assert found.frame["estimate"].tolist() == [3.0]
assert "Mean" in repr(found) and "Mean" in found._repr_html_()
try:
    dl.estimate(found, bi="sex")
except dl.DiplabError as wrong:
    print(wrong)
"""


def test_a_package_of_compiled_files_alone_has_every_name_and_estimates(installed, tmp_path):
    """As frozen applications and some packagers make: no source is read to find what there is."""
    shutil.copytree(installed / "diplab", tmp_path / "diplab")
    run("-m", "compileall", "-q", "-b", "diplab", cwd=tmp_path)
    for source in (tmp_path / "diplab").rglob("*.py"):
        source.unlink()
    printed = run("-c", WITHOUT_SOURCES, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert printed.startswith("`estimate` has no argument `bi`.")


def test_commands_from_the_editable_install(tmp_path):
    """The environment that runs the tests holds diplab installed in place (`pip install -e`)."""
    assert "us-crowdworkers-2022" in run("-m", "diplab", "list", cwd=tmp_path)
    assert (
        run("-c", "import diplab; print(diplab.__file__)", cwd=tmp_path).strip() == diplab.__file__
    )
    assert Path(diplab.__file__).parent == ROOT / "diplab"
