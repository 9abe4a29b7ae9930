"""environment.yml asks conda for what pyproject.toml asks pip for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONDA_NAMES = {
    # conda-forge writes this one with an underscore
    "great-tables": "great_tables",
    # the plain conda package of matplotlib brings a Qt that diplab does not use
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
}
"""Where the conda-forge name is another than that of the Python package."""
NOT_OF_CONDA = "font-source-sans-pro"


def in_conda_words(requirement: str) -> str:
    name, bounds = re.fullmatch(r"([\w.-]+?)\s*([<>=].*)?", requirement).groups()
    return f"{CONDA_NAMES.get(name, name)} {bounds or ''}".strip()


def test_asks_conda_forge_alone_for_the_same_packages_and_bounds():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    asked = [f"python {PROJECT['requires-python']}", "pip", *PROJECT["dependencies"]]
    asked += [*EXTRAS["data"], *EXTRAS["notebooks"], *PYPROJECT["dependency-groups"]["build"]]
    *of_conda, of_pip = environment["dependencies"]
    assert of_pip == {
        "pip": [in_conda_words(each) for each in asked if each.startswith(NOT_OF_CONDA)]
    }
    assert sorted(of_conda) == sorted(
        in_conda_words(each) for each in asked if not each.startswith(NOT_OF_CONDA)
    )


def test_requirements_and_names_in_the_words_of_conda():
    asked = ("great-tables>=1.0", "narwhals>=2.10,<3", "pip", "python >=3.11")
    assert [in_conda_words(each) for each in asked] == [
        "great_tables >=1.0", "narwhals >=2.10,<3", "pip", "python >=3.11",
    ]  # fmt: skip
    # no name of the map is left over
    named = {
        re.match(r"[\w.-]+", each).group() for each in PROJECT["dependencies"] + EXTRAS["notebooks"]
    }
    assert set(CONDA_NAMES) <= named
