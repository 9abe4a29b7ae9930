"""What answers can say of a job: a situation, a working time, a kind of contract, and the classes made of them."""

from __future__ import annotations

from diplab.reference.text import Text

__all__ = ["CLASSES", "CONTRACTS", "REASONS", "SITUATIONS", "SOURCES", "TIMES", "WORKING"]

SOURCES = ("status", "contract", "words", "hours")

CLASSES = {
    "full_time": Text("salarié à temps plein", "full-time"),
    "part_time": Text("salarié à temps partiel", "part-time"),
    "self_employed": Text("à son compte", "self-employed"),
    "unemployed": Text("au chômage", "unemployed"),
    "student": Text("en études", "student"),
    "inactive": Text("inactif", "inactive"),
    "retired": Text("retraité", "retired"),
}
"""The main job, or what stands in its place."""

TIMES = {
    "full": Text("temps plein", "full time"),
    "part": Text("temps partiel", "part time"),
    "none": Text("pas d’emploi déclaré", "no job told"),
}

CONTRACTS = {
    "permanent": Text("durée indéterminée (fonctionnaires compris)", "permanent (civil servants included)"),
    "fixed_term": Text(
        "durée déterminée (apprentis et saisonniers compris)", "fixed-term (apprentices and seasonal included)"
    ),
    "agency": Text("intérim", "agency"),
    "self_employed": Text("à son compte", "self-employed"),
    "other": Text("autre contrat", "another contract"),
    "none": Text("pas de contrat", "no contract"),
}  # fmt: skip

REASONS = {
    "contradictory": Text("réponses contradictoires", "contradictory"),
    "not_told": Text("non dit", "not told"),
    "other_situation": Text("autre situation, sans dire laquelle", "another situation, not said which"),
    "out_of_work": Text(
        "sans emploi, sans dire s’il en cherche", "without a job, not said whether seeking one"
    ),
    "bundled": Text(
        "réponse qui réunit plusieurs situations", "answer that puts several situations together"
    ),
    "time_not_told": Text("en emploi, temps de travail non dit", "at work, working time not told"),
    "not_read": Text("réponse qu’aucune règle ne lit", "answer that no rule reads"),
}
"""Why a main job is undecided."""

SITUATIONS = {
    "employee": Text("salarié", "employee"),
    "employed": Text("en emploi", "at work"),
    "self_employed": CLASSES["self_employed"],
    "unemployed": CLASSES["unemployed"],
    "student": CLASSES["student"],
    "inactive": CLASSES["inactive"],
    "retired": CLASSES["retired"],
    "out_of_work": REASONS["out_of_work"],
    "other": REASONS["other_situation"],
    "not_told": REASONS["not_told"],
}

WORKING = ("employee", "employed", "self_employed")
