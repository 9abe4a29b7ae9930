"""The public names: each resolves to what it says, is explained with an example, and costs nothing until used."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import diplab as dl

PACKAGE = Path(dl.__file__).parent
SUBMODULES = sorted(
    each.name
    for each in pkgutil.walk_packages([str(PACKAGE)], "diplab.")
    if not each.name.endswith("__main__")
)
PUBLIC = sorted(dl.__all__)
MODULES = ("population", "wording")


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    """Import every submodule first: a module imported late must not take the place of a function."""
    for name in SUBMODULES:
        importlib.import_module(name)


@pytest.mark.parametrize("name", SUBMODULES)
def test_every_submodule_imports(name: str) -> None:
    assert isinstance(sys.modules[name], ModuleType)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_what_it_says(name: str) -> None:
    found = getattr(dl, name)
    if name in MODULES:
        assert isinstance(found, ModuleType)
        return
    assert callable(found)
    assert found.__name__ == name
    assert inspect.isclass(found) == name[0].isupper()
    assert found.__module__.startswith("diplab.")


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in MODULES])
def test_a_public_name_is_explained_with_an_example(name: str) -> None:
    text = inspect.getdoc(getattr(dl, name)) or ""
    assert text.split("\n")[0].endswith((".", ":"))
    assert ">>> " in text


def test_no_folder_or_module_bears_the_name_of_a_function() -> None:
    beside = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert beside & set(PUBLIC) == set(MODULES)


def test_names_are_listed_once_and_found_by_completion() -> None:
    assert len(set(dl.__all__)) == len(dl.__all__)
    assert set(dir(dl)) == {*dl.__all__, "__version__"}


def test_type_checkers_read_the_names_that_are_there() -> None:
    """The imports that are never executed, and the list that is, in the same order."""
    tree = ast.parse(Path(dl.__file__).read_text(encoding="utf-8"))
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and isinstance(node.test, ast.Name)]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    read: dict[str, list[str]] = {}
    for node in imports:
        for alias in node.names:
            home = f"diplab.{alias.name}" if node.module == "diplab" else str(node.module)
            read.setdefault(home, []).append(alias.name)
    assert {home: " ".join(names) for home, names in read.items()} == dl._NAMES
    assert list(dl._NAMES) == sorted(dl._NAMES)
    exported = [alias for node in imports for alias in node.names]
    assert [alias.name for alias in exported if alias.asname != alias.name] == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError) as caught:
        dl.nope  # type: ignore[attr-defined]  # noqa: B018
    assert str(caught.value) == "module 'diplab' has no attribute 'nope'"


def test_importing_loads_nothing_heavy() -> None:
    script = (
        "import sys, diplab; heavy = ['pandas', 'numpy', 'narwhals', 'scipy', 'matplotlib', 'polars', 'duckdb']; "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
