"""How the services write their answers: templates, SOAP faults and signed SOAP envelopes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from equalis.model.binding import Binding
from equalis.model.values import Value, as_text
from equalis.services.port import Call, Entry, Identity, Reply, scripted
from equalis.wire import instants, soap, strict_xml, xmldsig_signing
from equalis.wire.xmldsig import DS, WSSE, WSU

XML = (("Content-Type", "text/xml; charset=utf-8"),)
JSON = (("Content-Type", "application/json"),)


_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document can hold (XML 1.0 §2.2), wherever a refusal quotes a request."""


@lru_cache(maxsize=128)
def _template(text: str, *, as_json: bool) -> jinja2.Template:
    """A template whose values are escaped: as XML, or each as one JSON literal.

    Templates come with overlays, which somebody else wrote: they see the fields and nothing of Python (trust.md).
    """
    environment = ImmutableSandboxedEnvironment(
        autoescape=not as_json, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=_literal if as_json else None,
    )  # fmt: skip
    environment.globals.clear()
    environment.filters["money"] = lambda value: f"{Decimal(as_text(value)):.2f}"
    environment.filters["instant"] = zulu
    return environment.from_string(text)


def _literal(value: Any) -> str:
    """A value as JSON writes it; numbers keep their digits, instants are UTC."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return json.dumps(zulu(value))
    return json.dumps(value if value is None or isinstance(value, bool | int) else as_text(value), ensure_ascii=False)


def zulu(moment: datetime) -> str:
    """An instant as the wires write it: UTC, whole seconds, Z; the year always in four digits."""
    return f"{instants.utc(moment).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def render(call: Call, template: str, fields: Mapping[str, Value]) -> bytes:
    """Fill a template of the binding (see ``filled``)."""
    return filled(call.binding, template, fields)


def filled(binding: Binding, template: str, fields: Mapping[str, Value]) -> bytes:
    """Fill a template of a binding; dotted field names become nested words of it.

    In a template whose name ends in ``.json.j2`` each ``{{ word }}`` becomes one JSON literal, its quotes
    included; in any other, text that is escaped for XML.
    """
    text = binding.templates[template]
    return _template(text, as_json=template.endswith(".json.j2")).render(**_nested(fields)).encode()


def _nested(fields: Mapping[str, Value]) -> dict[str, Any]:
    """Records whose dotted names are records of records, in lists too."""
    nested: dict[str, Any] = {}
    for name, value in fields.items():
        at = nested
        *parents, last = name.split(".")
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = tuple(_nested(item) if isinstance(item, Mapping) else item for item in value) if isinstance(value, tuple) else value
    return nested


def served(state: Any, call: Call, status: int, fields: Mapping[str, Value], *entries: Entry) -> Reply:
    """The answer of the operation in the template of its binding; a field that the script names has the script's value."""
    half = call.operation.answer if call.operation else None
    if half is None or not half.template:
        return Reply(state, status, (), b"", entries)
    body = render(call, half.template, scripted(call, dict(fields)))
    return Reply(state, status, (("Content-Type", half.media),), body, entries)


def refused(state: Any, call: Call, status: int, fields: Mapping[str, Value]) -> Reply:
    """A refusal in the template of the binding."""
    template, media = call.binding.refusal
    return Reply(state, status, (("Content-Type", media),), render(call, template, fields))


def correlation(call: Call) -> str:
    """The Correlation-ID of an answer."""
    return call.draw("correlation")


def signed_soap(call: Call, content: bytes) -> bytes:
    """A SOAP 1.1 answer with Body and KeyInfo signed, after mySecu's comment of three lines.

    The script may order ``signature: missing | broken | other-element | stranger | prefixes``; the
    last is a good one, whose transforms carry an InclusiveNamespaces list.
    """
    order = call.script.get("signature")
    template = (
        f'<soap:Envelope xmlns:soap="{soap.ENVELOPE}" xmlns:wsu="{WSU}"><soap:Header>'
        f'<wsse:Security xmlns:wsse="{WSSE}" soap:mustUnderstand="1"/></soap:Header>'
        '<soap:Body wsu:Id="body"/></soap:Envelope>'
    )
    root = etree.fromstring(template)
    security = root[0][0]
    root[1].append(strict_xml.parse(content))
    if order == "other-element":
        root[1].attrib.pop(f"{{{WSU}}}Id")
        decoy = etree.SubElement(root[0], f"{{{WSU}}}Decoy")
        decoy.set(f"{{{WSU}}}Id", "body")
    if order != "missing":
        identity = signer(call)
        ids, prefixes = ("body", "key-info"), "soap wsu" if order == "prefixes" else ""
        xmldsig_signing.sign_references(
            security, ids, identity.key_pem, identity.certificate, "key-info", prefixes
        )
    if order == "broken":
        broken(root)
    comment = f"\nmySecu\n{call.environment}\nCorrelation-ID: {correlation(call)}\n"
    return f"<!--{comment}-->".encode() + etree.tostring(root)


def signer(call: Call) -> Identity:
    """Whose key signs an answer: the service's, or a stranger's when the script orders it."""
    return call.peers["stranger"] if call.script.get("signature") == "stranger" else call.identity


def broken(root: etree._Element) -> None:
    """Spoil the value of the first signature."""
    value = next(root.iter(f"{{{DS}}}SignatureValue"))
    value.text = (value.text or "")[::-1].lstrip("=") + "=="


def plain_soap(state: Any, content: bytes, status: int = 200) -> Reply:
    """A SOAP answer whose envelope is not signed: the IdP signs its assertion only."""
    envelope = f'<soap:Envelope xmlns:soap="{soap.ENVELOPE}"><soap:Body/></soap:Envelope>'
    root = etree.fromstring(envelope)
    root[0].append(strict_xml.parse(content))
    return Reply(state, status, XML, etree.tostring(root))


def soap_reply(state: Any, call: Call, content: bytes, **more: Any) -> Reply:
    """A signed SOAP answer with HTTP 200."""
    return Reply(state, 200, XML, signed_soap(call, content), **more)


def soap_fault(state: Any, call: Call, text: str, code: str = "soap:Client", status: int = 500) -> Reply:
    """A SOAP 1.1 fault (§4.4), signed like every answer of mySecu."""
    return Reply(state, status, XML, signed_soap(call, fault_element(text, code)))


def fault_element(text: str, code: str) -> bytes:
    """The element `soap:Fault` with its code (`soap:…`, `wsse:…`, `wst:…`) and text."""
    fault = etree.Element(f"{{{soap.ENVELOPE}}}Fault", nsmap={"soap": soap.ENVELOPE})
    prefix, _, local = code.rpartition(":")
    if prefix == "wsse":
        etree.SubElement(fault, "faultcode", nsmap={"wsse": WSSE}).text = f"wsse:{local}"
    elif prefix == "wst":
        trust = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
        etree.SubElement(fault, "faultcode", nsmap={"wst": trust}).text = f"wst:{local}"
    else:
        etree.SubElement(fault, "faultcode").text = f"soap:{local}"
    etree.SubElement(fault, "faultstring").text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return etree.tostring(fault)


def json_reply(state: Any, status: int, value: object, **more: Any) -> Reply:
    """A JSON answer."""
    return Reply(state, status, JSON, json.dumps(value, ensure_ascii=False).encode(), **more)
