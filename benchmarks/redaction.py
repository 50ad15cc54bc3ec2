"""How long redaction takes: ordinary bodies of 5 MB, and hostile ones at two sizes, whose ratio tells whether time grows linearly.

    python benchmarks/redaction.py

Ordinary bodies are due within 50 ms; a ratio near 4 is linear, since the larger body is four times the smaller one. Nothing is asserted.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from equalis.gateway.redaction import Redactor
from equalis.model.transcript import Message

SIZE = 5 << 20
HOSTILE = 128 << 10
DUE = 50.0
XML = (
    "<prestation><acte><codeActe>C1</codeActe><libelle>Consultation générale</libelle></acte><nombre>1</nombre>"
    "<montantBrut>45.30</montantBrut><partPersonelle>5.20</partPersonelle><lieu>01</lieu></prestation>\n"
).encode()
JSON = (
    '{"resource": {"resourceType": "MedicationRequest", "id": "a1", "status": "active", "authoredOn": "2026-01-01", "note": "à jeun",'
    ' "dosageInstruction": [{"text": "1 comprimé par jour", "doseAndRate": [{"doseQuantity": {"value": 1}}]}]}},\n'
).encode()
ORDINARY: dict[str, tuple[str, bytes]] = {
    "XML": ("text/xml", b"<memoire>" + XML * (SIZE // len(XML)) + b"</memoire>"),
    "XML with a password": ("text/xml", b"<memoire><Password>x1</Password>" + XML * (SIZE // len(XML)) + b"</memoire>"),
    "JSON": ("application/json", b"[" + JSON * (SIZE // len(JSON)) + b"{}]"),
    "JSON with a password": ("application/json", b'[{"password": "x1"},' + JSON * (SIZE // len(JSON)) + b"{}]"),
    "unknown type": ("", XML * (SIZE // len(XML) // 2) + JSON * (SIZE // len(JSON) // 2)),
}
"""A media type and a body of 5 MB, as a product may send it."""
REPEATED: dict[str, bytes] = {
    "tags without a close": b"<password ", "elements without a close": b"<password>", "unlike elements without a close": b"",
    "attributes": b' password="', "keys": b'"password":"', "keys of objects": b'"password":{', "keys in escaped strings": rb'\"password\":\"',
    "names alone": b"password", "short names": b"pin=", "key blocks": b"-----BEGIN PRIVATE KEY-----", "comments": b"<password><!-- ",
    "character data": b"<password><![CDATA[", "escaped elements": b"&lt;password&gt;", "user information": b"http://a:b", "base64": b"QUFB" * 8 + b" ",
    "backslashes": b"\\", "quotes": b'"', "JSON web keys": b'"kty":"d":"', "values beside names": b'"name":"password",', "named attributes": b'<a name="password" ',
    "escapes": rb"\u0070", "percent signs": b"%70", "boundaries": b"--b\r\nContent-Disposition: form-data; name=password\r\n\r\n", "pairs": b"password=x&",
    "spaces": b'password" ', "headers": b"cookie: ", "tokens": b"token=abcdefg1 ", "credentials": b"Basic dXNlcjpwYXNz ", "no credentials": b"basic+",
}
"""What a hostile product repeats; the empty one gives each element another name."""


def milliseconds(task: Callable[[], object], times: int) -> float:
    """The least of several measurements."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        task()
        found.append((time.process_time() - begun) * 1000)
    return min(found)


def redacted(redactor: Redactor, media: str, body: bytes) -> object:
    """One message redacted."""
    return redactor.message(Message("POST / HTTP/1.1", (("Content-Type", media),) if media else (), body))


def hostile(piece: bytes, size: int) -> bytes:
    """A body of one thing, again and again."""
    if piece:
        return piece * (size // len(piece))
    return b"".join(b"<password%d>" % number for number in range(size // 15))


def main() -> None:
    """Print a line for each body."""
    redactor = Redactor(b"s" * 32)
    print(f"{'ordinary, 5 MB':36}{'ms':>9}   due {DUE:g} ms")
    for name, (media, body) in ORDINARY.items():
        spent = milliseconds(lambda media=media, body=body: redacted(redactor, media, body), 5)  # type: ignore[misc]
        print(f"{name:36}{spent:9.1f}   {spent / DUE:.2f} of what is due")
    print(f"\n{'hostile':36}{'128 KB':>9}{'512 KB':>9}   ratio")
    for name, piece in REPEATED.items():
        small, large = (
            milliseconds(lambda size=size, piece=piece: redacted(redactor, "", hostile(piece, size)), 2)  # type: ignore[misc]
            for size in (HOSTILE, HOSTILE * 4)
        )
        print(f"{name:36}{small:9.1f}{large:9.1f}   {large / max(small, 0.1):.1f}")


if __name__ == "__main__":
    main()
