"""Closed vocabularies of the options that several statistics have."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = [
    "ConventionName",
    "LogInterval",
    "LogitInterval",
    "NonpositiveRule",
    "QuantileInterval",
    "QuantileRule",
    "ShareInterval",
    "ThresholdOn",
]

ConventionName: TypeAlias = Literal["eurostat", "convey", "vardpoor"]
ThresholdOn: TypeAlias = Literal["universe", "domain"]
NonpositiveRule: TypeAlias = Literal["keep", "fail", "zero", "drop"]
ShareInterval: TypeAlias = Literal["logit", "beta", "wilson", "likelihood", "xlogit", "asin", "wald"]
LogInterval: TypeAlias = Literal["log", "wald"]
LogitInterval: TypeAlias = Literal["logit", "wald"]
QuantileInterval: TypeAlias = Literal[
    "woodruff", "score", "beta", "xlogit", "asin", "linearised", "replicate"
]
QuantileRule: TypeAlias = Literal[
    "math", "school", "shahvaish", "hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9", "interpolated"
]  # fmt: skip
