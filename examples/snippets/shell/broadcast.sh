#!/bin/sh
# Broadcasts an event: sh broadcast.sh topic:orders order '{"id":7}'. The token is in CARILLON_TOKEN. Needs curl.
set -eu

attempts=8

[ $# -eq 3 ] || {
    echo 'usage: broadcast.sh SCOPE TYPE DATA' >&2
    exit 1
}

# A JSON string; its text may have no control characters.
quoted() {
    printf '"%s"' "$(printf %s "$1" | tr -d '\000-\037' | sed 's/["\\]/\\&/g')"
}

# The token is not an argument of curl, where other users of the machine could see it.
send() {
    printf 'header = "Authorization: Bearer %s"\n' "${CARILLON_TOKEN-}" |
        curl -sS --max-time 10 -K - -D "$dir/head" -o "$dir/answer" -w '%{http_code}' \
            -H 'Content-Type: application/json' -H "Idempotency-Key: $idempotency_key" --data-binary @"$dir/body" \
            "${CARILLON_URL:-http://127.0.0.1:8080}/broadcast" 2>"$dir/error" || true
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
printf '{"scope":%s,"type":%s,"data":%s}' "$(quoted "$1")" "$(quoted "$2")" "$(quoted "$3")" >"$dir/body"
idempotency_key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n') # the same in every attempt: the event is delivered once
attempt=1
delay=1
while :; do
    : >"$dir/head"
    : >"$dir/answer"
    status=$(send)
    case $status in
        200)
            cat "$dir/answer"
            echo
            exit
            ;;
        000 | 429 | 502 | 503 | 504) [ "$attempt" -lt "$attempts" ] && again=true || again=false ;;
        *) again=false ;;
    esac
    if ! $again; then
        echo "not broadcast: $status $(cat "$dir/answer" "$dir/error")" >&2
        exit 1
    fi
    retry_after=$(tr -d '\r' <"$dir/head" | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,6\}\)$/\1/p' | tail -n 1)
    millis=$((delay * 250 + $(od -An -N2 -tu2 /dev/urandom) % 250 * delay))
    [ "$millis" -ge $((${retry_after:-0} * 1000)) ] || millis=$((retry_after * 1000))
    sleep "$((millis / 1000)).$(printf %03d $((millis % 1000)))"
    attempt=$((attempt + 1))
    [ "$delay" -ge 20 ] || delay=$((delay * 2))
done
