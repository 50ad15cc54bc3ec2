"""Which names are those of secrets: compared without case, separators, camel case and escapes."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from unicodedata import combining, normalize
from urllib.parse import unquote

import re2

from equalis.wire.secrecy.spans import REPLACED

MAX_NAME = 128
"""A longer name is no name of a secret."""


class Kind(Enum):
    """What stands under a name."""

    NONE = "nothing secret"
    SECRET = "a secret, whatever its form"  # noqa: S105 - a description
    TOKEN = "a token: one that is signed stays"  # noqa: S105 - a description
    AUTHORIZATION = "a scheme and its credentials: a signed bearer token stays"
    COOKIE = "cookies, up to the end of their line"


_SEPARATOR = r"[ _.\-]?"
_ACUTE = r"(?:e|[\x80-\xff]{1,3}|\\u00[eE][89]|%[cC]3%[aA][89])"
"""An e with or without an accent, however it is written."""
_ANYWHERE = (
    "pass word", "pass wd", "passwort", "pass phrase", "pass code", "pass key", "pwd", "kennwort", "wachtwoord",
    "contrase", "mot de passe", "mot passe", "code verifier", "device code", "refresh token", "session id",
    "sess id", "csrf", "xsrf", "binary secret", "secret key", "secret code", "secret answer", "secret value",
    "secret id", "private key", "priv key", "cle privee", "api key", "access key", "master key", "shared key",
    "session key", "auth key", "account key", "subscription key", "encryption key", "signing key", "hmac key",
    "symmetric key", "storage key", "functions key", "preshared key", "client key", "server key", "ssh key",
    "ssl key", "tls key", "age secret", "pin code", "code pin", "security code", "verification code", "sms code",
    "unlock code", "recovery code", "backup code", "access code", "code acces", "activation code", "one time code",
    "mfa code", "cle api", "cle secrete", "phrase secrete", "seed phrase", "recovery phrase", "security answer", "connection string",
)  # fmt: skip
_SHORT = ("pin", "otp", "totp", "hotp", "pwd", "psw", "pswd", "pw", "pass", "mdp", "cvv", "cvc", "puk")
"""Words that are a secret's only when they stand as a word of their own."""
_AFTER_SHORT = frozenset({
    "code", "codes", "number", "no", "nr", "value", "text", "plain", "hash", "block", "new", "old", "current",
    "confirm", "confirmation", "repeat", "again", "input", "clear", "b64", "md5", "sha", "sha1", "sha256",
    "encrypted", "enc", "raw", "data", "user", "admin", "client",
})  # fmt: skip
_ABOUT = frozenset({
    "policy", "expiry", "expires", "expired", "expiration", "at", "date", "length", "url", "uri", "link",
    "endpoint", "required", "attempts", "count", "type", "enabled", "allowed", "format", "label", "title", "rules",
    "status", "state", "error", "errors", "description", "placeholder",
})  # fmt: skip
"""A last word with which a name speaks of a secret without holding it."""
_BYWAYS = frozenset({"compass", "bypass", "surpass", "trespass", "overpass", "underpass", "encompass"})
_STRONG = re.compile("|".join(name.replace(" ", "") for name in _ANYWHERE))
_SECRET = re.compile(r"(?:^|_)[a-z0-9]*secrets?(?:_|\d|$)")
_COOKIES = re.compile(r"(?:^|_)[a-z]*cookies?2?$")


def _candidates() -> str:
    """A pattern that finds every place where a name of a secret may stand, in one pass."""
    anywhere = "|".join(name.replace("cle ", f"cl{_ACUTE} ").replace("secrete", f"secr{_ACUTE}te").replace(" ", _SEPARATOR) for name in _ANYWHERE)
    short = "|".join(_SHORT)
    camel = "|".join(word for name in _SHORT for word in (name.capitalize(), name.upper()))
    return (
        rf"(?i:{anywhere}|secret|credential|cookie|authori[sz]ation)|(?i:tokens?|jwt|bearer)(?:[^A-Za-z]|\z)"
        rf"|(?:\A|[^A-Za-z]|\\[nrt])(?i:{short})(?:[^a-z]|\z)|[a-z](?:{camel})(?:[^a-z]|\z)|(?i:[a-z]pass)(?:[^a-z]|\z)"
        r"|\\u00[4-7][0-9a-fA-F]|%(?:25)*[4-7][0-9a-fA-F]"
    )


def latin(pattern: str) -> re2._Regexp[bytes]:
    """A pattern over bytes, matched in linear time."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = True
    options.max_mem = 64 << 20
    return re2.compile(pattern.encode("latin-1"), options)


CANDIDATES = latin(_candidates())
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")


@lru_cache(maxsize=4096)
def kind(name: bytes) -> Kind:
    """What stands under a name, as it is written: its escapes and percent signs are read."""
    if len(name) > MAX_NAME * 2:
        return Kind.NONE
    words = [word.lower() for word in re.split(r"[\W_]+", _CAMEL.sub("_", _read(name))) if word]
    return _kind(words) if words else Kind.NONE


def spelled(name: bytes) -> str:
    """A name as the record writes it: its escapes read, short, without anything odd."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", _read(name))[:64]


def _read(name: bytes) -> str:
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name.decode("utf-8", "replace"))
    text = unquote(unquote(text)) if "%" in text else text
    return text if text.isascii() else "".join(letter for letter in normalize("NFKD", text) if not combining(letter))


def _kind(words: list[str]) -> Kind:
    last, folded, spread = words[-1], "".join(words), "_".join(words)
    if last in _ABOUT:
        return Kind.NONE
    if _STRONG.search(folded) or _SECRET.search(spread) or _ends_in_short(words):
        return Kind.SECRET
    if last in {"credential", "credentials"} and "verifiable" not in words:
        return Kind.SECRET
    if _COOKIES.search(spread):
        return Kind.COOKIE
    if (last.rstrip("s").endswith("token") or last in {"jwt", "bearer"}) and not folded.endswith("securitytoken"):
        return Kind.TOKEN
    return Kind.AUTHORIZATION if last in {"authorization", "authorisation"} else Kind.NONE


def _ends_in_short(words: list[str]) -> bool:
    """Whether a short word such as PIN stands last, or before words that say no more than which one."""
    for place, word in enumerate(words):
        bare = word.rstrip("0123456789")
        if bare in _SHORT or (bare.endswith("pass") and bare not in _BYWAYS):
            return all(later in _AFTER_SHORT or later.isdecimal() for later in words[place + 1 :])
    return False


_SIGNED = re.compile(rb"eyJ[\w-]*\.[\w-]*\.[\w-]*(?:\.[\w-]*\.[\w-]*)?|PHNhbW[\w+/=\s-]*|PD94[\w+/=\s-]*")
"""A JWS or JWE in its compact form (RFC 7515 §7.1), or XML in base64."""
_NOTHING = frozenset({b"", b"true", b"false", b"null", b"none", b"nil", b"undefined", b"nan"})
_SCHEMES = frozenset({
    b"basic", b"digest", b"negotiate", b"ntlm", b"hawk", b"apikey", b"api-key", b"token", b"aws4-hmac-sha256", b"mac", b"bearer",
    b"sharedkey", b"signature", b"hoba", b"mutual", b"oauth", b"scram-sha-256", b"gnap", b"dpop",
})  # fmt: skip
_OPAQUE = re.compile(rb"(?!eyJ)(?![0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z)(?=\D{0,256}\d)\S{16,}")
"""Credentials without a scheme; a UUID is the number of somebody's authorization."""
_LEAST = 8
"""A token in running text is at least so long, and has a digit."""


def signed(value: bytes) -> bool:
    """Whether a value is a signed token, from which verdicts are recomputed."""
    return _SIGNED.fullmatch(value.strip()) is not None


def secret_from(what: Kind, value: bytes, *, loose: bool = False) -> int:
    """From which byte on a value under a name of this kind is a secret, -1 when it is none; ``loose`` in running text."""
    stripped = value.strip()
    if what is Kind.NONE or stripped.lower() in _NOTHING or REPLACED.fullmatch(stripped):
        return -1
    if what is Kind.TOKEN:
        short = loose and (len(stripped) < _LEAST or not re.search(rb"\d", stripped))
        return -1 if signed(value) or short or b"<" in value else 0
    if what is Kind.AUTHORIZATION:
        return _credentials(value)
    return 0


def _credentials(value: bytes) -> int:
    """Where the credentials of a known scheme begin; -1 for a signed bearer token, and for what is no credentials."""
    found = re.match(rb"\s*([\w-]+)(?:\s+|%20|\+)(?=\S)", value)
    if found is None or found[1].lower() not in _SCHEMES:
        return 0 if _OPAQUE.fullmatch(value.strip()) else -1
    rest = value[found.end() :].strip()
    return -1 if signed(rest) or REPLACED.fullmatch(rest) else found.end()
