"""The PID messages that the practice writes (payloads modelled)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from equalis.demo.defects import Switches
from equalis.demo.memoire import Act, Memoire

PID = "urn:equalis:modelled:pid:1"


def simulation(memoire: Memoire, d: Switches) -> str:
    """The simulation of a mémoire."""
    acts = list(memoire.acts)
    if "adds-an-act" in d:
        acts.append(Act("C2", 1))
    lines = "".join(_line(memoire, number, act, d) for number, act in enumerate(acts, start=1))
    code = "90999999" if "bills-as-other-provider" in d else memoire.doctor.code
    number = "1955032007746" if "bills-other-patient" in d else memoire.patient["matricule"]
    day = f"{memoire.day:%d.%m.%Y}" if "invalid-simulation" in d else f"{memoire.day}"
    return (
        f'<pid:simulationRequest xmlns:pid="{PID}"><pid:memoireId>{memoire.uuid}</pid:memoireId>'
        f"<pid:providerCode>{code}</pid:providerCode><pid:matricule>{number}</pid:matricule>"
        f"<pid:date>{day}</pid:date>{lines}</pid:simulationRequest>"
    )


def _line(memoire: Memoire, number: int, act: Act, d: Switches) -> str:
    code, amount = act.code, act.amount
    if act.convenience and "convenience-as-act" in d:
        code = memoire.acts[0].code
    if act.convenience and "convenience-without-amount" in d:
        amount = None
    if act.convenience and "convenience-priced-as-bill" in d:
        amount = memoire.total
    day = memoire.day if act.day is None or "bills-as-of-today" in d else act.day
    count = 1 if "always-one" in d else act.count
    named = "CB" if act.place and "office-as-place" in d else act.place
    place = f"<pid:place>{named}</pid:place>" if named and "drops-place" not in d else ""
    priced = f"<pid:amount>{amount}</pid:amount>" if amount is not None else ""
    return (
        f'<pid:line id="L{number}"><pid:serviceDate>{day}</pid:serviceDate><pid:actCode>{escape(code)}</pid:actCode>'
        f"<pid:count>{count}</pid:count>{place}{priced}</pid:line>"
    )


def payment(simulation_id: str, d: Switches) -> str:
    """The order to pay a simulation."""
    validates = "" if "invalid-payment" in d else "<pid:doctorValidates>true</pid:doctorValidates>"
    return (
        f'<pid:paymentRequest xmlns:pid="{PID}"><pid:simulationId>{escape(simulation_id)}</pid:simulationId>'
        f"{validates}<pid:patientAgrees>true</pid:patientAgrees>"
        "<pid:patientShareSettled>true</pid:patientShareSettled></pid:paymentRequest>"
    )


def contestation(simulation_id: str, anomaly: str, code: str, d: Switches) -> str:
    """The contestation of an anomaly."""
    simulation_id = "S-0" if "contests-other-simulation" in d else simulation_id
    anomaly = "A9" if "contests-other-anomaly" in d else anomaly
    code = "C99" if "contests-with-fixed-code" in d else code
    chosen = f"<pid:contestationCode>{escape(code)}</pid:contestationCode>"
    return (
        f'<pid:contestationRequest xmlns:pid="{PID}">{chosen if "invalid-contestation" in d else ""}'
        f"<pid:simulationId>{escape(simulation_id)}</pid:simulationId><pid:anomalyId>{escape(anomaly)}</pid:anomalyId>"
        f"{'' if 'invalid-contestation' in d else chosen}</pid:contestationRequest>"
    )
