"""What opens the door of a live environment: its authority and our client certificate, read and never written into evidence."""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from equalis.model.config import IdentityFiles, Live
from equalis.model.remedied import RemediedError


class CredentialError(RemediedError):
    """A file that cannot be used."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """PEM texts: whom to trust, whose client certificates to take, our own certificate with its chain, and its key."""

    authority: str
    client_authority: str
    certificate: str
    key: str = field(repr=False)

    @property
    def clients(self) -> str:
        """Whose certificates the solution may show to the gateway: those of the client authorities, and our own."""
        return f"{self.client_authority}{self.certificate}"

    @property
    def leaf(self) -> x509.Certificate | None:
        """Our own certificate, None without an identity."""
        return x509.load_pem_x509_certificate(self.certificate.encode()) if self.certificate else None

    def context(self, *, shown: bool = True) -> ssl.SSLContext:
        """TLS 1.2 or later towards the environment: its server verified, our certificate shown; raises CredentialError."""
        context = ssl.create_default_context(cadata=self.authority or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate and shown:
            try:
                _load(context, self.certificate, self.key)
            except ssl.SSLError as error:
                cause = f"TLS refuses the client certificate ({(error.reason or str(error)).replace('_', ' ').lower()})"
                raise CredentialError(cause, "have it issued anew with a key that is long enough (RSA 2048, P-256)") from None
        return context


def _load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Give TLS a key, which it reads from files only: this one is encrypted, and gone at once."""
    password = secrets.token_hex(32)
    loaded = serialization.load_pem_private_key(key.encode(), None)
    locked = loaded.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(password.encode()))
    with tempfile.TemporaryDirectory(prefix="equalis-") as folder:
        path = Path(folder) / "identity.pem"
        path.touch(0o600)
        path.write_text(f"{certificate}\n{locked.decode()}")
        context.load_cert_chain(path, password=password)


def read(site: Live) -> Credentials:
    """The credentials of a live environment; raises CredentialError."""
    authority = _certificates(site.authority) if site.authority else ""
    clients = _certificates(site.client_authority) if site.client_authority else authority
    certificate, key = _identity(site.identity)
    return Credentials(authority, clients, certificate, key)


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        cause = f"{path} cannot be read: {error.strerror}"
        raise CredentialError(cause, "correct its path under [environments.<name>]") from None


def _certificates(path: str) -> str:
    """A PEM file of one or more certificates."""
    content = _content(path)
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        cause = f"{path} holds no certificate in PEM"
        raise CredentialError(cause, "convert it: openssl x509 -inform der -in FILE -out FILE.pem") from None
    return "".join(item.public_bytes(serialization.Encoding.PEM).decode() for item in found)


def _identity(files: IdentityFiles) -> tuple[str, str]:
    """The certificate with its chain, and its key, in PEM; empty when none is configured."""
    password = _password(files.password_env)
    if files.pkcs12:
        try:
            key, leaf, more = pkcs12.load_key_and_certificates(_content(files.pkcs12), password)
        except (ValueError, UnsupportedAlgorithm):
            cause = f"{files.pkcs12} cannot be opened as PKCS#12 with this password"
            remedy = f"correct what {files.password_env} holds" if files.password_env else "name the variable that holds its password by `password-env`"
            raise CredentialError(cause, remedy) from None
        if key is None or leaf is None:
            cause = f"{files.pkcs12} holds no key with its certificate"
            raise CredentialError(cause, "export it anew, with the key")
        chain = "".join(item.public_bytes(serialization.Encoding.PEM).decode() for item in (leaf, *more))
    elif files.certificate:
        chain = _certificates(files.certificate)
        try:
            key = serialization.load_pem_private_key(_content(files.key), password)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            cause = f"{files.key} cannot be read as a private key in PEM"
            raise CredentialError(cause, "give its password by `password-env`, or convert it") from None
        leaf = x509.load_pem_x509_certificate(chain.encode())
    else:
        return "", ""
    if key is None or key.public_key() != leaf.public_key():
        cause = f"the key of {files.pkcs12 or files.certificate} is another certificate's"
        raise CredentialError(cause, "give the certificate and the key that belong together")
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return chain, plain.decode()


def _password(variable: str) -> bytes | None:
    if not variable:
        return None
    if variable not in os.environ:
        cause = f"the variable {variable} is not set"
        raise CredentialError(cause, f"set {variable} to the password of the key before you run equalis")
    return os.environ[variable].encode()
