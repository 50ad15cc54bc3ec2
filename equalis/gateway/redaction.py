"""Redaction: what would let someone act later never reaches the disk (trust.md).

What is a secret is said by ``equalis.wire.secrecy``. It becomes ``HMAC(salt, value)``; the salt stays in memory. Signed tokens stay,
since verdicts are recomputed from them.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from itertools import chain
from typing import Any

from equalis.model.transcript import Message
from equalis.wire.secrecy import bodies, messages
from equalis.wire.secrecy.names import kind, secret_from

SMALL = 2048
"""A message of fewer bytes takes no time that another exchange would feel."""


class Redactor:
    """Replaces secrets in messages; equal secrets give equal replacements within a run."""

    def __init__(self, salt: bytes) -> None:
        """Keep the salt in memory only."""
        self._salt = salt

    def message(self, message: Message) -> tuple[Message, tuple[str, ...]]:
        """The message without secrets, and the names of what was replaced."""
        found: list[str] = []

        def cover(value: bytes, where: str) -> bytes:
            found.append(where)
            return self._mark(value)

        return messages.concealed(message, cover), tuple(dict.fromkeys(found))

    async def aside(self, message: Message) -> tuple[Message, tuple[str, ...]]:
        """The same, off the event loop where it may take long: a large message does not keep other exchanges waiting."""
        if len(message.body) + len(message.line) + sum(map(len, chain.from_iterable(message.headers))) < SMALL:
            return self.message(message)
        return await asyncio.to_thread(self.message, message)

    def content(self, content: bytes, media: str) -> bytes:
        """A file without secrets."""
        return bodies.concealed(content, media, self._cover)

    def told(self, value: Any, name: str = "") -> Any:
        """What a driver or equalis itself tells, without secrets: texts, and lists and records of them, by name and by form."""
        if isinstance(value, Mapping):
            return {key: self.told(item, key if _secret(key) else name) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.told(item, name) for item in value]
        if isinstance(value, str):
            return self._text(value, name)
        return self._text(str(value), name) if name and isinstance(value, int) and not isinstance(value, bool) else value

    def _text(self, text: str, name: str) -> str:
        raw = text.encode("utf-8", "surrogatepass")
        begins = secret_from(kind(name.encode()), raw) if name else -1
        found = raw[:begins] + self._mark(raw[begins:]) if begins >= 0 else self.content(raw, "")
        return found.decode("utf-8", "surrogatepass")

    def _cover(self, value: bytes, _where: str) -> bytes:
        return self._mark(value)

    def _mark(self, value: bytes) -> bytes:
        digest = hmac.digest(self._salt, value, hashlib.sha256).hex()
        return f"redacted-{digest[:32]}".encode()


def _secret(name: str) -> bool:
    return secret_from(kind(name.encode("utf-8", "replace")), b"anything") >= 0
