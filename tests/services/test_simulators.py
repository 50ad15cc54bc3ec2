"""The services refuse what real ones would, seen by an independent client over real TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jinja2
import pytest

from equalis.cases.families import persons
from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.demo import signing
from equalis.demo.authenticating import ACS, TOKEN_TYPE, TRUST
from equalis.demo.canonical import WSU
from equalis.demo.connection import Link
from equalis.demo.defects import Switches
from equalis.demo.memoire import Act, Memoire, new_uuid
from equalis.demo.signing import Outline
from equalis.demo.transport import Doctor, FaultError
from equalis.gateway.environment import Environment
from equalis.gateway.pki import Pki
from equalis.gateway.watching import Watching
from equalis.model.case import Step
from equalis.model.source import Source
from equalis.wire import schema_files, strict_xml, xml_schema
from tests.pace import PATIENCE
from tests.services.as_published import StrictLink

DOCTOR = Doctor("1000000017", "90123456", "Exemple", "Marie")
PATIENT = "1985031421294"
PID = 'xmlns:pid="urn:equalis:modelled:pid:1"'


@dataclass
class World:
    """An open environment with its clock."""

    environment: Environment
    clock: Clock
    loaded: Loaded

    def reset(self, seeds: Mapping[str, Mapping[str, Any]] | None = None, script: Mapping[str, Any] | None = None) -> None:
        people = self.loaded.pack.families["ra-pid"].people
        worlds = {
            name: {**self.loaded.defaults.get(name, {}), **persons(people), **(seeds or {}).get(name, {})}
            for name in self.loaded.bindings.services
        }
        self.clock.offset = 0
        self.environment.begin_case(Watching(self.loaded.bindings, lambda _: None), worlds)
        self.environment.begin_step(Step("s", "", Source(""), script=script or {}))


@pytest.fixture(scope="module")
def opened(loaded: Loaded, keys: Pki) -> Iterator[World]:
    """One environment for the module."""
    clock = Clock()
    environment = Environment(loaded.bindings, keys, b"c" * 32, clock.now, PATIENCE)
    yield World(environment, clock, loaded)
    environment.close()


@pytest.fixture
def world(opened: World) -> World:
    """The environment, started anew with the MH consent given."""
    opened.reset({"eadministrative": {"consents": ({"ssn": PATIENT, "type": "MH"},)}})
    return opened


@pytest.fixture
def link(world: World) -> Link:
    """A client of the demonstration solution, which shares no code with the services and reads eAdministrative by its published types."""
    return StrictLink(world.environment.addresses, world.environment.credentials, PATIENCE, Switches())


def simulate(number: str = PATIENT, code: str = "C1", memoire: str = "", day: str = "2026-11-22") -> str:
    return (
        f"<pid:simulationRequest {PID}><pid:memoireId>{memoire or new_uuid()}</pid:memoireId>"
        f"<pid:providerCode>90123456</pid:providerCode><pid:matricule>{number}</pid:matricule><pid:date>{day}</pid:date>"
        f'<pid:line id="L1"><pid:serviceDate>{day}</pid:serviceDate><pid:actCode>{code}</pid:actCode>'
        "<pid:count>1</pid:count></pid:line></pid:simulationRequest>"
    )


def pay(simulation: str, agreed: str = "true") -> str:
    return (
        f"<pid:paymentRequest {PID}><pid:simulationId>{simulation}</pid:simulationId><pid:doctorValidates>true"
        f"</pid:doctorValidates><pid:patientAgrees>{agreed}</pid:patientAgrees><pid:patientShareSettled>true"
        "</pid:patientShareSettled></pid:paymentRequest>"
    )


def field(node: Any, name: str) -> str:
    return str(node.value(f"{{urn:equalis:modelled:pid:1}}{name}"))


def test_a_simulation_is_computed_from_dated_data(link: Link) -> None:
    """57.70 gives 50.78 and 6.92 for an adult, nothing to pay for a child."""
    adult = link.exchange(DOCTOR, "M", simulate())
    assert (field(adult, "total"), field(adult, "statutoryShare"), field(adult, "patientShare")) == ("57.70", "50.78", "6.92")
    child = link.exchange(DOCTOR, "M", simulate("2018092210415"))
    assert field(child, "patientShare") == "0.00"


def test_a_payment_is_committed_once_and_repeated_without_a_second(link: Link) -> None:
    """The same simulation again answers the same payment; the same mémoire again is refused."""
    memoire = new_uuid()
    first = link.exchange(DOCTOR, "M", simulate(memoire=memoire))
    again = link.exchange(DOCTOR, "M", simulate(memoire=memoire))
    one = link.exchange(DOCTOR, "M", pay(field(first, "simulationId")))
    two = link.exchange(DOCTOR, "M", pay(field(first, "simulationId")))
    assert field(one, "paymentId") == field(two, "paymentId")
    refused = link.exchange(DOCTOR, "M", pay(field(again, "simulationId")))
    assert refused.all("{urn:equalis:modelled:pid:1}code")[0].text == "ALREADY_PAID"


@pytest.mark.parametrize(
    ("number", "code", "anomaly"),
    [(PATIENT, "APCM", "ACT_NOT_PID"), (PATIENT, "ZZ", "ACT_UNKNOWN"), ("1990010112384", "C1", "PATIENT_UNKNOWN")],
)
def test_a_simulation_that_cannot_be_paid_has_anomalies(link: Link, number: str, code: str, anomaly: str) -> None:
    """The code says what is wrong, and no share is answered."""
    found = link.exchange(DOCTOR, "M", simulate(number, code))
    assert anomaly in [node.text for node in found.all("{urn:equalis:modelled:pid:1}code")]
    assert not field(found, "patientShare")


def test_nothing_is_paid_without_agreement(link: Link) -> None:
    """The service itself refuses what must not be paid."""
    found = link.exchange(DOCTOR, "M", simulate())
    refused = link.exchange(DOCTOR, "M", pay(field(found, "simulationId"), agreed="false"))
    assert refused.all("{urn:equalis:modelled:pid:1}code")[0].text == "NOT_AGREED"


def fault(call: Any) -> str:
    with pytest.raises(FaultError) as caught:
        call()
    return f"{caught.value.code} {caught.value}"


def test_a_token_expires_with_the_embedded_clock(world: World, link: Link) -> None:
    """31 minutes later the same token is refused."""
    link.exchange(DOCTOR, "M", simulate())
    world.clock.offset = 31 * 60
    link.tokens[DOCTOR.code] = (link.tokens[DOCTOR.code][0], datetime.now(UTC) + timedelta(hours=2))
    link.offset = 0
    link.defects = Switches({"expired-token"})
    assert "expired" in fault(lambda: link.exchange(DOCTOR, "M", simulate()))


def test_a_business_call_is_refused_unless_token_signature_and_content_are_right(link: Link) -> None:
    """A forged token, an unsigned body, SHA-1 and invalid content each have their fault."""
    token = link.token(DOCTOR)
    link.tokens[DOCTOR.code] = ("Zm9yZ2Vk", datetime.now(UTC) + timedelta(hours=1))
    link.defects = Switches({"expired-token"})
    assert "not issued by the STS" in fault(lambda: link.exchange(DOCTOR, "M", simulate()))
    link.tokens[DOCTOR.code] = (token, datetime.now(UTC) + timedelta(hours=1))
    link.defects = Switches({"unsigned-body"})
    assert "body" in fault(lambda: link.exchange(DOCTOR, "M", simulate()))
    link.defects = Switches({"sha1-signature"})
    assert "sha1" in fault(lambda: link.exchange(DOCTOR, "M", simulate()))
    link.defects = Switches()
    assert "invalid content" in fault(lambda: link.exchange(DOCTOR, "M", simulate(day="hier")))
    assert "unknown business element" in fault(lambda: link.exchange(DOCTOR, "M", "<x/>"))


@pytest.mark.parametrize(("action", "taken"), [
    ('"exchange"', True), ("exchange", True), ('""', True), ("", True), ('"urn:exchange"', False), ('"Exchange"', False), ('"', False),
])  # fmt: skip
def test_an_exchange_is_called_by_its_action_or_by_an_empty_one(link: Link, monkeypatch: pytest.MonkeyPatch, action: str, taken: bool) -> None:
    """An empty action says that the address tells the intent (SOAP 1.1 §6.1.1)."""
    send = link.send

    def sent(method: str, url: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        return send(method, url, body, **headers | ({"SOAPAction": action} if url.endswith("/exchange") else {}))

    link.token(DOCTOR)
    monkeypatch.setattr(link, "send", sent)
    if taken:
        assert field(link.exchange(DOCTOR, "M", simulate()), "total") == "57.70"
    else:
        assert "SOAPAction" in fault(lambda: link.exchange(DOCTOR, "M", simulate()))


def test_an_assertion_is_for_whoever_asked_and_for_the_sts(world: World, link: Link) -> None:
    """One AudienceRestriction with two Audience values (SAML core 2.0 §2.5.1.4); the STS's stands in the reset."""
    assertion = strict_xml.parse(link.assertion(DOCTOR))
    restrictions = assertion.findall(f".//{{{signing.SAML}}}AudienceRestriction")
    assert [[audience.text for audience in item] for item in restrictions] == [[ACS, world.environment.identifiers["sts"]]]
    assert assertion.findtext(f"{{{signing.SAML}}}Issuer") == world.environment.identifiers["idp"]


def test_the_idp_refuses_what_its_profile_forbids(link: Link) -> None:
    """An unsigned timestamp, a clock an hour off, and an unknown doctor."""
    link.defects = Switches({"unsigned-timestamp"})
    assert "timestamp" in fault(lambda: link.assertion(DOCTOR))
    link.defects = Switches()
    link.offset = 3600
    assert "Timestamp" in fault(lambda: link.assertion(DOCTOR))
    link.offset = 0
    assert "unknown eHealthID" in fault(lambda: link.assertion(replace(DOCTOR, ehealthid="1999999999")))


def test_the_sts_refuses_a_provider_code_that_is_not_the_doctors(link: Link) -> None:
    """The claim must name the code of the professional in the assertion."""
    assert "provider code" in fault(lambda: link.token(replace(DOCTOR, code="90234567")))


def platform_request(link: Link, password: str, nonce: str) -> bytes:
    created = signing.zulu(link.now())
    header = (
        f'<wsse:UsernameToken xmlns:wsse="{signing.WSSE}" xmlns:wsu="{WSU}" wsu:Id="user">'
        f"<wsse:Username>esante-embedded</wsse:Username><wsse:Password>{password}</wsse:Password>"
        f"<wsse:Nonce>{nonce}</wsse:Nonce><wsu:Created>{created}</wsu:Created></wsse:UsernameToken>"
    )
    body = (
        f'<wst:RequestSecurityToken xmlns:wst="{TRUST}"><wst:TokenType>{TOKEN_TYPE}</wst:TokenType>'
        f"<wst:RequestType>{TRUST}/Issue</wst:RequestType>"
        '<wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"><wsa:EndpointReference '
        f'xmlns:wsa="http://www.w3.org/2005/08/addressing"><wsa:Address>{link.services["mysecu"]}/exchange</wsa:Address>'
        "</wsa:EndpointReference></wsp:AppliesTo></wst:RequestSecurityToken>"
    )
    return signing.envelope(Outline({"user": header}, body, ("user", "body")), link.identity)


def test_a_platform_gets_a_token_with_its_hashed_password_once(link: Link) -> None:
    """PasswordText is base64(SHA-1(password)), the nonce has 16 bytes and is used once."""
    import base64  # noqa: PLC0415 - here it is plain what is encoded
    import hashlib  # noqa: PLC0415

    password = base64.b64encode(hashlib.sha1(b"embedded-platform-secret").digest()).decode()  # noqa: S324 - the profile's own
    nonce = base64.b64encode(b"0123456789abcdef").decode()
    url = f"{link.services['sts']}/token"
    status, _, answer = link.send("POST", url, platform_request(link, password, nonce), Content_Type="text/xml")
    assert status == 200
    assert b"RequestedSecurityToken" in answer
    for bad_password, bad_nonce in ((password, nonce), ("wrong", base64.b64encode(b"f" * 16).decode()), (password, "c2hvcnQ=")):
        status, _, answer = link.send("POST", url, platform_request(link, bad_password, bad_nonce), Content_Type="text/xml")
        assert status == 500
        assert b"FailedAuthentication" in answer


def memoire(*defects: str, note: str = "") -> Memoire:
    return Memoire(new_uuid(), DOCTOR, {"matricule": PATIENT}, (Act("C1", 1),), date(2026, 11, 22), Switches(defects), note=note)


def deposit(link: Link, content: bytes, number: str = PATIENT, ehealthid: str = DOCTOR.ehealthid) -> tuple[int, Any]:
    path = f"/practitioner/{ehealthid}/person/{number}/document"
    return link.rest(DOCTOR, "POST", path, content, "application/zip")


def test_a_deposit_is_taken_once(link: Link) -> None:
    """The document is answered with its state; the same UUID again is 409."""
    content = memoire().zip()
    status, document = deposit(link, content)
    assert (status, document["status"], document["price"], document["docType"]) == (200, "RECEIVED", 57.7, "MH")
    assert deposit(link, content)[0] == 409


@pytest.mark.parametrize(
    ("content", "number", "ehealthid", "status"),
    [
        (memoire("two-files-in-zip").zip(), PATIENT, "1000000017", 400),
        (memoire("wrong-file-name").zip(), PATIENT, "1000000017", 400),
        (memoire("diagnosis-in-free-text", note="x" * 201).zip(), PATIENT, "1000000017", 400),
        (b"PK not a zip", PATIENT, "1000000017", 400),
        (memoire().zip(), "2018092210415", "1000000017", 403),
        (memoire().zip(), PATIENT, "1000000025", 403),
    ],
)
def test_a_bad_deposit_is_refused_in_the_services_own_form(
    link: Link, content: bytes, number: str, ehealthid: str, status: int
) -> None:
    """400 for its form, 403 for whose it is; always message, code, timestamp."""
    got, document = deposit(link, content, number, ehealthid)
    assert got == status
    assert set(document) == {"message", "code", "timestamp"}


def test_without_consent_nothing_is_taken(world: World, link: Link) -> None:
    """403 until the MH consent is recorded; 302 when it is recorded again; a doctor records MH only."""
    world.reset()
    assert deposit(link, memoire().zip())[0] == 403
    body = json.dumps({"type": "MH", "endAt": "2030-01-01T00:00:00Z"}).encode()
    path = f"/practitioner/{PATIENT}/consent"
    assert [link.rest(DOCTOR, "POST", path, body)[0] for _ in range(2)] == [200, 302]
    assert link.rest(DOCTOR, "GET", f"{path}/MH")[1]["type"] == "MH"
    assert link.rest(DOCTOR, "POST", path, body.replace(b"MH", b"CNS_AUTO"))[0] == 403
    for ends in ('"2030-W01-1T00:00:00Z"', '"2030-001T00:00:00Z"', '"2030-01-01"', '"20300101T000000Z"', "20300101", "null"):
        assert link.rest(DOCTOR, "POST", path, b'{"type": "MH", "endAt": %s}' % ends.encode())[0] == 400, ends
    assert link.rest(DOCTOR, "POST", path, b'{"type": "MH"}')[0] == 400
    assert deposit(link, memoire().zip())[0] == 200


def test_a_document_is_cancelled_or_replaced_once(link: Link) -> None:
    """PATCH cancels, PATCH with a zip replaces, and what is cancelled stays so."""
    first, second, third = memoire(), memoire(), memoire()
    path = f"/practitioner/{DOCTOR.ehealthid}/person/{PATIENT}/document"
    deposit(link, first.zip())
    deposit(link, second.zip())
    assert link.rest(DOCTOR, "PATCH", f"{path}/{first.uuid}") == (200, None)
    assert link.rest(DOCTOR, "GET", f"{path}/{first.uuid}")[1]["status"] == "CANCELED"
    assert link.rest(DOCTOR, "PATCH", f"{path}/{first.uuid}")[0] == 403
    assert link.rest(DOCTOR, "PATCH", f"{path}/{second.uuid}", third.zip(), "application/zip") == (200, None)
    assert link.rest(DOCTOR, "GET", f"{path}/{third.uuid}")[1]["status"] == "RECEIVED"
    assert link.rest(DOCTOR, "GET", f"{path}/{second.uuid}")[1]["status"] == "CANCEL_REPLACED"
    today = link.now().date()
    listed = link.rest(DOCTOR, "GET", f"/practitioner/{DOCTOR.ehealthid}/documents?createdFrom={today}&createdTo={today}&size=2")
    assert len(listed[1]) == 2
    assert link.rest(DOCTOR, "GET", f"/practitioner/{DOCTOR.ehealthid}/documents?createdFrom=hier")[0] == 400


def test_the_team_and_the_patients_own_side_are_there(link: Link) -> None:
    """Members are kept; a practitioner may not act as a patient; no token is 401."""
    path = f"/practitioner/{DOCTOR.ehealthid}/member/42"
    assert [link.rest(DOCTOR, verb, path)[0] for verb in ("GET", "POST", "GET", "DELETE", "GET")] == [404, 200, 200, 200, 404]
    assert link.rest(DOCTOR, "GET", f"/person/{PATIENT}/documents")[0] == 403
    status, _, _ = link.send("GET", f"{link.services['eadministrative']}/person/{PATIENT}/documents")
    assert status == 401


def test_a_patient_reads_consents_and_asks_for_reimbursement(link: Link) -> None:
    """The patient's own side: ESANTE to read, CNS to send, each consent given and taken back."""
    form = f"grant_type=urn:equalis:modelled:grant:test-patient&patient={PATIENT}".encode()
    status, _, answer = link.send("POST", f"{link.services['idp']}/oauth2/token", form,
                                  Content_Type="application/x-www-form-urlencoded")  # fmt: skip
    assert status == 200
    bearer = {"Authorization": f"Bearer {json.loads(answer)['access_token']}", "Content_Type": "application/json"}
    made = memoire()
    deposit(link, made.zip())

    def patient(method: str, path: str, body: bytes = b"") -> int:
        return link.send(method, f"{link.services['eadministrative']}/person/{PATIENT}{path}", body, **bearer)[0]

    def consent(kind: str) -> int:
        return patient("POST", "/consent", json.dumps({"type": kind, "endAt": "2030-01-01T00:00:00Z"}).encode())

    assert patient("GET", f"/document/{made.uuid}") == 403
    assert patient("GET", "/consents") == 200
    assert consent("ESANTE") == 200
    assert patient("GET", "/consent/CNS") == 404
    assert [patient("GET", f"/document/{made.uuid}{rest}") for rest in ("", "/pdf")] == [200, 200]
    assert patient("PUT", f"/document/{made.uuid}") == 403
    assert consent("CNS") == 200
    assert [patient("PUT", f"/document/{made.uuid}") for _ in range(2)] == [200, 403]
    assert [patient("GET", path) for path in ("/documents", "/cns/documents", "/consent/CNS")] == [200, 200, 200]
    assert [patient("DELETE", f"/consent/{kind}") for kind in ("CNS", "CNS", "ESANTE", "MH")] == [200, 404, 200, 200]
    assert patient("GET", "/consents") == 204
    status, _, answer = link.send("GET", f"{link.services['eadministrative']}/person/info", b"", **bearer)
    assert (status, json.loads(answer)) == (200, {"firstname": "Anna", "lastname": "Weber", "ssn": PATIENT})
    other = f"{link.services['eadministrative']}/person/2018092210415/documents"
    assert link.send("GET", other, b"", **bearer)[0] == 403


def test_the_frame_of_an_exchange_is_verified_and_a_deposit_is_taken_once(link: Link) -> None:
    """The model's form, exactly one business element, and no second deposit of a UUID."""
    made = memoire()
    assert link.exchange(DOCTOR, "2022_CNS_MEMHON_DEPOT-V1", made.xml()).value("{http://www.secu.lu/ciss/cns}UuidSecu")
    assert "modelUID" in fault(lambda: link.exchange(DOCTOR, "no spaces here", made.xml()))
    assert "one business element" in fault(lambda: link.exchange(DOCTOR, "M", simulate() + "<x/>"))
    again = link.exchange(DOCTOR, "2022_CNS_MEMHON_DEPOT-V1", made.xml())
    assert [node.value("code") for node in again.children if node.tag == "anomalies"] == ["DUPLICATE"]


def test_the_answer_to_a_deposit_follows_its_schema(loaded: Loaded) -> None:
    """Two identifiers qualified, anomalies not."""
    binding = loaded.bindings.services["mysecu"]
    anomalies = [{"type": "E", "code": "X", "text": "y"}, {"type": "E", "code": "Z", "text": ""}]
    text = jinja2.Template(binding.templates["memoire-return.xml.j2"]).render(model="M", uuid="u", secu="s", anomalies=anomalies)
    (element,) = strict_xml.children(strict_xml.parse(text.encode()))
    assert xml_schema.violations(xml_schema.compiled(schema_files.files(binding, "messages.xsd")), element) == []
