# Finds or gets the servers, the browser and the other programs that the tests run on. Part of the root script, which defines root, cache, say
# and die. For one more program: a line in find_programs, whose tag the tests that need it have (@Tag).
# shellcheck shell=sh disable=SC2154 # root, cache, mvn: assigned by the others

redis_wanted=7.0
nats_wanted=2.10
nats_to_get=2.10.27
nodejs_wanted=18.0

# Tags of the programs that are not there, and a line for each that says why.
missing_tags=
missing_lines=

# find_program TAG VARIABLE WANTED PROGRAMS PACKAGES: sets and exports VARIABLE to the first of PROGRAMS that is not older than WANTED ("any":
# whichever). A program that VARIABLE names already must be such a one. Where none is found, installs PACKAGES; fails where there is none then.
find_program() {
    tag=$1 variable=$2 wanted=$3 programs=$4 packages=$5
    eval "program=\${$variable-}"
    if [ -n "$program" ]; then
        program_fits "$program" "$wanted" || die 1 "$variable: $program: must be $(program_wanted "$programs" "$wanted")"
    elif ! program_on_path "$programs" "$wanted"; then
        # shellcheck disable=SC2086 # packages are words
        [ -z "$packages" ] || install_packages $packages
        program_on_path "$programs" "$wanted" || {
            is_missing "$tag" "no $(program_wanted "$programs" "$wanted" | sed 's/^an* //'): install it${packages:+ (package ${packages%% *})}, or set $variable"
            return 1
        }
    fi
    eval "$variable=\$program"
    export "${variable?}"
    say "$tag $(program_version "$program"): $program"
}

program_wanted() {
    if [ "$2" = any ]; then
        printf 'a program %s\n' "${1%% *}"
    else
        printf 'a %s %s or newer\n' "${1%% *}" "$2"
    fi
}

# Sets program to the first of the programs $1 that fits the version $2; the folders of system programs count too.
program_on_path() {
    for name in $1; do
        program=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$name") || continue
        ! program_fits "$program" "$2" || return 0
    done
    program=
    return 1
}

# program_fits PROGRAM WANTED: whether it is there and not older.
program_fits() {
    [ -x "$1" ] || return 1
    [ "$2" != any ] || return 0
    version=$(program_version "$1")
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    [ -n "$version" ] || return 1
    [ "$major" -gt "${2%.*}" ] || { [ "$major" -eq "${2%.*}" ] && [ "$minor" -ge "${2#*.}" ]; }
}

# Prints the version of the program $1: the first number with dots that it names.
program_version() {
    { "$1" --version || "$1" version || "$1" -v; } 2>&1 </dev/null |
        sed -n 's/[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*\).*/\1/p' | head -n 1
}

# is_missing TAG WHY: remembers it for those who go on without.
is_missing() {
    missing_tags="$missing_tags $1"
    missing_why=$2
    missing_lines="${missing_lines}not run: $1 ($2)
"
}

# install_packages NAME...: the system's packages, where we may; their daemons are kept from starting: the tests start their own.
install_packages() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        return
    fi
    say "installing the packages $* with apt-get ..."
    policy=/usr/sbin/policy-rc.d
    mine=
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        mine=yes
    fi
    apt_get install -y --no-install-recommends "$@" || {
        apt_update && apt_get install -y --no-install-recommends "$@"
    } || true
    if [ -n "$mine" ]; then
        rm -f $policy
        trap - EXIT INT TERM
    fi
}

# apt_get ARGUMENT...: asks nothing, and waits while another process installs; output goes to the log.
apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >>"$cache/servers.log" 2>&1 </dev/null
}

# apt_update OPTION...: as apt-get waits for the lock of packages alone, and fails at that of their lists.
apt_update() {
    tries=60
    until apt_get "$@" update; do
        tries=$((tries - 1))
        if [ $tries -eq 0 ] || ! tail -n 5 "$cache/servers.log" | grep -q 'Could not get lock'; then
            return 1
        fi
        sleep 2
    done
}

find_redis() {
    find_program redis REDIS_SERVER $redis_wanted redis-server redis-server
}

find_nats() {
    nats_server=$cache/servers/nats-server
    [ -n "${NATS_SERVER-}" ] || program_on_path nats-server $nats_wanted ||
        program_fits "$nats_server" $nats_wanted || nats_by_go || nats_by_apt || true
    find_program nats NATS_SERVER $nats_wanted "nats-server $nats_server" ''
}

nats_by_go() {
    command -v go >/dev/null || return 1
    say "no nats-server $nats_wanted or newer: building $nats_to_get with Go ..."
    GOBIN=$cache/servers CGO_ENABLED=0 go install "github.com/nats-io/nats-server/v2@v$nats_to_get" \
        >>"$cache/servers.log" 2>&1 </dev/null || return 1
    program_fits "$nats_server" $nats_wanted
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
    apt_update "$@" || true
    if (cd "$work" && apt_get "$@" download nats-server && dpkg -x nats-server_*.deb "$work/root"); then
        cp "$work/root/usr/sbin/nats-server" "$nats_server" || cp "$work/root/usr/bin/nats-server" "$nats_server"
    fi
    rm -rf "$work"
    program_fits "$nats_server" $nats_wanted
}

# Sets NODEJS, and CLIENTS to the folder with the clients that it runs.
find_clients() {
    find_program clients NODEJS $nodejs_wanted 'node nodejs' 'nodejs npm' || return 1
    wanted=$root/cli/src/test/npm
    ! cmp -s "$wanted/package-lock.json" "$CLIENTS/complete.json" || return 0
    command -v npm >/dev/null || install_packages npm
    say 'getting the clients that the tests run with npm ...'
    cp "$wanted/package.json" "$wanted/package-lock.json" "$CLIENTS"
    # Exactly what the lock file names, by version and digest; nothing of it runs here.
    if (cd "$CLIENTS" && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline) \
        >>"$cache/servers.log" 2>&1 </dev/null; then
        cp "$wanted/package-lock.json" "$CLIENTS/complete.json"
    else
        is_missing clients "npm cannot get what $wanted/package-lock.json names"
        return 1
    fi
}

# Finds every program that the tests need; missing_tags and missing_lines name the missing ones.
find_programs() {
    find_redis || true
    find_nats || true
    find_program chromium CHROMIUM any 'chromium chromium-browser google-chrome' chromium || true
    find_program curl CURL any curl curl || true
    find_program python3 PYTHON any python3 python3 || true
    CLIENTS=$cache/clients
    export CLIENTS
    mkdir -p "$CLIENTS"
    find_clients || true
    build_clients
}

# find_servers_of_command COMMAND OPTION...: those that its options ask for, or ends.
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
    [ $redis = no ] || find_redis || die 1 "$missing_why; $cache/servers.log tells what was tried"
    [ $nats = no ] || find_nats || die 1 "$missing_why; $cache/servers.log tells what was tried"
}
