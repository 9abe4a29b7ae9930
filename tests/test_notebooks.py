"""All notebooks run from the first cell to the last, in a folder of their own, and show what their text says."""

from __future__ import annotations

import base64
import html
import importlib.resources
import json
import re
import sys
from ast import literal_eval
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOME = Path(__file__).parents[1] / "notebooks"
SECONDS = 180


class Ran:
    """A notebook that was run; its outputs by the id of the cell."""

    def __init__(self, notebook: nbformat.NotebookNode) -> None:
        self.cells = {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code"}

    def outputs(self, cell: str) -> list[Any]:
        """What the cell shows, without the bars of long work, which are empty at its end."""
        return [
            each
            for each in self.cells[cell]["outputs"]
            if each.get("data", {}).get("text/html") != ""
        ]

    def printed(self, cell: str) -> str:
        """What the cell printed, on one line."""
        words = "".join(
            each["text"] for each in self.outputs(cell) if each["output_type"] == "stream"
        )
        return re.sub(r"\s*\n\s*", " ", words).strip()

    def page(self, cell: str) -> str:
        """The words of the table that the cell shows."""
        shown = "".join(self.outputs(cell)[-1]["data"]["text/html"])
        return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", shown, flags=re.DOTALL))

    def shows(self, **words: tuple[str, ...]) -> None:
        """Hold words in what cells print, or in the table that they show; `_` in a name stands for `-`."""
        for cell, wanted in words.items():
            name = cell.replace("_", "-")
            table = "text/html" in self.outputs(name)[-1].get("data", {})
            text = re.sub(r" +", " ", self.page(name) if table else self.printed(name))
            for each in wanted:
                assert each in text, (name, each, text)

    def draws(self, *cells: str) -> None:
        """Hold that cells draw, each another figure."""
        pictures = {base64.b64decode(self.outputs(cell)[-1]["data"]["image/png"]) for cell in cells}
        assert len(pictures) == len(cells)
        assert all(picture.startswith(b"\x89PNG") for picture in pictures)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Ran]]:
    """Run a notebook with this very interpreter, whatever kernels the machine has, in an empty folder of its own.

    One process runs them all, as it takes seconds to load the package: it forgets every name before
    each.
    """
    home = tmp_path_factory.mktemp("kernel")
    kernel = home / "kernels" / "diplab-tests"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    description = {"argv": command, "display_name": "diplab tests", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    kernels = KernelSpecManager(kernel_dirs=[str(kernel.parent)], ensure_native_kernel=False)
    manager = AsyncKernelManager(kernel_name="diplab-tests", kernel_spec_manager=kernels)

    def run_one(name: str) -> Ran:
        work = tmp_path_factory.mktemp("work")
        notebook = nbformat.read(HOME / name, as_version=4)
        notebook["cells"].insert(0, nbformat.v4.new_code_cell(f"%reset -f\n%cd -q {work}"))
        NotebookClient(notebook, km=manager, timeout=SECONDS).execute()
        assert list(work.iterdir()) == [], "a notebook leaves nothing in the folder it runs in"
        return Ran(notebook)

    with pytest.MonkeyPatch.context() as patch:
        # nothing is sent home, and no setting of the person who runs the tests is read
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        patch.setenv("DIPLAB_OFFLINE", "1")
        yield run_one
    run_sync(manager.shutdown_kernel)(now=True)


@pytest.fixture(scope="module")
def rerun(run: Callable[[str], Ran]) -> Ran:
    return run("01-rerun-a-published-figure.ipynb")


@pytest.fixture(scope="module")
def table(run: Callable[[str], Ran]) -> Ran:
    return run("02-from-file-to-table.ipynb")


@pytest.fixture(scope="module")
def models(run: Callable[[str], Ran]) -> Ran:
    return run("03-weights-tables-and-models.ipynb")


@pytest.fixture(scope="module")
def clean(run: Callable[[str], Ran]) -> Ran:
    return run("04-from-an-export-to-clean-data.ipynb")


@pytest.fixture(scope="module")
def people(run: Callable[[str], Ran]) -> Ran:
    return run("05-how-many-people.ipynb")


@pytest.fixture(scope="module")
def living(run: Callable[[str], Ran]) -> Ran:
    return run("06-living-on-micro-work.ipynb")


@pytest.mark.parametrize("name", sorted(path.name for path in HOME.glob("*.ipynb")))
def test_french_paragraphs_have_french_spaces(name):
    notebook = nbformat.read(HOME / name, as_version=4)
    words = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    french = [
        re.sub(r"`[^`]*`", "x", line)
        for text in words
        for line in text.splitlines()
        if line[:1] == ">"
    ]
    assert french
    for line in french:
        assert not re.search(r"[ ][:;!?%»]|«[^\u00a0]|\d \d{3}|\w[:;!?%»](?=[\s*])", line), line


BAR = """
import time
from IPython.utils.capture import capture_output
from diplab.microdata.display import bar

def work():
    with bar("models <b>", 1000, patience=0.05) as advance:
        for _ in range(6):
            advance(100)
            time.sleep(0.15)
"""


def test_a_bar_shows_in_a_notebook_without_widgets_or_warnings(run, tmp_path):
    cells = {"bar-make": BAR, "bar-drawn": "work()"}
    cells["bar-seen"] = (
        "with capture_output() as seen:\n    work()\n"
        "print([each.data['text/html'] for each in seen.outputs], [seen.stdout, seen.stderr])"
    )
    notebook = nbformat.v4.new_notebook()
    notebook["cells"] = [
        nbformat.v4.new_code_cell(source, id=name) for name, source in cells.items()
    ]
    nbformat.write(notebook, tmp_path / "bar.ipynb")
    ran = run(str(tmp_path / "bar.ipynb"))
    # nothing is left of it, and nothing was said beside it
    (left,) = ran.cells["bar-drawn"]["outputs"]
    assert left["data"] == {"text/plain": "", "text/html": ""}
    pages, said = literal_eval(f"({ran.printed('bar-seen').replace('] [', '], [')})")
    assert said == ["", ""]
    drawn = re.fullmatch(
        r'<progress value="(\d+)" max="1000"></progress> models &lt;b&gt;: \1 of 1,000', pages[0]
    )
    assert drawn
    assert [pages[-1], len(pages) > 2] == ["", True]
    assert 100 <= int(drawn[1]) < int(re.search(r'"(\d+)"', pages[-2])[1]) <= 600


def source_of(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")


SYNTHETIC = ("Données synthétiques",)
SYNTHETIC_EN = ("Synthetic data",)


def test_rerun_shows_studies_rows_and_verdicts(rerun):
    rerun.shows(
        rerun_studies=(
            "france-2019-headcount", "press-2023-claims", "Combien de micro-travailleurs en France en 2019",
        ),
        rerun_voters_published=("number: 380 people", "944 people who expected to vote"),
        rerun_voters_rows=("Démocrate convaincu", "180"),
        rerun_voters_count=("380 Democrats of 944",),
        rerun_voters_rerun=("as published 216",),
        rerun_voters_verdicts=(
            "printed: 0.01766457 reproduced: 0.01766447 verdict: within tolerance",
            "printed: 0.181982 reproduced: 0.1819634 verdict: rounded in the source",
        ),
        # which the page does not print
        rerun_voters_interval=("8\u00a0années d’école ou moins", "[1,1\u00a0%\u202f;\u00a039,1\u00a0%]"),
        rerun_registered_published=(
            "number: 266126 people", "status: published",
            "champ: personnes inscrites sur une plateforme de micro-travail au moins, France",
        ),
        rerun_registered_rerun=("published: 266,126 reproduced: 266,126 ", "verdict: circular"),
        rerun_fulltime=("published: 71 ", "reproduced: 28.4 verdict: base differs"),
        rerun_fulltime_arithmetic=("28.4% of all respondents",),
        rerun_registered_table=(
            "Combien de micro-travailleurs", "Publié", "Reproduit", "Champ", "Verdict", "circulaire", "266\u202f126",
        ),
        # 337,980 / 1, / 1.27, / 1.83 and, in the exercise, / 1.5
        rerun_factor=(
            "1.00 accounts a person: 337,980 people", "1.27 accounts a person: 266,126 people",
            "1.83 accounts a person: 184,689 people",
        ),
        rerun_exercise_cell=("225,320 people at 1.5 accounts a person",),
        rerun_sum=(
            "The 3 circles are nested and do not add up (266,126, 52,337, 14,903).",
            "Everyone in a smaller circle is already counted in the larger one.",
            "Write the largest circle (266,126) if you mean everyone.",
        ),
    )  # fmt: skip
    rerun.draws("rerun-figure")


def test_rerun_answers_of_the_exercises_are_right():
    """The first by the file; then by hand: 337,980 / 200,000 = 1.6899 and 337,980 / 1.352 = 249,985.2."""
    study = dl.study("us-voters-1996")
    file = importlib.resources.files("statsmodels") / "datasets/anes96/anes96.csv"
    rows = dl.read(file, codebook=study.folder / "codebook.toml")
    shares = dl.estimate(
        dl.declare_design(rows), dl.share("PID >= 5"), by="vote", df="design"
    ).frame
    name = "01-rerun-a-published-figure.ipynb"
    for row in shares.to_dict("records"):
        point, low, high = (f"{100 * row[name]:.1f}%" for name in ("estimate", "ci_low", "ci_high"))
        assert f"{point} ({low} to {high})" in source_of(name)
    cells = nbformat.read(HOME / name, as_version=4)["cells"]
    (answers,) = [cell["source"] for cell in cells if cell["id"] == "rerun-answers"]
    for words in (
        "= 1.69 accounts",
        "Between 249,985 (1.352) and 337,980 (1) people",
        "249\u202f985",
    ):
        assert words in answers


def test_table_shows_files_tables_and_figures_in_both_languages(table):
    assert table.printed("table-make") == "survey.codebook.toml survey.sav"
    (shown,) = table.outputs("table-read")
    assert shown["data"]["text/plain"] == "<synthetic microdata survey.sav: 640 rows, 8 columns>"
    reasons = table.outputs("table-missing")[0]["data"]["text/plain"]
    assert re.search(r"'contract': \{'not asked': \d+, 'refused': \d+\}", reasons)
    assert re.search(r"'hourly_pay': \{'system': \d+\}", reasons)
    table.shows(
        table_codebook=("Emploi principal", "Permanent, Fixed term, No job"),
        table_table_fr=(
            "Emploi principal", "selon le sexe", "Femmes", "CDI", "Base",
            "intervalle de confiance à 95\u00a0%", "Champ", *SYNTHETIC,
        ),
        table_table_en=("Main job", "Women", "Permanent", "Base", "95% confidence interval", *SYNTHETIC_EN),
        table_summary=("Caractéristiques selon le sexe", "médiane (quartiles)", "Ensemble", "Valeur p", *SYNTHETIC),
    )  # fmt: skip
    assert table.page("table-table-fr").count(",") > table.page("table-table-en").count(",")
    table.draws("table-figure-fr", "table-figure-en")
    sizes = re.findall(
        r"(main-job\.(?:fr|en)\.(?:docx|svg)): (\d+) kB", table.printed("table-save")
    )
    assert [name for name, _ in sizes] == [
        "main-job.fr.docx",
        "main-job.fr.svg",
        "main-job.en.docx",
        "main-job.en.svg",
    ]
    assert all(int(size) > 0 for _, size in sizes)
    rules = table.outputs("table-provenance")[0]["data"]["text/plain"]
    assert "'df': 'effective'" in rules
    assert "'where': 'age >= 18'" in rules


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
    difference = re.match(
        r"women minus men: (\d+\.\d) points, from", table.printed("table-contrast")
    )
    assert float(difference.group(1)) == pytest.approx(
        float(by_sex["Women"]) - float(by_sex["Men"]), abs=0.11
    )


def percentages(words: str) -> list[float]:
    return [float(each.replace(",", ".")) for each in re.findall(r"(\d+[.,]\d)\u00a0?%", words)]


def test_models_calls_its_data_synthetic_and_shows_both_languages(models):
    models.shows(
        models_design=SYNTHETIC,
        models_crosstab_fr=(
            "Temps plein", "Ensemble", "Pourcentages en ligne", "Rao-Scott", "Champ", "p\u00a0=\u00a00,12", *SYNTHETIC,
        ),
        models_crosstab_en=("Full time", "Row percentages", "Rao-Scott", "p\u00a0=\u00a00.12", *SYNTHETIC_EN),
        models_pairs=SYNTHETIC,
        models_t=SYNTHETIC,
        models_rank=("Test de Wilcoxon",),
        models_fit=(
            "Régression logistique", "Sexe (référence\u00a0: Hommes)", "Coefficient", "Valeur p", *SYNTHETIC,
        ),
        models_effects=SYNTHETIC,
        models_term=("Wald test", *SYNTHETIC_EN),
        # by hand: 21,500 + 25,600 = 47,100, which is 0.98125 of 48,000
        models_refused_sums=(
            "The margins `sex` and `age` contradict each other.",
            "The first sums to 47,100 and the second to 48,000, 900 apart.",
            "Multiply the totals of one of them, for example those of the second by 0.98125",
        ),
        models_refused_bounds=(
            "The total 26,500 of `sex` = 'Women' cannot be met. ",
            "With `bounds=(0.8, 1.2)` it can only lie between",
        ),
    )  # fmt: skip
    assert re.fullmatch(
        r"full-time job minus none: -2\.\d hours, from -[23]\.\d to -1\.\d",
        models.printed("models-t"),
    )
    french, english = (
        percentages(models.page(f"models-crosstab-{language}")) for language in ("fr", "en")
    )
    assert french[:5] == english[:5]
    assert re.search(r"\(points\).*Femmes\s+−1\d,\d\s", models.page("models-effects"), re.DOTALL)
    models.draws("models-chart-fr", "models-chart-en")
    planned = models.printed("models-plan")
    assert re.search(
        r"répondants pour connaître une part de 3\d\u00a0% à 2\u00a0points près", planned
    )
    assert re.search(
        r"respondents to know a share of 3\d% within ±2\u00a0points, with 95% confidence", planned
    )


def test_models_sets_who_answered_beside_what_is_known(models):
    """Known shares by hand: 21,500 of 48,000 are 44.8%, 21,000 of 48,000 are 43.8%."""
    found = {
        name: (float(answered), float(known))
        for name, answered, known in re.findall(
            r"(Men|18 to 24|Higher)\s+(\d+\.\d)%\s+(\d+\.\d)%", models.page("models-margins")
        )
    }
    assert [found[name][1] for name in ("Men", "18 to 24", "Higher")] == [44.8, 27.1, 43.8]
    assert found["Men"][0] > 44.8
    assert found["18 to 24"][0] < 27.1
    assert found["Higher"][0] > 43.8


def test_models_calibrates_to_what_is_known(models):
    """Women, by hand: 26,500 of 48,000 are 55.2%, known without error."""
    printed = models.printed("models-calibrate")
    assert "after: women 55.2%, standard error 0.0%" in printed
    full_time = re.findall(r"full time (\d+\.\d)%, standard error (\d+\.\d)%", printed)
    (before, error_before), (after, error_after) = [
        (float(share), float(error)) for share, error in full_time
    ]
    assert after < before - 2
    assert error_after == pytest.approx(error_before, abs=0.2)
    assert (
        2
        < float(
            re.search(r"'highest_ratio': '([\d.]+)'", str(models.outputs("models-rules"))).group(1)
        )
        < 3
    )


def test_models_tells_the_youngest_from_the_others_and_no_others_apart(models):
    rows = models.page("models-pairs").split("Note")[0]
    firsts = re.findall(r"(\d\d)\s(?:à\s\d\d\sans|ans\sou\splus)\s−", rows)
    adjusted = re.findall(r"[01],\d{3}", rows)[1::2]
    assert firsts == ["18", "18", "18", "25", "25", "35"]
    assert [float(value.replace(",", ".")) < 0.05 for value in adjusted] == [
        first == "18" for first in firsts
    ]


def test_models_finds_the_same_numbers_with_replicate_weights(models):
    shown = models.outputs("models-replicates")[-1]["data"]["text/plain"]
    rows = [
        [float(each) for each in re.findall(r"-?\d+\.\d+", line)] for line in shown.splitlines()
    ]
    found = [row for row in rows if len(row) == 4]
    assert len(found) == 3
    for estimate, again, error, bootstrap in found:
        assert again == estimate
        assert bootstrap == pytest.approx(error, rel=0.25)


def test_clean_tells_what_it_left_out_found_and_wrote(clean):
    """The cell that makes the data has twelve people too fast, twenty-five in a line, six of 199 years."""
    clean.shows(
        clean_notices=(
            '`ipaddr` (`private="keep"` les garde)', "Left out, because they identify respondents or places: `ipaddr`",
        ),
        clean_look=("Votre revenu par mois",),
        clean_describe=("ne souhaite pas répondre", "400 réponses", *SYNTHETIC),
        clean_several=SYNTHETIC,
        clean_check=SYNTHETIC,
        clean_recode=SYNTHETIC,
        clean_reasons=("45-65", "ntervalle de confiance à 95", *SYNTHETIC),
        clean_steps=("moins de la moitié de la durée médiane",),
        clean_write=(
            "workers.sav", "5 steps", "dictionnaire.html dictionnaire.docx dictionnaire.xml", "synthetic microdata",
        ),
        clean_write_limits=("les questions à réponses multiples",),
    )  # fmt: skip
    assert "synthetic microdata" in str(clean.outputs("clean-read")[-1]["data"]["text/plain"])
    checked = re.sub(r"\s+", " ", clean.page("clean-check"))
    assert re.search(r"réponses trop rapides .* interviewtime \d\d ", checked)
    assert re.search(
        r"même réponse à tous les items auxquels la personne a répondu \(5 items\)", checked
    )
    assert "âge hors de l’intervalle de 0 à 120 ans age 6 " in checked


def test_people_counts_by_lists_bounds_and_accounts(people):
    people.shows(
        people_lists_hand=("20.6% of those of May were seen in March: 13,452 people",),
        # 2,776 x 2,832 / 585 - 1
        people_lists_table=("13,438", "Closed population"),
        people_source_table=("seen: 39,460; at least 95,988 (lower bound)", "no false account"),
        people_models_table=("95\u202f988", "sous la borne inférieure"),
        people_models_headline=("at least 95,988 people (95% interval from 93,983 to 98,066)",),
        people_several_data=("12,318",),
        people_combine_table=("11,701", "21,327", "not a confidence interval"),
        # 15 accounts of 10 persons: 15/10; over accounts, 31/15
        people_accounts_means=(
            (
                "10 rows, taken as persons: 1.500 accounts a person, so 10.0 persons behind 15 "
                "accounts"
            ),
            (
                "15 rows, taken as accounts: 1.500 accounts a person, so 10.0 persons behind 15 "
                "accounts"
            ),
            "15 rows, taken as persons: 2.067 accounts a person, so 7.3 persons behind 15 accounts",
        ),
        people_accounts_people=("1.352 accounts a person: 73,964 people",),
        people_accounts_curve=("0.35 times as large: 1.352 accounts a person",),
        people_circles_people=("between 89.07 and 163 million people: not identified",),
        # Chapman: 2,776 x 2,832 / 293 - 1; Chao: 26,468 + 12,992^2 / (2 x 5,972)
        people_exercise_code=("26,831 people, from 24,084 to 29,577 at least 40,600",),
    )
    people.draws(
        "people-lists-range",
        "people-models-figure",
        "people-several-figure",
        "people-circles-figure",
    )
    # recorded from Rcapture 1.4-4: independence, the model published, Mth gamma 3.5, Mth Chao
    for words in (f"at least {95_988 - 39_460:,} others", "11,125", "12,318", "30,623", "11,701"):
        assert words in source_of("05-how-many-people.ipynb")


def test_living_fixed_and_estimated_line(living):
    printed = living.printed("living-line")
    assert "1,026 EUR a month, one consumption unit, 2016" in printed
    rates = [float(each) for each in re.findall(r": (\d+\.\d)%", printed)]
    # under half the median are fewer than under 60% of it
    assert rates[1] < rates[0]
    assert re.search(r"estimated line: \d{3} euros", printed)


def test_living_bounds_hold_the_rate_and_assumptions_are_narrower(living):
    true = float(
        re.search(r"under 1,026 euros \(60%\): (\d+\.\d)%", living.printed("living-line")).group(1)
    )
    words = living.page("living-band")
    low, high = (
        float(each) for each in re.search(r"bounds\s+(\d+\.\d)%\sto\s(\d+\.\d)%", words).groups()
    )
    assert low < true < high
    others = [
        float(each)
        for each in re.findall(
            r"(?:distribution|interpolation|imputation within bands)\s+(\d+\.\d)%", words
        )
    ]
    assert len(others) >= 4
    assert all(low < each < high for each in others)
    assert "Imbens and Manski 2004" in words


def test_living_every_base_of_a_complement(living):
    printed = living.printed("living-job")
    shares = {
        base.split(" (")[0]: float(share)
        for share, base in re.findall(r"(\d+\.\d)% of (.+?) \(\d+ of \d+ respondents\)", printed)
    }
    assert "respondents who are employees" in shares
    least, most = (
        float(re.search(rf"(\d+\.\d)% of all respondents \({words}", printed).group(1))
        for words in ("none of those", "all those")
    )
    assert least < most < shares["respondents who are employees"]


def test_living_hours_with_and_without_unpaid_ones(living):
    words = re.sub(r"\s+", " ", living.page("living-hour"))
    paid, every = (
        float(each) for each in re.findall(r"Hourly pay \(ratio of totals\) .*?(\d\.\d+) \[", words)
    )
    assert every < paid
    assert "unpaid hours" in words


def test_living_tasks_are_those_of_the_study_and_data_are_called_synthetic(living):
    """By hand: 1,288 / 0.10 and 1,288 / 0.01; 1,288 / 0.30 and 1,288 / 0.25."""
    living.shows(
        living_tasks=(
            "at 1 to 10 cents: 12,880 to 128,800 tasks a month",
            "at 25 to 30 cents, tasks: 4,294 to 5,152",
        ),
        living_tasks_clock_code=("durée supérieure au temps disponible",),
        living_line_table=SYNTHETIC,
        living_line_table_en=SYNTHETIC_EN,
        living_band=SYNTHETIC_EN,
        living_hour=SYNTHETIC_EN,
    )
    living.draws("living-band-figure", "living-study")
    found = re.findall(r"([\d,]+) tasks a month", living.printed("living-exercise-code"))
    # 846 / 0.10, 1,015 / 0.10, 1,073 / 0.10, 1,288 / 0.10
    assert found == ["8,460", "10,150", "10,730", "12,880"]
    # 1,288 / 3, / 2 and / 1, times 12 / 52
    for words in (*found, "99 to 149 hours a week", "At 1 euro it takes 297"):
        assert words in source_of("06-living-on-micro-work.ipynb")
