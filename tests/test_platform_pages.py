"""docs/platform.md, ra-pid.md, idv.md and eprescription.md, walked: a client that knows their blocks and their sentences only.

It signs with xmlsec and cryptography, and shares no code with equalis or its demonstration solution.
"""

from __future__ import annotations

import base64
import io
import json
import re
import ssl
import urllib.parse
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree
from xmlsec import constants

from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.gateway.environment import Environment
from equalis.gateway.pki import Pki
from equalis.gateway.watching import Watching
from equalis.model.case import Step
from equalis.model.source import Source
from equalis.wire import fhir
from tests.conftest import REPOSITORY
from tests.pace import PATIENCE
from tests.services.as_published import ERROR, TYPES, differences

PAGES = {name: (REPOSITORY / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("platform", "ra-pid", "idv", "eprescription")}
NS = {
    "soap": "http://schemas.xmlsoap.org/soap/envelope/", "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "wst": "http://docs.oasis-open.org/ws-sx/ws-trust/200512", "pid": "urn:equalis:modelled:pid:1",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
}  # fmt: skip
DOCTOR = {"ehealthid": "1000000017", "code": "90123456", "matricule": "1985031421294"}


def block(page: str, name: str) -> str:
    """The block of a page with that name."""
    found = re.search(rf"```\w+ {re.escape(name)}\n(.*?)```", PAGES[page], re.DOTALL)
    assert found, f"{page} has no block {name}"
    return found[1]


def filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


@dataclass
class Client:
    """What a vendor has after reading: the reset's addresses, identity and identifiers."""

    services: dict[str, str]
    credentials: dict[str, str]
    identifiers: dict[str, str]
    http: httpx.Client
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.certificate = x509.load_pem_x509_certificate(self.credentials["certificate"].encode())
        now = datetime.now(UTC)
        self.values = {
            **DOCTOR, **self.services, "now": f"{now:%Y-%m-%dT%H:%M:%SZ}", "later": f"{now + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}",
            "uuid": str(uuid.uuid4()), "memoire": str(uuid.uuid4()), "number": str(uuid.uuid4()), "today": f"{now:%Y-%m-%d}",
            "until": f"{now + timedelta(days=30):%Y-%m-%d}", "certificate": self.encoded,
        }  # fmt: skip

    @property
    def encoded(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()

    def soap(self, address: str, action: str, envelope: str) -> etree._Element:
        """Sign where the page says so, send; the answer's root."""
        root = etree.fromstring(envelope.encode())
        comment = next(node for node in root.iter(etree.Comment) if "ds:Signature" in (node.text or ""))
        parts = re.findall(r"#([\w-]+)", comment.text or "")
        signature = xmlsec.template.create(root, constants.TransformExclC14N, constants.TransformRsaSha256, ns="ds")
        for part in parts:
            reference = xmlsec.template.add_reference(signature, constants.TransformSha256, uri=f"#{part}")
            xmlsec.template.add_transform(reference, constants.TransformExclC14N)
        info = xmlsec.template.ensure_key_info(signature)
        if "token" in parts:  # the table of docs/platform.md: a reference to the token for the IdP, X509Data for the others
            reference = etree.SubElement(info, f"{{{NS['wsse']}}}SecurityTokenReference")
            etree.SubElement(reference, f"{{{NS['wsse']}}}Reference", URI="#token", ValueType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3")
        else:
            data = etree.SubElement(info, "{http://www.w3.org/2000/09/xmldsig#}X509Data")
            etree.SubElement(data, "{http://www.w3.org/2000/09/xmldsig#}X509Certificate").text = self.encoded
        parent = comment.getparent()
        assert parent is not None
        parent.replace(comment, signature)
        xmlsec.tree.add_ids(root, ["Id"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(self.credentials["key"], constants.KeyDataFormatPem)
        context.sign(signature)
        answer = self.http.post(address, content=etree.tostring(root), headers={"SOAPAction": action, "Content-Type": "text/xml; charset=utf-8"})
        assert answer.status_code == 200, answer.text
        return etree.fromstring(answer.content)

    def login(self) -> None:
        """The assertion and the bearer token."""
        answer = self.soap(f"{self.services['idp']}/saml", '"authenticate"', filled(block("platform", "authn-request"), self.values))
        (assertion,) = answer.iterfind(".//saml:Assertion", NS)
        audiences = [node.text for node in assertion.iterfind(".//saml:Audience", NS)]
        assert audiences == ["https://practice.example/acs", self.identifiers["sts"]]
        assert assertion.findtext("saml:Issuer", namespaces=NS) == self.identifiers["idp"]
        whole = etree.tostring(assertion, with_tail=False)
        self.values["assertion"] = whole.decode()
        head, _, body = block("platform", "token-request").partition("\n\n")
        verb, address = filled(head.splitlines()[0], self.values).split()
        form = filled(body.strip(), {"assertion": urllib.parse.quote(base64.urlsafe_b64encode(whole).rstrip(b"=").decode())})
        told = self.http.request(verb, address, content=form, headers=dict([head.splitlines()[1].split(": ", 1)])).json()
        assert set(told) == set(json.loads(block("platform", "token-response")))
        claims = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[1] + "=="))
        assert {"sub", "eHealthID", "roles", "iss", "aud", "iat", "nbf", "exp"} == set(claims)
        self.http.headers["Authorization"] = f"Bearer {told['access_token']}"

    def exchange(self, name: str, **more: str) -> etree._Element:
        """One business message to mySecu, under its token."""
        if "token" not in self.values:
            answer = self.soap(f"{self.services['sts']}/token", '"http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue"', filled(block("platform", "token-issue"), self.values))
            shown = etree.fromstring(filled(block("platform", "token-issued"), self.values))
            assert {node.tag for node in shown.iter()} == {node.tag for node in answer.find(".//wst:RequestSecurityTokenResponseCollection", NS).iter()}  # type: ignore[union-attr]
            self.values["token"] = answer.findtext(".//wst:RequestedSecurityToken/wsse:BinarySecurityToken", namespaces=NS) or ""
        business = filled(block("ra-pid", name), self.values | more)
        frame = filled(block("platform", "exchange"), self.values | {"model": "M-1", "business": business})
        return self.soap(f"{self.services['mysecu']}/exchange", '""', frame)

    def fhir(self, method: str, address: str, **more: Any) -> httpx.Response:
        headers = {"X-Request-Id": str(uuid.uuid4()), "X-User-Id": DOCTOR["ehealthid"], "Content-Type": "application/fhir+json"} | more.pop("headers", {})
        return self.http.request(method, address, headers=headers, **more)


@pytest.fixture
def client(loaded: Loaded, keys: Pki) -> Iterator[Client]:
    """The embedded environment, in a world in which the patient has consented."""
    environment = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, PATIENCE)
    environment.begin_case(Watching(loaded.bindings, lambda _: None), loaded.worlds(("consent-mh",)))
    environment.begin_step(Step("s", "", Source("")))
    context = ssl.create_default_context(cadata=environment.credentials["authority"])
    context.load_cert_chain(*keys.files("solution"))
    with httpx.Client(verify=context, timeout=PATIENCE, trust_env=False) as http:
        yield Client(environment.addresses, environment.credentials, dict(environment.identifiers), http)
    environment.close()


def test_a_client_written_from_the_pages_logs_in_and_bills(client: Client) -> None:
    """By PID: simulated, and paid under the same simulation."""
    client.login()
    simulated = client.exchange("simulation")
    assert simulated.findtext(".//pid:statutoryShare", namespaces=NS) == "50.78"
    paid = client.exchange("payment", simulation=simulated.findtext(".//pid:simulationId", namespaces=NS) or "")
    assert paid.findtext(".//pid:paid", namespaces=NS) == "50.78"


def test_a_client_written_from_the_pages_deposits_and_reads_what_it_deposited(client: Client) -> None:
    """By RA at eSanté: consent, deposit, list, cancellation; each answer of the form that the page shows."""
    client.login()
    base, values = client.services["eadministrative"], client.values
    consent = client.http.get(f"{base}/practitioner/{values['matricule']}/consent/MH")
    assert set(consent.json()) == set(json.loads(block("ra-pid", "consent")))
    stream = io.BytesIO()
    today = values["today"].replace("-", "")
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"F{values['code']}{today[:6]}_MED_MHM_001_{today[6:]}01_{values['memoire']}.xml", filled(block("ra-pid", "memoire"), values))
    path = f"{base}/practitioner/{values['ehealthid']}/person/{values['matricule']}/document"
    deposited = client.http.post(path, content=stream.getvalue(), headers={"Content-Type": "application/zip"})
    assert deposited.status_code == 200, deposited.text
    assert set(deposited.json()) == set(json.loads(block("ra-pid", "document")))
    assert deposited.json()["price"] == 130.4
    listed = client.http.get(f"{base}/practitioner/{values['ehealthid']}/documents?createdFrom={values['today']}&createdTo={values['today']}&page=0")
    assert [item["uuid"] for item in listed.json()] == [values["memoire"]]
    cancelled = client.http.patch(f"{path}/{values['memoire']}")
    assert (cancelled.status_code, cancelled.content) == (200, b"")
    refused = client.http.patch(f"{path}/{values['memoire']}")
    assert (refused.status_code, set(refused.json())) == (403, set(json.loads(block("ra-pid", "refusal"))))


def test_a_client_written_from_the_pages_finds_a_patient(client: Client) -> None:
    """By traits and by matricule; the answer is the page's, to the value."""
    client.login()
    base = client.services["servid"]
    matched = client.fhir("POST", f"{base}/Patient/$match", content=block("idv", "match").encode())
    assert matched.json() == json.loads(block("idv", "answer"))
    looked_up = client.fhir("GET", filled("{servid}/Patient?identifier=urn:oid:1.3.182.4.4%7C{matricule}", client.values))
    assert [entry["resource"]["id"] for entry in looked_up.json()["entry"]] == ["P0001"]


def test_a_client_written_from_the_pages_prescribes(client: Client) -> None:
    """The Bundle of the page under a signature whose header is the page's."""
    client.login()
    body = filled(block("eprescription", "prescription"), client.values).encode()
    head = base64.urlsafe_b64encode(filled(block("eprescription", "jws-header"), client.values).encode()).rstrip(b"=")
    key = serialization.load_pem_private_key(client.credentials["key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    value = key.sign(head + b"." + base64.urlsafe_b64encode(body).rstrip(b"="), padding.PKCS1v15(), hashes.SHA256())
    signature = f"{head.decode()}..{base64.urlsafe_b64encode(value).rstrip(b'=').decode()}"
    issued = client.fhir("POST", f"{client.services['eprescription']}/Bundle", content=body, headers={"X-JWS-Signature": signature})
    assert issued.status_code == 201, issued.text
    state = client.fhir("GET", f"{client.services['eprescription']}/Task/{client.values['number']}")
    assert state.json()["businessStatus"]["coding"][0]["code"] == "issued"


@pytest.mark.parametrize(("name", "call"), [
    ("document", "GET /practitioner/1000000017/person/1985031421294/document/x"), ("consent", "GET /practitioner/1985031421294/consent/MH"),
    ("members", "GET /practitioner/1000000017/members"),
])  # fmt: skip
def test_the_shapes_of_the_page_are_those_of_the_published_interface(name: str, call: str) -> None:
    """What a vendor copies from there is right."""
    assert differences(call, 200, "application/json", block("ra-pid", name).replace('"<cns', '"memoireHonoraire <cns').encode()) == ""
    assert set(json.loads(block("ra-pid", "refusal"))) == set(ERROR["properties"])
    assert set(TYPES) >= {"Document", "consent", "members"}


def test_the_fhir_of_the_pages_is_fhir() -> None:
    """Parameters, Bundles: held against the models that judge a product."""
    assert fhir.problems(block("idv", "match").encode(), "Parameters") == []
    assert fhir.problems(block("idv", "answer").encode(), "Bundle") == []
    values = {"now": "2026-11-28T10:00:00Z", "today": "2026-11-28", "until": "2027-02-28", "number": "n", "matricule": "1985031421294", "ehealthid": "1000000017"}
    assert fhir.problems(filled(block("eprescription", "prescription"), values).encode(), "Bundle") == []
