# Finds or gets the servers, the browser and the other clients that the tests run on. Part of the root script, which defines cache, say and die.
# shellcheck shell=sh disable=SC2154 # root, cache, mvn: assigned by the others

redis_wanted=7.0
nats_wanted=2.10
nats_to_get=2.10.27
nodejs_wanted=18.0

# Prints the version of the server program $1: the first number with dots that it names.
server_version() {
    "$1" --version 2>/dev/null | sed -n 's/[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*\).*/\1/p' | head -n 1
}

# server_fits PROGRAM WANTED: whether it is there and not older.
server_fits() {
    [ -x "$1" ] || return 1
    version=$(server_version "$1")
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    [ -n "$version" ] || return 1
    [ "$major" -gt "${2%.*}" ] || { [ "$major" -eq "${2%.*}" ] && [ "$minor" -ge "${2#*.}" ]; }
}

# server_on_path NAME: prints where it is; the folders of system programs count too.
server_on_path() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1" || true
}

# apt_get ARGUMENT...: asks nothing; output goes to the log.
apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$cache/servers.log" 2>&1 </dev/null
}

# Sets REDIS_SERVER, or ends.
find_redis() {
    if [ -n "${REDIS_SERVER-}" ]; then
        server_fits "$REDIS_SERVER" $redis_wanted ||
            die 1 "REDIS_SERVER: $REDIS_SERVER: must be a redis-server $redis_wanted or newer"
    else
        REDIS_SERVER=$(server_on_path redis-server)
        if ! server_fits "$REDIS_SERVER" $redis_wanted; then
            install_redis
            REDIS_SERVER=$(server_on_path redis-server)
            server_fits "$REDIS_SERVER" $redis_wanted ||
                die 1 "no redis-server $redis_wanted or newer: install one (package redis-server), or set REDIS_SERVER" \
                    "to the program; $cache/servers.log tells what was tried"
        fi
    fi
    export REDIS_SERVER
    say "redis-server $(server_version "$REDIS_SERVER"): $REDIS_SERVER"
}

# The system's package, where we may; its daemon is kept from starting: the tests start their own.
install_redis() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        return
    fi
    say 'no redis-server: installing the package redis-server with apt-get ...'
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        mine=yes
    fi
    apt_get install -y --no-install-recommends redis-server || {
        apt_get update && apt_get install -y --no-install-recommends redis-server
    } || true
    if [ -n "${mine-}" ]; then
        rm -f $policy
        trap - EXIT INT TERM
    fi
}

# Sets CHROMIUM to the browser, or ends.
find_chromium() {
    if [ -n "${CHROMIUM-}" ]; then
        [ -x "$CHROMIUM" ] || die 1 "CHROMIUM: $CHROMIUM: must be a program"
    else
        CHROMIUM=$(chromium_on_path)
        if [ -z "$CHROMIUM" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
            say 'no chromium: installing the package chromium with apt-get ...'
            apt_get install -y --no-install-recommends chromium || {
                apt_get update && apt_get install -y --no-install-recommends chromium
            } || true
            CHROMIUM=$(chromium_on_path)
        fi
        [ -n "$CHROMIUM" ] ||
            die 1 'no chromium: install it (package chromium, or Google Chrome), or set CHROMIUM to the program;' \
                "$cache/servers.log tells what was tried"
    fi
    export CHROMIUM
    say "chromium $(server_version "$CHROMIUM"): $CHROMIUM"
}

chromium_on_path() {
    for name in chromium chromium-browser google-chrome; do
        if program=$(command -v $name); then
            printf '%s\n' "$program"
            return
        fi
    done
}

# install_packages NAME...: the system's packages, where we may.
install_packages() {
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        say "no $1: installing $* with apt-get ..."
        apt_get install -y --no-install-recommends "$@" || {
            apt_get update && apt_get install -y --no-install-recommends "$@"
        } || true
    fi
}

# Sets CURL, or ends.
find_curl() {
    if [ -n "${CURL-}" ]; then
        [ -x "$CURL" ] || die 1 "CURL: $CURL: must be a program"
    else
        CURL=$(server_on_path curl)
        if [ -z "$CURL" ]; then
            install_packages curl
            CURL=$(server_on_path curl)
        fi
        [ -n "$CURL" ] ||
            die 1 "no curl: install it (package curl), or set CURL to the program; $cache/servers.log tells what was tried"
    fi
    export CURL
    say "curl $(server_version "$CURL"): $CURL"
}

# Sets NODEJS, and CLIENTS to the folder with the clients that it runs, or ends.
find_clients() {
    if [ -n "${NODEJS-}" ]; then
        server_fits "$NODEJS" $nodejs_wanted || die 1 "NODEJS: $NODEJS: must be a Node.js $nodejs_wanted or newer"
    else
        NODEJS=$(server_on_path node)
        if ! server_fits "$NODEJS" $nodejs_wanted; then
            install_packages nodejs npm
            NODEJS=$(server_on_path node)
            server_fits "$NODEJS" $nodejs_wanted ||
                die 1 "no Node.js $nodejs_wanted or newer: install it (packages nodejs and npm), or set NODEJS to the program;" \
                    "$cache/servers.log tells what was tried"
        fi
    fi
    CLIENTS=$cache/clients
    wanted=$root/cli/src/test/npm
    if ! cmp -s "$wanted/package-lock.json" "$CLIENTS/complete.json"; then
        [ -n "$(server_on_path npm)" ] || install_packages npm
        say 'getting the clients that the tests run with npm ...'
        mkdir -p "$CLIENTS"
        cp "$wanted/package.json" "$wanted/package-lock.json" "$CLIENTS"
        # Exactly what the lock file names, by version and digest; nothing of it runs here.
        (cd "$CLIENTS" && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline) \
            >>"$cache/servers.log" 2>&1 </dev/null ||
            die 1 "npm cannot get the clients that $wanted/package-lock.json names; $cache/servers.log tells why"
        cp "$wanted/package-lock.json" "$CLIENTS/complete.json"
    fi
    export NODEJS CLIENTS
    build_clients
    say "node $(server_version "$NODEJS"): $NODEJS"
}

# Sets NATS_SERVER, or ends.
find_nats() {
    if [ -n "${NATS_SERVER-}" ]; then
        server_fits "$NATS_SERVER" $nats_wanted ||
            die 1 "NATS_SERVER: $NATS_SERVER: must be a nats-server $nats_wanted or newer"
    else
        NATS_SERVER=$(server_on_path nats-server)
        if ! server_fits "$NATS_SERVER" $nats_wanted; then
            NATS_SERVER=$cache/servers/nats-server
            server_fits "$NATS_SERVER" $nats_wanted || nats_by_go || nats_by_apt ||
                die 1 "no nats-server $nats_wanted or newer: install one, or Go 1.23 or newer by which it can be built" \
                    "here, or set NATS_SERVER to the program; $cache/servers.log tells what was tried"
        fi
    fi
    export NATS_SERVER
    say "nats-server $(server_version "$NATS_SERVER"): $NATS_SERVER"
}

nats_by_go() {
    command -v go >/dev/null || return 1
    say "no nats-server $nats_wanted or newer: building $nats_to_get with Go ..."
    GOBIN=$cache/servers CGO_ENABLED=0 go install "github.com/nats-io/nats-server/v2@v$nats_to_get" \
        >>"$cache/servers.log" 2>&1 </dev/null || return 1
    server_fits "$NATS_SERVER" $nats_wanted
}

# The package of this release of the system or, where that is too old, of the next; unpacked here, not installed.
nats_by_apt() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    case $release in
        bullseye | bookworm) next=trixie ;;
        *) next=$release ;;
    esac
    say "no nats-server $nats_wanted or newer: fetching the package of $next ..."
    work=$(mktemp -d)
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/sources" "$cache/servers"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        if [ -r "$file" ]; then
            sed "s/$release/$next/g" "$file" >"$work/sources/$(basename "$file")"
        fi
    done
    set -- -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/sources" \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o APT::Default-Release= \
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o APT::Sandbox::User=
    # Other sources of the machine may know no next release: only the package counts.
    apt_get "$@" update || true
    if (cd "$work" && apt_get "$@" download nats-server && dpkg -x nats-server_*.deb "$work/root"); then
        cp "$work/root/usr/sbin/nats-server" "$NATS_SERVER" || cp "$work/root/usr/bin/nats-server" "$NATS_SERVER"
    fi
    rm -rf "$work"
    server_fits "$NATS_SERVER" $nats_wanted
}

# find_servers_of_command COMMAND OPTION...: those that its options ask for.
find_servers_of_command() {
    redis=yes
    nats=yes
    case " $* " in
        *' --help '* | *' -h '*) return ;;
        *' --broker nats '* | *' --broker=nats '*) redis=no ;;
        *' --broker redis '* | *' --broker=redis '*) nats=no ;;
        *' --broker memory '* | *' --broker=memory '*) return ;;
        *' --quick '*) nats=no ;;
    esac
    mkdir -p "$cache"
    : >"$cache/servers.log"
    [ $redis = no ] || find_redis
    [ $nats = no ] || find_nats
}
