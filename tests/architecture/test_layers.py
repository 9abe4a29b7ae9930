"""The layers of the package: imports point down only, files stay small, and no code runs or catches anything."""

from __future__ import annotations

import ast
import functools
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "diplab"
TEXTS = {
    path.relative_to(PACKAGE): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}
LAYERS = [
    {"errors", "checks", "public_names", "version"},
    {"kernel", "reference"},
    {"microdata", "loaders"},
    {"sampling"},
    {"results"},
    {"estimators", "weighting", "population"},
    {"inference"},
    {"disclosure"},
    {"presentation"},
    {"replication"},
    {"areas", "selection", "types", "wording", "work", "planning", "survival"},
    {"cli", "__main__"},
]
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}


@functools.cache
def nodes() -> dict[Path, list[ast.AST]]:
    """Every node of every file, read when a test looks: each process of the suite loads this file."""
    return {path: list(ast.walk(ast.parse(text))) for path, text in TEXTS.items()}


def layer_of(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def imported(within: list[ast.AST]) -> list[str]:
    """Every module a file imports, inside functions and under TYPE_CHECKING too."""
    names = []
    for node in within:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@functools.cache
def imports() -> dict[Path, list[str]]:
    return {path: imported(found) for path, found in nodes().items() if path != Path("__init__.py")}


def test_the_package_itself_is_imported_from_above_only() -> None:
    """All of its names are there: whoever imports it below could reach upwards unseen."""
    below = {
        path: names
        for path, names in imports().items()
        if HEIGHT[layer_of(path)] < HEIGHT["replication"]
    }
    assert [path for path, names in below.items() if {"diplab", "diplab.*"} & set(names)] == []


def test_imports_point_down_between_layers() -> None:
    assert {layer_of(path) for path in imports()} <= set(HEIGHT)
    inside = [
        (path, name)
        for path, names in imports().items()
        for name in names
        if name.startswith("diplab.")
    ]
    upwards = [
        f"{path}: {name}"
        for path, name in inside
        if HEIGHT.get(name.split(".")[1], 0) > HEIGHT[layer_of(path)]
    ]
    assert upwards == []


def arrows() -> dict[str, set[str]]:
    """What each module imports when it runs, inside functions too; what types alone need is left out."""
    names = {
        ".".join(("diplab", *path.with_suffix("").parts)).removesuffix(".__init__"): path
        for path in TEXTS
    }
    found: dict[str, set[str]] = {}
    for name, path in names.items():
        typed = {
            id(inner)
            for node in nodes()[path]
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for inner in ast.walk(node)
        }
        run = imported([node for node in nodes()[path] if id(node) not in typed])
        found[name] = {
            target if target in names else target.rpartition(".")[0] for target in run
        } & set(names)
    return found


def test_no_module_imports_itself_through_others() -> None:
    """Nobody can tell which of two modules is on top, where each imports the other, be it in a function."""
    left = arrows()
    while True:
        reached = set().union(*left.values())
        circling = {
            name: targets & set(left)
            for name, targets in left.items()
            if targets & set(left) and name in reached
        }
        if len(circling) == len(left):
            break
        left = circling
    assert left == {}


def test_the_kernel_knows_numpy_and_scipy_only() -> None:
    for path in (path for path in imports() if "kernel" in path.parts):
        outside = {name.split(".")[0] for name in imports()[path]} - sys.stdlib_module_names
        assert outside <= {"numpy", "scipy", "diplab"}, path
        open_to_it = (
            "diplab.kernel.",
            "diplab.errors.",
            "diplab.checks.",
            "diplab.population.kernel.",
        )
        inside = [f"{name}." for name in imports()[path] if name.startswith("diplab")]
        assert [name for name in inside if not name.startswith(open_to_it)] == [], path


def lines_of_body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines follow the signature and the docstring of a function."""
    documented = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    first = node.body[int(documented)]
    return (node.end_lineno or 0) - first.lineno + 1


def lines_of_code() -> int:
    """Return the lines of the package without blanks, comments and docstrings."""
    count = 0
    for path, text in TEXTS.items():
        rows = text.splitlines()
        documented = set()
        for node in nodes()[path]:
            with_docstring = isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
            )
            if with_docstring and ast.get_docstring(node, clean=False) is not None:
                documented |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
        for place, row in enumerate(rows, 1):
            written = row.strip()
            count += bool(written) and not written.startswith("#") and place not in documented
    return count


def test_code_is_written_one_thought_a_line() -> None:
    """Conditional expressions and comprehensions per 1,000 lines: the aim is 34 and 43."""
    every = [node for within in nodes().values() for node in within]
    conditional = sum(isinstance(node, ast.IfExp) for node in every)
    kinds = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    comprehensions = sum(isinstance(node, kinds) for node in every)
    thousands = lines_of_code() / 1000
    assert conditional / thousands < 28.5
    assert comprehensions / thousands < 48.5


def test_files_and_functions_stay_small_and_are_well_named() -> None:
    """Most files hold at most 600 lines, none 800; the body of a function at most 60."""
    lengths = {path: len(text.splitlines()) for path, text in TEXTS.items()}
    assert [path for path, length in lengths.items() if length > 800] == []
    assert sum(length > 600 for length in lengths.values()) <= len(lengths) / 8
    functions = [
        (path, node)
        for path, within in nodes().items()
        for node in within
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [f"{path}: {node.name}" for path, node in functions if lines_of_body(node) > 60] == []
    assert [
        f"{path}: {node.name}" for path, node in functions if node.name.startswith("get_")
    ] == []
    vague = ("utils", "util", "helpers", "helper", "manager", "misc", "common", "base", "process")
    assert [path for path in TEXTS if path.stem in vague or path.parent.name in vague] == []


def test_nothing_that_was_read_is_run_and_no_error_is_caught_blindly() -> None:
    for path, within in nodes().items():
        called = {
            node.func.id
            for node in within
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert called & {"eval", "exec", "compile", "__import__"} == set(), path
        modules = {
            alias.name for node in within if isinstance(node, ast.Import) for alias in node.names
        }
        modules |= {node.module or "" for node in within if isinstance(node, ast.ImportFrom)}
        assert (
            modules & {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"} == set()
        ), path
        caught = [
            ast.unparse(node.type) if node.type else ""
            for node in within
            if isinstance(node, ast.ExceptHandler)
        ]
        assert set(caught) & {"", "Exception", "BaseException"} == set(), path
