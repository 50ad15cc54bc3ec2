"""SOAP messages signed and checked with `cryptography` alone (WS-Security, XML Signature)."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from xml.etree.ElementTree import canonicalize

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from equalis.demo.canonical import WSU, Node, XmlError, by_id, canonical, parse

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DS = "http://www.w3.org/2000/09/xmldsig#"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
X509V3 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"


class UntrustedError(Exception):
    """An answer whose signature is missing, wrong, or covers something else."""


@dataclass(frozen=True)
class Identity:
    """The solution's certificate and key, and the authority that it trusts."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    authority: x509.Certificate

    @staticmethod
    @lru_cache(maxsize=4)
    def load(certificate: str, key: str, authority: str) -> Identity:
        """Read the three PEM texts, once."""
        loaded = serialization.load_pem_private_key(key.encode(), None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            message = "an RSA key is needed"
            raise TypeError(message)
        return Identity(x509.load_pem_x509_certificate(certificate.encode()), loaded,
                        x509.load_pem_x509_certificate(authority.encode()))  # fmt: skip

    @property
    def encoded(self) -> str:
        """The certificate in base64."""
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return base64.b64encode(der).decode()


def zulu(moment: datetime) -> str:
    """An instant in UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Outline:
    """What an envelope is made of: header parts by id, the body, what is signed, and how.

    ``token`` puts the certificate into a BinarySecurityToken that KeyInfo refers to; otherwise
    (or when it is named ``direct``) KeyInfo carries X509Data.
    """

    header: dict[str, str]
    body: str
    signed: tuple[str, ...]
    token: bool = False
    direct: bool = False
    sha1: bool = False


def timestamp(now: datetime) -> str:
    """A Timestamp of five minutes."""
    return (
        f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="timestamp"><wsu:Created>{zulu(now)}</wsu:Created>'
        f"<wsu:Expires>{zulu(now + timedelta(minutes=5))}</wsu:Expires></wsu:Timestamp>"
    )


def envelope(outline: Outline, identity: Identity) -> bytes:
    """A signed SOAP 1.1 envelope."""
    header = dict(outline.header)
    if outline.token:
        header["token"] = (
            f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" wsu:Id="token" '
            f'EncodingType="{BASE64}" ValueType="{X509V3}">{identity.encoded}</wsse:BinarySecurityToken>'
        )
    body = f'<soap:Body xmlns:soap="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="body">{outline.body}</soap:Body>'
    parts = {**header, "body": body}
    info = _signed_info({name: parts[name] for name in outline.signed}, sha1=outline.sha1)
    algorithm = hashes.SHA1() if outline.sha1 else hashes.SHA256()  # noqa: S303 - a defect on purpose
    value = identity.key.sign(canonicalize(info).encode(), padding.PKCS1v15(), algorithm)
    if outline.token and not outline.direct:
        keyinfo = (f'<wsse:SecurityTokenReference xmlns:wsse="{WSSE}"><wsse:Reference URI="#token" '
                   f'ValueType="{X509V3}"/></wsse:SecurityTokenReference>')  # fmt: skip
    else:
        keyinfo = f"<ds:X509Data><ds:X509Certificate>{identity.encoded}</ds:X509Certificate></ds:X509Data>"
    signature = (
        f'<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{base64.b64encode(value).decode()}'
        f"</ds:SignatureValue><ds:KeyInfo>{keyinfo}</ds:KeyInfo></ds:Signature>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Header>'
        f'<wsse:Security xmlns:wsse="{WSSE}" soap:mustUnderstand="1">{"".join(header.values())}{signature}'
        f"</wsse:Security></soap:Header>{body}</soap:Envelope>"
    ).encode()


def _signed_info(parts: dict[str, str], *, sha1: bool) -> str:
    references = "".join(
        f'<ds:Reference URI="#{name}"><ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{_digest(canonicalize(part).encode())}'
        "</ds:DigestValue></ds:Reference>"
        for name, part in parts.items()
    )
    method = RSA_SHA1 if sha1 else RSA_SHA256
    return (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="{method}"/>{references}</ds:SignedInfo>'
    )


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def check_answer(content: bytes, identity: Identity, *, covers_body: bool = True, known_signer: bool = True, prefixes: bool = True) -> Node:
    """The envelope of an answer whose signature holds and covers the Body; raises UntrustedError.

    Without ``prefixes`` an InclusiveNamespaces list is not understood.
    """
    try:
        root = parse(content)
        signature = root.find(f"{{{SOAP}}}Header", f"{{{WSSE}}}Security", f"{{{DS}}}Signature")
        body = root.find(f"{{{SOAP}}}Body")
        if signature is None or body is None:
            message = "the answer is not signed"
            raise UntrustedError(message)
        if not prefixes and signature.all(f"{{{EXCLUSIVE}}}InclusiveNamespaces"):
            message = "an InclusiveNamespaces list is not understood"
            raise UntrustedError(message)
        covered = _check(content, root, signature, identity, known_signer=known_signer)
    except XmlError as error:
        message = f"the answer cannot be read: {error}"
        raise UntrustedError(message) from None
    if covers_body and body not in covered:
        message = "the signature does not cover the Body"
        raise UntrustedError(message)
    return root


def check_assertion(content: bytes, root: Node, identity: Identity, *, signed: bool = True, known_signer: bool = True) -> bytes:
    """The only assertion in its canonical form (it travels on alone); raises UntrustedError."""
    found = root.all(f"{{{SAML}}}Assertion")
    if len(found) != 1:
        message = f"{len(found)} assertions in the answer"
        raise UntrustedError(message)
    signature = found[0].find(f"{{{DS}}}Signature")
    if not signed:
        return canonical(content, found[0])
    try:
        holds = signature is not None and found[0] in _check(
            content, root, signature, identity, within=signature, known_signer=known_signer)  # fmt: skip
    except XmlError as error:
        raise UntrustedError(str(error)) from None
    if not holds:
        message = "the assertion is not signed"
        raise UntrustedError(message)
    return canonical(content, found[0])


def _check(content: bytes, root: Node, signature: Node, identity: Identity, within: Node | None = None, *, known_signer: bool = True) -> list[Node]:
    """The elements that a signature covers, once digests, value and certificate hold."""
    info = signature.find(f"{{{DS}}}SignedInfo")
    encoded = signature.value(f"{{{DS}}}KeyInfo", f"{{{DS}}}X509Data", f"{{{DS}}}X509Certificate")
    method = info.find(f"{{{DS}}}SignatureMethod") if info else None
    if info is None or method is None or method.attributes.get("Algorithm") != RSA_SHA256:
        message = "the signature is not RSA-SHA256"
        raise UntrustedError(message)
    covered = []
    for reference in info.all(f"{{{DS}}}Reference"):
        node = by_id(root, reference.attributes.get("URI", "").lstrip("#"))
        wanted = reference.value(f"{{{DS}}}DigestValue")
        listed = reference.all(f"{{{EXCLUSIVE}}}InclusiveNamespaces")
        prefixes = listed[0].attributes.get("PrefixList", "").split() if listed else []
        if _digest(canonical(content, node, within, prefixes)) != wanted:
            message = "a digest of the signature does not hold"
            raise UntrustedError(message)
        covered.append(node)
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(encoded))
        if known_signer:
            certificate.verify_directly_issued_by(identity.authority)
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise InvalidSignature
        value = base64.b64decode("".join(signature.value(f"{{{DS}}}SignatureValue").split()))
        key.verify(value, canonical(content, info), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError, TypeError):
        message = "the signature or its certificate does not hold"
        raise UntrustedError(message) from None
    return covered


def new_id() -> str:
    """A fresh identifier."""
    return str(uuid.uuid4())
