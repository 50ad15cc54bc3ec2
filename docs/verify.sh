#!/bin/sh
# Check a bundle with unzip, openssl and sha256sum only: its seal, and the digest of every file in it.
# It does not judge the evidence again; `equalis verify` does.
# usage: sh verify.sh BUNDLE [SHA-256 of the signer's certificate]      exit: 0 authentic, 4 not
set -eu
[ $# -ge 1 ] || { echo "usage: sh verify.sh BUNDLE [SHA-256 of the signer's certificate]" >&2; exit 2; }
bundle=$1
pin=${2:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
refuse() { echo "NOT AUTHENTIC: $1" >&2; exit 4; }

unzip -q -d "$folder/files" "$bundle" || refuse "the zip is damaged"
cd "$folder/files"
manifest=META-INF/ASiCManifest001.xml
signature=META-INF/signature001.p7s
[ -f "$manifest" ] && [ -f "$signature" ] || refuse "there is no seal"

# 1. The seal: CAdES over the manifest, by the certificate that the signature carries.
openssl pkcs7 -inform DER -in "$signature" -print_certs -out ../signer.pem
openssl cms -verify -cades -binary -inform DER -in "$signature" -content "$manifest" \
  -CAfile ../signer.pem -no-CApath -no-CAstore -check_ss_sig -no_check_time -out /dev/null 2> ../openssl.txt \
  || refuse "the seal does not hold ($(tail -n 1 ../openssl.txt))"
fingerprint=$(openssl x509 -in ../signer.pem -outform DER | sha256sum | cut -d ' ' -f 1)
if [ -n "$pin" ] && [ "$pin" != "$fingerprint" ]; then refuse "sealed by another certificate: $fingerprint"; fi

# 2. The digests: one data object a line of the manifest.
sed -n 's/.*URI="\([^"]*\)".*<ds:DigestValue>\([^<]*\)<.*/\1 \2/p' "$manifest" > ../listed.txt
while read -r name digest; do
  [ -f "$name" ] || refuse "$name is missing"
  actual=$(sha256sum "$name" | cut -d ' ' -f 1)
  expected=$(printf %s "$digest" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
  [ "$actual" = "$expected" ] || refuse "$name was altered"
done < ../listed.txt

# 3. Nothing more: what is in the zip is what the manifest lists.
find . -type f ! -path "./$manifest" ! -path "./$signature" ! -path ./mimetype | sed 's|^\./||' | LC_ALL=C sort > ../present.txt
cut -d ' ' -f 1 ../listed.txt | LC_ALL=C sort > ../expected.txt
cmp -s ../present.txt ../expected.txt || refuse "the zip holds other files than the manifest lists"
[ "$(cat mimetype)" = application/vnd.etsi.asic-e+zip ] || refuse "the mimetype is another one"

echo "authentic: $(wc -l < ../listed.txt) files, sealed by certificate $fingerprint"
