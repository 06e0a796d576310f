#!/bin/sh
# Writes the key files of this folder with OpenSSL 3. They are for tests only.
set -eu
cd "$(dirname "$0")"

rsa() { # name bits
    openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "$1.pkcs8.pem"
    openssl pkey -in "$1.pkcs8.pem" -pubout -out "$1.spki.pem"
}

rsa rsa 2048
openssl rsa -in rsa.pkcs8.pem -traditional -out rsa.pkcs1.pem
openssl rsa -in rsa.pkcs8.pem -RSAPublicKey_out -out rsa.pkcs1-public.pem
rsa rsa-other 2048 && rm rsa-other.pkcs8.pem
rsa rsa-1024 1024

for curve in P-256 P-384 P-521 secp256k1; do
    name=$(echo "$curve" | tr -d - | tr P p)
    openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "$name.pkcs8.pem"
    openssl pkey -in "$name.pkcs8.pem" -pubout -out "$name.spki.pem"
    openssl ec -in "$name.pkcs8.pem" -out "$name.sec1.pem"
done
# As `openssl ecparam -genkey` writes it.
{ openssl ecparam -name prime256v1; cat p256.sec1.pem; } >p256.sec1-with-parameters.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout -out p256-other.spki.pem

openssl genpkey -quiet -algorithm ED25519 -out ed25519.pkcs8.pem
openssl pkey -in ed25519.pkcs8.pem -pubout -out ed25519.spki.pem
openssl genpkey -quiet -algorithm ED448 -out ed448.pkcs8.pem

openssl pkcs8 -topk8 -in p256.pkcs8.pem -passout pass:test -out encrypted.pkcs8.pem
openssl rsa -in rsa.pkcs8.pem -traditional -aes128 -passout pass:test -out encrypted.pkcs1.pem
openssl req -x509 -key p256.pkcs8.pem -subj /CN=test -days 36500 -out certificate.pem
