"""The layers of the package: imports point down only, wherever they stand, and files stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "diplab"
FILES = sorted(PACKAGE.rglob("*.py"))
LAYERS = [
    {"errors", "checks", "public_names"},
    {"kernel", "reference"},
    {"microdata", "loaders"},
    {"sampling"},
    {"results"},
    {"estimators", "weighting", "population"},
    {"inference"},
    {"presentation"},
    {"replication"},
    {"types", "wording", "work", "planning"},
    {"cli", "__main__"},
]
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> list[str]:
    """Every module a file imports, inside functions and under TYPE_CHECKING too."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


INSIDE = [path for path in FILES if path.parent != PACKAGE or path.stem != "__init__"]


BELOW_REPLICATION = [path for path in INSIDE if HEIGHT[layer_of(path)] < HEIGHT["replication"]]


@pytest.mark.parametrize("path", BELOW_REPLICATION, ids=named)
def test_the_package_itself_is_imported_from_above_only(path: Path) -> None:
    """All of its names are there: whoever imports it below could reach upwards unseen."""
    found = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert [name for name in found if name in ("diplab", "diplab.*")] == []


def test_every_file_is_in_a_layer() -> None:
    assert {layer_of(path) for path in INSIDE} <= set(HEIGHT)


@pytest.mark.parametrize("path", INSIDE, ids=named)
def test_imports_point_down(path: Path) -> None:
    own = HEIGHT[layer_of(path)]
    upwards = [
        module
        for module in imported(ast.parse(path.read_text(encoding="utf-8")))
        if module.startswith("diplab.") and HEIGHT.get(module.split(".")[1], 0) > own
    ]
    assert upwards == []


@pytest.mark.parametrize("path", [path for path in FILES if "kernel" in path.parts], ids=named)
def test_the_kernel_knows_numpy_and_scipy_only(path: Path) -> None:
    import sys

    outside = {
        module.split(".")[0]
        for module in imported(ast.parse(path.read_text(encoding="utf-8")))
        if module.split(".")[0] not in sys.stdlib_module_names
    }
    within = {
        module
        for module in imported(ast.parse(path.read_text(encoding="utf-8")))
        if module.startswith("diplab.")
        and module.split(".")[1] not in ("kernel", "errors", "checks")
        and not module.startswith("diplab.population.kernel")
    }
    assert outside <= {"numpy", "scipy", "diplab"}
    assert within == set()


def lines_without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    written = ast.get_docstring(node, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if written else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


@pytest.mark.parametrize("path", FILES, ids=named)
def test_files_and_functions_stay_small(path: Path) -> None:
    """At most 600 lines a file and 60 a function, its docstring apart."""
    text = path.read_text(encoding="utf-8")
    long = {
        node.name: lines_without_docstring(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_without_docstring(node) > 60
    }
    assert (len(text.splitlines()) <= 600, long) == (True, {})


def test_no_vague_names() -> None:
    vague = ("utils", "util", "helpers", "helper", "manager", "misc", "common", "base", "process")
    assert [named(path) for path in FILES if path.stem in vague or path.parent.name in vague] == []
    getters = [
        f"{named(path)}: {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("get_")
    ]
    assert getters == []
