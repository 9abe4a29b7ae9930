"""What no file of the project may hold."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = {
    ".py",
    ".toml",
    ".md",
    ".yml",
    ".yaml",
    ".cfg",
    ".ipynb",
    ".csv",
    ".lock",
    ".cff",
    ".html",
    ".txt",
    "",
}
APART = {"figures", "report", "__pycache__", "dist", "build", "node_modules"}
HIDDEN_AND_OURS = {".github", ".ci"}
# written in pieces, so that this file does not hold what it looks for
INDEX = r"p[y]pi\.org|pythonh[o]sted\.org|--(?:extra-)?inde[x]-url"
MACHINE = (
    r"(?<![\w./])/(?:" + "|".join(("wo" + "rk", "ho" + "me", "Us" + "ers", "ro" + "ot")) + r")/\w"
)
LATER = rf"\b(?:{'|'.join(('TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'))})\b"
UNWANTED = re.compile("|".join((INDEX, MACHINE, LATER)))


def is_apart(folder: str) -> bool:
    hidden = folder.startswith(".") and folder not in HIDDEN_AND_OURS
    return hidden or folder in APART or folder.endswith(".egg-info")


def test_no_file_names_a_package_index_a_path_of_a_machine_or_something_left_for_later() -> None:
    named = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [each for each in folders if not is_apart(each)]
        for path in (
            Path(folder, name) for name in files if Path(name).suffix in WRITTEN and name != ".git"
        ):
            text = path.read_text(encoding="utf-8", errors="replace")
            named += [f"{path.relative_to(ROOT)}: {each[0]}" for each in UNWANTED.finditer(text)]
    assert named == []


DIALECT = re.compile(
    "|".join(
        (
            r"one['’]s o[w]n",
            r"has no obj[e]ct in",
            r"tell[s]? apart",
            r"(?<!not )told ap[a]rt",
            r"\bane[w]\b",
            r"which is th[e]n",
        )
    )
)


def test_no_text_is_written_in_phrases_that_no_statistician_writes() -> None:
    ours = [path for part in ("diplab", "docs") for path in (ROOT / part).rglob("*")]
    ours += [*ROOT.glob("*.md"), ROOT / "tests" / "error_texts.json"]
    written = {".py", ".toml", ".md", ".json"}
    found = []
    for path in (
        path for path in ours if path.suffix in written and "__pycache__" not in path.parts
    ):
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(ROOT)}: {phrase[0]}" for phrase in DIALECT.finditer(text)]
    assert found == []
