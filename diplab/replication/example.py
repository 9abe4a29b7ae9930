"""The folder of a new study: small, complete, already running, and explained in place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from diplab.errors import StudyError
from diplab.replication.verdict import Relation
from diplab.results.comparison import RESTS_ON, VERDICTS
from diplab.results.provenance import STATUSES

if TYPE_CHECKING:
    from pathlib import Path

_STUDY_TOML = """# What this study is. Words shown to readers stand in French and in English.
id = "{name}"
year = {year}
citation = "Authors (year), Title, journal, pages"

# Open data of diplab's registry that the study needs; without them it is "not run".
# data = ["berke-2024/survey"]

# synthetic = true       where the rerun makes its own file, for want of the real one
# accepts_data = true    where holders of the real file give it with --data; codebook.toml then names its columns

[title]
fr = "Titre de l’étude"
en = "Title of the study"

[summary]
fr = "Ce qui a été publié, et ce qui peut être refait."
en = "What was published, and what can be rerun."

# A file of your own: study.py reads it with inputs.read("answers"). It is looked for at this path below this folder,
# then at {name}/<path> below the folder that the environment variable DIPLAB_DATA names. Where it is in neither, the
# study is "not run", which is no failure. With an address (and its sha256) it is fetched.
# [files.answers]
# path = "data/answers.csv"
# address = "https://..."
# sha256 = "..."

# What must be supposed: study.py takes it with inputs.assumption("share_full_time"), and readers may change it within
# its range: diplab reproduce {name} --set share_full_time=0.6
[assumptions.share_full_time]
value = 0.71
low = 0.4
high = 0.9
label = {{ fr = "part à temps plein parmi les CDI", en = "share working full time, of permanent contracts" }}
source = {{ fr = "à remplacer", en = "to be replaced" }}
"""

_PUBLISHED_CSV = (
    "key,value,value_high,relation,unit,label_fr,label_en,base,base_fr,base_en,source,source_fr,status,rests_on,"
    "tolerance,quotation,expected,reason_fr,reason_en\n"
    "full_time_of_all,28.4,,equals,%,CDI à temps plein,full-time permanent contract,respondents,"
    'ensemble des répondants,all respondents,"to be replaced: document, page",'
    '"à remplacer\u00a0: document, page",derived,published figures,0.05,,our own,'
    '"40\u00a0% ont un CDI, dont 71\u00a0% à temps plein",'
    '"40% hold a permanent contract, of whom 71% work full time"\n'
)

_STUDY_PY = '''"""How the study is rerun: a number for each key of published.csv, a frame for each published table."""

import diplab as dl
from diplab.types import Inputs, Result


def results(inputs: Inputs) -> dict:
    """Return the reruns, in the units of published.csv."""
    full_time = inputs.assumption("share_full_time")
    return {
        "full_time_of_all": 0.40 * full_time * 100,
    }


# Answers of respondents:   sample = dl.declare_design(inputs.read("answers"), weights="weight")
# An estimate as a result:  Result.of(dl.estimate(sample, dl.share("job == 'none'"), df="design"), scale=100)
# Only bounds:              Result.between(22, 51)
# Nothing to compute from:  Result.nothing()
# Another base:             Result(28.4, base="respondents", printed_way=71.0, because="base differs")
# A published table:        a DataFrame with its row labels as index and its columns, for instance
#                           cells = dl.crosstab(sample, "sex", "job", shares="row").frame
#                           100 * cells.pivot(index="sex", columns="job", values="estimate")
#
# Figures, if you like, by the name of their file; each is drawn in both languages:
# def figures(inputs, comparison):
#     return {"jobs": dl.chart(estimates, **inputs.caption("jobs"))}     (its words: section [jobs] of words.toml)
'''

_README = """# {name}

What was published, by whom, on which page; what can be rerun from what is public, and what cannot.

    diplab reproduce {name}

## `published.csv`: one number per line

| Column | What to write |
| :--- | :--- |
| `key` | a name of your own for the number; `study.py` returns a result for it |
| `value` | the digits as printed, with a decimal point (`28.4`, `0.10`) |
| `value_high` | the upper end, where a range was printed |
| `relation` | {relations} |
| `unit` | `%`, `people`, `EUR per month`...; `1` for a bare number |
| `label_fr`, `label_en` | what the number is |
| `base` | a short name for the denominator: of whom it is a number |
| `base_fr`, `base_en` | the denominator in words |
| `source`, `source_fr` | document, and page or table |
| `status` | {statuses} |
| `rests_on` | what the rerun rests on: {rests_on} |
| `tolerance` | how far a rerun may be, in the unit; 0 for the printed digits |
| `quotation` | `yes` where the number is only set beside another printing of it; else empty |
| `expected` | the verdict it should get: {verdicts} |
| `reason_fr`, `reason_en` | why, for a reader who is not a statistician |

`published` and `second-hand` numbers were printed by others; `derived` and `estimated` ones are your own, and get the
verdict `our own` when they come out.

## `published/`: whole tables, as printed

`published/jobs.csv` holds the labels of rows and the cells, each to the digits printed:

```csv
sex,full_time,part_time,none
Men,36.3,31.0,32.7
Women,25.9,32.3,41.7
```

`published/tables.toml` says what they are. `rows` names the columns of labels; every other column is declared. What
tables share may stand under `[defaults]`, and a cell with another verdict under `[[jobs.exceptions]]`:

```toml
[jobs]
title = {{ fr = "Autre emploi, selon le sexe", en = "Other job, by sex" }}
base = {{ key = "riders", fr = "livreurs", en = "riders" }}
source = {{ fr = "Rapport, tableau 2", en = "Report, table 2" }}
unit = "%"
rests_on = "respondents' rows"
rows = ["sex"]
columns.full_time.head = {{ fr = "Temps plein", en = "Full time" }}
columns.part_time.head = {{ fr = "Temps partiel", en = "Part time" }}
columns.none.head = {{ fr = "Aucun", en = "None" }}
```

`study.py` returns a DataFrame under the name of the table: the same labels as index, the same columns, numbers not
rounded. Each cell gets a verdict of its own.

## `codebook.toml`: what the columns of your file mean

`inputs.read` finds it there, and figures and tables then speak both languages:

```toml
[variables]
sex.label = {{ fr = "Sexe", en = "Sex" }}
sex.values = [{{ code = "Men", fr = "Hommes", en = "Men" }}, {{ code = "Women", fr = "Femmes", en = "Women" }}]
job.label = {{ fr = "Autre emploi", en = "Other job" }}
job.values = [{{ code = "full_time", fr = "temps plein", en = "full time" }},
    {{ code = "part_time", fr = "temps partiel", en = "part time" }}, {{ code = "none", fr = "aucun", en = "none" }}]
```

## `words.toml`: titles and notes of figures

`dl.chart(estimates, **inputs.caption("jobs"))` takes them from the section of that name; without them, a figure has the
title that its numbers give it:

```toml
[jobs]
title = {{ fr = "Deux livreurs sur trois ont un autre emploi", en = "Two riders in three have another job" }}
coverage = {{ fr = "Ensemble des livreurs.", en = "All riders." }}
source = {{ fr = "Enquête auprès des livreurs, 2026.", en = "Survey of riders, 2026." }}
```
"""


def new_study(name: str, home: Path, year: int) -> Path:
    """Write the folder of a new study, an example that runs, and return it."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise StudyError(
            f"A study cannot be named `{name}`.",
            "Names are of small letters, digits and single hyphens.",
            "Write for example `brazil-2023-survey`.",
        )
    folder = home / name
    if folder.exists():
        raise StudyError(
            f"There is a study `{name}` already, in `{folder}`.", "", "Write another name, or edit that folder."
        )
    home.mkdir(parents=True, exist_ok=True)
    partial = home / f".{name}.partial"
    partial.mkdir()
    words = {
        "name": name,
        "year": year,
        "relations": _either(get_args(Relation)),
        "statuses": _either(STATUSES),
        "rests_on": _either(RESTS_ON),
        "verdicts": _either(VERDICTS),
    }
    (partial / "study.toml").write_text(_STUDY_TOML.format(**words), encoding="utf-8")
    (partial / "published.csv").write_text(_PUBLISHED_CSV, encoding="utf-8")
    (partial / "study.py").write_text(_STUDY_PY, encoding="utf-8")
    (partial / "README.md").write_text(_README.format(**words), encoding="utf-8")
    partial.replace(folder)
    return folder


def _either(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)
