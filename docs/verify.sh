#!/bin/sh
# Check a bundle with unzip, openssl, sha256sum and the plain tools of POSIX (od, awk, tail, tr, cmp): its seal, the
# digest of every file in it, and that not one byte of container, manifest and signature is other than equalis writes it.
# It does not judge the evidence again; `equalis verify` does. Its last line says what it does not look at.
# usage: sh verify.sh BUNDLE [SHA-256 of the signer's certificate]      exit: 0 authentic, 4 not, 2 asked wrongly
#
# Nothing of a bundle is unpacked under a name of its own, and none of its bytes reach the terminal but printable ASCII.
set -eu
umask 077
LC_ALL=C
export LC_ALL
usage() { echo "usage: sh verify.sh BUNDLE [SHA-256 of the signer's certificate, 64 hex digits]" >&2; exit 2; }
printable() { tr -c '\40-\176' '?'; }
refuse() { printf 'NOT AUTHENTIC: %s\n' "$(printf %s "$1" | printable)" >&2; exit 4; }

[ $# -eq 1 ] || [ $# -eq 2 ] || usage
pin=
if [ $# -eq 2 ]; then # an empty pin is a variable that was never set, not a wish to pin nothing
  pin=$(printf %s "$2" | tr -d ': ' | tr A-F a-f)
  case $pin in *[!0-9a-f]*) usage ;; esac
  [ ${#pin} -eq 64 ] || usage
fi
for tool in unzip openssl sha256sum od awk tail head tr cmp mktemp; do
  command -v "$tool" > /dev/null || { echo "this script needs $tool" >&2; exit 2; }
done
[ -f "$1" ] || { echo "there is no such file: $(printf %s "$1" | printable)" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' HUP INT TERM
cat < "$1" > "$folder/bundle.zip" # what is checked cannot change meanwhile
cd "$folder"

hex() { od -An -v -tx1 ${2:+-j "$2" -N "$3"} "$1" | tr -d ' \n'; }                                    # FILE [OFFSET LENGTH]
cut_out() { tail -c "+$(($2 + 1))" "$1" 2> /dev/null | head -c "$3"; }                                 # FILE OFFSET LENGTH
digest() { sha256sum | { read -r value _; echo "$value"; }; }
little() { echo "$(($(printf '0x%s%s%s%s' "$(part "$1" 7)" "$(part "$1" 5)" "$(part "$1" 3)" "$(part "$1" 1)")))"; } # 8 hex digits
part() { printf %s "$1" | cut -c "$2-$(($2 + 1))"; }

# 1. The container has one form only: entries stored one after the other, nothing before, between or behind them.
size=$(($(wc -c < bundle.zip)))
[ "$size" -ge 22 ] || refuse "not a zip that can be read"
[ "$size" -le 1200000000 ] || refuse "the container holds more than 1 GiB"
end=$(hex bundle.zip $((size - 22)) 22)
count=$(printf %s "$end" | cut -c 17-20)
length=$(little "$(printf %s "$end" | cut -c 25-32)")
start=$(little "$(printf %s "$end" | cut -c 33-40)")
count=$((0x$(part "$count" 3)$(part "$count" 1)))
[ "$count" -ne 65535 ] || { echo "this script reads fewer than 65,535 files; use equalis verify" >&2; exit 2; }
case $end in 504b050600000000*0000) ;; *) refuse "the zip does not end as a bundle does" ;; esac
[ "$(printf %s "$end" | cut -c 17-20)" = "$(printf %s "$end" | cut -c 21-24)" ] && [ $((start + length + 22)) -eq "$size" ] \
  || refuse "the zip does not end as a bundle does"
[ "$length" -le 16777216 ] || refuse "the names of the files are too long"
od -An -v -tu1 -j "$start" -N "$length" bundle.zip | awk -v count="$count" -v start="$start" '
  function refuse(why) { print "refuse " why; exit }
  function raw(p, k,  s) { s = ""; while (k-- > 0) s = s sprintf("%02x", b[p++]); return s }
  function number(p, k,  v) { v = 0; while (k-- > 0) v = v * 256 + b[p + k]; return v }
  function four(v,  s, k) { s = ""; for (k = 0; k < 4; k++) { s = s sprintf("%02x", v % 256); v = int(v / 256) } return s }
  function sound(p, k,  c, need, low, high) { # well-formed UTF-8 of characters that XML has
    for (; k > 0; k--) {
      c = b[p++]
      if (need) { if (c < low || c > high) return 0; need--; low = 128; high = 191; continue }
      low = 128; high = 191
      if (c < 32 && c != 9 && c != 10 && c != 13) return 0
      if (c >= 128 && (c < 194 || c > 244)) return 0
      need = c < 128 ? 0 : c < 224 ? 1 : c < 240 ? 2 : 3
      if (c == 224) low = 160; else if (c == 237) high = 159; else if (c == 240) low = 144; else if (c == 244) high = 143
    }
    return !need
  }
  function shown(p, k,  s, c) { s = ""; while (k-- > 0) { c = b[p++]; s = s (c < 32 || c > 126 ? "?" : sprintf("%c", c)) } return s }
  function lower(p, k,  s, c) { s = ""; while (k-- > 0) { c = b[p++]; s = s sprintf("%02x", c > 64 && c < 91 ? c + 32 : c) } return s }
  { for (i = 1; i <= NF; i++) b[n++] = $i + 0 }
  END {
    at = p = 0
    for (e = 1; e <= count; e++) {
      if (p + 46 > n) refuse("the zip lists fewer files than it says")
      long = number(p + 28, 2); size = number(p + 20, 4); q = p + 46
      if (q + long > n) refuse("the zip lists fewer files than it says")
      text = shown(q, long); name = raw(q, long); key = lower(q, long)
      if (e == 1 && text != "mimetype") refuse("the first entry is not `mimetype`")
      if (key in seen) refuse("the entry " text " stands twice")
      seen[key] = 1
      odd = substr(text, 1, 1) == "/" || index(text, "\\") || index(text, ":") || !sound(q, long) || name ~ /efbfb[ef]/
      parts = split(text, segment, "/")
      for (i = 1; i <= parts; i++) if (segment[i] == "..") odd = 1
      if (odd) refuse("the name " text " is not allowed")
      if (e > 2 && ("n" name) <= ("n" before)) refuse("the entry " text " is not in its place")
      before = name
      flags = "0000"
      for (i = 0; i < long; i++) if (b[q + i] > 127) flags = "0008"
      # version, no other flag, stored, 1980-01-01, checksum, size twice, no extra field, no comment, a plain file
      fixed = "1400" flags "000000002100" raw(p + 16, 4) raw(p + 20, 4) raw(p + 20, 4) raw(p + 28, 2) "0000"
      if (raw(p, 46) != "504b01021403" fixed "00000000" "0000" "0000a401" four(at)) refuse("the entry " text " is not in the only form of a bundle")
      role = text == "mimetype" ? "mimetype" : text == "META-INF/ASiCManifest001.xml" ? "manifest" : text == "META-INF/signature001.p7s" ? "seal" : "object"
      print role, at, 30 + long, size, "504b0304" fixed name, name
      at += 30 + long + size; total += size; p = q + long
      if (total > 1073741824) refuse("the container holds more than 1 GiB")
    }
    if (p != n || at != start) refuse("the zip holds bytes that belong to no file")
  }' > entries.txt
! grep '^refuse ' entries.txt > reason.txt || refuse "$(cut -d ' ' -f 2- reason.txt)"
unzip -tqq bundle.zip > /dev/null 2>&1 < /dev/null || refuse "the zip is damaged"
: > objects.txt
roles=
while read -r role at length size header name; do
  [ "$(hex bundle.zip "$at" "$length")" = "$header" ] || refuse "a file of the zip does not begin as the zip lists it"
  found=$(cut_out bundle.zip $((at + length)) "$size" | digest)
  if [ "$role" = object ]; then
    echo "$name $found" >> objects.txt
  else
    roles="$roles $role"
    [ "$role" != manifest ] || manifest=$found
    [ "$role" != seal ] || [ "$size" -le 16384 ] || refuse "the signature file is too long"
    cut_out bundle.zip $((at + length)) "$size" > "$role"
  fi
done < entries.txt
[ "$roles" = " mimetype manifest seal" ] || refuse "there is no seal"
[ "$(hex mimetype)" = "$(printf %s application/vnd.etsi.asic-e+zip > expected.txt; hex expected.txt)" ] || refuse "the mimetype is another one"

# 2. The manifest lists exactly these files with exactly these digests, one a line, and says nothing else.
awk '
  function hexed(text,  s, i) { s = ""; for (i = 1; i <= length(text); i++) s = s code[substr(text, i, 1)]; return s }
  function quoted(name,  s, i, c, q) { # as an XML attribute
    q = "22"; s = ""
    if ((name) ~ /^(..)*22/ && (name) !~ /^(..)*27/) q = "27"
    for (i = 1; i <= length(name); i += 2) { c = substr(name, i, 2); s = s (c == "22" && q == "27" ? c : c in entity ? hexed(entity[c]) : c) }
    return q s q
  }
  function base64(digest,  s, i, v, k) {
    s = ""; digest = digest "00"
    for (i = 1; i <= 64; i += 6) {
      v = 0
      for (k = 0; k < 6; k++) v = v * 16 + index(digits, substr(digest, i + k, 1)) - 1
      s = s letter(v / 262144) letter(v / 4096) letter(v / 64) letter(v)
    }
    return substr(s, 1, 43) "="
  }
  function letter(v) { return substr(alphabet, int(v) % 64 + 1, 1) }
  BEGIN {
    digits = "0123456789abcdef"; alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (i = 32; i < 127; i++) code[sprintf("%c", i)] = sprintf("%02x", i)
    entity["26"] = "&amp;"; entity["3c"] = "&lt;"; entity["3e"] = "&gt;"; entity["22"] = "&quot;"
    entity["0a"] = "&#10;"; entity["0d"] = "&#13;"; entity["09"] = "&#9;"
    printf "%s0a", hexed("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
    printf "%s0a", hexed("<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">")
    printf "%s0a", hexed("<asic:SigReference URI=\"META-INF/signature001.p7s\" MimeType=\"application/pkcs7-signature\"/>")
    method = hexed("><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>")
  }
  { printf "%s%s%s", hexed("<asic:DataObjectReference URI="), quoted($1), method
    printf "%s0a", hexed(base64($2) "</ds:DigestValue></asic:DataObjectReference>") }
  END { printf "%s0a", hexed("</asic:ASiCManifest>") }' objects.txt > expected.txt
hex manifest > found.txt
cmp -s found.txt expected.txt || refuse "a file was altered, added or taken away: the manifest is not that of these files"

# 3. The seal: one certificate, one signature, in their only encoding (CAdES-B, ECDSA P-256 with SHA-256).
od -An -v -tx1 seal | awk -v manifest="$manifest" '
  function refuse(why) { print "refuse " why; exit }
  function raw(p, end,  s) { s = ""; while (p < end) s = s b[p++]; return s }
  function enter(p, tag,  k, v) { # the first byte of the contents; E is the byte after them
    if (p + 1 >= n || (tag != "" && b[p] != tag)) refuse("the signature file cannot be read")
    v = value[b[++p]]; p++
    if (v > 127) {
      k = v - 128; v = 0
      if (k < 1 || k > 2 || p + k > n) refuse("the signature file cannot be read")
      while (k-- > 0) v = v * 256 + value[b[p++]]
      if (v < 128 || (b[p - 2] == "00" && b[p - 3] == "82")) refuse("the signature file cannot be read")
    }
    E = p + v
    if (E > n) refuse("the signature file cannot be read")
    return p
  }
  function after(p) { enter(p, ""); return E }
  function tlv(tag, body,  k) {
    k = length(body) / 2
    return tag (k < 128 ? sprintf("%02x", k) : k < 256 ? sprintf("81%02x", k) : sprintf("82%04x", k)) body
  }
  function moment(p, tag,  s, t) { # YYYYMMDDhhmmss
    p = enter(p, tag); t = raw(p, E); s = ""
    if (t !~ /^(3[0-9])+5a$/ || length(t) != (tag == "17" ? 26 : 30)) refuse("a time cannot be read")
    while (b[p] != "5a") s = s substr(b[p++], 2)
    if (tag == "17") s = (substr(s, 1, 2) < "50" ? "20" : "19") s
    y = substr(s, 1, 4) + 0; m = substr(s, 5, 2) + 0; d = substr(s, 7, 2) + 0
    leap = y % 4 == 0 && (y % 100 || y % 400 == 0)
    if (!y || m < 1 || m > 12 || d < 1 || d > (m == 2 ? 28 + leap : m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31)) refuse("a time cannot be read")
    if (substr(s, 9, 2) > "23" || substr(s, 11, 2) > "59" || substr(s, 13, 2) > "59") refuse("a time cannot be read")
    return s
  }
  function integer(p) { # positive, in its shortest form
    p = enter(p, "02")
    if (E == p || value[b[p]] > 127 || (b[p] == "00" && E - p > 1 && value[b[p + 1]] < 128)) refuse("the signature value has another encoding")
    return E
  }
  { for (i = 1; i <= NF; i++) b[n++] = $i }
  END {
    for (i = 0; i < 256; i++) value[sprintf("%02x", i)] = i
    sha256 = "300d06096086480165030402010500"; ecdsa = "300a06082a8648ce3d040302"
    # the signed data: certificate, signing time, signature value
    p = enter(after(enter(0, "30")), "a0")
    p = after(after(after(enter(p, "30"))))
    certificate = enter(p, "a0")
    p = enter(enter(after(p), "31"), "30")
    p = after(after(after(p)))
    q = enter(after(enter(p, "a0")), "30")
    q = enter(after(q), "31")
    claimed = moment(q, "17"); time = raw(q, E)
    p = after(after(p))
    q = enter(p, "04"); signature = raw(p, E); s = E
    if (integer(integer(enter(q, "30"))) != s || after(q) != s) refuse("the signature value has another encoding")
    # the certificate: self-issued, P-256, for signatures, valid at the time claimed
    tbs = enter(certificate, "30"); whole = E
    p = enter(tbs, "30"); inner = E
    if (raw(p, p + 5) != "a003020102") refuse("the certificate is not of version 3")
    q = p + 5; p = after(q); serial = raw(q, p)
    if (raw(p, p + 12) != ecdsa) refuse("the signer certificate is not ECDSA with SHA-256")
    q = p + 12; p = after(q); issuer = raw(q, p)
    q = enter(p, "30"); p = E
    from = moment(q, b[q] == "18" ? "18" : "17"); q = E
    until = moment(q, b[q] == "18" ? "18" : "17")
    if (E != p) refuse("the certificate cannot be read")
    if (claimed < from || claimed > until) refuse("the signing time is outside the validity of the certificate")
    q = p; p = after(q)
    if (raw(q, p) != issuer) refuse("the signer certificate is not self-issued")
    if (raw(p, p + 27) != "3059301306072a8648ce3d020106082a8648ce3d03010703420004") refuse("the key of the signer is not P-256")
    p = enter(after(p), "a3")
    if (E != inner) refuse("the certificate cannot be read")
    p = enter(p, "30")
    if (E != inner) refuse("the certificate cannot be read")
    while (p < inner) {
      q = enter(p, "30"); e = E
      kind = raw(q, after(q))
      if (kind in seen) refuse("an extension of the certificate stands twice")
      seen[kind] = raw(p, e); p = e
    }
    if (seen["0603551d0f"] != "300e0603551d0f0101ff0404030206c0") refuse("the signer certificate is not for signatures")
    if (p != inner || raw(p, p + 12) != ecdsa) refuse("the signer certificate is not ECDSA with SHA-256")
    q = enter(p + 12, "03")
    if (E != whole || b[q] != "00") refuse("the certificate cannot be read")
    # the whole file, as it must be for these parts; x stands for the digest of the certificate
    x = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    reference = tlv("30", tlv("30", tlv("30", "0420" x tlv("30", tlv("30", tlv("a4", issuer)) serial))))
    signed = "301806092a864886f70d010903310b06092a864886f70d010701" tlv("30", "06092a864886f70d010905" tlv("31", time)) \
      tlv("30", "06092a864886f70d010904" tlv("31", "0420" manifest)) tlv("30", "060b2a864886f70d010910022f" tlv("31", reference))
    signer = tlv("30", "020101" tlv("30", issuer serial) sha256 tlv("a0", signed) ecdsa signature)
    data = "020101" tlv("31", sha256) tlv("30", "06092a864886f70d010701") tlv("a0", raw(certificate, whole)) tlv("31", signer)
    print "parts", certificate, whole - certificate, tbs, inner - tbs, q + 1, whole - q - 1, claimed
    print tlv("30", "06092a864886f70d010702" tlv("a0", tlv("30", data)))
  }' > parts.txt
! grep '^refuse ' parts.txt > reason.txt || refuse "$(cut -d ' ' -f 2- reason.txt)"
{ read -r _ from long tbs inner value rest claimed && read -r expected; } < parts.txt || refuse "the signature file cannot be read"
cut_out seal "$from" "$long" > certificate.der
cut_out seal "$tbs" "$inner" > certificate.tbs
cut_out seal "$value" "$rest" > certificate.sig
carried=$(digest < certificate.der)
[ "$(hex seal)" = "$(echo "$expected" | sed "s/x\{64\}/$carried/")" ] || refuse "the signature is not one over these bytes in its only form"

# 4. The signatures hold: the certificate's by its own key, the manifest's by that certificate.
openssl x509 -inform DER -in certificate.der -out certificate.pem 2> /dev/null \
  && openssl x509 -in certificate.pem -noout -pubkey > key.pem 2> /dev/null \
  && openssl dgst -sha256 -verify key.pem -signature certificate.sig certificate.tbs > /dev/null 2>&1 \
  || refuse "the signer's certificate does not hold"
openssl cms -verify -cades -binary -inform DER -in seal -content manifest -CAfile certificate.pem -no-CApath -no-CAstore \
  -check_ss_sig -no_check_time -signer verified.pem -out /dev/null 2> openssl.txt \
  || refuse "the seal does not hold ($(tail -n 1 openssl.txt))"
[ "$(grep -c '^-----BEGIN CERTIFICATE-----' verified.pem)" -eq 1 ] || refuse "there is more than one signer"
fingerprint=$(openssl x509 -in verified.pem -outform DER | digest)
[ "$fingerprint" = "$carried" ] || refuse "the certificate that verifies is not the one that the seal carries"
if [ -n "$pin" ] && [ "$pin" != "$fingerprint" ]; then refuse "sealed by another certificate: $fingerprint"; fi

echo "authentic: $(($(wc -l < objects.txt))) files, sealed by certificate $fingerprint"
[ -n "$pin" ] || echo "           nobody was pinned: anybody can make such a certificate; compare it with the one that you expect"
echo "           at $claimed UTC, as the signer claims (no time-stamp)"
echo "not looked at: whether the evidence comes to the verdicts of the report (equalis verify judges it again), whether it is true, whether these are the files of a run that went to its end, what the certificate's extensions say but its key usage, names that differ only in the case of letters beyond ASCII"
