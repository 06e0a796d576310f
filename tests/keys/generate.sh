#!/bin/sh
# Writes the key files of this folder with OpenSSL 3 and OpenSSH. They are for tests only.
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

# Forms of the keys above in which people have theirs.

pss() { # name and the restrictions of the key
    name=$1 && shift
    openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 "$@" -out "$name.pkcs8.pem"
    openssl pkey -in "$name.pkcs8.pem" -pubout -out "$name.spki.pem"
}

pss rsa-pss
pss rsa-pss-sha256 -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256 \
    -pkeyopt rsa_pss_keygen_saltlen:32
pss rsa-pss-sha512 -pkeyopt rsa_pss_keygen_md:sha512
pss rsa-pss-other-mask -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha512
pss rsa-pss-long-salt -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:33

for name in rsa rsa-pss ed25519; do
    openssl req -x509 -key "$name.pkcs8.pem" -subj /CN=test -days 36500 -out "$name.certificate.pem"
done
openssl x509 -in rsa.certificate.pem -trustout -out rsa.trusted-certificate.pem
openssl req -new -key p256.pkcs8.pem -subj /CN=test -out p256.request.pem
openssl crl2pkcs7 -nocrl -certfile certificate.pem -out p256.pkcs7.pem
openssl pkcs12 -export -inkey p256.pkcs8.pem -in certificate.pem -passout pass:test -out p256.p12
# The key with its attributes, and the certificate.
openssl pkcs12 -in p256.p12 -passin pass:test -nodes -out p256.from-pkcs12.pem

ssh_public() { # name and the private key
    chmod 600 "$2" && ssh-keygen -y -f "$2" | sed 's/$/ tests@example.org/' >"$1.ssh.pub"
}
ssh_public rsa rsa.pkcs1.pem
ssh_public p256 p256.sec1.pem
ssh_public p384 p384.sec1.pem
ssh_public p521 p521.sec1.pem
ssh-keygen -e -m RFC4716 -f rsa.ssh.pub | sed "s/^Comment:.*/Comment: tests/" >rsa.ssh2.pub
ssh-keygen -q -t ed25519 -N '' -C tests@example.org -f ed25519.openssh && mv ed25519.openssh.pub ed25519.ssh.pub
ssh-keygen -q -s ed25519.openssh -I test rsa.ssh.pub && mv rsa.ssh-cert.pub rsa.ssh-certificate.pub
cp rsa.pkcs1.pem rsa.openssh && chmod 600 rsa.openssh && ssh-keygen -q -p -N '' -f rsa.openssh >/dev/null
