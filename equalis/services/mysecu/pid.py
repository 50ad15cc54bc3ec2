"""PID: simulate, validate and pay, contest (flow published, payloads modelled; ra-pid.md §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from equalis.model.values import Value, as_text
from equalis.services import answering, worlds
from equalis.services.mysecu import tariff
from equalis.services.mysecu.state import Payment, Simulation, State, anomaly
from equalis.services.port import Call, Entry, RefusalError, Reply, scripted
from equalis.wire import matricule

Anomalies = tuple[dict[str, Value], ...]


def simulate(state: State, call: Call, provider: str) -> Reply:
    """Compute the shares of a mémoire, or the anomalies that stand against it."""
    lines = _lines(call)
    number = call.text("patient.matricule")
    found = _anomalies(state, call, provider, lines)
    # the shares are kept even when anomalies hide them: a contested anomaly opens the way to pay
    computed = tariff.shares(state.world, lines, number)
    fields: dict[str, Value] = {
        "model": call.text("model"),
        "simulation": call.draw("simulation"),
        "anomalies": found,
        "shares.total": computed.total,
        "shares.statutory": computed.statutory,
        "shares.patient": computed.patient,
        "lines": tuple(
            {"id": line.id, "code": line.code, "amount": _amount(state, line)} for line in lines
        ) + _extra_lines(call),
    }  # fmt: skip
    fields = scripted(call, fields)
    shares = tariff.Shares(*(Decimal(as_text(fields[f"shares.{part}"]))
                             for part in ("total", "statutory", "patient")))  # fmt: skip
    simulation = Simulation(as_text(fields["simulation"]), call.text("memoire.uuid"), provider, number,
                            shares, found)  # fmt: skip
    content = answering.render(call, "simulation-response.xml.j2", fields)
    kept = replace(state, simulations=state.simulations | {simulation.id: simulation})
    entry = Entry("simulation", {"simulation": simulation.id, "memoire": simulation.memoire})
    return answering.soap_reply(kept, call, content, entries=(entry,))


MOST_ACTS, MOST_EURO = 999, Decimal(10) ** 9
"""What one line may ask for (modelled): no amount that follows from it is longer than what a wire carries."""


def _lines(call: Call) -> list[tariff.Line]:
    """The lines of a mémoire; refused when one is not whole, or beyond all bounds."""
    fault = "soap:Client"
    parts = [call.values(f"lines.{name}") for name in ("id", "code", "count", "date")]
    if not parts[0] or len({len(part) for part in parts}) != 1:
        raise RefusalError(fault, "each line has an id, an act, a number and a day")
    amounts = _by_line(call, "lines.priced", "lines.amount")
    places = _by_line(call, "lines.placed", "lines.place")
    if any(not isinstance(count, int) or count > MOST_ACTS for count in parts[2]) or any(Decimal(amount) > MOST_EURO for amount in amounts.values()):
        raise RefusalError(fault, f"a line has at most {MOST_ACTS} acts and {MOST_EURO} euro each")
    return [
        tariff.Line(as_text(key), as_text(code), int(as_text(count)),
                    day if isinstance(day, date) else date.min,
                    Decimal(amounts[as_text(key)]) if as_text(key) in amounts else None,
                    places.get(as_text(key), ""))
        for key, code, count, day in zip(*parts, strict=True)
    ]  # fmt: skip


def _by_line(call: Call, ids: str, field: str) -> dict[str, str]:
    """A field that only some lines have, by the id of its line."""
    return {as_text(key): as_text(value) for key, value in zip(call.values(ids), call.values(field), strict=False)}


def _amount(state: State, line: tariff.Line) -> Decimal:
    found = tariff.price(state.world, line.code, line.day)
    unit = Decimal(as_text(found["amount"])) if found else line.amount or Decimal(0)
    return unit * line.count


def _extra_lines(call: Call) -> tuple[Value, ...]:
    """Lines that nobody asked for, when the script orders them."""
    extra = call.script.get("extra-lines", ())
    return extra if isinstance(extra, tuple) else ()


def _anomalies(state: State, call: Call, provider: str, lines: list[tariff.Line]) -> Anomalies:
    """Every anomaly of a mémoire, in the order of the checks."""
    found: list[tuple[str, str]] = []
    refused = call.script.get("refuse") or ()
    for word in refused if isinstance(refused, tuple) else (refused,):
        found.append((as_text(word), as_text(call.script.get("text")) or "refused by the scenario"))
    if call.text("provider.code") != provider:
        found.append(("PROVIDER_MISMATCH", "the provider code is not that of the token"))
    if provider in worlds.texts(state.world, "inactive"):
        found.append(("PROVIDER_INACTIVE", "the doctor has not activated the web services on mySecu"))
    wrong = matricule.problem(call.text("patient.matricule"),
                              check_digits=state.world.get("check-digits") is True)  # fmt: skip
    if wrong:
        found.append(("PATIENT_UNKNOWN", wrong))
    if (payer := _payer(state, call)) not in worlds.texts(state.world, "pid-payers"):
        found.append(("PAYER_NOT_PID", f"the patient is insured with {payer}, which PID does not cover"))
    for line in lines:
        found += _act_anomalies(state, line)
    paid = {state.simulations[item.simulation].memoire for item in state.payments.values()}
    if call.text("memoire.uuid") in paid:
        found.append(("ALREADY_PAID", "this mémoire is already paid"))
    return tuple(anomaly(index, *item) for index, item in enumerate(found, start=1))


def _act_anomalies(state: State, line: tariff.Line) -> list[tuple[str, str]]:
    """What stands against an act: it is unknown, or must not go through PID."""
    if tariff.is_convenience(state.world, line.code):
        return []
    known = tariff.price(state.world, line.code, line.day)
    if known is None:
        return [("ACT_UNKNOWN", f"the act {line.code} is not in the tariff")]
    return [] if known.get("pid") is True else [("ACT_NOT_PID", f"the act {line.code} must not go through PID")]


def _payer(state: State, call: Call) -> str:
    """The fund of a patient; CNS for whom the world says nothing else."""
    number = call.text("patient.matricule")
    found = (item for item in worlds.records(state.world, "patients") if as_text(item.get("matricule")) == number)
    return as_text(next(found, {}).get("payer")) or "CNS"


def pay(state: State, call: Call, provider: str) -> Reply:
    """Pay a simulation once; the same request again answers the same payment, without a second."""
    simulation = state.simulations.get(call.text("simulation"))
    if simulation is None or simulation.provider != provider:
        fault = "soap:Client"
        raise RefusalError(fault, "unknown simulation")
    known = next((item for item in state.payments.values() if item.simulation == simulation.id), None)
    if known is not None:
        return _paid(state, call, simulation, known, ())
    refusals = tuple(anomaly(i, *item) for i, item in enumerate(_pay_refusals(state, call, simulation), 1))
    if refusals:
        fields: dict[str, Value] = {"model": call.text("model"), "anomalies": refusals}
        content = answering.render(call, "payment-response.xml.j2", fields)
        return answering.soap_reply(state, call, content)
    payment = _payment(state, call, simulation)
    kept = replace(state, payments=state.payments | {payment.id: payment})
    entry = Entry("payment", {
        "payment": payment.id, "simulation": simulation.id, "memoire": simulation.memoire,
        "matricule": simulation.matricule, "paid": payment.paid,
        "agreed": call.value("agreed"), "settled": call.value("settled"),
    })  # fmt: skip
    return _paid(kept, call, simulation, payment, (entry,))


def _pay_refusals(state: State, call: Call, simulation: Simulation) -> list[tuple[str, str]]:
    found = []
    refused = as_text(call.script.get("refuse"))
    if refused:
        found.append((refused, as_text(call.script.get("text")) or "refused by the scenario"))
    if simulation.anomalies:
        found.append(("ANOMALIES_OPEN", "the simulation has anomalies"))
    paid = {state.simulations[item.simulation].memoire for item in state.payments.values()}
    if simulation.memoire in paid:
        found.append(("ALREADY_PAID", "this mémoire is already paid"))
    for field, code in (("validated", "NOT_VALIDATED"), ("agreed", "NOT_AGREED"), ("settled", "NOT_SETTLED")):
        if call.value(field) is not True:
            found.append((code, f"the payment is not {field}"))
    return found


def _payment(state: State, call: Call, simulation: Simulation) -> Payment:
    """The amounts: paid = statutory share − recovered (earlier debts)."""
    debts = {as_text(item["matricule"]): Decimal(as_text(item["amount"]))
             for item in worlds.records(state.world, "debts")}  # fmt: skip
    recovered = min(debts.get(simulation.matricule, Decimal(0)), simulation.shares.statutory)
    reason = "earlier debts recovered" if recovered else ""
    return Payment(call.draw("payment"), simulation.id, recovered, simulation.shares.statutory - recovered,
                   reason, call.script.get("delayed") is True)  # fmt: skip


def _paid(state: State, call: Call, simulation: Simulation, payment: Payment, entries: tuple[Entry, ...]) -> Reply:
    fields: dict[str, Value] = {
        "model": call.text("model"), "anomalies": (), "payment": payment.id,
        "shares.statutory": simulation.shares.statutory, "recovered": payment.recovered,
        "paid": payment.paid, "reason": payment.reason, "delayed": payment.delayed,
    }  # fmt: skip
    content = answering.render(call, "payment-response.xml.j2", scripted(call, fields))
    return answering.soap_reply(state, call, content, entries=entries)


def contest(state: State, call: Call, provider: str) -> Reply:
    """Contest an anomaly of a simulation; a known one is taken off."""
    simulation = state.simulations.get(call.text("simulation"))
    if simulation is None or simulation.provider != provider:
        fault = "soap:Client"
        raise RefusalError(fault, "unknown simulation")
    left = tuple(item for item in simulation.anomalies if item["id"] != call.text("anomaly"))
    known = len(left) < len(simulation.anomalies)
    refusals = () if known else (anomaly(1, "ANOMALY_UNKNOWN", "the simulation has no such anomaly"),)
    fields: dict[str, Value] = {"model": call.text("model"), "accepted": known, "anomalies": refusals}
    content = answering.render(call, "contestation-response.xml.j2", scripted(call, fields))
    if not known:
        return answering.soap_reply(state, call, content)
    entry = Entry("contestation", {"simulation": simulation.id, "anomaly": call.text("anomaly"),
                                   "code": call.text("code")})  # fmt: skip
    after = replace(simulation, anomalies=left)
    kept = replace(state, simulations=state.simulations | {after.id: after})
    return answering.soap_reply(kept, call, content, entries=(entry,))
