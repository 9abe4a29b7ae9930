"""The public names: each resolves to what it says, is explained with an example, and costs nothing until used."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import json
import pkgutil
import re
import runpy
import sys
import tempfile
import types
from pathlib import Path
from types import ModuleType

import pytest

import diplab as dl
from diplab.microdata.missing import MissingAnswers
from diplab.public_names import _explain_wrong_calls
from diplab.replication.study import new_study

PACKAGE = Path(dl.__file__).parent
SUBMODULES = sorted(
    each.name
    for each in pkgutil.walk_packages([str(PACKAGE)], "diplab.")
    if not each.name.endswith("__main__")
)
PUBLIC = sorted(dl.__all__)
MODULES = ("areas", "planning", "population", "selection", "survival", "work")
NAMESPACES = {
    name: importlib.import_module(f"diplab.{name}") for name in (*MODULES, "types", "wording")
}
TOPICS = {name: importlib.import_module(f"diplab.{name}") for name in MODULES}
OF_TOPICS = sorted((topic, name) for topic, module in TOPICS.items() for name in module.__all__)


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    """Import every submodule first: a module imported late must not take the place of a function."""
    assert all(isinstance(importlib.import_module(name), ModuleType) for name in SUBMODULES)


def test_only_modules_that_people_import_from_list_their_names() -> None:
    """Elsewhere the underscore says what is private, and a second list would have to be kept in step."""
    public = {
        "__init__",
        "areas",
        "selection",
        "work",
        "planning",
        "survival",
        "types",
        "population/__init__",
        "public_names",
        "wording",
    }
    public |= {"estimators/__init__"}
    listing = {
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^ *__all__\b", path.read_text(encoding="utf-8"), re.M)
    }
    assert listing <= public


def test_a_public_name_is_what_it_says_and_explained_with_an_example() -> None:
    for topic, name in (*(("", name) for name in PUBLIC), *OF_TOPICS):
        value = getattr(TOPICS.get(topic, dl), name)
        if name in NAMESPACES:
            assert value is NAMESPACES[name]
            continue
        assert callable(value)
        assert value.__name__ == name
        assert inspect.isclass(value) == name[0].isupper()
        # where users find it, so that pickle does too
        assert value.__module__.split(".")[0] == "diplab"
        assert getattr(importlib.import_module(value.__module__), name) is value
        text = inspect.getdoc(value) or ""
        assert text.split("\n")[0].endswith((".", ":")), name
        assert ">>> " in text, name


def test_help_and_completion_show_every_parameter() -> None:
    """`inspect.signature` is what `help`, notebooks and editors ask of a live object; a decorator hides nothing."""
    open_ended: set[tuple[str, str]] = set()
    for topic, name in (*(("", name) for name in PUBLIC), *OF_TOPICS):
        value = getattr(TOPICS.get(topic, dl), name)
        if name in NAMESPACES or inspect.isclass(value):
            continue
        parameters = inspect.signature(value).parameters
        open_ended |= {
            (name, each.name) for each in parameters.values() if each.kind is each.VAR_KEYWORD
        }
        # those that take any number of things say of what
        several = [each.name for each in parameters.values() if each.kind is each.VAR_POSITIONAL]
        assert {"args", "arguments"}.isdisjoint(several), name
        text = inspect.getdoc(value) or ""
        assert all(re.search(rf"\b{each}\b", text) for each in parameters), (name, list(parameters))
    # what a kind of chart takes is listed by the kind
    assert open_ended == {("chart", "options")}


def test_public_names_are_few_and_functions_or_nouns_that_one_writes() -> None:
    # about seventy, and what panels, weights and publication add, `summary` and `figure_size` last
    assert len(set(PUBLIC) - {*NAMESPACES}) <= 78
    nouns = {name for name in PUBLIC if name[0].isupper()}
    assert nouns == {"Codebook", "DiplabError", "Microdata", "Notes", "Text"}
    beside = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert beside & {*PUBLIC, "types"} == {*NAMESPACES}


@pytest.mark.parametrize(
    "module",
    [
        "diplab",
        "diplab.population",
        "diplab.work",
        "diplab.planning",
        "diplab.areas",
        "diplab.selection",
        "diplab.survival",
        "diplab.types",
    ],
)
def test_names_are_listed_once_where_python_and_type_checkers_read_them(module: str) -> None:
    """The imports that are never executed, each of a name under itself; completion offers the same names."""
    names = importlib.import_module(module)
    assert len(set(names.__all__)) == len(names.__all__)
    assert set(dir(names)) == {*names.__all__, *(["__version__"] if names is dl else [])}
    assert all(getattr(names, each) is not None for each in names.__all__)
    tree = ast.parse(Path(str(names.__file__)).read_text(encoding="utf-8"))
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    ]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(blocks[0].body)
    written = [
        (str(node.module), alias.name, alias.asname) for node in imports for alias in node.names
    ]
    assert [name for _, name, _ in written] == names.__all__
    assert written == sorted(written)
    assert [name for _, name, known_as in written if known_as != name] == []


def test_a_star_hides_no_name_of_python() -> None:
    """`from diplab import *` in a notebook: `types` stays the module of Python, and is `dl.types` here."""
    for module in (dl, *TOPICS.values()):
        assert not {*module.__all__} & {*sys.stdlib_module_names, *dir(builtins)}
    held: dict[str, object] = {}
    exec("import types\nfrom diplab import *", held)
    assert held["types"] is types
    assert dl.types is importlib.import_module("diplab.types")


def test_a_wrong_argument_is_told_by_function_and_name(refused) -> None:
    """A misspelt keyword, one argument too many or too few: still a `TypeError`, as Python raises it."""
    for call in (
        lambda: dl.arpr("income", treshold=1026),  # type: ignore[call-arg]
        lambda: dl.share("sex", "age"),  # type: ignore[call-arg]
        lambda: dl.count("sex"),  # type: ignore[call-arg]
        lambda: dl.quantile("pay", 0.5, 0.9),  # type: ignore[call-arg]
        lambda: dl.quantile("pay"),  # type: ignore[call-arg]
        lambda: dl.quantile("pay", 0.5, y="pay"),  # type: ignore[call-arg]
        lambda: dl.estimate(None, dl.count(), level=0.9),  # type: ignore[call-arg]
        lambda: dl.contrast(kind="ratio"),  # type: ignore[call-arg]
        lambda: dl.work.top_share("pay", share=0.1),  # type: ignore[call-arg]
        lambda: dl.population.two_sample(10, 20, 5, estimater="chapman"),  # type: ignore[call-arg]
    ):
        refused(call, TypeError)
        with pytest.raises(dl.DiplabError):
            call()

    # an error inside a function is not taken for a wrong call
    def broken(name: str) -> None:
        raise TypeError(name)

    with pytest.raises(TypeError) as caught:
        _explain_wrong_calls(broken)("inside")  # type: ignore[arg-type]
    assert not isinstance(caught.value, dl.DiplabError)
    refused(lambda: dl.nope, AttributeError)  # type: ignore[attr-defined]


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
        code[path.name] = "\n".join(
            re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        )
    return code


def from_inside(code: str) -> list[str]:
    """The modules of the package that code imports from and that are not open to all."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("diplab.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "diplab":
            found += [str(node.module)] if node.module != "diplab" else []
    return [each for each in found if not f"{each}.".startswith(tuple(f"{name}." for name in OPEN))]


def test_nobody_has_to_import_from_inside_the_package() -> None:
    code = "import diplab as dl\nfrom diplab.types import Origin\nfrom diplab.reference.text import Text\n"
    assert from_inside(f"{code}def f():\n    import diplab.kernel.gini\n") == [
        "diplab.reference.text", "diplab.kernel.gini",
    ]  # fmt: skip
    written = code_of_people()
    assert len(written) > 25
    assert {where: inside for where, each in written.items() if (inside := from_inside(each))} == {}


def test_the_page_of_public_names_is_made_from_the_code() -> None:
    """After a change: `python docs/api.py`."""
    script = runpy.run_path(str(ROOT / "docs" / "api.py"))
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == script["page"]()


def test_each_parameter_of_a_verb_of_data_is_explained() -> None:
    methods = [
        getattr(dl.Microdata, name) for name in dir(dl.Microdata) if not name.startswith("_")
    ]
    for verb in (*filter(callable, methods), MissingAnswers.__call__, dl.Codebook.look_for):
        text = inspect.getdoc(verb) or ""
        parameters = set(inspect.signature(verb).parameters) - {"self", "data", "codebook", "rules"}
        lines = [line.split(" :")[0] for line in text.splitlines() if " : " in line]
        assert parameters <= {each.strip(" *") for line in lines for each in line.split(",")}, verb
        assert "data : Microdata" not in text
