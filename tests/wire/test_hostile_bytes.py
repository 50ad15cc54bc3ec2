"""Every reader of foreign bytes raises its own error and nothing else, whatever good bytes are turned into."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pytest

from equalis.cases import configuration
from equalis.demo import signing
from equalis.demo.signing import Identity, Outline
from equalis.gateway.pki import Pki
from equalis.model.source import MistakesError
from equalis.model.transcript import Message
from equalis.wire import (
    archives,
    encodings,
    fhir,
    http_message,
    json_path,
    jws,
    jwt,
    matricule,
    names,
    saml,
    soap,
    strict_json,
    strict_xml,
    strict_yaml,
    typed,
    wssecurity,
)  # fmt: skip
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import BadSignatureError
from tests.mutations import mutations

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TIMES = 4000
KINDS = ("text", "integer", "money", "date", "instant", "boolean", "bytes")
JSON = (
    b'{"resourceType": "Parameters", "parameter": [{"name": "count", "valueInteger": 5}, {"name": "onlyCertainMatches", "valueBoolean": true}]}',
    b'{"resourceType": "Patient", "active": true, "birthDate": "1985-03-14", "name": [{"family": "Weber", "given": ["Anna"]}], "multipleBirthInteger": 2}',
    b'{"a": [1, 2.50, -3e2, null, "\\u00e9"], "b": {"c": "2026-11-22T10:00:00Z"}}', b"[]", b"57.70",
)  # fmt: skip
YAML = (
    b"case: ra-pid/x\ngiven:\n  amount: 57.70\n  list: [1, 2.5e3, 0123, null]\nsteps:\n- id: 'a'\n  text: |\n    more\n    lines\n", b'{a: [1, {b: c}], d: "e\\n"}\n', b"- 1\n- x: y\n",
)
TOML = ((
    b'[solution]\nname = "P"\ndriver = "http"\nurl = "http://127.0.0.1:8080"\ntimeout = 10\nsettle = 3.5\ncapabilities = ["pid"]\n\n[environment]\nport = 8443\n'
    b'\n[environments.test]\nservices = { mysecu = "https://a.example:443/x", sts = { url = "https://b.example", connect = "127.0.0.1:9443" } }\nrate = 2.5\nquiet = ["22:00-06:00"]\n'
    b'[environments.test.identity]\npkcs12 = "a.p12"\npassword-env = "P"\n'
),)


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("F90_MED.xml", b"<a>1</a>" * 20), ("folder/", b""), ("b", b"x")):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def read_typed(content: bytes) -> None:
    for kind in KINDS:
        try:
            value = typed.parse(kind, content.decode("utf-8", "surrogateescape"))
        except UnreadableError:
            continue
        line = strict_json.read(strict_json.write_line({"v": typed.to_json(value)}))
        assert isinstance(line, dict)
        assert typed.from_json(line["v"]) == value
        if isinstance(value, date):
            typed.luxembourg_day(value)


def read_message(content: bytes) -> None:
    """Everything that looks at a line, a target, a form, a token."""
    text = content.decode("latin-1")
    message = Message(text, (("Authorization", f"Bearer {text}"), ("Content-Encoding", text[:30])), content)
    for look in (http_message.method, http_message.path, http_message.query, http_message.status, http_message.bearer, encodings.readable):
        look(message)
    http_message.match_path("/person/{ssn}/document/{id}", text)
    for strict in (http_message.form, encodings.content):
        try:
            strict(message)
        except UnreadableError:
            continue
    try:
        http_message.claims(text)
    except UnreadableError:
        return


def read_json(content: bytes) -> None:
    value = json_path.plain(strict_json.read(content))
    json_path.find("$.parameter[?@.name=='count'].valueInteger", value)
    json_path.find("$..[?@.a > 1.5]", value)
    for kind in ("Parameters", "Patient"):
        fhir.problems(content, kind)


def read_words(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    names.folded(text)
    matricule.problem(text)
    matricule.age(text, date(2026, 1, 1))


CASES: dict[str, tuple[Callable[[bytes], object], Sequence[bytes], int]] = {
    "JSON": (read_json, JSON, TIMES),
    "YAML": (lambda content: strict_yaml.read(content, "x.yaml"), YAML, TIMES),
    "TOML": (lambda content: configuration.read(content, "equalis.toml"), TOML, TIMES),
    "XML": (strict_xml.parse, (b"<a b='1'>x<c/><!-- y --></a>", b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', "<a>é</a>".encode("utf-16")), TIMES),
    "zip": (archives.read, (zipped(),), 5 * TIMES),
    "gzip": (lambda content: encodings.content(Message("", (("Content-Encoding", "gzip, deflate"),), content)), (gzip.compress(b"x" * 99), gzip.compress(b"a") * 3), TIMES),
    "typed values": (read_typed, (b"57.70", b"-5", b"2026-11-22", b"2026-11-22T10:00:00.123Z", b"2026-11-22T10:00:00+01:00", b"true", b"AAAA"), TIMES),
    "messages": (read_message, (b"GET /person/1985031421294/document/1?page=1&size=2 HTTP/1.1", b"HTTP/1.1 200 OK", b"POST https://a.example/x HTTP/1.1", b"a=1&b=%20"), TIMES),
    "names and numbers": (read_words, ("Müller-D'Angelo ß".encode(), b"1985031421294"), TIMES),
}  # fmt: skip


HELD = ("XML", "gzip")
"""The readers that never failed otherwise."""


@pytest.mark.parametrize("name", [name if name in HELD else pytest.param(name, marks=pytest.mark.mends("9")) for name in CASES])
def test_a_reader_raises_its_own_error_and_nothing_else(name: str) -> None:
    """Thousands of good texts, spoilt: each is a value, or UnreadableError (MistakesError for a file)."""
    read, seeds, times = CASES[name]
    for content in mutations(seeds, times):
        try:
            read(content)
        except (UnreadableError, MistakesError):
            continue


@pytest.fixture(scope="module")
def identity(keys: Pki) -> Identity:
    """The solution's identity."""
    certificate, key = keys.files("solution")
    return Identity.load(certificate.read_text(), key.read_text(), keys.authority.decode())


def test_a_spoilt_security_header_is_a_bad_signature_or_unreadable(identity: Identity) -> None:
    """Tokens, certificates, references, transforms, instants."""
    token = Outline({"timestamp": signing.timestamp(NOW)}, "<a>1</a>", ("timestamp", "token", "body"), token=True)
    seeds = [signing.envelope(token, identity), signing.envelope(Outline({"timestamp": signing.timestamp(NOW)}, "<a/>", ("body",)), identity)]
    for content in mutations(seeds, TIMES):
        try:
            root = soap.envelope(content)
            for read in (wssecurity.timestamp, wssecurity.username, soap.content, saml.signer, wssecurity.verify):
                try:
                    read(root)
                except (UnreadableError, BadSignatureError):
                    continue
        except UnreadableError:
            continue


@pytest.mark.mends("9")
def test_a_spoilt_jws_or_token_is_a_bad_signature(keys: Pki) -> None:
    """The header's members of odd types, certificates of odd keys, tokens cut and spliced."""
    certificate, pem = keys.identities["idp"].certificate, keys.identities["idp"].key_pem
    token = jwt.sign({"sub": "1", "exp": 1}, pem)
    head = json.dumps({"alg": "RS256", "x5c": [base64.b64encode(certificate).decode()], "sigT": "2026-11-24T10:00:00Z", "crit": ["sigT"], "b64": True, "kid": "k", "jwk": {}}).encode()
    for content in mutations([head], TIMES // 2):
        text = f"{base64.urlsafe_b64encode(content).rstrip(b'=').decode()}..{token.split('.')[2]}"
        with pytest.raises(BadSignatureError):
            jws.verify(text, b"{}")
    for content in mutations([token.encode()], TIMES // 2):
        try:
            jwt.verify(content.decode("latin-1"), keys.identities["idp"].public_pem)
        except BadSignatureError:
            continue


@pytest.mark.mends("9")
def test_a_spoilt_certificate_is_a_bad_signature(keys: Pki) -> None:
    """Bits of DER turned over: a key, or BadSignatureError."""
    from equalis.wire import certificates  # noqa: PLC0415 - where it is not there, the other tests of this file still run

    for content in mutations([keys.identities["idp"].certificate], TIMES):
        try:
            certificates.encoded(base64.b64encode(content).decode())
        except BadSignatureError:
            continue
