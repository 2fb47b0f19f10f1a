#!/bin/sh
# Subscribes to a stream with the program that the first argument names, at the URL of the second; writes each event as ID<TAB>DATA.
# They know nothing of events: the loop with the last id is the script's.
name=$1
url=$2

stream() {
    case $name in
        curl) set -- "${CURL:-curl}" -sSN ;;
        curl-compressed) set -- "${CURL:-curl}" -sSN --compressed ;;
        wget) set -- wget -nv -O - --tries=1 ;;
    esac
    if [ -n "$last" ]; then
        if [ "$name" = wget ]; then
            set -- "$@" "--header=Last-Event-ID: $last"
        else
            set -- "$@" -H "Last-Event-ID: $last"
        fi
    fi
    exec "$@" "$url"
}

# A named pipe keeps the reading loop in this shell, and so the last id.
pipe=$(mktemp -u)
mkfifo "$pipe"
trap 'kill "$job" 2>/dev/null; rm -f "$pipe"' EXIT
trap 'exit 143' TERM
last=
while :; do
    stream >"$pipe" &
    job=$!
    id=$last
    data=
    while IFS= read -r line; do
        case $line in
            'id: '*) id=${line#id: } ;;
            'data: '*) data=${line#data: } ;;
            '')
                if [ -n "$data" ]; then
                    printf '%s\t%s\n' "$id" "$data"
                    last=$id
                fi
                data=
                ;;
        esac
    done <"$pipe"
    wait "$job"
    echo "again: status $?" >&2
    sleep 1 &
    wait $!
done
