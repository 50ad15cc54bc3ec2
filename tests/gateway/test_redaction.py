"""Redaction: secrets go, by name and by form, wherever they stand; everything else stays to the byte."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
import stat
import sys
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from equalis.archive.recorder import CaseRecorder
from equalis.archive.rundir import RunDirectory
from equalis.gateway.redaction import Redactor
from equalis.model.outcome import Blame
from equalis.model.transcript import Fault, Message, Observation
from equalis.model.values import Value
from equalis.wire import encodings
from equalis.wire.unreadable import UnreadableError
from tests.conftest import REPOSITORY, Equalis
from tests.gateway.plantings import CANARY, FORM, FOUND, HELD, HELD_TOO, JSON, PEM, TEXT, XML, Planting, middle, shapes

REDACTOR = Redactor(b"s" * 32)
MARK = re.compile(rb"redacted-[0-9a-f]{32}")
MENDS = pytest.mark.mends("15")
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJlSGVhbHRoSUQiOiIxIn0.c2ln"  # noqa: S105 - nobody's


def redacted(body: bytes | str, media: str = "") -> bytes:
    content = body.encode() if isinstance(body, str) else body
    return REDACTOR.message(Message("POST /p HTTP/1.1", (("Content-Type", media),), content))[0].body


def opened(content: bytes) -> bytes:
    """What somebody finds who opens what is packed."""
    found = [content]
    if content.startswith(b"\x1f\x8b"):
        found.append(gzip.decompress(content))
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found += [archive.read(name) for name in archive.namelist()]
    return b"\n".join(found)


def readable(message: Message) -> bytes:
    """All that can be read of a message."""
    try:
        plain = encodings.content(message)
    except UnreadableError:
        plain = b""
    return b"\n".join([message.line.encode("latin-1"), *(value.encode("latin-1") for _, value in message.headers), opened(message.body), opened(plain)])


def planted(found: dict[str, Planting], held: frozenset[str]) -> list[object]:
    return [pytest.param(name, planting, id=name, marks=() if name in held else MENDS) for name, planting in found.items()]


@pytest.mark.parametrize(("name", "planting"), planted(HELD, frozenset(HELD)) + planted(FOUND, HELD_TOO))
def test_a_secret_is_replaced_and_the_record_says_so(name: str, planting: Planting) -> None:
    """Nothing of it is left, plain, in base64, in hexadecimal, in a URL or in JSON; and a mark stands in its place."""
    assert any(shape in readable(planting.message) for shape in shapes(planting.secret)), name
    message, names = REDACTOR.message(planting.message)
    left = readable(message)
    assert not [shape for shape in shapes(planting.secret) if shape in left]
    assert names


@MENDS
def test_no_planted_secret_is_in_a_run_directory_or_its_bundle(equalis: Equalis, tmp_path: Path) -> None:
    """A product sends each planting through the gateway, shows secrets to its user and fails with others; then everything kept is searched."""
    sent = tmp_path / "sent"
    sent.mkdir()
    for number, planting in enumerate([*HELD.values(), *FOUND.values()]):
        message = planting.message
        head = "\r\n".join([message.line, *(f"{name}: {value}" for name, value in message.headers), f"Content-Length: {len(message.body)}", "Connection: close", "", ""])
        (sent / f"{number:03d}").write_bytes(head.encode("latin-1") + message.body)
    (tmp_path / "acts.py").write_text(PRODUCT.replace("CANARY", CANARY).replace("PEM", repr(PEM)))
    (tmp_path / "equalis.toml").write_text(
        '[solution]\nname = "X"\ndriver = "python"\nmodule = "acts.py"\ntimeout = 60\nsettle = 0.2\ncapabilities = ["idv"]\n'
    )
    done = equalis("run", "idv/validation")
    assert done.returncode == 1, done.stdout + done.stderr
    (folder,) = [path for path in (tmp_path / "reports").iterdir() if path.is_dir()]
    kept = {path: opened(path.read_bytes()) for path in (tmp_path / "reports").rglob("*") if path.is_file()}
    assert sum(b'"event":"request"' in line for line in (folder / "evidence/log.jsonl").read_bytes().splitlines()) == len(HELD) + len(FOUND)
    secrets = {planting.secret for planting in (*HELD.values(), *FOUND.values())} | {middle(PEM)}
    found = [(path.name, shape) for secret in secrets for shape in shapes(secret) for path, content in kept.items() if shape in content]
    assert not found
    assert CANARY not in done.stdout


PRODUCT = """
import pathlib, socket, ssl, urllib.parse
from equalis.solution.python import ProductFailed, action

told = {}

@action("reset")
def reset(document):
    told.update(document)

def call(raw):
    credentials, here = told["credentials"], pathlib.Path("made")
    here.mkdir(exist_ok=True)
    (here / "own.pem").write_text(credentials["certificate"] + credentials["key"])
    made = ssl.create_default_context(cadata=credentials["authority"])
    made.load_cert_chain(here / "own.pem")
    place = urllib.parse.urlsplit(told["services"]["servid"])
    with socket.create_connection((place.hostname, place.port), 60) as plain, made.wrap_socket(plain, server_hostname=place.hostname) as tls:
        tls.sendall(raw)
        while tls.recv(65536):
            pass

@action("idv.create")
def create(inputs):
    for path in sorted(pathlib.Path("sent").iterdir()):
        call(path.read_bytes())
    return {"state": "created", "file": "1", "message": "Cookie: sid=CANARY", "warning": PEM, "history": ["mot de passe : CANARY", '{"otp": "CANARY"}']}

@action("idv.verify")
def verify(inputs):
    raise ProductFailed("cannot log in to https://user:CANARY@host/ with client_secret=CANARY")

@action("idv.validate")
def validate(inputs):
    return {"state": "validated", "message": "-u user --password CANARY"}
"""


@MENDS
def test_what_is_told_in_words_is_redacted_too(tmp_path: Path) -> None:
    """Observations, failures, causes and remedies of faults, names and texts of files; a picture stays."""
    directory = RunDirectory(tmp_path / "run")
    recorder = CaseRecorder("x/y", directory, lambda _event: None, REDACTOR)
    fields: dict[str, Value] = {"userPassword": CANARY, "nested": {"pin": 74217421, "list": (f"password={CANARY}",)}, "message": "payé", "paid": True}
    recorder.observation(Observation("s", "a", datetime.now(UTC), fields, failure=f"Authorization: Bearer {CANARY}"))
    recorder.fault(Fault(Blame.CONFIGURATION, f"hook failed: {PEM}", f"set token={CANARY}"))
    recorder.attachment("s", f"log?password={CANARY}.txt", "text/plain", f"pwd: {CANARY}".encode())
    recorder.attachment("s", "screen.png", "image/png", b"\x89PNG pin=1")
    directory.close()
    kept = b"\n".join(path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
    for secret in (CANARY.encode(), b"74217421", middle(PEM)):
        assert secret not in kept
    assert b"\x89PNG pin=1" in kept
    assert "payé".encode() in kept or b"pay\\u00e9" in kept


@MENDS
def test_the_form_stays_and_every_other_byte_with_it() -> None:
    """JSON reads as JSON, XML as XML; only the value is another one."""
    text = '{ "a" : [1.50, "é\\u00e9"],\n "password":"x",  "pin": 12, "b": {"secret": "y"}, "c": null }'
    json.loads(redacted(text, JSON))
    assert MARK.sub(b"*", redacted(text, JSON)).decode() == text.replace('"x"', '"*"').replace("12", '"*"').replace('"y"', '"*"')
    markup = "<?xml version='1.0'?>\n<a b = 'c'><!-- d --><n:password xmlns:n='e' f=\"g>h\">x</n:password><i/>&amp;</a>\n"
    etree.fromstring(redacted(markup, XML))
    assert MARK.sub(b"*", redacted(markup, XML)).decode() == markup.replace(">x<", ">*<")


@MENDS
def test_equal_secrets_give_equal_marks_and_others_other_ones() -> None:
    """What was the same can still be seen to be the same, in JSON, XML, a form and a header."""
    places = [redacted(f'{{"password": "{CANARY}"}}', JSON), redacted(f"<pin>{CANARY}</pin>", XML), redacted(f"x=1&otp={CANARY}", FORM)]
    head = REDACTOR.message(Message("GET / HTTP/1.1", (("Authorization", f"Bearer {CANARY}"),), b""))[0].header("authorization")[0]
    assert len({MARK.findall(place)[0] for place in (*places, head.encode())}) == 1
    assert MARK.findall(redacted("password=other", FORM)) != MARK.findall(places[0])


NOTHING_SECRET = [
    pytest.param("", {"Authorization": f"Bearer {TOKEN}"}, id="a signed bearer token"),
    pytest.param(json.dumps({"access_token": TOKEN, "id_token": TOKEN, "token_type": "Bearer", "expires_in": 300}), {}, id="signed tokens in JSON"),
    pytest.param(f"grant_type=urn:x&assertion={TOKEN}&client_assertion={TOKEN}&nonce=1&state=abc", {}, id="signed assertions in a form"),
    pytest.param(f"<wsse:Security><wsse:BinarySecurityToken wsu:Id='token' ValueType='x'>{'QUJD' * 9}</wsse:BinarySecurityToken><wsse:Nonce>x</wsse:Nonce></wsse:Security>", {}, id="a security token"),
    pytest.param("<wst:TokenType>a</wst:TokenType><wst:RequestedSecurityToken><a>b</a></wst:RequestedSecurityToken><wsse:UsernameToken><wsse:Username>u</wsse:Username></wsse:UsernameToken>", {}, id="WS-Trust"),
    pytest.param(json.dumps({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "1", "x5c": ["QUJD"], "use": "sig"}), {}, id="a public key"),
    pytest.param(json.dumps({"d": "x", "p": "y", "k": "z", "key": "a", "keyInfo": "b", "publicKey": "c", "code": "C1", "codeActe": "d"}), {}, id="short keys"),
    pytest.param(json.dumps({"secretaire": "Rosa", "secretariat": "x", "passport": "1", "passage": "2", "shipping": "3", "opinion": "4", "compass": "5", "pinned": "6"}), {}, id="words that hold a word"),
    pytest.param(json.dumps({"password": None, "pin": True, "secret": "", "passwordPolicy": "x", "pinLength": 4, "hasPassword": False}), {}, id="no value", marks=MENDS),
    pytest.param("<AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</AuthnContextClassRef>", {}, id="a class of authentication"),
    pytest.param("-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END CERTIFICATE-----", {}, id="a certificate"),
    pytest.param("basic research at http://host:80/a@b, the pin of the door, a bearer of news", {}, id="sentences"),
    pytest.param('{"resourceType": "Patient", "telecom": [{"value": "a@b.lu"}], "url": "http://x/y:z"}', {"X-JWS-Signature": "eyJhbGciOiJSUzI1NiJ9..c2ln", "X-Request-Id": "1"}, id="a patient"),
]


@pytest.mark.parametrize(("body", "headers"), NOTHING_SECRET)
def test_what_verdicts_are_recomputed_from_stays(body: str, headers: dict[str, str]) -> None:
    """Signed tokens, certificates, nonces, and business words that only look like a secret's."""
    message = Message("POST /p?page=1&code=x HTTP/1.1", tuple(headers.items()), body.encode())
    assert REDACTOR.message(message) == (message, ())


def test_no_field_of_a_binding_or_of_a_contract_is_taken_for_a_secret() -> None:
    """Every word of the bindings and of what a solution can be asked, as a key of JSON; but for tokens, of which the signed ones stay."""
    files = [*(REPOSITORY / "equalis" / "services").rglob("binding.yaml"), *(REPOSITORY / "scenarios").rglob("actions.yaml")]
    names = {word for file in files for word in re.findall(r"[A-Za-z_][\w.-]+", re.sub(r"#.*", "", file.read_text(encoding="utf-8")))}
    assert len(names) > 500
    eaten = {name for name in names if redacted(json.dumps({name: "abc"}), JSON) != json.dumps({name: "abc"}).encode()}
    assert not {name for name in eaten if not name.lower().endswith("token")}
    assert redacted(json.dumps(dict.fromkeys(names, TOKEN)), JSON) == json.dumps(dict.fromkeys(names, TOKEN)).encode()


@pytest.mark.parametrize(
    ("message", "begins"),
    [
        pytest.param(Message("GET /?password=x HTTP/1.1", (), b""), True, id="query", marks=MENDS),
        pytest.param(Message("GET / HTTP/1.1", (("Cookie", "a=b"),), b""), True, id="header"),
        pytest.param(Message("GET / HTTP/1.1", (("Referer", "http://x/?secret=b"),), b""), True, id="in a header", marks=MENDS),
        pytest.param(Message("GET / HTTP/1.1", (), b"<pin>1</pin>"), False, id="body"),
    ],
)
def test_only_what_leaves_the_body_as_it_was_is_called_header(message: Message, begins: bool) -> None:
    """A signature over the body is then judged as ever: a password in the query excuses nothing."""
    names = REDACTOR.message(message)[1]
    assert names
    assert all(name.startswith("header") for name in names) is begins


@MENDS
def test_a_body_that_nobody_can_read_is_not_kept() -> None:
    """It may hold anything; that it could not be read shows as before."""
    message = Message("POST / HTTP/1.1", (("Content-Encoding", "br"),), b"\x0b\x02\x80secret")
    kept, names = REDACTOR.message(message)
    assert MARK.fullmatch(kept.body)
    assert names == ("content coding that cannot be read",)
    with pytest.raises(UnreadableError, match="encoded as br"):
        encodings.content(kept)


MEDIA = st.sampled_from(["", JSON, XML, FORM, TEXT, "multipart/form-data; boundary=b", "multipart/mixed", "application/zip", "application/gzip", "image/png", ";;", "é"])
WORDS = st.sampled_from([
    b"password", b"Pin", b"token", b'"', b"'", b"\\", b"\\u0070", b":", b"=", b"{", b"}", b"[", b"]", b",", b"<", b">", b"</", b"/>", b"&lt;", b"&quot;", b"&", b"%70", b"%22",
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"--b\r\n", b"\r\n\r\n", b"Content-Disposition: form-data; name=", b"-----BEGIN PRIVATE KEY-----", b"-----END", b"Basic ",
    b"dXNlcjpwYXNz", b"Bearer ", b"://a:b@", b"kty", b'"d"', b"RSAKeyValue", b"<D>", b"MIIEvQIBADANBgkq", b"0\x82\x00\x10\x02\x01\x000\x0d\x06", b"\x1f\x8b\x08", b"PK\x03\x04",
    b"\xff\xfe", b"\x00", b"\xed\xa0\x80", b"name", b"value", b"x", b"1", b" ", b"\n", b"cookie", b"authorization", b"--", b"redacted-",
])  # fmt: skip
BYTES = st.binary(max_size=200) | st.lists(WORDS, max_size=40).map(b"".join)


@given(line=st.text(st.characters(max_codepoint=255), max_size=80), name=st.text(st.characters(max_codepoint=255), max_size=20), body=BYTES, media=MEDIA, coding=st.sampled_from(["", "", "gzip", "br"]))
def test_no_bytes_make_redaction_fail_and_what_is_redacted_stays_so(line: str, name: str, body: bytes, media: str, coding: str) -> None:
    """Whatever a product sends, under whatever media type; nothing found means nothing changed."""
    headers = (("Content-Type", media), (name, line), *((("Content-Encoding", coding),) if coding else ()))
    message = Message(line, headers, body)
    kept, names = REDACTOR.message(message)
    assert names or kept == message


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="latin-1", categories=["L", "N", "Zs"]), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "date", "code", "patient", "prix", "libellé"]), inner, max_size=4), max_leaves=12,
))  # fmt: skip
def test_a_message_without_a_secret_stays_to_the_byte(value: object) -> None:
    """Business content in JSON, with escapes and without."""
    for content in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert redacted(content, JSON) == content.encode()


@MENDS
@given(st.text(max_size=30), st.sampled_from(["password", "clientSecret", "pin"]))
def test_any_secret_in_json_goes_and_the_rest_reads_as_before(secret: str, name: str) -> None:
    """Whatever its characters are."""
    value = {"a": [1, "é"], name: f"0{secret}", "z": {"b": "c"}}
    for content in (json.dumps(value), json.dumps({"in": json.dumps(value)})):
        read = json.loads(redacted(content, JSON))
        read = json.loads(read["in"]) if "in" in read else read
        assert MARK.fullmatch(read.pop(name).encode())
        assert read == {"a": [1, "é"], "z": {"b": "c"}}


@MENDS
def test_a_large_message_does_not_keep_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is done in another thread than the loop's."""
    where: list[int] = []

    def noted(_self: Redactor, message: Message) -> tuple[Message, tuple[str, ...]]:
        where.append(threading.get_ident())
        return message, ()

    monkeypatch.setattr(Redactor, "message", noted)
    asyncio.run(REDACTOR.aside(Message("POST / HTTP/1.1", (), b"x" * (1 << 20))))
    assert where
    assert where != [threading.get_ident()]


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
@MENDS
def test_what_is_kept_is_for_its_owner_alone(equalis: Equalis, demo_bundle: Path, tmp_path: Path) -> None:
    """Run folders 0700 and files 0600, the sealed bundle and what `evidence` writes likewise; a folder that was there stays as it was."""
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    assert equalis("evidence", str(demo_bundle), "--to", str(tmp_path / "out" / "new"), "--har").returncode == 0
    assert equalis("evidence", str(demo_bundle), "--to", str(there), "--har").returncode == 0
    places = [demo_bundle, demo_bundle.with_suffix(""), *demo_bundle.with_suffix("").rglob("*"), tmp_path / "out" / "new", *(tmp_path / "out" / "new").rglob("*"), *there.rglob("*")]
    assert len(places) > 50
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in places if path.is_dir()} == {"0o700"}
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in places if path.is_file()} == {"0o600"}
    assert stat.S_IMODE(there.stat().st_mode) == 0o755


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
@MENDS
def test_a_run_directory_of_before_is_closed_to_others_when_it_is_opened(tmp_path: Path) -> None:
    """One that is resumed, made when others could read it."""
    folder = tmp_path / "run"
    (folder / "evidence").mkdir(parents=True, mode=0o755)
    (folder / "evidence" / "log.jsonl").touch(0o644)
    RunDirectory(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "evidence" / "log.jsonl").stat().st_mode) == 0o600
