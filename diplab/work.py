"""Work and pay of platform workers: main job, hourly pay, tasks, full-time equivalents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.estimators._lorenz import top_share as top_share
    from diplab.estimators.pay import below_minimum_wage as below_minimum_wage
    from diplab.estimators.pay import full_time_jobs as full_time_jobs
    from diplab.estimators.pay import hourly_pay as hourly_pay
    from diplab.estimators.task_pay import tasks_to_reach as tasks_to_reach
    from diplab.inference._full_time_equivalents import (
        full_time_equivalents as full_time_equivalents,
    )
    from diplab.inference.complement import change_base as change_base
    from diplab.inference.complement import full_time_complement as full_time_complement
    from diplab.microdata.jobs.classify import main_job as main_job
    from diplab.microdata.jobs.rules import job_rules as job_rules
    from diplab.microdata.pay.convert import convert_currency as convert_currency
    from diplab.microdata.pay.convert import deflate as deflate
    from diplab.microdata.pay.fees import effective_pay as effective_pay
    from diplab.microdata.pay.harmonise import harmonise_pay as harmonise_pay
    from diplab.microdata.pay.harmonise import monthly_and_hourly_pay as monthly_and_hourly_pay

# the module of each name, for `lazy_names`
_HOMES = {
    "diplab.estimators._lorenz": "top_share",
    "diplab.estimators.pay": "below_minimum_wage full_time_jobs hourly_pay",
    "diplab.estimators.task_pay": "tasks_to_reach",
    "diplab.inference._full_time_equivalents": "full_time_equivalents",
    "diplab.inference.complement": "change_base full_time_complement",
    "diplab.microdata.jobs.classify": "main_job",
    "diplab.microdata.jobs.rules": "job_rules",
    "diplab.microdata.pay.convert": "convert_currency deflate",
    "diplab.microdata.pay.fees": "effective_pay",
    "diplab.microdata.pay.harmonise": "harmonise_pay monthly_and_hourly_pay",
}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
