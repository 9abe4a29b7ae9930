"""environment.yml asks conda for what pyproject.toml asks pip for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]

CONDA_NAMES = {
    # conda-forge writes this one with an underscore
    "great-tables": "great_tables",
    # the plain conda package of matplotlib brings a Qt that diplab does not use
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
}
"""Where the conda-forge name is another than that of the Python package."""


def in_conda_words(requirement: str) -> str:
    name, bounds = re.fullmatch(r"([\w.-]+?)\s*([<>=].*)?", requirement).groups()
    return f"{CONDA_NAMES.get(name, name)} {bounds or ''}".strip()


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def environment() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_asks_for_the_same_packages_and_bounds(project, environment):
    asked = [
        f"python {project['project']['requires-python']}",
        "pip",
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["data"],
        *project["project"]["optional-dependencies"]["notebooks"],
        *project["dependency-groups"]["build"],
    ]
    assert sorted(environment["dependencies"]) == sorted(in_conda_words(each) for each in asked)


def test_comes_from_conda_forge_alone(environment):
    assert environment["channels"] == ["conda-forge", "nodefaults"]


def test_name_map_has_no_entry_left_over(project):
    asked = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["notebooks"]
    named = {re.match(r"[\w.-]+", each).group() for each in asked}
    assert set(CONDA_NAMES) <= named


@pytest.mark.parametrize(
    ("requirement", "asked"),
    [
        ("great-tables>=1.0", "great_tables >=1.0"),
        ("narwhals>=2.10,<3", "narwhals >=2.10,<3"),
        ("pip", "pip"),
        ("python >=3.11", "python >=3.11"),
    ],
)
def test_requirement_in_the_words_of_conda(requirement, asked):
    assert in_conda_words(requirement) == asked
