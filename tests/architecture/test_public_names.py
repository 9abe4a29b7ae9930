"""The public names: each resolves to what it says, is explained with an example, and costs nothing until used."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

import diplab as dl
from diplab.replication.example import new_study

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


def test_an_unknown_name_is_an_attribute_error(error_text) -> None:
    with pytest.raises(AttributeError) as caught:
        dl.nope  # type: ignore[attr-defined]  # noqa: B018
    error_text(caught)


def test_importing_loads_nothing_heavy() -> None:
    script = (
        "import sys, diplab; heavy = ['pandas', 'numpy', 'narwhals', 'scipy', 'matplotlib', 'polars', 'duckdb']; "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


ROOT = PACKAGE.parent
OPEN = ("diplab.presentation.charts", "diplab.types", "diplab.wording", "diplab.population")
"""Modules that people may import from, besides `import diplab as dl`."""


def code_of_people() -> dict[str, str]:
    """All code that is written as users write it: notebooks, studies, the example of `diplab new`, README and docs."""
    code = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = "\n".join("".join(each["source"]) for each in cells if each["cell_type"] == "code")
        code[path.name] = re.sub(r"^%.*$", "", source, flags=re.MULTILINE)
    for path in sorted((ROOT / "surveys").rglob("*.py")):
        code[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as home:
        code["diplab new"] = (new_study("my-study", Path(home), 2026) / "study.py").read_text(
            encoding="utf-8"
        )
    for path in (*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")):
        page = path.read_text(encoding="utf-8")
        code[path.name] = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    return code


CODE_OF_PEOPLE = code_of_people()


def from_inside(code: str) -> list[str]:
    """The modules of the package that code imports from and that are not open to all."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("diplab.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "diplab":
            found += [str(node.module)] if node.module != "diplab" else []
    return [each for each in found if not f"{each}.".startswith(tuple(f"{name}." for name in OPEN))]


@pytest.mark.parametrize("where", CODE_OF_PEOPLE)
def test_nobody_has_to_import_from_inside_the_package(where: str) -> None:
    assert from_inside(CODE_OF_PEOPLE[where]) == []


def test_imports_from_inside_are_seen() -> None:
    code = "import diplab as dl\nfrom diplab.types import Origin\nfrom diplab.reference.text import Text\n"
    assert from_inside(code + "def f():\n    import diplab.kernel.gini\n") == [
        "diplab.reference.text",
        "diplab.kernel.gini",
    ]
    assert len(CODE_OF_PEOPLE) > 25


def test_the_page_of_public_names_is_made_from_the_code() -> None:
    """After a change: `python docs/api.py`."""
    script = runpy.run_path(str(ROOT / "docs" / "api.py"))
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == script["page"]()
