"""Redaction: what would let someone act later never reaches the disk (trust.md).

Passwords, client secrets, cookies, API keys and credentials other than bearer tokens become ``HMAC(salt, value)``; the salt
stays in memory. Signed tokens stay, since verdicts are recomputed from them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import replace

from equalis.model.transcript import Message
from equalis.wire import encodings
from equalis.wire.unreadable import UnreadableError

_NAMES = rb"password|passwd|pwd|pin|client_?secret|private_?key|refresh_token|code_verifier"
_ELEMENT = re.compile(rb"(?is)(<(?:[\w.-]+:)?(" + _NAMES + rb")(?:\s[^<>]*)?(?<!/)>)(.*?)(</(?:[\w.-]+:)?\2\s*>)")
_ATTRIBUTE = re.compile(rb"(?is)(\s(?:" + _NAMES + rb")\s*=\s*[\"'])([^\"'<>]*)([\"'])")
_JSON = re.compile(rb"(?is)(\"(?:" + _NAMES + rb")\"\s*:\s*)(\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|[^\s,}\]\"\[{]+)()")
_FORM = re.compile(rb"(?i)((?:^|[&?])(?:" + _NAMES + rb")=)([^&\s]*)()")
_HEADERS = re.compile(r"(?i)cookie|set-cookie|x-.*(key|secret|token)|.*api-?key|.*password")


class Redactor:
    """Replaces secrets in messages; equal secrets give equal replacements within a run."""

    def __init__(self, salt: bytes) -> None:
        """Keep the salt in memory only."""
        self._salt = salt

    def message(self, message: Message) -> tuple[Message, tuple[str, ...]]:
        """The message without secrets, and the names of what was replaced."""
        found: list[str] = []
        headers = tuple((name, self._header(name, value, found)) for name, value in message.headers)
        line = self._texts(message.line.encode("latin-1"), _FORM, "query", found).decode("latin-1")
        if message.header("content-encoding"):
            return self._decoded(replace(message, line=line, headers=headers), found)
        body = self._body(message.body, found)
        return replace(message, line=line, headers=headers, body=body), tuple(dict.fromkeys(found))

    def _decoded(self, message: Message, found: list[str]) -> tuple[Message, tuple[str, ...]]:
        """A coded body is looked into; one that held a secret is kept without its coding, and that is named too."""
        try:
            plain = encodings.content(message)
        except UnreadableError:
            return message, tuple(dict.fromkeys(found))
        inside: list[str] = []
        body = self._body(plain, inside)
        if inside:
            headers = (*message.without("content-encoding", "content-length"), ("Content-Length", str(len(body))))
            message, found = replace(message, headers=headers, body=body), [*found, *inside, "content coding"]
        return message, tuple(dict.fromkeys(found))

    def _body(self, body: bytes, found: list[str]) -> bytes:
        if body:
            body = _ELEMENT.sub(self._in_element(found), body)
            body = self._texts(body, _ATTRIBUTE, "attribute", found)
            body = self._texts(body, _JSON, "json", found, quote=b'"')
            body = self._texts(body, _FORM, "form", found)
        return body

    def _header(self, name: str, value: str, found: list[str]) -> str:
        secret = _HEADERS.fullmatch(name) is not None or (
            name.lower() in {"authorization", "proxy-authorization"} and not value.lower().startswith("bearer ")
        )
        if not secret:
            return value
        found.append(f"header {name}")
        return self._mark(value.encode("latin-1")).decode()

    def _texts(
        self, content: bytes, pattern: re.Pattern[bytes], where: str, found: list[str], quote: bytes = b""
    ) -> bytes:
        def replaced(match: re.Match[bytes]) -> bytes:
            found.append(where)
            return match[1] + quote + self._mark(match[2]) + quote + match[3]

        return pattern.sub(replaced, content)

    def _in_element(self, found: list[str]) -> Callable[[re.Match[bytes]], bytes]:
        def replaced(match: re.Match[bytes]) -> bytes:
            found.append(f"element {match[2].decode()}")
            return match[1] + self._mark(match[3]) + match[4]

        return replaced

    def _mark(self, value: bytes) -> bytes:
        digest = hmac.digest(self._salt, value, hashlib.sha256).hex()
        return f"redacted-{digest[:32]}".encode()
