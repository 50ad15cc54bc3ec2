"""What was signed is judged, byte for byte: attacks on a message that verifies before each of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from lxml import etree

from equalis.demo import signing
from equalis.demo.canonical import WSU
from equalis.demo.signing import DS, EXCLUSIVE, WSSE, X509V3, Identity, Outline
from equalis.gateway.pki import Pki
from equalis.wire import saml, soap, strict_xml, wssecurity, xmldsig_signing
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import AlteredError, BadSignatureError

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FIRST = b"<wsu:Timestamp"
mends = pytest.mark.mends("11")


@pytest.fixture(scope="module")
def identity(keys: Pki) -> Identity:
    """The solution's identity."""
    certificate, key = keys.files("solution")
    return Identity.load(certificate.read_text(), key.read_text(), keys.authority.decode())


@pytest.fixture(scope="module")
def signed(identity: Identity) -> bytes:
    """A message with Timestamp, token and Body signed."""
    outline = Outline({"timestamp": signing.timestamp(NOW)}, '<a b="c d">é 1</a>', ("timestamp", "token", "body"), token=True)
    return signing.envelope(outline, identity)


def verify(content: bytes) -> wssecurity.Signature:
    return wssecurity.verify(soap.envelope(content))


def changed(content: bytes, before: bytes, after: bytes) -> bytes:
    made = content.replace(before, after, 1)
    assert made != content
    return made


def put_into_header(content: bytes, part: str) -> bytes:
    """A part before those that are signed, in the Security header."""
    return changed(content, FIRST, part.encode() + FIRST)


def test_the_control_holds(signed: bytes) -> None:
    """Everything below is an attack on this."""
    assert verify(signed).parts == {"timestamp", "token", "body"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"</a>", b"<?added later?></a>", marks=mends), pytest.param(b"<a ", b"<?added?><a ", marks=mends), pytest.param(b"</wsu:Created>", b"<?x?></wsu:Created>", marks=mends),
        pytest.param(b"<ds:SignatureMethod", b"<?x?><ds:SignatureMethod", marks=mends), pytest.param(b"</soap:Body>", b"<?x?></soap:Body>", marks=mends),
        (b"\xc3\xa9 1", b"\xc3\xa9 2"), (b'b="c d"', b'b="c  d"'), (b'b="c d"', b'b="c d" e=""'), (b"</a>", b"</a> "), (b"</a>", b"<b/></a>"), (b"<a ", b'<a xmlns="urn:u" '), (b"\xc3\xa9 1", b"\xc3\xa9&#13; 1"),
        (b'b="c d"', b'b="c&#10;d"'), (b'b="c d"', b'b="c d" xml:space="preserve"'),
    ],
)  # fmt: skip
def test_what_is_added_to_signed_bytes_is_an_alteration(signed: bytes, before: bytes, after: bytes) -> None:
    """A processing instruction, a blank, an attribute, another text."""
    with pytest.raises(AlteredError):
        verify(changed(signed, before, after))


@mends
def test_an_instruction_that_was_signed_holds_and_one_taken_out_does_not(identity: Identity) -> None:
    """The signature of whoever sends one is over it too."""
    content = signing.envelope(Outline({}, "<a>1<?mine x?>2</a>", ("body",)), identity)
    assert verify(content).parts == {"body"}
    assert strict_xml.text(soap.content(soap.envelope(content))) == "12"
    with pytest.raises(AlteredError):
        verify(changed(content, b"<?mine x?>", b""))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xc3\xa9 1", b"\xc3\xa9<!-- and --> 1"), (b"\xc3\xa9 1", b"<![CDATA[\xc3\xa9 1]]>"), (b"\xc3\xa9 1", b"&#233; 1"), (b'b="c d"', b"b = 'c&#32;d'"), (b"<soap:Envelope", b"<?x?><!-- y --><soap:Envelope"),
        (b"<soap:Header>", b"<soap:Header><?x?>"), (b"<soap:Body ", b'<soap:Body xmlns:unused="urn:u" '), (b"</soap:Envelope>", b"<?x?></soap:Envelope>"),
    ],
)  # fmt: skip
def test_what_canonical_xml_leaves_out_alters_nothing_and_is_not_read(signed: bytes, before: bytes, after: bytes) -> None:
    """Comments, CDATA, character references, quotes, unused namespaces; instructions outside what is signed."""
    content = changed(signed, before, after)
    assert verify(content).parts == {"timestamp", "token", "body"}
    found = soap.content(soap.envelope(content))
    assert (strict_xml.text(found), found.get("b")) == ("é 1", "c d")


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "UTF-16LE", "windows-1252"])
def test_a_message_in_another_encoding_holds(signed: bytes, encoding: str) -> None:
    """The signature is over the characters; and another one of them is an alteration."""
    text = signed.decode().replace("UTF-8", encoding, 1)
    assert verify(text.encode(encoding)).parts == {"timestamp", "token", "body"}
    with pytest.raises(AlteredError):
        verify(text.replace("é", "è").encode(encoding))


OTHER_TIME = f'<wsu:Timestamp xmlns:wsu="{WSU}"><wsu:Created>2030-01-01T00:00:00Z</wsu:Created><wsu:Expires>2031-01-01T00:00:00Z</wsu:Expires></wsu:Timestamp>'
OTHER_TOKEN = f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" ValueType="{X509V3}">AAAA</wsse:BinarySecurityToken>'


@mends
@pytest.mark.parametrize(("part", "name"), [(OTHER_TIME, "timestamp"), (OTHER_TOKEN, "token")])
def test_a_part_beside_one_of_its_kind_that_is_not_signed_is_not_signed(signed: bytes, part: str, name: str) -> None:
    """Whichever of the two is read, it counts only where both are covered."""
    assert name not in verify(put_into_header(signed, part)).parts


@mends
def test_two_timestamps_cannot_be_read(signed: bytes) -> None:
    """The first is not the signed one (WS-Security 1.0 §10: at most one)."""
    with pytest.raises(UnreadableError, match="Timestamp"):
        wssecurity.timestamp(soap.envelope(put_into_header(signed, OTHER_TIME)))


@mends
def test_two_user_names_cannot_be_read(signed: bytes) -> None:
    """Nor which of them is signed."""
    user = f'<wsse:UsernameToken xmlns:wsse="{WSSE}"><wsse:Username>u</wsse:Username></wsse:UsernameToken>'
    with pytest.raises(UnreadableError, match="UsernameToken"):
        wssecurity.username(soap.envelope(put_into_header(signed, user * 2)))


@pytest.mark.parametrize(
    "extra",
    [b"<soap:Body/>", pytest.param(b"<soap:Header/>", marks=mends)],
    ids=["body", "header"],
)
def test_an_envelope_with_two_of_its_parts_cannot_be_read(signed: bytes, extra: bytes) -> None:
    """A second Body or Header, wherever it stands."""
    with pytest.raises(UnreadableError):
        verify(changed(signed, b"</soap:Envelope>", extra + b"</soap:Envelope>"))


@pytest.mark.parametrize("attribute", [f'u:Id="body" xmlns:u="{WSU}"', 'Id="body"', 'ID="body"', 'xml:id="body"'])
def test_an_id_that_stands_twice_is_refused(signed: bytes, attribute: str) -> None:
    """In any of the attributes that are ids."""
    with pytest.raises(BadSignatureError, match="stands twice"):
        verify(put_into_header(signed, f"<x {attribute}/>"))


@pytest.mark.parametrize("attribute", ['id="body"', 'iD="body"', 'x:Id="body" xmlns:x="urn:x"', f'u:id="body" xmlns:u="{WSU}"'])
def test_what_is_no_id_takes_the_place_of_none(signed: bytes, attribute: str) -> None:
    """Another case, another namespace: the signed Body stays the one that is read, and is found by its own id only."""
    assert verify(put_into_header(signed, f"<x {attribute}/>")).parts == {"timestamp", "token", "body"}
    with pytest.raises(BadSignatureError, match="nothing has the id"):
        verify(changed(signed, b'wsu:Id="body"', attribute.encode()))


def test_a_moved_timestamp_is_no_timestamp(signed: bytes) -> None:
    """Signed it is, but not where it is read."""
    found = re.search(rb"<wsu:Timestamp.*</wsu:Timestamp>", signed)
    assert found is not None
    moved = signed.replace(found[0], OTHER_TIME.encode()).replace(b"</wsse:Security>", b"<w>" + found[0] + b"</w></wsse:Security>")
    assert "timestamp" not in verify(moved).parts


@pytest.mark.parametrize(
    "algorithm",
    [
        "http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/2002/06/xmldsig-filter2", "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/2000/09/xmldsig#base64", "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform", "",
    ],
)  # fmt: skip
def test_a_transform_that_chooses_what_is_signed_is_refused(signed: bytes, algorithm: str) -> None:
    """XPath, XSLT, base64, whatever is not canonical XML."""
    with pytest.raises(BadSignatureError, match="not supported"):
        verify(changed(signed, f'<ds:Transform Algorithm="{EXCLUSIVE}"/>'.encode(), f'<ds:Transform Algorithm="{algorithm}"/>'.encode()))


@pytest.mark.parametrize("uri", ["http://127.0.0.1/x", "#xpointer(/)", "#xpointer(id('body'))", "file:///etc/passwd", "body", "#", "#1", "cid:part"])
def test_a_reference_that_leaves_the_document_is_refused(signed: bytes, uri: str) -> None:
    """Only an id of this document is followed."""
    with pytest.raises(BadSignatureError, match="leaves the document"):
        verify(changed(signed, b'URI="#body"', f'URI="{uri}"'.encode()))


def test_a_reference_to_the_whole_document_is_another_element(signed: bytes) -> None:
    """It does not fit what was signed here; and nothing is named by it."""
    with pytest.raises(AlteredError):
        verify(changed(signed, b'URI="#body"', b'URI=""'))


@mends
@pytest.mark.parametrize("part", ["Reference", "Transform"])
def test_a_signature_that_reads_the_document_a_thousand_times_is_refused(signed: bytes, part: str) -> None:
    """The time that it takes is that of the message."""
    found = re.search(rb"<ds:Reference URI=\"#body\".*?</ds:Reference>" if part == "Reference" else rb"<ds:Transform .*?/>", signed)
    assert found is not None
    with pytest.raises(BadSignatureError, match=r"followed|transforms") as caught:
        verify(changed(signed, found[0], found[0] * 1000))
    assert not isinstance(caught.value, AlteredError)


@mends
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<a ", b"<a " + b" ".join(b'x%d=""' % number for number in range(1000)) + b" "), (b"<a ", b"<a " + b" ".join(b'xmlns:p%d="urn:%d"' % (number, number) for number in range(5000)) + b" "),
        (b"</a>", b"<b/>" * 10_000 + b"<b " + b" ".join(b'xmlns:p%d="urn:x"' % number for number in range(200)) + b"/></a>"),
        (f'<ds:Transform Algorithm="{EXCLUSIVE}"/>'.encode(), f'<ds:Transform Algorithm="{EXCLUSIVE}"><e:InclusiveNamespaces xmlns:e="{EXCLUSIVE}" PrefixList="{"p " * 1000}"/></ds:Transform>'.encode()),
    ],
    ids=["attributes", "prefixes", "prefixes and elements", "list"],
)  # fmt: skip
def test_a_document_whose_canonical_form_takes_the_square_of_its_size_is_refused(signed: bytes, before: bytes, after: bytes) -> None:
    """Attributes and prefixes by the thousand: a few hundred kilobytes took half a minute."""
    with pytest.raises(BadSignatureError, match=r"too many|PrefixList") as caught:
        verify(changed(signed, before, after))
    assert not isinstance(caught.value, AlteredError)


@mends
def test_only_the_own_key_info_of_a_signature_is_its_key_info(keys: Pki) -> None:
    """A decoy in the Body that is signed instead is another element."""
    root = etree.fromstring(f'<s:Envelope xmlns:s="{soap.ENVELOPE}" xmlns:u="{WSU}" xmlns:ds="{DS}"><s:Header><w:Security xmlns:w="{WSSE}"/></s:Header><s:Body u:Id="body"><ds:KeyInfo Id="decoy"/></s:Body></s:Envelope>')
    own = keys.identities["mysecu"]
    xmldsig_signing.sign_references(root[0][0], ("body", "decoy"), own.key_pem, own.certificate, "key-info")
    assert verify(etree.tostring(root)).parts == {"body", "another element"}


def test_the_list_of_inclusive_namespaces_is_understood_and_signed(keys: Pki) -> None:
    """Exclusive C14N 1.0 §3.1; another list is an alteration."""
    root = etree.fromstring(f'<s:Envelope xmlns:s="{soap.ENVELOPE}" xmlns:u="{WSU}"><s:Header><w:Security xmlns:w="{WSSE}"/></s:Header><s:Body u:Id="body"><a/></s:Body></s:Envelope>')
    own = keys.identities["mysecu"]
    xmldsig_signing.sign_references(root[0][0], ("body", "key-info"), own.key_pem, own.certificate, "key-info", "s u")
    content = etree.tostring(root)
    assert verify(content).parts == {"body", "key-info"}
    with pytest.raises(AlteredError):
        verify(changed(content, b'PrefixList="s u"', b'PrefixList="s"'))


SAML = "urn:oasis:names:tc:SAML:2.0:assertion"


@pytest.fixture(scope="module")
def assertion(keys: Pki) -> bytes:
    """An assertion as the IdP signs it."""
    node = etree.fromstring(
        f'<saml:Assertion xmlns:saml="{SAML}" ID="_1"><saml:Issuer>idp</saml:Issuer><saml:Conditions NotBefore="2026-11-22T00:00:00Z" NotOnOrAfter="9999-12-31T23:59:59.9999999Z">'
        "<saml:AudienceRestriction><saml:Audience>a</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement>"
        '<saml:Attribute Name="psEHealthID"><saml:AttributeValue>1000000017</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>'
    )
    xmldsig_signing.sign_enveloped(node, keys.identities["idp"].key_pem, keys.identities["idp"].certificate)
    return etree.tostring(node)


def read(content: bytes, keys: Pki) -> saml.Assertion:
    return saml.verify(strict_xml.parse(content), keys.identities["idp"].certificate)


@mends
def test_what_stands_inside_the_signature_is_no_attribute_of_an_assertion(assertion: bytes, keys: Pki) -> None:
    """The enveloped signature does not cover itself: whoever passes an assertion on may write there."""
    assert read(assertion, keys).attributes == {"psEHealthID": "1000000017"}
    more = f'<saml:Attribute xmlns:saml="{SAML}" Name="role"><saml:AttributeValue>PHARMACIST</saml:AttributeValue></saml:Attribute>'
    found = read(changed(assertion, b"</ds:KeyInfo>", more.encode() + b"</ds:KeyInfo>"), keys)
    assert found.attributes == {"psEHealthID": "1000000017"}


def test_a_comment_does_not_cut_the_value_of_an_assertion(assertion: bytes, keys: Pki) -> None:
    """The signature still holds, and what is read is what was signed."""
    assert read(changed(assertion, b"1000000017", b"1000<!-- x -->000017"), keys).attributes == {"psEHealthID": "1000000017"}


@mends
def test_an_instruction_in_an_assertion_is_an_alteration(assertion: bytes, keys: Pki) -> None:
    """In its value as anywhere else."""
    with pytest.raises(AlteredError):
        read(changed(assertion, b"1000000017", b"1000<?x?>000017"), keys)


@mends
def test_a_fault_code_is_read_whole() -> None:
    """A comment or an instruction in it cuts nothing."""
    fault = f'<s:Envelope xmlns:s="{soap.ENVELOPE}"><s:Body><s:Fault><faultcode>s:<!-- x -->Cli<?y?>ent</faultcode></s:Fault></s:Body></s:Envelope>'
    assert soap.blames_the_caller(fault.encode())
