"""Write docs/api.md: every public name with its signature and the first sentence of its docstring.

python docs/api.py
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import diplab as dl
import diplab.types

PAGE = Path(__file__).with_name("api.md")
MODULES = {
    "dl": dl,
    "dl.population": dl.population,
    "dl.work": dl.work,
    "dl.planning": dl.planning,
    "dl.survival": dl.survival,
    "dl.areas": dl.areas,
    "dl.selection": dl.selection,
    "diplab.types": diplab.types,
}


def signature(name: str, value: Any) -> str:
    """Return how a name is called, annotations left out."""
    if inspect.isclass(value):
        return name
    parameters = [
        each.replace(annotation=inspect.Parameter.empty)
        for each in inspect.signature(value).parameters.values()
    ]
    written = str(inspect.Signature(parameters))
    # defaults that are objects print with an address
    return name + re.sub(r"<([\w.]+)[^>]*>", r"\1", written)


def section(prefix: str, module: Any) -> list[str]:
    """Return the lines of one module: functions, then classes, each in alphabetical order."""
    names = [name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)]
    prefix_of = prefix + "." if module is not diplab.types else ""
    lines = [f"## `{prefix}`", "", "| Name | What it is |", "| :--- | :--- |"]
    for name in sorted(names, key=lambda each: (each[0].isupper(), each.lower())):
        value = getattr(module, name)
        first = (
            (inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        )
        lines.append(f"| `{signature(f'{prefix_of}{name}', value)}` | {first} |")
    return [*lines, ""]


def page() -> str:
    """Return the page."""
    lines = [
        "# Public names",
        "",
        "Made from the code by `python docs/api.py`; a test holds it.",
        "",
    ]
    for prefix, module in MODULES.items():
        lines += section(prefix, module)
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
