"""Which e-application service clause 4 gives to a procedure."""

from dataclasses import dataclass

from .facts import Clause, Facts, Service


@dataclass(frozen=True, slots=True)
class ServiceAdvice:
    """The service to use, and the part of clause 4 that says so."""

    service: Service
    ground: Clause


def advise_service(facts: Facts) -> ServiceAdvice:
    """The service of clause 4; the first rule that fits decides, so the answer is always one."""
    if facts.designated_service:
        return ServiceAdvice(Service.OTHER, Clause.SERVICE_DESIGNATED)
    if facts.legacy_service:
        return ServiceAdvice(Service.OTHER, Clause.SERVICE_LEGACY)
    if facts.facility_booking:
        return ServiceAdvice(Service.FACILITY, Clause.SERVICE_FACILITY)
    if facts.core_system:
        return ServiceAdvice(Service.MYNAPORTAL, Clause.SERVICE_MYNAPORTAL)
    return ServiceAdvice(Service.GENERAL, Clause.SERVICE_GENERAL)


def needs_consultation(facts: Facts, chosen: Service) -> bool:
    """Whether the chosen service needs a talk (協議) with the information policy division first.

    Clause 4, last paragraph: any service outside the four rules, so OTHER for a procedure that is
    neither designated nor legacy.
    """
    return chosen == Service.OTHER and not (facts.designated_service or facts.legacy_service)
