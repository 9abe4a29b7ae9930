"""Data that packages of R publish, column by column against what R 4.5.0 finds in them.

Recorded with this script, run in the folder of the data:

    for (f in Sys.glob("*/data/*.rda")) {
      e <- new.env(); o <- get(load(f, e), e)
      for (k in names(o)) {
        v <- o[[k]]; u <- if (is.factor(v)) as.character(v) else v; attributes(u) <- NULL
        s <- if (is.character(u)) sum(nchar(u[!is.na(u)])) else sum(as.numeric(u), na.rm = TRUE)
        cat(basename(f), k, length(u), sum(is.na(u)), sum(u == "", na.rm = TRUE), sprintf("%.17g", s),
            length(unique(u)), "\\n")
      }
    }
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import diplab as dl

if TYPE_CHECKING:
    from pathlib import Path

OPEN = "data/open"
RECS = f"{OPEN}/recs-2015/data/recs_2015.rda"

SIZES = {
    "chile-calidad/data/casen_2020.rda": (10, 185_437), "chile-calidad/data/ene.rda": (6, 87_842),
    "chile-calidad/data/enusc_2023.rda": (15, 49_813), "chile-calidad/data/epf_personas.rda": (9, 48_308),
    "mturk-sensitive-questions/data/MTURK.rda": (26, 24_594), "nonprobsvy/data/admin.rda": (6, 9_344),
    "nonprobsvy/data/jvs.rda": (6, 6_523), "recs-2015/data/recs_2015.rda": (141, 5_686),
    "sae/data/cornsoybean.rda": (5, 37), "sae/data/cornsoybeanmeans.rda": (6, 12),
    "sae/data/incomedata.rda": (21, 17_199), "sae/data/milk.rda": (6, 43), "sae/data/sizeprov.rda": (3, 52),
    "sae/data/sizeprovedu.rda": (6, 52),
}  # fmt: skip
"""Columns and rows of each file."""

RECORDED = [
    ("chile-calidad/data/casen_2020.rda", "folio", 0, 0, 166464703089966520.0, 62_911),
    ("chile-calidad/data/casen_2020.rda", "activ", 34_122, 0, 302_530, 4),
    ("chile-calidad/data/casen_2020.rda", "pobreza", 98, 0, 526_248, 4),
    ("chile-calidad/data/casen_2020.rda", "ing_aut_hog", 0, 0, 52_968_734_806, 19_634),
    ("chile-calidad/data/ene.rda", "conglomerado", 0, 0, 970_886, 4_375),
    ("chile-calidad/data/ene.rda", "fact_cal", 0, 0, 19326617.022071905, 54_658),
    ("chile-calidad/data/enusc_2023.rda", "Fact_Pers_Reg", 0, 0, 14419052.006275482, 42_067),
    ("chile-calidad/data/enusc_2023.rda", "rph_edad", 0, 0, 212_547, 7),
    ("chile-calidad/data/epf_personas.rda", "folio", 0, 0, 338_156, 15_239),
    ("chile-calidad/data/epf_personas.rda", "gastot_hd", 0, 0, 56615177115.100212, 15_238),
    ("mturk-sensitive-questions/data/MTURK.rda", "Question", 0, 0, 307_409, 4),
    ("mturk-sensitive-questions/data/MTURK.rda", "RR_response", 56, 0, 10_612, 3),
    ("mturk-sensitive-questions/data/MTURK.rda", "RRp1", 0, 0, 14103.987169300002, 6),
    ("mturk-sensitive-questions/data/MTURK.rda", "education", 16, 0, 344_708, 4),
    ("mturk-sensitive-questions/data/MTURK.rda", "region", 0, 468, 48_252, 97),
    ("nonprobsvy/data/admin.rda", "id", 0, 0, 54_957, 9_344),
    ("nonprobsvy/data/admin.rda", "single_shift", 0, 0, 6_172, 2),
    ("nonprobsvy/data/jvs.rda", "nace", 0, 0, 8_341, 14),
    ("nonprobsvy/data/jvs.rda", "weight", 0, 0, 51_870, 135),
    ("recs-2015/data/recs_2015.rda", "HeatingBehavior", 258, 0, 168_003, 7),
    ("recs-2015/data/recs_2015.rda", "YearMade", 0, 0, 52_890, 8),
    ("recs-2015/data/recs_2015.rda", "ACUsed", 0, 0, 4_949, 2),
    ("recs-2015/data/recs_2015.rda", "SummerTempDay", 737, 0, 359_570, 38),
    ("recs-2015/data/recs_2015.rda", "BRRWT96", 0, 0, 118208249.99987739, 5_208),
    ("sae/data/cornsoybean.rda", "County", 0, 0, 305, 12),
    ("sae/data/cornsoybean.rda", "SoyBeansHec", 0, 0, 3527.8000000000002, 34),
    ("sae/data/cornsoybeanmeans.rda", "CountyName", 0, 0, 91, 12),
    ("sae/data/cornsoybeanmeans.rda", "MeanCornPixPerSeg", 0, 0, 3545.5299999999997, 12),
    ("sae/data/incomedata.rda", "provlab", 0, 0, 125_523, 52),
    ("sae/data/incomedata.rda", "income", 0, 0, 210395540.37623128, 17_199),
    ("sae/data/milk.rda", "ni", 0, 0, 10_150, 40),
    ("sae/data/milk.rda", "CV", 0, 0, 6.3790000000000004, 37),
    ("sae/data/sizeprov.rda", "provlab", 0, 0, 366, 52),
    ("sae/data/sizeprov.rda", "Nd", 0, 0, 43_586_849, 52),
    ("sae/data/sizeprovedu.rda", "educ2", 0, 0, 18_792_828, 52),
]
"""File, column, missing, blank, sum of numbers or of letters, distinct answers (NA and blank too)."""


@pytest.mark.shared
@pytest.mark.parametrize("file", SIZES)
def test_columns_as_r_finds_them(shared: Path, file: str) -> None:
    data = dl.read(shared / OPEN / file)
    assert ((len(data.frame.columns), len(data)), data.codebook.origin.notices) == (SIZES[file], ())
    recorded = [row for of, *row in RECORDED if of == file]
    assert recorded != []
    for name, missing, blank, total, distinct in recorded:
        found = data.frame[name]
        words = isinstance(found.dtype, pd.StringDtype)
        held = found.dropna()
        assert int(found.isna().sum()) == missing + blank, name
        assert held.nunique() + bool(missing) + bool(blank) == distinct, name
        summed = held.str.len().sum() if words else held.astype(float).sum()
        assert float(summed) == pytest.approx(total, rel=1e-12), name


@pytest.mark.shared
def test_labels_of_a_survey_that_haven_read(shared: Path) -> None:
    """As `attributes(casen$activ)` has them in R."""
    data = dl.read(shared / OPEN / "chile-calidad/data/casen_2020.rda", columns=["activ", "edad"])
    activ = data.codebook["activ"]
    assert activ.label.en == "Condición de actividad"
    assert {code: label.en for code, label in activ.values.items()} == {
        1.0: "Ocupados",
        2.0: "Desocupados",
        3.0: "Inactivos",
    }
    assert (data.codebook["edad"].label.en, list(data.frame)) == ("Edad", ["activ", "edad"])


@pytest.mark.shared
def test_levels_of_factors(shared: Path) -> None:
    """As `levels(recs_2015$HeatingBehavior)` has them, with NA among them; `YearMade` is ordered."""
    data = dl.read(shared / RECS)
    assert [label.en for label in data.codebook["HeatingBehavior"].values.values()] == [
        "Set one temp and leave it", "Manually adjust at night/no one home",
        "Program thermostat to change at certain times", "Turn on or off as needed", "No control", "Other",
    ]  # fmt: skip
    assert data.codebook["HeatingBehavior"].measure == "nominal"
    assert data.codebook["YearMade"].measure == "ordinal"
    assert list(data.codebook["YearMade"].values)[::7] == ["Before 1950", "2010-2015"]


@pytest.mark.shared
def test_the_same_survey_as_the_text_of_it_exported_apart(shared: Path) -> None:
    """All 141 columns of the residential energy survey, against a CSV that was made of it elsewhere."""
    data = dl.read(shared / RECS).frame
    text = pd.read_csv(shared / "data/design/recs2015_brr96.csv.gz", na_values=[""], keep_default_na=False)
    assert list(data) == list(text)
    for name in text:
        if isinstance(data[name].dtype, pd.StringDtype):
            assert data[name].fillna("").tolist() == text[name].fillna("").tolist(), name
        else:
            np.testing.assert_array_equal(data[name].astype(float), text[name].astype(float), err_msg=name)


# -- beside R, where it is installed ----------------------------------------------------------------------------

EXPORT = """
args <- commandArgs(TRUE)
load(args[1], kept <- new.env())
words <- function(x) {
  if (is.factor(x) || is.character(x)) return(as.character(x))
  if (is.logical(x)) x <- as.integer(x)
  ifelse(is.na(x), NA, sprintf("%.17g", as.numeric(unclass(x))))
}
columns <- lapply(get(args[2], kept), words)
write.csv(as.data.frame(columns, check.names = FALSE), args[3], row.names = FALSE, na = "", fileEncoding = "UTF-8")
"""


@pytest.mark.r
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("chile-calidad/data/epf_personas.rda", "epf_personas"),
        ("chile-calidad/data/ene.rda", "ene"),
        ("recs-2015/data/recs_2015.rda", "recs_2015"),
        ("mturk-sensitive-questions/data/MTURK.rda", "MTURK"),
        ("nonprobsvy/data/admin.rda", "admin"),
    ],
)
def test_every_cell_is_the_one_that_r_exports(shared, tmp_path, path, name):
    file = shared / "data" / "open" / path
    script = tmp_path / "export.R"
    script.write_text(EXPORT, encoding="utf-8")
    subprocess.run(["Rscript", script, file, name, tmp_path / "r.csv"], check=True, timeout=300)
    theirs = pd.read_csv(tmp_path / "r.csv", dtype=str, keep_default_na=False)
    ours = dl.read(file, table=name).frame
    assert (list(ours), len(ours)) == (list(theirs), len(theirs))
    for column in ours:
        values, exported = ours[column], theirs[column]
        if pd.api.types.is_numeric_dtype(values):
            assert values.notna().tolist() == (exported != "").tolist(), column
            assert values.dropna().astype(float).tolist() == exported[exported != ""].astype(float).tolist(), column
        else:
            assert values.fillna("").astype(str).tolist() == exported.tolist(), column
