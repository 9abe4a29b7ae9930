"""What no file of the project may hold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = {".py", ".toml", ".md", ".yml", ".yaml", ".cfg", ".ipynb", ".csv", ".lock", ".cff", ".html", ".txt", ""}
APART = {"figures", "report", "__pycache__", "dist", "build", "node_modules"}
HIDDEN_AND_OURS = {".github", ".ci"}
# written in pieces, so that this file does not hold what it looks for
INDEX = r"p[y]pi\.org|pythonh[o]sted\.org|--(?:extra-)?inde[x]-url"
MACHINE = r"(?<![\w./])/(?:" + "|".join(("wo" + "rk", "ho" + "me", "Us" + "ers", "ro" + "ot")) + r")/\w"
LATER = "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX"))


def written_files() -> list[Path]:
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in WRITTEN
        and not any(_apart(part) for part in path.relative_to(ROOT).parts[:-1])
    )


def _apart(folder: str) -> bool:
    hidden = folder.startswith(".") and folder not in HIDDEN_AND_OURS
    return hidden or folder in APART or folder.endswith(".egg-info")


@pytest.mark.parametrize(
    ("pattern", "what"),
    [(INDEX, "a package index"), (MACHINE, "a path of a machine"), (rf"\b({LATER})\b", "something left for later")],
    ids=["index", "machine", "later"],
)
def test_no_file_names(pattern: str, what: str) -> None:
    found = []
    for path in written_files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == [], f"{what} is named"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "diplab").rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_nothing_that_was_read_is_run(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert called & {"eval", "exec", "compile", "__import__"} == set()
    assert modules & {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"} == set()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "diplab").rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_no_catch_all(path: Path) -> None:
    caught = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert caught == []
