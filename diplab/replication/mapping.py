"""From the columns and codes of a holder's own file to those of a study.

A mapping is a TOML file, one table per variable of the study's `codebook.toml`:

    [contract]
    column = "Q12_contrat"
    codes = { "1" = "permanent", "2" = "fixed-term" }

    [income]
    column = "revenu_mensuel"

A variable that is not in the mapping is taken from the column of its own name. A code that is not listed is an error:
nothing is dropped in silence. Codes that the study's codebook declares missing are missing here too, and counted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from diplab.errors import ColumnError, StudyError, suggestion
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import SYSTEM, unanswered


def mapped(data: Microdata, wanted: Codebook, data_path: Path, mapping_path: Path | None) -> Microdata:
    """Return a holder's file in the columns and codes of a study; a mapping beside the data is found by its name."""
    beside = data_path.with_suffix(".mapping.toml")
    path = mapping_path or (beside if beside.is_file() else None)
    rules = _read(path, wanted) if path is not None else {}
    columns: dict[str, Any] = {}
    reasons: dict[str, Mapping[str, int]] = {}
    for name in wanted:
        rule = rules.get(name, {})
        column = rule.get("column", name)
        if column not in data.frame.columns:
            raise ColumnError(
                f"The study needs the variable `{name}`, in the column `{column}`.",
                f"`{data_path.name}` has {data.frame.shape[1]} columns and not that one.",
                f"Name its column in a mapping file. {suggestion(column, data.frame.columns)}",
            )
        values = data.frame[column]
        recoded = _recoded(values, rule["codes"], name, path) if "codes" in rule else values
        found = unanswered(recoded.to_numpy(), wanted[name], empty=recoded.isna().to_numpy())
        columns[name] = recoded.mask(found.declared)
        own = {why: count for why, count in found.reasons.items() if why != SYSTEM}
        reasons[name] = {**data.codebook.reasons.get(column, {}), **own}
    kept = {name: counts for name, counts in reasons.items() if counts}
    codebook = replace(wanted, origin=data.codebook.origin, reasons=kept)
    return Microdata(pd.DataFrame(columns), codebook)


def _read(path: Path, wanted: Codebook) -> Mapping[str, Mapping[str, Any]]:
    if not path.is_file():
        raise StudyError(
            f"There is no mapping `{path.name}`.",
            write="Write its path after `--mapping`, or put it beside the data as `NAME.mapping.toml`.",
        )
    rules = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in rules:
        if name not in wanted:
            raise StudyError(
                f"The mapping `{path.name}` names the variable `{name}`.",
                "The study has no such variable.",
                suggestion(name, wanted),
            )
    return rules


def _recoded(values: Any, codes: Mapping[str, Any], name: str, path: Path | None) -> Any:
    # TOML keys are words: 1 and 1.0 in the data are both the key "1"
    keys = values.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value), na_action="ignore")
    unknown = sorted(set(keys.dropna()) - set(codes))
    if unknown:
        raise StudyError(
            f"`{path.name if path else ''}` does not map every code of the variable `{name}`.",
            f"The data hold the code '{unknown[0]}'.",
            f'Add `"{unknown[0]}" = ...` under `[{name}]`.',
        )
    return keys.map(dict(codes), na_action="ignore")
