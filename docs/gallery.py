"""Draw every kind of chart, in both languages and at three widths, from synthetic data.

    python docs/gallery.py --out FOLDER

`FOLDER/index.html` shows them all, each under the code that draws it.
"""

from __future__ import annotations

import argparse
import html
from pathlib import Path

import numpy as np
import pandas as pd

import diplab as dl
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.presentation.charts.circles import Disc
from diplab.presentation.charts.map import shapes
from diplab.presentation.notes import Notes
from diplab.reference.text import LANGUAGES, Text

WIDTHS = ("column", "text", "page")
CHARTS = {
    "dots": 'dl.chart(dl.estimate(sample, dl.mean("income"), by="diploma"), sort="descending")',
    "dots in colours": 'dl.chart(dl.estimate(sample, dl.mean("income"), by=["diploma", "sex"]), colour="sex")',
    "dots in panels": 'dl.chart(dl.estimate(sample, dl.share("poor == 1"), by=["diploma", "sex"]), facets="sex")',
    "bars": 'dl.chart(dl.estimate(sample, dl.mean("income"), by=["diploma", "sex"]), "bars", colour="sex")',
    "dots with a highlight": 'dl.chart(dl.estimate(sample, dl.mean("income"), by=["diploma", "sex"]), colour="sex", '
    'highlight="2", annotate={"4": remark}, line=2000, line_label=line, axis=euros)',
    "dots on a logarithmic axis": 'dl.chart(dl.estimate(sample, dl.mean("income"), by="diploma"), scale="log", '
    "axis=euros, limits=(1000, 5000))",
    "vertical bars": 'dl.chart(dl.estimate(sample, dl.mean("income"), by=["diploma", "sex"]), "bars", colour="sex", '
    "vertical=True, axis=euros)",
    "vertical bars of ages": 'dl.chart(dl.estimate(sample, dl.share("poor == 1"), by="age"), "bars", vertical=True, '
    'highlight=["8"], percent_signs=False, sort="descending")',
    "crosstab": 'dl.chart(dl.crosstab(sample, "diploma", "sex", shares="column"), "bars", stacked=True)',
    "stacked bars": 'dl.chart(dl.estimate(sample, dl.share("diploma"), by="age"), "bars", stacked=True)',
    "likert": 'dl.chart(dl.estimate(sample, *map(dl.share, ["q1", "q2", "q3"])), "likert", sort="descending")',
    "likert astride": 'dl.chart(dl.estimate(sample, *map(dl.share, ["q1", "q2", "q3"])), "likert", neutral_at="middle")',
    "pyramid": 'dl.chart(dl.estimate(sample, dl.count(), by=["age", "sex"]), "pyramid", decimals=0)',
    "dumbbell": 'dl.chart(dl.estimate(sample, dl.share("poor == 1"), by=["diploma", "sex"]), "dumbbell")',
    "lines": 'dl.chart(dl.estimate(waves, dl.share("poor == 1"), by=["year", "sex"]), "lines")',
    "lines with events": 'dl.chart(dl.estimate(waves, dl.share("poor == 1"), by=["year", "sex"]), "lines", '
    'highlight="2", annotate={"2018": remark}, intervals=False, percent_signs=False, axis=share)',
    "slope": 'dl.chart(dl.estimate(ends, dl.mean("income"), by=["year", "diploma"]), "slope")',
    "histogram": 'dl.chart(sample, "histogram", variable="income", line=1102, line_label=poverty_line)',
    "histogram of unequal bins": 'dl.chart(sample, "histogram", variable="income", bins=[0, 500, 1000, 2000, 5000])',
    "density": 'dl.chart(sample, "density", variable="income", line=1102, line_label=poverty_line)',
    "density by group": 'dl.chart(sample, "density", variable="income", colour="diploma")',
    "map of départements": 'dl.chart(dl.estimate(sample, dl.mean("income"), by="department"), "map")',
    "map of regions": 'dl.chart(dl.estimate(sample, dl.share("poor == 1"), by="region"), "map", level="regions")',
    "lorenz": 'dl.chart(dl.estimate(sample, dl.lorenz("income"), by="sex"), "lorenz")',
    "survival": 'dl.chart(dl.survival.kaplan_meier(sample, "months", "left", by="sex"), "survival")',
    "circles": 'dl.chart(discs, "circles", title=title, notes=notes)',
    "sensitivity curve": 'dl.chart([(1, 9), (2, 6), (3, 5)], "sensitivity_curve", title=title, notes=notes, '
    "x_axis=title, y_axis=title)",
}
AGREEMENT = {
    1: Text("Pas du tout d'accord", "Strongly disagree"),
    2: Text("Plutôt pas d'accord", "Disagree"),
    3: Text("Ni l'un ni l'autre", "Neither"),
    4: Text("Plutôt d'accord", "Agree"),
    5: Text("Tout à fait d'accord", "Strongly agree"),
}
VARIABLES = {
    "sex": ("sexe", "sex", {1: Text("Hommes", "Men"), 2: Text("Femmes", "Women")}),
    "age": (
        "âge",
        "age",
        {at: Text(f"{at}5 à {at + 1}4 ans", f"{at}5 to {at + 1}4") for at in range(1, 9)},
    ),
    "diploma": (
        "diplôme",
        "diploma",
        {
            1: Text("Aucun diplôme", "None"),
            2: Text("Baccalauréat", "Upper secondary"),
            3: Text("Bac + 2 ou + 3", "Short tertiary"),
            4: Text("Bac + 5 ou plus", "Master or more"),
        },
    ),
    "q1": (
        "Les plateformes laissent choisir ses horaires",
        "Platforms let one choose one's hours",
        AGREEMENT,
    ),
    "q2": ("Le revenu est suffisant", "The income is sufficient", AGREEMENT),
    "q3": ("Il faudrait un statut", "A status is needed", AGREEMENT),
    "income": ("niveau de vie mensuel (euros)", "monthly living standard (euros)", {}),
    "poor": (
        "Sous le seuil de pauvreté",
        "Below the poverty line",
        {0: Text("Non", "No"), 1: Text("Oui", "Yes")},
    ),
    "year": ("année", "year", {}),
    "department": ("département", "département", {}),
    "region": ("région", "region", {}),
    "months": ("mois sur la plateforme", "months on the platform", {}),
}


def people(rows: int = 4000) -> Microdata:
    """Return synthetic answers, the same at every run."""
    draw = np.random.default_rng(2026)
    sex, diploma = draw.choice([1, 2], rows), draw.choice(4, rows, p=[0.25, 0.3, 0.25, 0.2]) + 1
    year = draw.choice([2015, 2018, 2019, 2021, 2024], rows)
    frame = pd.DataFrame(
        {
            "sex": sex,
            "diploma": diploma,
            "year": year,
            "age": draw.choice(8, rows, p=[0.09, 0.12, 0.15, 0.17, 0.16, 0.14, 0.1, 0.07]) + 1,
            "income": np.exp(draw.normal(7.2 + 0.12 * diploma - 0.12 * (sex == 2), 0.5)).round(),
            "poor": (
                draw.uniform(size=rows) < 0.06 + 0.01 * (year - 2015) + 0.08 * (sex == 2)
            ).astype(int),
            "department": draw.choice(
                [each for each in shapes()["departments"] if each != "48"], rows
            ),
            "region": draw.choice(
                [each for each in shapes()["regions"] if len(each) == 2 and each > "10"], rows
            ),
            "months": np.ceil(draw.exponential(18 + 6 * (sex == 1))).clip(1, 60),
            "left": (draw.uniform(size=rows) < 0.7).astype(int),
            "weight": draw.uniform(4000, 16000, rows).round(),
        }
    )
    for place, name in enumerate(("q1", "q2", "q3")):
        frame[name] = np.clip(np.rint(draw.normal((3.2, 2.2, 3.7)[place], 1.1, rows)), 1, 5).astype(
            int
        )
    named = {
        name: Variable(name, label=Text(fr, en), values=values)
        for name, (fr, en, values) in VARIABLES.items()
    }
    return Microdata(frame, Codebook(named))


def examples() -> dict[str, object]:
    """Return what the code of the gallery names."""
    sample = dl.declare_design(people(), weights="weight")
    made = Text("données synthétiques", "synthetic data")
    return {
        "dl": dl,
        "sample": sample,
        "waves": sample.where("not (sex == 1 and year == 2019)"),
        "ends": sample.where("year in (2015, 2024)"),
        "poverty_line": Text("Seuil de pauvreté : 1 102 €", "Poverty line: €1,102"),
        "remark": Text("Un écart qui se creuse", "A widening gap"),
        "line": Text("Seuil de 2 000 euros", "Line of 2,000 euros"),
        "euros": Text("Euros par mois", "Euros a month"),
        "share": Text("Part sous le seuil", "Share below the line"),
        "title": Text("Un exemple", "An example"),
        "notes": Notes(synthetic=True, source=made),
        "discs": [
            Disc(Text("chaque semaine", "every week"), 15_000),
            Disc(Text("chaque mois", "every month"), 52_000),
            Disc(Text("inscrits", "registered"), 266_000),
        ],
    }


def main() -> None:
    """Draw the gallery."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder, made where it is not there"
    )
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    names = examples()
    synthetic = Notes(synthetic=True)
    parts = []
    for name, code in CHARTS.items():
        own = "" if "notes=" in code else ", notes=synthetic"
        figures = []
        for language in LANGUAGES:
            for width in WIDTHS:
                call = f"{code[:-1]}{own}, language={language!r}, width={width!r})"
                figure = eval(call, names | {"synthetic": synthetic})  # noqa: S307 - the code above
                file = f"{name.replace(' ', '-')}.{width}.{language}.png"
                dl.save(figure, folder / file)
                told = html.escape(figure.caption.description, quote=True)
                figures.append(
                    f'<img src="{file}" width="{figure.get_size_inches()[0] * 96:.0f}" alt="{told}">'
                )
        parts.append(f"<h2>{name}</h2>\n<pre>{html.escape(code)}</pre>\n" + "\n".join(figures))
    head = '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Charts of diplab</title>\n'
    style = "<style>body { font-family: sans-serif; margin: 2em } img { vertical-align: top; margin: 6px }</style>\n"
    body = "<h1>Charts of diplab</h1>\n<p>All of synthetic data.</p>\n" + "\n".join(parts)
    (folder / "index.html").write_text(
        f"{head}{style}</head>\n<body>\n{body}\n</body>\n</html>\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
