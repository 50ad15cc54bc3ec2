"""Messages in which a secret was planted, each in another place or form: name → what is sent, and what may nowhere be kept of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from equalis.model.transcript import Message

CANARY = "S3cr3t-canary-7421"
XML, JSON, FORM, TEXT = "text/xml; charset=utf-8", "application/json", "application/x-www-form-urlencoded", "text/plain"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
BASIC = base64.b64encode(f"user:{CANARY}".encode()).decode()


@dataclass(frozen=True)
class Planting:
    """A message, and the secret in it."""

    message: Message
    secret: bytes = CANARY.encode()


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: serialization.PrivateFormat) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def der(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: serialization.PrivateFormat) -> bytes:
    return key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())


PKCS8, OLD, SSH = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.OpenSSH
PEM, PEM_OLD, PEM_EC, PEM_SSH = pem(RSA, PKCS8), pem(RSA, OLD), pem(EC, OLD), pem(RSA, SSH)


def middle(text: str) -> bytes:
    """A line of a key that shows that the key is there."""
    return text.splitlines()[len(text.splitlines()) // 2].encode()


def body(content: str | bytes, media: str = "", secret: str | bytes = CANARY, **headers: str) -> Planting:
    raw = content.encode() if isinstance(content, str) else content
    pairs = (("Host", "h"), *((("Content-Type", media),) if media else ()), *((name.replace("_", "-"), value) for name, value in headers.items()))
    return Planting(Message("POST /p HTTP/1.1", pairs, raw), secret.encode() if isinstance(secret, str) else secret)


def head(name: str, value: str, secret: str = CANARY) -> Planting:
    return Planting(Message("GET /p HTTP/1.1", (("Host", "h"), (name, value)), b""), secret.encode())


def line(target: str) -> Planting:
    return Planting(Message(f"GET {target} HTTP/1.1", (("Host", "h"),), b""))


def zipped(content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("a.xml", b"<a>nothing</a>")
        archive.writestr("b.xml", content)
    return stream.getvalue()


def parts(*pieces: str, boundary: str = "b0") -> str:
    return "".join(f"--{boundary}\r\n{piece}\r\n" for piece in pieces) + f"--{boundary}--\r\n"


MULTIPART = "multipart/form-data; boundary=b0"
JWK = {"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": CANARY, "p": f"{CANARY}p", "q": f"{CANARY}q", "dp": f"{CANARY}1", "dq": f"{CANARY}2", "qi": f"{CANARY}3"}
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

HELD = {
    "a cookie": head("Cookie", f"a={CANARY}"),
    "a cookie that is set": head("Set-Cookie", f"a={CANARY}; Secure"),
    "basic credentials": head("Authorization", f"Basic {BASIC}", BASIC),
    "digest credentials": head("Authorization", f'Digest username="u", response="{CANARY}"'),
    "an API key in a header": head("X-Api-Key", CANARY),
    "a token in a header": head("X-Auth-Token", CANARY),
    "a proxy's credentials": head("Proxy-Authorization", f"Basic {BASIC}", BASIC),
    "a name in other letters": head("X-PASSWORD", CANARY),
    "a password in the query": line(f"/p?a=b&password={CANARY}"),
    "client_secret in a form": body(f"grant_type=x&client_secret={CANARY}&a=b", FORM),
    "code_verifier in a form": body(f"grant_type=authorization_code&code_verifier={CANARY}", FORM),
    "refresh_token in JSON": body(f'{{"refresh_token": "{CANARY}"}}', JSON),
    "password in JSON": body(f'{{"user": "x", "password": "{CANARY}"}}', JSON),
    "a list in JSON": body(f'{{"password": ["{CANARY}"]}}', JSON),
    "a number in JSON": body('{"pin": 74217421}', JSON, "74217421"),
    "an element": body(f"<a><password>{CANARY}</password></a>", XML),
    "WS-Security": body(f'<a xmlns:wsse="{WSSE}"><wsse:UsernameToken><wsse:Username>u</wsse:Username><wsse:Password Type="t#PasswordText">{CANARY}</wsse:Password></wsse:UsernameToken></a>', XML),
    "an attribute": body(f'<a password="{CANARY}"/>', XML),
    "nested elements": body(f"<a><password><b>x</b>{CANARY}</password></a>", XML),
    "a gzip coding": body(gzip.compress(f'{{"password": "{CANARY}"}}'.encode()), JSON, content_encoding="gzip"),
}  # fmt: skip
"""What was redacted from the first day."""

FOUND = {
    **{f"{name} in JSON": body(f'{{"a": 1, "{name}": "{CANARY}"}}', JSON) for name in (
        "userPassword", "client-secret", "clientSecret", "access_key", "pass", "pin_code", "otp", "apiKey", "PINCode", "new_password", "passphrase",
        "mot_de_passe", "mdp", "user.pwd", "Secret Key", "privateKey", "credentials", "sessionId", "csrfToken", "access_token", "consumerSecret",
    )},
    **{f"{name} in a form": body(f"a=b&{name}={CANARY}", FORM) for name in ("userPassword", "client-secret", "user[password]", "apiKey", "otp", "%70assword", "pass%77ord")},
    **{f"{name} as an element": body(f"<a><{name}>{CANARY}</{name}></a>", XML) for name in ("UserPassword", "n:clientSecret", "api-key", "PinCode", "motDePasse", "BinarySecret")},
    **{f"the header {name}": head(name, CANARY) for name in ("Cookie2", "Set-Cookie2", "Api-Key", "Private-Token", "X-Vault-Token", "X-Auth", "Client-Secret", "X-Pin")},
    **{f"{name} in an attribute": body(f'<a b="c" {name} = "{CANARY}">x</a>', XML) for name in ("userPassword", "client-secret", "n:pin")},
    "an opaque bearer token": head("Authorization", f"Bearer {CANARY}"),
    "a key without a scheme": head("X-Authorization", CANARY),
    "user information in a header": head("Location", f"https://user:{CANARY}@h/x"),
    "a query in a header": head("Referer", f"https://h/x?a=b&access_token={CANARY}"),
    "a private key in a header": head("X-Note", quote(PEM), quote(middle(PEM))),
    "an escaped name in the query": line(f"/p?%70assword={CANARY}"),
    "a camel name in the query": line(f"/p?userPassword={CANARY}&a=b"),
    "a parameter of the path": line(f"/p;jsessionid={CANARY}/q"),
    "user information in the target": line(f"http://user:{CANARY}@h/p"),
    "an escaped key in JSON": body(f'{{"\\u0070assw\\u006Frd": "{CANARY}"}}', JSON),
    "an object in JSON": body(f'{{"password": {{"value": "{CANARY}", "n": [1]}}}}', JSON),
    "a list of lists in JSON": body(f'{{"secrets": [["{CANARY}"], {{"a": "{CANARY}"}}]}}', JSON),
    "a quote in the value": body(f'{{"userPassword": "a\\"{CANARY}"}}', JSON),
    "a space after the key": body(f'{{"clientSecret"\n :\n "{CANARY}"}}', JSON),
    "JSON cut short": body(f'{{"userPassword": "{CANARY}', JSON),
    "JSON in JSON": body(json.dumps({"a": json.dumps({"password": CANARY})}), JSON),
    "JSON in JSON in JSON": body(json.dumps({"a": json.dumps({"b": json.dumps({"password": CANARY})})}), JSON),
    "XML in JSON": body(json.dumps({"a": f"<userPassword>{CANARY}</userPassword>"}), JSON),
    "JSON in XML": body(f"<a>{{&quot;password&quot;: &quot;{CANARY}&quot;}}</a>", XML),
    "XML in XML": body(f"<a>&lt;password&gt;{CANARY}&lt;/password&gt;</a>", XML),
    "CDATA around XML": body(f"<a><![CDATA[<userPassword>{CANARY}</userPassword>]]></a>", XML),
    "CDATA": body(f"<a><password><![CDATA[</password>{CANARY}]]></password></a>", XML),
    "a comment in the value": body(f"<a><password>a<!-- </password> -->{CANARY}</password></a>", XML),
    "an element in one of its name": body(f"<a><secret><secret>x</secret>{CANARY}</secret></a>", XML),
    "a tag over lines": body(f"<a><n:clientSecret\n a='>'\n>{CANARY}</n:clientSecret\n></a>", XML),
    "an element without a close": body(f"<a><userPassword>{CANARY}</a>", XML),
    "a value as an attribute": body(f'<password value="{CANARY}"/>', XML),
    "UTF-16": body(f'<?xml version="1.0" encoding="UTF-16"?><a><password>{CANARY}</password></a>'.encode("utf-16"), XML, CANARY.encode("utf-16-le")),
    "UTF-16 without a mark": body(f"<a><password>{CANARY}</password></a>".encode("utf-16-be"), XML, CANARY.encode("utf-16-be")),
    "UTF-32": body(f'{{"password":"{CANARY}"}}'.encode("utf-32"), JSON, CANARY.encode("utf-32-le")),
    "a FHIR parameter": body(f'{{"resourceType": "Parameters", "parameter": [{{"name": "password", "valueString": "{CANARY}"}}]}}', JSON),
    "a value before its name": body(f'[{{"value": "{CANARY}", "name": "clientSecret"}}]', JSON),
    "a FHIR extension": body(f'{{"extension": [{{"url": "http://x/StructureDefinition/pin-code", "valueString": "{CANARY}"}}]}}', JSON),
    "a FHIR parameter in XML": body(f'<Parameters><parameter><name value="password"/><valueString value="{CANARY}"/></parameter></Parameters>', XML),
    "a SAML attribute": body(f'<Attribute Name="password"><AttributeValue>{CANARY}</AttributeValue></Attribute>', XML),
    "a setting": body(f'<add key="password" value="{CANARY}"/>', XML),
    "a property list": body(f"<dict><key>password</key><string>{CANARY}</string></dict>", XML),
    "a pair": body(f'[["password", "{CANARY}"]]', JSON),
    "a part": body(parts(f'Content-Disposition: form-data; name="password"\r\n\r\n{CANARY}'), MULTIPART),
    "a part of JSON": body(parts(f'Content-Disposition: form-data; name="x"\r\nContent-Type: application/json\r\n\r\n{{"apiKey": "{CANARY}"}}'), MULTIPART),
    "a part in base64": body(parts(f"Content-Type: text/xml\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64.b64encode(f'<pin>{CANARY}</pin>'.encode()).decode()}"), "multipart/related; boundary=b0", base64.b64encode(f"<pin>{CANARY}".encode())[:20]),
    "parts of no declared type": body(parts(f'Content-Disposition: form-data; name="userPassword"\r\n\r\n{CANARY}')),
    "a form of another type": body(f"user=x&clientSecret={CANARY}", TEXT),
    "a form with an escaped value": body(f"clientSecret={quote('ü ' + CANARY)}", FORM),
    "an authorization code": body(f"grant_type=authorization_code&code={CANARY}", FORM),
    "gzip without a coding": body(gzip.compress(f"<a><password>{CANARY}</password></a>".encode()), "application/gzip"),
    "a coding that lies": body(f'{{"password": "{CANARY}"}}', JSON, content_encoding="gzip"),
    "deflate": body(zlib.compress(f'{{"apiKey": "{CANARY}"}}'.encode()), JSON, content_encoding="deflate"),
    "a zip": body(zipped(f"<a><password>{CANARY}</password></a>".encode()), "application/zip"),
    "a zip that is stored": body(zipped(f"<a><clientSecret>{CANARY}</clientSecret></a>".encode(), zipfile.ZIP_STORED), "application/zip"),
    "a private key": body(PEM, TEXT, middle(PEM)),
    "a private key of PKCS#1": body(f"x {PEM_OLD} y", TEXT, middle(PEM_OLD)),
    "a private key of SEC 1": body(json.dumps({"x": PEM_EC}), JSON, middle(PEM_EC)),
    "a private key of OpenSSH": body(f"<x>{PEM_SSH}</x>", XML, middle(PEM_SSH)),
    "a private key in JSON": body(json.dumps({"certificate": PEM}), JSON, middle(PEM)),
    "a private key in XML": body(f'<x y="{PEM.replace(chr(10), "&#10;")}"/>', XML, middle(PEM)),
    "a private key in a form": body(f"x={quote(PEM)}", FORM, quote(middle(PEM))),
    "a private key in base64": body(json.dumps({"data": base64.b64encode(PEM.encode()).decode()}), JSON, base64.b64encode(PEM.encode())[300:360]),
    "a private key cut short": body(PEM[:900], TEXT, middle(PEM[:800])),
    "a private key in DER": body(json.dumps({"x": base64.b64encode(der(RSA, PKCS8)).decode()}), JSON, base64.b64encode(der(RSA, PKCS8))[300:360]),
    "an elliptic key in DER": body(json.dumps({"x": base64.urlsafe_b64encode(der(EC, OLD)).decode()}), JSON, base64.urlsafe_b64encode(der(EC, OLD))[20:50]),
    "a private key in bytes": body(der(RSA, OLD), "application/octet-stream", der(RSA, OLD)[300:360]),
    **{f"the member {name} of a JWK": body(json.dumps(JWK), JSON, f'"{JWK[name]}"') for name in ("d", "p", "q", "dp", "dq", "qi")},
    "an octet key": body(json.dumps({"keys": [{"k": CANARY, "kty": "oct"}]}), JSON),
    "an RSA key in XML": body(f"<RSAKeyValue><Modulus>AQAB</Modulus><D>{CANARY}</D></RSAKeyValue>", XML),
    "an access key by its form": body('{"x": "AKIAIOSFODNN7EXAMPLE"}', JSON, "AKIAIOSFODNN7EXAMPLE"),
    "a token by its form": body(f"<x>ghp_{'a1B2' * 9}</x>", XML, f"ghp_{'a1B2' * 9}"),
    "user information in JSON": body(f'{{"url": "postgres://user:{CANARY}@h/db"}}', JSON),
    "basic credentials in JSON": body(f'{{"x": ["Basic {BASIC}"]}}', JSON, BASIC),
    "basic credentials in a sentence": body(f"sent Authorization: Basic {BASIC} twice", TEXT, BASIC),
    "a cookie in a sentence": body(f"sent Cookie: a=b; c={CANARY}\nand more", TEXT),
    "a password in a sentence": body(f"login failed with password={CANARY}, try again", TEXT),
    "a French sentence": body(f"Mot de passe\u00a0: {CANARY}", TEXT),
    "a word of a command": body(f"run --password {CANARY} --user x", TEXT),
    "a list of words of a command": body(f'["run", "--client-secret", "{CANARY}"]', JSON),
    "a line of settings": body(f"user = x\nclient_secret = {CANARY}\n", TEXT),
    "a literal of Python": body(f"{{'user': 'x', 'password': '{CANARY}'}}", TEXT),
    "a literal of PHP": body(f'["password" => "{CANARY}"]', TEXT),
    "bytes": body(b"\x00\x01\xff password=" + CANARY.encode() + b"\x00", "application/octet-stream"),
    "an answer to a query in a value": body(json.dumps({"next": f"https://h/cb?a=b&client_secret={CANARY}#x"}), JSON),
    "a name with an accent": body(json.dumps({"clé_api": CANARY}), JSON),
    "a sentence without a colon": body(f"the password is {CANARY}", TEXT),
    "a field of a page": body(f'<input type="password" name="x" value="{CANARY}">', "text/html"),
    "a block of YAML": body(f"a: b\npassword: >-\n    {CANARY}\n", "application/yaml"),
    "base64 in a header": head("X-Userinfo", base64.b64encode(json.dumps({"password": CANARY}).encode()).decode(), base64.b64encode(json.dumps({"password": CANARY}).encode()).decode()[24:40]),
    "an at sign in user information": body(f'{{"url": "https://u:a@{CANARY}@h/"}}', JSON),
    "a query that is escaped twice": body(f"next=https%3A%2F%2Fh%2F%3Fa%3D1%26password%3D{CANARY}&x=y", FORM),
}  # fmt: skip
"""What survived, and others of its kind."""


def shapes(secret: bytes) -> set[bytes]:
    """What a secret looks like as it is, in base64 at each offset, in hexadecimal, in a URL and in JSON."""
    text = {secret, secret.hex().encode(), secret.hex().upper().encode(), quote(secret).encode(), json.dumps(secret.decode("latin-1"))[1:-1].encode()}
    for offset in range(3):
        written = base64.b64encode(b"\0" * offset + secret)
        inner = written[(offset * 8 + 5) // 6 : len(written) // 4 * 4 - 4]
        text |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return text


HELD_TOO = frozenset({
    "clientSecret in JSON", "privateKey in JSON", "n:clientSecret as an element", "the header Api-Key", "the header X-Vault-Token", "a space after the key",
    "a tag over lines", "a form of another type", "a form with an escaped value", "an answer to a query in a value",
})  # fmt: skip
"""Those of ``FOUND`` that were redacted before, and show that the kind holds."""
