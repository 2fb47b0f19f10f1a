#!/bin/sh
# Prints the events of a topic, one after the other: sh listen.sh orders. The token, if one is needed, is in CARILLON_TOKEN.
# Needs curl, which decodes the chunks of the stream. Each attempt has a curl and a watchdog, which ends a silent curl.
set -u

heartbeat=${HEARTBEAT:-15} # seconds; a node sends a comment line every 15 s

[ $# -eq 1 ] || {
    echo 'usage: listen.sh TOPIC' >&2
    exit 1
}
dir=$(mktemp -d) || exit 1
curl_process='' watchdog=''
stop() {
    # shellcheck disable=SC2086 # one word or none
    kill $curl_process $watchdog 2>/dev/null
    wait
    curl_process='' watchdog=''
}
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
mkfifo "$dir/stream"

# Ends the process $1 when no line has come for three heartbeats.
watch() {
    quiet=0
    while [ $quiet -lt 3 ]; do
        sleep "$heartbeat"
        if [ -s "$dir/alive" ]; then quiet=0; else quiet=$((quiet + 1)); fi
        : >"$dir/alive"
    done
    : >"$dir/silent"
    kill "$1"
}

# Neither the token nor an id is an argument of curl, where other users of the machine could see it.
headers() {
    [ -z "${CARILLON_TOKEN-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$CARILLON_TOKEN"
    [ -z "$last_id" ] || printf 'header = "Last-Event-ID: %s"\n' "$(printf %s "$last_id" | sed 's/["\\]/\\&/g')"
}

on_event() {
    case $1 in
        carillon.open) failures=0 ;;
        carillon.gap) echo "events are missing, load the state again: $2" >&2 ;;
        carillon.*) ;;
        *) printf '%s %s\n' "$1" "$2" ;;
    esac
}

# Takes a line of the stream; an event counts when its blank line has arrived.
take() {
    value=${1#*:}
    value=${value# }
    case $1 in
        '')
            last_id=$id
            [ -z "$data" ] || on_event "${type:-message}" "${data#"$lf"}"
            type='' data=''
            ;;
        event:*) type=$value ;;
        data:*) data=$data$lf$value ;;
        id:*) id=$value ;;
        retry:*[!0-9\ ]*) ;;
        retry:*) retry=$value ;;
    esac
}

lf='
'
cr=$(printf '\r')
last_id='' retry=0 failures=0
while :; do
    rm -f "$dir/silent" "$dir/head" "$dir/alive"
    headers | curl -NsS --connect-timeout "$((heartbeat * 3))" -K - -D "$dir/head" -H 'Accept: text/event-stream' -G \
        --data-urlencode "topic=$1" "${CARILLON_URL:-http://127.0.0.1:8080}/events" >"$dir/stream" 2>"$dir/error" &
    curl_process=$!
    watch "$curl_process" >/dev/null 2>&1 &
    watchdog=$!
    exec 3<"$dir/stream"
    IFS= read -r line <&3 && whole=true || whole=false
    status=$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' "$dir/head" 2>/dev/null)
    if [ "${status:-0}" = 200 ]; then
        type='' data='' id=$last_id
        while $whole; do
            echo . >"$dir/alive"
            take "${line%"$cr"}"
            IFS= read -r line <&3 || whole=false
        done
        reason='the stream ended'
    else
        reason="${status:-no answer:} $line$(cat - "$dir/error" <&3)"
    fi
    exec 3<&-
    stop
    case $status in
        200 | 429 | 5?? | '') ;;
        *)
            echo "refused: $reason" >&2
            exit 1
            ;;
    esac
    [ ! -e "$dir/silent" ] || reason="no line for $((heartbeat * 3)) s"
    retry_after=$(tr -d '\r' <"$dir/head" 2>/dev/null | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,6\}\)$/\1/p' | tail -n 1)
    millis=$(((1 << failures) * (250 + $(od -An -N2 -tu2 /dev/urandom) % 250)))
    [ "$millis" -ge "$retry" ] || millis=$retry
    [ "$millis" -ge $((${retry_after:-0} * 1000)) ] || millis=$((retry_after * 1000))
    [ $failures -ge 6 ] || failures=$((failures + 1))
    echo "$reason; again in $millis ms" >&2
    sleep "$((millis / 1000)).$(printf %03d $((millis % 1000)))"
done
