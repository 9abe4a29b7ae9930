"""Work and pay of platform workers: main job, full-time complements, hourly pay, tasks and full-time equivalents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.estimators._lorenz import top_share as top_share
    from diplab.estimators.pay import below_minimum_wage as below_minimum_wage
    from diplab.estimators.pay import full_time_jobs as full_time_jobs
    from diplab.estimators.pay import hourly_pay as hourly_pay
    from diplab.estimators.task_pay import tasks_to_reach as tasks_to_reach
    from diplab.inference._full_time_equivalents import full_time_equivalents as full_time_equivalents
    from diplab.inference.complement import change_base as change_base
    from diplab.inference.complement import full_time_complement as full_time_complement
    from diplab.microdata.jobs.classify import main_job as main_job
    from diplab.microdata.jobs.rules import job_rules as job_rules
    from diplab.microdata.pay.harmonise import effective_pay as effective_pay
    from diplab.microdata.pay.harmonise import harmonise_pay as harmonise_pay

# Python finds in the imports above where each name is
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__)
