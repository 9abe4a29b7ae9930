"""Designs saved by the R package survey (`svydesign`, `svrepdesign`): answers and sampling.

It runs in a child process. Calls and formulas that a design holds stay what they are: nothing is
evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rdata.parser import RObject, RObjectType

from diplab.kernel.arrays import Array, Floats, Places
from diplab.loaders.r_files.parser import (
    RFileError,
    attribute_words,
    attributes_of,
    classes_of,
    info_of,
)

_OF_FORMULA, _OF_REPLICATES = "survey.design2", "svyrep.design"
_KINDS = {
    "BRR": "brr", "Fay": "fay", "JK1": "jk1", "JKn": "jkn", "JK2": "jkn", "ACS": "sdr",
    "successive-difference": "sdr",
}  # fmt: skip
"""Kinds of replicates by the words of R.

Bootstraps and others need their own scales, which the file holds.
"""
_LIKE = 1e-9
_SAVE = "In R, save its answers: `saveRDS(design$variables, ...)`."


class UndeclaredError(Exception):
    """A design that diplab cannot declare; its text is the key of the reason."""


@dataclass
class StoredDesign:
    """A survey design of R: its answers, the columns it needs in addition, and their roles."""

    frame: RObject
    known: Mapping[str, RObject]  # columns of the answers
    added: dict[str, Array] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)  # by the arguments of `declare_design`
    why: str = ""  # key of the reason for which it is not declared

    def vectors(self) -> dict[str, RObject]:
        """Return the columns that are added."""
        kinds = {True: RObjectType.REAL, False: RObjectType.INT}
        vectors: dict[str, RObject] = {}
        for name, values in self.added.items():
            vectors[name] = RObject(info_of(kinds[values.dtype.kind == "f"]), values, None)
        return vectors

    def number(self, name: str, values: Floats) -> str:
        """Return the column of the answers that holds numbers, or the name of one that is added."""
        for known, vector in self.known.items():
            own = _numbers(vector)
            if own is not None and np.allclose(own, values, rtol=_LIKE, atol=0):
                return known
        return self.add(name, values)

    def codes(self, name: str, codes: Places, within: Places, candidates: Sequence[str]) -> str:
        """Return a column of the answers that partitions the rows alike, or one that is added."""
        wanted = _cross(within, codes)
        for candidate in candidates:
            own = None
            if candidate in self.known:
                own = _partition(self.known[candidate])
            if own is not None and (_cross(within, own) == wanted).all():
                return candidate
        return self.add(name, codes.astype(np.int32))

    def add(self, name: str, values: Array) -> str:
        """Return the name under which a column is added."""
        while name in self.known or name in self.added:
            name = f"{name}_"
        self.added[name] = values
        return name


def is_design(vector: RObject) -> bool:
    """Return whether an object is a design of the package survey."""
    return vector.info.type == RObjectType.VEC and bool(
        {_OF_FORMULA, _OF_REPLICATES} & set(classes_of(vector))
    )


def stored_design(vector: RObject) -> StoredDesign:
    """Return what a design holds; its answers alone where it is of a kind that is not declared."""
    parts = _parts(vector)
    frame = parts.get("variables")
    if frame is None or "data.frame" not in classes_of(frame):
        raise RFileError(
            "It is a design of R whose answers are in a database, and not in the file.", _SAVE
        )
    design = StoredDesign(frame, _parts(frame))
    try:
        if _OF_REPLICATES in classes_of(vector):
            design.facts = {"weights": design.number("weights", _number(parts["pweights"]))}
            design.facts |= _replicated(design, parts)
        else:
            design.facts = {"weights": design.number("weights", 1 / _number(parts["prob"]))}
            design.facts |= _drawn(design, parts, 1 / _number(parts["prob"]))
    except (UndeclaredError, KeyError, ValueError, TypeError, AttributeError, IndexError) as other:
        design.added = {
            name: item for name, item in design.added.items() if name == design.facts.get("weights")
        }
        design.facts = {"weights": design.facts.get("weights", "")}
        design.why = str(other) if isinstance(other, UndeclaredError) else "other"
    return design


def _drawn(design: StoredDesign, parts: Mapping[str, RObject], weights: Floats) -> dict[str, Any]:
    """Return the facts of a design of strata and stages."""
    pps = parts.get("pps")
    if pps is not None and (pps.info.type != RObjectType.LGL or pps.value[0]):
        raise UndeclaredError("pps")
    if not weights.all():
        raise UndeclaredError("subset")
    strata, clusters = _parts(parts["strata"]), _parts(parts["cluster"])
    rows = len(weights)
    within = np.zeros(rows, dtype=np.intp)
    facts: dict[str, Any] = {"strata": [], "psu": [], "fpc": []}
    if parts["has.strata"].value[0]:
        name, first = next(iter(strata.items()))
        codes = _require(_partition(first))
        facts["strata"] = [design.codes("strata", codes, within, [name, *design.known])]
        within = codes
    sizes, stages = _matrix(_parts(parts["fpc"])["sampsize"]), list[Places]()
    for position, (name, vector) in enumerate(clusters.items()):
        codes = _cross(within, _require(_partition(vector)))
        later = None
        if position < len(strata):
            later = list(strata.values())[position]
        if (
            position
            and later is not None
            and (_cross(within, _require(_partition(later))) != _cross(within, within)).any()
        ):
            raise UndeclaredError("strata")
        if (_units_in(within, codes) != sizes[:, position]).any():
            raise UndeclaredError("subset")
        if len(clusters) > 1 or name in design.known or len(np.unique(codes)) < rows:
            facts["psu"].append(
                design.codes(
                    "psu" if not position else f"unit_{position + 1}", codes, within, [name]
                )
            )
        stages.append(codes)
        within = codes
    popsize = _parts(parts["fpc"]).get("popsize")
    if popsize is not None and popsize.info.type != RObjectType.NILVALUE:
        for position, counts in enumerate(_matrix(popsize).T[: max(len(facts["psu"]), 1)]):
            if not np.isfinite(counts).all():
                break
            facts["fpc"].append(design.number(f"fpc_{position + 1}", counts))
    return {**facts, **_calibration(design, parts.get("postStrata"), weights)}


def _calibration(design: StoredDesign, after: RObject | None, weights: Floats) -> dict[str, Any]:
    """Return the calibration variables and the weights of the regression on them."""
    if after is None or after.info.type != RObjectType.VEC or not after.value:
        return {}
    if len(after.value) > 1:
        raise UndeclaredError("calibrations")
    only, classes = after.value[0], classes_of(after.value[0])
    if "greg_calibration" in classes:
        parts = _parts(only)
        if parts["stage"].value[0] != 0:
            raise UndeclaredError("calibrations")
        before = (weights / _number(parts["w"])) ** 2
        columns = (_columns_of_qr(_parts(parts["qr"])).T / np.sqrt(before)).tolist()
        numbers = list[str]()
        for at, item in enumerate(columns, 1):
            numbers.append(design.add(f"calibration_{at}", np.array(item)))
        return {"numbers": numbers, "before": design.number("weights_before", before)}
    margins = [only]
    if "raking" in classes:
        margins = only.value
    if classes and "raking" not in classes:
        raise UndeclaredError("calibrations")
    nothing, everything = np.zeros(len(weights), dtype=np.intp), list(design.known)
    cells = [_require(_partition(margin)) for margin in margins]
    names = list[str]()
    for at, item in enumerate(cells, 1):
        names.append(design.codes(f"calibration_{at}", item, nothing, everything))
    # after `rake`, R takes means without weights within each margin
    before = (
        np.ones(len(weights)) if "raking" in classes else _number(attributes_of(only)["oldweights"])
    )
    return {"categories": names, "before": design.number("weights_before", before)}


def _columns_of_qr(parts: Mapping[str, RObject]) -> Floats:
    """Return the matrix of which R keeps a QR decomposition (LINPACK), its independent columns."""
    compact, aux, rank = _matrix(parts["qr"]), _number(parts["qraux"]), int(parts["rank"].value[0])
    columns = np.triu(compact)[:, :rank].copy()
    columns[min(compact.shape) :] = 0.0
    # the reflections that made it triangular, from the last to the first
    for place in reversed(range(min(rank, len(compact) - 1))):
        if aux[place] == 0:
            continue
        reflector = compact[place:, place].copy()
        reflector[0] = aux[place]
        columns[place:] -= np.outer(reflector, reflector @ columns[place:] / reflector[0])
    return columns


def _replicated(design: StoredDesign, parts: Mapping[str, RObject]) -> dict[str, Any]:
    """Return the facts of a design of replicate weights."""
    stored = parts["repweights"]
    if "data.frame" in classes_of(stored):
        columns = np.column_stack(list(map(_number, stored.value)))
        names = attribute_words(stored, "names")
    elif stored.info.type == RObjectType.VEC:
        compressed = _parts(stored)
        columns = _matrix(compressed["weights"])[_number(compressed["index"]).astype(int) - 1]
        names = []
    else:
        columns, names = _matrix(stored), _names_of_columns(stored)
    held = []
    for position, values in enumerate(columns.T):
        own = None
        if position < len(names):
            own = design.known.get(names[position])
        numbers = None
        if own is not None:
            numbers = _numbers(own)
        there = numbers is not None and np.array_equal(numbers, values)
        held.append(
            names[position]
            if there
            else design.add(f"replicate_{position + 1}", np.array(values, dtype=np.float64))
        )
    kind = str(parts["type"].value[0])
    degrees = parts.get("degf")
    replicates = {
        "columns": held,
        "kind": _KINDS.get(kind, "bootstrap"),
        "scale": float(parts["scale"].value[0]),
        "rscales": np.broadcast_to(_number(parts["rscales"]), len(held)).tolist(),
        "mse": bool(parts["mse"].value[0]),
        "combined": bool(parts["combined.weights"].value[0]),
        "df": None if degrees is None or not degrees.value[0] >= 1 else int(degrees.value[0]),
    }
    if kind == "Fay":
        replicates["fay"] = float(parts["rho"].value[0])
    return {"replicates": replicates}


def _parts(vector: RObject) -> dict[str, RObject]:
    """Return what a list of R holds, by name."""
    return dict(zip(attribute_words(vector, "names"), vector.value, strict=True))


def _numbers(vector: RObject) -> Floats | None:
    """Return a vector of numbers that has no level nor missing value; None for another one."""
    plain = vector.info.type in (RObjectType.REAL, RObjectType.INT) and "factor" not in classes_of(
        vector
    )
    if plain:
        return np.asarray(vector.value, dtype=np.float64)
    return None


def _number(vector: RObject) -> Floats:
    return np.asarray(vector.value, dtype=np.float64)


def _require(codes: Places | None) -> Places:
    if codes is None:
        raise UndeclaredError("other")
    return codes


def _matrix(vector: RObject) -> Floats:
    shape = list(map(int, attribute_words(vector, "dim", numbers=True)))
    return _number(vector).reshape(shape, order="F")


def _names_of_columns(vector: RObject) -> list[str]:
    names = attributes_of(vector).get("dimnames")
    columns = None
    if names is not None:
        columns = names.value[1]
    if columns is not None and columns.info.type == RObjectType.STR:
        return list(columns.value)
    return []


def _partition(vector: RObject) -> Places | None:
    """Return the place of each row among the distinct values of a vector; None where it is none."""
    if vector.info.type not in (
        RObjectType.LGL,
        RObjectType.INT,
        RObjectType.REAL,
        RObjectType.STR,
    ):
        return None
    words = vector.info.type == RObjectType.STR
    values = np.array([item or "" for item in vector.value]) if words else np.asarray(vector.value)
    return _in_order(values)


def _in_order(values: Array) -> Places:
    """Return the place of each value among the distinct ones, in the order in which they come."""
    _, first, places = np.unique(values, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.intp)
    order[np.argsort(first)] = np.arange(len(first))
    return order[places.reshape(-1)]


def _cross(within: Places, codes: Places) -> Places:
    """Return the place of each row among the pairs of two divisions."""
    return _in_order(within.astype(np.int64) * (int(codes.max(initial=0)) + 1) + codes)


def _units_in(within: Places, codes: Places) -> Places:
    """Return for each row how many units its stratum has."""
    units, first = np.unique(codes, return_index=True)
    counts: Places = np.bincount(within[first], minlength=int(within.max(initial=0)) + 1)
    if len(units):
        return counts[within]
    return counts
