#!/bin/sh
# Prints a token for a user: sh token.sh ann. The key is in the file CARILLON_JWT_KEY_FILE, or in CARILLON_JWT_KEY.
# Needs openssl; the key is never an argument of a program, where other users of the machine could see it.
set -eu

fail() {
    echo "$1" >&2
    exit 1
}

[ $# -eq 1 ] || fail 'usage: token.sh USER'
case $1 in
    '' | *[!A-Za-z0-9._@-]*) fail 'USER: only letters, digits and . _ @ -' ;;
esac
if [ -n "${CARILLON_JWT_KEY_FILE-}" ]; then
    key=$(tr -d '\r' <"$CARILLON_JWT_KEY_FILE") # without the line break at the end, which is no part of the key
else
    key=${CARILLON_JWT_KEY-}
fi

hex() {
    od -An -v -tx1 | tr -d ' \n'
}

encoded() {
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# The bytes of the key, each combined with $1 by exclusive or (RFC 2104).
pad() {
    rest=$hex_key
    while [ -n "$rest" ]; do
        tail=${rest#??}
        printf '%b' "\\0$(printf %03o $((0x${rest%"$tail"} ^ $1)))"
        rest=$tail
    done
}

hex_key=$(printf %s "$key" | hex)
[ ${#hex_key} -ge 64 ] || fail 'set CARILLON_JWT_KEY_FILE or CARILLON_JWT_KEY: a key of at least 32 bytes'
[ ${#hex_key} -le 128 ] || hex_key=$(printf %s "$key" | openssl dgst -sha256 -binary | hex)
while [ ${#hex_key} -lt 128 ]; do
    hex_key=${hex_key}00
done

now=$(date +%s)
grants='{"broadcast":["topic:orders"],"read":["topic:orders"]}'
text=$(printf '{"alg":"HS256","typ":"JWT"}' | encoded).$(
    printf '{"sub":"%s","iat":%d,"exp":%d,"carillon":%s}' "$1" "$now" $((now + 3600)) "$grants" | encoded
)
inner() {
    pad 0x36
    printf %s "$text"
}
signature=$({
    pad 0x5c
    inner | openssl dgst -sha256 -binary
} | openssl dgst -sha256 -binary | encoded)
echo "$text.$signature"
