"""Both notebooks run from the first cell to the last, in a folder of their own, and show what their text says."""

from __future__ import annotations

import base64
import html
import json
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

HOME = Path(__file__).parents[1] / "notebooks"
SECONDS = 180


class Ran:
    """A notebook that was run; its outputs by the id of the cell."""

    def __init__(self, notebook: nbformat.NotebookNode) -> None:
        self.cells = {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code"}

    def outputs(self, cell: str) -> list[Any]:
        return self.cells[cell]["outputs"]

    def printed(self, cell: str) -> str:
        """What the cell printed, on one line."""
        words = "".join(each["text"] for each in self.outputs(cell) if each["output_type"] == "stream")
        return re.sub(r"\s*\n\s*", " ", words).strip()

    def page(self, cell: str) -> str:
        """The words of the table that the cell shows."""
        shown = "".join(self.outputs(cell)[-1]["data"]["text/html"])
        return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", shown, flags=re.DOTALL))

    def picture(self, cell: str) -> bytes:
        return base64.b64decode(self.outputs(cell)[-1]["data"]["image/png"])


def run(name: str, folder: Path) -> Ran:
    """Run a notebook with this very interpreter, whatever kernels the machine has."""
    kernel = folder / "kernels" / "diplab-tests"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    description = {"argv": command, "display_name": "diplab tests", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    work = folder / "work"
    work.mkdir()
    manager = AsyncKernelManager(
        kernel_name="diplab-tests",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(kernel.parent)], ensure_native_kernel=False),
    )
    notebook = nbformat.read(HOME / name, as_version=4)
    # nothing is sent home, and no setting of the person who runs the tests is read
    own = {"IPYTHONDIR": str(folder / "ipython"), "DIPLAB_OFFLINE": "1"}
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in own.items():
            patch.setenv(variable, value)
        NotebookClient(
            notebook, km=manager, timeout=SECONDS, resources={"metadata": {"path": str(work)}}
        ).execute()
    assert list(work.iterdir()) == [], "a notebook leaves nothing in the folder it runs in"
    return Ran(notebook)


@pytest.fixture(scope="module")
def rerun(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run("01-rerun-a-published-figure.ipynb", tmp_path_factory.mktemp("rerun"))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run("02-from-file-to-table.ipynb", tmp_path_factory.mktemp("table"))


def test_rerun_lists_the_studies(rerun):
    printed = rerun.printed("rerun-studies")
    assert "france-2019-headcount" in printed
    assert "press-2023-claims" in printed
    assert "Combien de micro-travailleurs en France en 2019" in printed


def test_rerun_shows_the_published_number_with_its_base(rerun):
    printed = rerun.printed("rerun-registered-published")
    assert "number: 266126 people" in printed
    assert "champ: personnes inscrites sur une plateforme de micro-travail au moins, France" in re.sub(
        " +", " ", printed
    )
    assert "status: published" in printed


def test_rerun_reads_the_verdicts_that_its_text_speaks_of(rerun):
    registered = rerun.printed("rerun-registered-rerun")
    assert "published: 266,126 reproduced: 266,126 " in registered
    assert "verdict: circular" in registered
    full_time = rerun.printed("rerun-fulltime")
    assert "published: 71 " in full_time
    assert "reproduced: 28.4 verdict: base differs" in full_time
    assert rerun.printed("rerun-fulltime-arithmetic") == "28.4% of all respondents"


def test_rerun_shows_the_study_in_french(rerun):
    words = rerun.page("rerun-registered-table")
    for word in ("Combien de micro-travailleurs", "Publié", "Reproduit", "Champ", "Verdict", "circulaire"):
        assert word in words
    assert "266\u202f126" in words


def test_rerun_draws_a_figure(rerun):
    assert rerun.picture("rerun-figure").startswith(b"\x89PNG")


def test_rerun_is_refused_the_sum_of_nested_circles(rerun):
    assert rerun.printed("rerun-sum") == (
        "The sum of 3 circles was asked for (266,126, 52,337, 14,903). "
        "They are nested: everyone in a smaller circle is already counted in the larger one. "
        "Write the largest circle (266,126) if you mean everyone."
    )


def test_rerun_changes_the_factor(rerun):
    """Worked by hand: 337,980 / 1, / 1.27, / 1.83 and, in the exercise, / 1.5."""
    assert rerun.printed("rerun-factor") == (
        "1.00 accounts a person: 337,980 people "
        "1.27 accounts a person: 266,126 people "
        "1.83 accounts a person: 184,689 people"
    )
    assert rerun.printed("rerun-exercise-cell") == "225,320 people at 1.5 accounts a person"


def test_answers_of_the_exercise_are_right():
    """Worked by hand: 337,980 / 200,000 = 1.6899 and 337,980 / 1.352 = 249,985.2."""
    notebook = nbformat.read(HOME / "01-rerun-a-published-figure.ipynb", as_version=4)
    (answers,) = [cell["source"] for cell in notebook["cells"] if cell["id"] == "rerun-answers"]
    assert f"{337_980 / 200_000:.2f}" == "1.69"
    assert "= 1.69 accounts" in answers
    assert f"{337_980 / 1.352:,.0f}" == "249,985"
    assert "Between 249,985 (1.352) and 337,980 (1) people" in answers
    assert "249\u202f985" in answers


def test_table_makes_its_file_and_calls_it_synthetic(table):
    assert table.printed("table-make") == "survey.codebook.toml survey.sav"
    (shown,) = table.outputs("table-read")
    assert shown["data"]["text/plain"] == "<synthetic microdata survey.sav: 640 rows, 8 columns>"


def test_table_shows_the_codebook_and_the_kinds_of_missing(table):
    words = table.page("table-codebook")
    assert "Emploi principal" in words
    assert "Permanent, Fixed term, No job" in words
    reasons = table.outputs("table-missing")[0]["data"]["text/plain"]
    assert re.search(r"'contract': \{'not asked': \d+, 'refused': \d+\}", reasons)
    assert re.search(r"'hourly_pay': \{'system': \d+\}", reasons)


def test_table_keeps_everyones_line_for_a_domain_and_not_for_a_universe(table):
    cells = table.page("table-domain").split()
    line = cells[cells.index("month)") + 1 :][:3]
    rate = [float(each.rstrip("%")) for each in cells[cells.index("rate") + 1 :][:3]]
    assert line[0] == line[1]
    assert int(line[2]) < int(line[1])
    assert rate[2] < rate[1]


def test_table_prints_a_rate_under_a_fixed_line_and_a_difference(table):
    assert re.fullmatch(
        r"\d+\.\d% under 1,026 euros, from \d+\.\d% to \d+\.\d%", table.printed("table-fixed")
    )
    by_sex = dict(re.findall(r"(Men|Women)\s+(\d+\.\d)%", table.page("table-by")))
    difference = re.match(r"women minus men: (\d+\.\d) points, from", table.printed("table-contrast"))
    assert float(difference.group(1)) == pytest.approx(
        float(by_sex["Women"]) - float(by_sex["Men"]), abs=0.11
    )


def test_table_is_shown_in_both_languages(table):
    french = table.page("table-table-fr")
    for word in (
        "Emploi principal",
        "selon Sexe",
        "Femmes",
        "CDI",
        "Répondants",
        "Intervalle à 95\u00a0%",
        "Champ",
    ):
        assert word in french
    assert "Données synthétiques" in french
    english = table.page("table-table-en")
    for word in ("Main job", "Women", "Permanent", "Respondents", "95% interval", "Synthetic data"):
        assert word in english
    assert french.count(",") > english.count(",")


def test_table_draws_both_figures_which_differ(table):
    pictures = [table.picture(f"table-figure-{language}") for language in ("fr", "en")]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[0] != pictures[1]


def test_table_saves_word_and_svg_files(table):
    printed = table.printed("table-save")
    sizes = re.findall(r"(main-job\.(?:fr|en)\.(?:docx|svg)): (\d+) kB", printed)
    assert [name for name, _ in sizes] == [
        "main-job.fr.docx",
        "main-job.fr.svg",
        "main-job.en.docx",
        "main-job.en.svg",
    ]
    assert all(int(size) > 0 for _, size in sizes)


def test_table_ends_with_its_rules(table):
    rules = table.outputs("table-provenance")[0]["data"]["text/plain"]
    assert "'df': 'design'" in rules
    assert "'where': 'age >= 18'" in rules
