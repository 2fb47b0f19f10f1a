#!/bin/sh
# Runs on the machine that runs Terraform: reaches the machines of a cluster with ssh and does one step there. main.tf starts it, and describes
# a step by variables whose names begin with CLUSTER_. Functions of machine.sh run on the machines, as root.
#
# Every step can be repeated, and does nothing where nothing is left to do. No secret is an argument of a program: they arrive in variables,
# and leave on the standard input of ssh.
set -eu

scripts=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: "${CLUSTER_MACHINES:?}" "${CLUSTER_JUMP:=none}"

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'carillon: %s\n' "$*" >&2
    exit 1
}

# Prints a field of the line of a machine: 2 host, 3 port, 4 user, 5 host key, 6 address.
field() {
    printf '%s\n' "$CLUSTER_MACHINES" | awk -F '|' -v name="$1" -v field="$2" '$1 == name { print $field }'
}

names() {
    printf '%s\n' "$CLUSTER_MACHINES" | cut -d '|' -f 1
}

# The program ssh with options of ours alone: nothing depends on the configuration of the user who runs Terraform.
configure_ssh() {
    {
        printf '%s\n' "$CLUSTER_MACHINES"
        [ "$CLUSTER_JUMP" = none ] || printf '%s\n' "$CLUSTER_JUMP"
    } | while IFS='|' read -r name host port user key _; do
        printf 'Host %s\n    HostName %s\n    Port %s\n    User %s\n    HostKeyAlias carillon.%s\n' "$name" "$host" "$port" "$user" "$name"
        [ "$CLUSTER_JUMP" = none ] || [ "$name" = jump ] || printf '    ProxyCommand ssh -F "%s" -W [%%h]:%%p jump\n' "$work/config"
        printf 'carillon.%s %s\n' "$name" "$key" >>"$work/known_hosts"
    done >"$work/config"
    cat >>"$work/config" <<END
Host *
    UserKnownHostsFile "$work/known_hosts"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    UpdateHostKeys no
    BatchMode yes
    ConnectTimeout $CLUSTER_TIMEOUT
    ServerAliveInterval 5
    ServerAliveCountMax 4
    LogLevel ERROR
END
    [ "$CLUSTER_KEY_FILE" = none ] || printf '    IdentityFile "%s"\n    IdentitiesOnly yes\n' "$CLUSTER_KEY_FILE" >>"$work/config"
    as_root=
    [ "$CLUSTER_SUDO" != true ] || as_root='sudo -n '
}

# Why ssh failed, in one line: the last that says more than that a jump host gave up.
reason() {
    sed -n 's/\r$//; /./p' "$work/errors" >"$work/lines"
    grep -v -e 'UNKNOWN port' -e '^stdio forwarding failed' -e '^kex_exchange_identification' "$work/lines" >"$work/kept" || cp "$work/lines" "$work/kept"
    tail -n 1 "$work/kept"
}

# unreachable NAME: ends with what to do about a machine that ssh does not reach.
unreachable() {
    at="$1: $(field "$1" 2) port $(field "$1" 3)"
    by=
    if [ "$CLUSTER_JUMP" != none ]; then
        jump=$(printf '%s' "$CLUSTER_JUMP" | cut -d '|' -f 2)
        by=", by the jump host $jump"
        ! grep -q 'carillon\.jump' "$work/errors" || at="$1: the jump host $jump"
    fi
    case $(cat "$work/errors") in
        *'Host key verification failed'*)
            die "$at shows another host key than host_key: it may not be the machine that you mean. Compare the key at its console."
            ;;
        *'Permission denied'*) die "$at$by accepts none of the SSH keys: $(grep 'Permission denied' "$work/errors" | tail -n 1)" ;;
        *) die "$at$by cannot be reached: $(reason)" ;;
    esac
}

quoted() {
    printf '%s' "$1" | sed "s/'/'\\\\''/g"
}

# on NAME FUNCTION [VARIABLE...]: runs a function of machine.sh on a machine, with the values of these variables. Status 255: not reached, or the
# connection was lost.
on() {
    name=$1 called=$2
    shift 2
    {
        for variable in name "$@"; do
            eval "value=\$$variable"
            printf "%s='%s'\n" "$variable" "$(quoted "$value")"
        done
        cat "$scripts/machine.sh"
        printf '%s </dev/null\n' "$called"
    } | ssh -F "$work/config" "$name" "${as_root}sh -s" 2>"$work/errors"
}

# do_on NAME FUNCTION [VARIABLE...]: as on; ends with the error if it fails.
do_on() {
    status=0
    on "$@" || status=$?
    [ $status -ne 255 ] || unreachable "$1"
    if [ $status -ne 0 ]; then
        cat "$work/errors" >&2
        exit 1
    fi
    cat "$work/errors" >&2
}

# upload NAME FILE NAME-THERE: to the folder of the module, which only root can read.
upload() {
    status=0
    ssh -F "$work/config" "$1" "${as_root}sh -c 'umask 077; cat >/var/lib/carillon-terraform/$1/$3'" <"$2" 2>"$work/errors" || status=$?
    [ $status -eq 0 ] || unreachable "$1"
}

only_machine() {
    machine=$(names | head -n 1)
}

# Steps.

install_package() {
    only_machine
    do_on "$machine" prepare_machine
    case $CLUSTER_INSTALL in
        files)
            files=
            while read -r file; do
                base=$(basename "$file" | tr -c 'A-Za-z0-9._+~\n-' _)
                upload "$machine" "$file" "$base"
                files="$files $base"
            done <<END
$CLUSTER_PACKAGES
END
            ;;
        *) files= ;;
    esac
    CLUSTER_FILES=$files
    do_on "$machine" install_package CLUSTER_INSTALL CLUSTER_PACKAGE CLUSTER_VERSION CLUSTER_FILES
}

configure_broker() {
    only_machine
    CLUSTER_ADDRESS=$(field "$machine" 6)
    do_on "$machine" configure_broker CLUSTER_ADDRESS CLUSTER_MAXMEMORY CLUSTER_BROKER_PASSWORDS
}

stage_node() {
    only_machine
    do_on "$machine" prepare_machine
    do_on "$machine" find_release CLUSTER_VERSION CLUSTER_SHA256 >"$work/found"
    if [ "$(cat "$work/found")" = missing ]; then
        if [ "$CLUSTER_FILE" != none ]; then
            say "$machine: uploading $(basename "$CLUSTER_FILE")"
            upload "$machine" "$CLUSTER_FILE" release.tar.gz
        else
            do_on "$machine" download_release CLUSTER_URL
        fi
        do_on "$machine" unpack_release CLUSTER_VERSION CLUSTER_SHA256
    fi
    do_on "$machine" stage_settings CLUSTER_VERSION CLUSTER_SHA256 CLUSTER_PROPERTIES CLUSTER_OVERRIDE
    say "$machine: staged $CLUSTER_VERSION"
}

stage_secrets() {
    only_machine
    do_on "$machine" stage_secrets CLUSTER_FINGERPRINT CLUSTER_JWT_KEY CLUSTER_JWT_KEY_ADDITIONAL CLUSTER_SECRET CLUSTER_OPERATOR_TOKEN \
        CLUSTER_BROKER_URL
}

# The nodes are changed one after the other. Nodes that serve no clients come first, because a change of them costs nothing; then the canary;
# then the others, by name. A node that serves clients is drained only while all others that are installed are ready. A node that is not ready in time
# gets its former state back, and the roll ends.
roll() {
    done_nodes=
    for node in $(names); do
        wanted=$(printf '%s\n' "$CLUSTER_FINGERPRINTS" | awk -v name="$node" '$1 == name { print $2 }')
        status=0
        state=$(on "$node" node_state CLUSTER_ADMIN_PORT) || status=$?
        [ $status -ne 255 ] || { say 'no node was changed.' && unreachable "$node"; }
        [ $status -eq 0 ] || { cat "$work/errors" >&2 && die "$node: its state is unknown; no node was changed"; }
        printf '%s %s %s\n' "$node" "$wanted" "$state" >>"$work/states"
    done
    : >"$work/order"
    awk '$4 != "ready" { print $1 }' "$work/states" >>"$work/order"
    awk -v canary="$CLUSTER_CANARY" '$2 != $3 && $4 == "ready" && $1 == canary { print $1 }' "$work/states" >>"$work/order"
    awk -v canary="$CLUSTER_CANARY" '$2 != $3 && $4 == "ready" && $1 != canary { print $1 }' "$work/states" >>"$work/order"
    while read -r node <&3; do
        left=$(awk -v node="$node" 'found { printf " %s", $1 } $1 == node { found = 1 }' "$work/order")
        change "$node" 3<&-
        done_nodes="$done_nodes $node"
    done 3<"$work/order"
    say "rolled:${done_nodes:- nothing to do}"
}

# change NODE: activates what is staged on it.
change() {
    if awk -v node="$1" '$1 == node { exit $4 == "ready" ? 0 : 1 }' "$work/states"; then
        for other in $(awk -v node="$1" '$1 != node && $3 != "none" { print $1 }' "$work/states"); do
            status=0
            on "$other" is_ready CLUSTER_ADMIN_PORT >/dev/null || status=$?
            [ $status -eq 0 ] || stopped "$1" "$other is not ready, so $1 was not drained"
        done
        say "$1: drains, then starts anew"
    else
        say "$1: starts"
    fi
    started=$(date +%s)
    CLUSTER_FINGERPRINT=$(awk -v node="$1" '$1 == node { print $2 }' "$work/states")
    status=0
    on "$1" activate CLUSTER_FINGERPRINT CLUSTER_ADMIN_PORT CLUSTER_READY_TIMEOUT || status=$?
    if [ $status -eq 255 ]; then
        stopped "$1" "the connection to $1 was lost: $(reason)"
    elif [ $status -ne 0 ]; then
        cat "$work/errors" >&2
        stopped "$1" "$1 did not become ready"
    fi
    # Installed from now on.
    awk -v node="$1" '$1 == node { $3 = $2; $4 = "changed" } { print }' "$work/states" >"$work/states.new"
    mv "$work/states.new" "$work/states"
    say "$1: ready after $(($(date +%s) - started)) s"
    if [ "$1" = "$CLUSTER_CANARY" ] && [ "$CLUSTER_CANARY_SECONDS" -gt 0 ]; then
        watch_canary "$1"
    fi
}

# stopped NODE WHY: ends the roll, and says how far it came.
stopped() {
    printf 'carillon: the roll stopped at %s: %s.\n  changed:%s\n  not touched:%s\nAfter a correction, repeat terraform apply: it continues here.\n' \
        "$1" "$2" "${done_nodes:- none}" "${left:- none}" >&2
    exit 1
}

# Compares the canary with the other nodes that serve, over a time.
watch_canary() {
    others=$(awk -v canary="$1" '$1 != canary && $4 == "ready" { printf "%s ", $1 }' "$work/states")
    if [ -z "$others" ]; then
        say "$1: no other node serves: nothing to compare"
        return
    fi
    for each in $1 $others; do
        sample "$each" before
    done
    say "$1: compared with $others for $CLUSTER_CANARY_SECONDS s"
    until_time=$(($(date +%s) + CLUSTER_CANARY_SECONDS))
    while [ "$(date +%s)" -lt $until_time ]; do
        sleep 1
        status=0
        on "$1" is_ready CLUSTER_ADMIN_PORT >/dev/null || status=$?
        [ $status -eq 0 ] || refuse_canary "$1" 'is no longer ready'
    done
    for each in $1 $others; do
        sample "$each" after
    done
    # shellcheck disable=SC2086 # words
    verdict=$(compare "$1" $others) || refuse_canary "$1" "$verdict"
    say "$1: $verdict"
}

sample() {
    status=0
    on "$1" metrics CLUSTER_ADMIN_PORT >"$work/$2.$1" || status=$?
    [ $status -eq 0 ] || refuse_canary "$CLUSTER_CANARY" "could not be compared, as $1 has no metrics: $(reason)"
}

refuse_canary() {
    status=0
    on "$1" restore CLUSTER_ADMIN_PORT CLUSTER_READY_TIMEOUT || status=$?
    if [ $status -eq 0 ]; then
        stopped "$1" "the canary $2; its former state is restored"
    fi
    stopped "$1" "the canary $2; its former state could not be restored: $(reason)"
}

# compare CANARY OTHER...: prints the figures. Fails if the canary is worse than the limits allow.
compare() {
    for each; do
        awk -v node="$each" '
            function bound(line) {
                match(line, /le="[^"]*"/)
                line = substr(line, RSTART + 4, RLENGTH - 5)
                return line == "+Inf" ? 1e9 : line + 0
            }
            /^#/ { next }
            { value = $NF; key = substr($0, 1, length($0) - length($NF) - 1) }
            FNR == NR { before[key] = value; next }
            key ~ /^carillon_requests_total/ {
                all += value - before[key]
                if (key ~ /status="5/) errors += value - before[key]
            }
            key ~ /^carillon_delivery_seconds_bucket/ { buckets[bound(key)] += value - before[key] }
            key ~ /^carillon_process_rss_bytes/ { rss = value }
            END {
                # As histogram_quantile of Prometheus: linear within the bucket; beyond the last bound, that bound.
                total = buckets[1e9]
                p99 = -1
                if (total > 0) {
                    upper = 1e9
                    for (le in buckets) if (buckets[le] >= total * 0.99 && le + 0 < upper) upper = le + 0
                    lower = 0
                    for (le in buckets) if (le + 0 < upper && le + 0 > lower) lower = le + 0
                    below = lower > 0 ? buckets[lower ""] : 0
                    p99 = upper == 1e9 ? lower : lower + (upper - lower) * (total * 0.99 - below) / (buckets[upper ""] - below)
                }
                printf "%s %d %d %.6f %d\n", node, all, errors, p99, rss
            }' "$work/before.$each" "$work/after.$each"
    done | awk -v limits="$CLUSTER_CANARY_LIMITS" '
        NR == 1 { all = $2; errors = $3; p99 = $4; rss = $5; next }
        {
            others_all += $2; others_errors += $3
            if ($4 > others_p99) others_p99 = $4
            if ($5 > others_rss) others_rss = $5
        }
        END {
            split(limits, limit, " ")
            share = all > 0 ? errors / all : 0
            others_share = others_all > 0 ? others_errors / others_all : 0
            text = sprintf("5xx %.2f %% (others %.2f %%), p99 ", share * 100, others_share * 100)
            if (p99 < 0) text = text "not compared, as no event was delivered at the canary"
            else if (others_p99 <= 0) text = text "not compared, as no event was delivered at the others"
            else text = text sprintf("%.1f ms (others %.1f ms)", p99 * 1000, others_p99 * 1000)
            text = text sprintf(", RSS %.0f MB (others %.0f MB)", rss / 1e6, others_rss / 1e6)
            bad = ""
            if (share > others_share + limit[1]) bad = bad " has too many errors;"
            if (p99 > 0 && others_p99 > 0 && p99 > others_p99 * limit[2] && p99 > others_p99 + 0.02) bad = bad " is too slow;"
            if (rss > others_rss * limit[3]) bad = bad " takes too much memory;"
            if (bad != "") { sub(/^ /, "", bad); print bad, text; exit 1 }
            print text
        }'
}

configure_proxy() {
    proxy=$(names | head -n 1)
    CLUSTER_ADDRESS=$(field "$proxy" 6)
    nodes=$(names | sed 1d)
    node=$(printf '%s\n' "$nodes" | head -n 1)
    do_on "$proxy" proxy_version CLUSTER_KIND >"$work/version"
    CLUSTER_OPTIONS="$CLUSTER_KIND $CLUSTER_OPTIONS"
    # Caddy has more from 2.11 on.
    if [ "$CLUSTER_KIND" = caddy ] && awk -F . '{ exit !($1 > 2 || $1 == 2 && $2 >= 11) }' "$work/version"; then
        CLUSTER_OPTIONS="$CLUSTER_OPTIONS --proxy-version 2.11"
    fi
    do_on "$node" proxy_file CLUSTER_OPTIONS >"$work/file"
    CLUSTER_CONFIG=$(cat "$work/file")
    do_on "$proxy" configure_proxy CLUSTER_KIND CLUSTER_CONFIG CLUSTER_PORT CLUSTER_SECURE CLUSTER_MAX_CONNECTIONS
}

# All nodes must be ready, and each must reach all others.
check() {
    CLUSTER_COUNT=$(names | wc -l | tr -d ' ')
    for node in $(names); do
        do_on "$node" check_node CLUSTER_ADMIN_PORT CLUSTER_READY_TIMEOUT CLUSTER_COUNT
    done
    say "ready: $(names | tr '\n' ' ')"
}

# remove FUNCTION [VARIABLE...]: a machine that does not exist any more is named in CARILLON_LOST.
remove() {
    only_machine
    case ",${CARILLON_LOST-}," in
        *",$machine,"*)
            say "$machine: not touched, because CARILLON_LOST names it"
            return
            ;;
    esac
    status=0
    on "$machine" "$@" || status=$?
    if [ $status -eq 255 ]; then
        (unreachable "$machine") || true
        die "$machine: nothing was removed. If the machine does not exist any more: CARILLON_LOST=$machine terraform apply"
    elif [ $status -ne 0 ]; then
        cat "$work/errors" >&2
        exit 1
    fi
}

configure_ssh
case $1 in
    install-package) install_package ;;
    configure-broker) configure_broker ;;
    stage-node) stage_node ;;
    stage-secrets) stage_secrets ;;
    roll) roll ;;
    configure-proxy) configure_proxy ;;
    check) check ;;
    remove-broker) remove remove_broker CLUSTER_KEEP_DATA ;;
    remove-node) remove remove_node ;;
    remove-proxy) remove remove_proxy CLUSTER_KIND ;;
    *) die "$1: unknown step" ;;
esac
