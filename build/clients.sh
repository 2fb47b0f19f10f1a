# Builds the third-party clients that are not npm packages, one program per language, from cli/src/test/clients. Part of the root script, with
# servers.sh, which defines install_packages and CLIENTS.
# shellcheck shell=sh disable=SC2154 # root, cache, CLIENTS: assigned by the others

clients_source=$root/cli/src/test/clients

# Builds each program again only if its files changed. If one cannot be built, its tests are skipped and the closing lines say so.
build_clients() {
    build_clients_in go go 'golang-go' go/go.mod go/go.sum go/main.go go/websocket.go
    build_clients_in rust cargo 'cargo' rust/Cargo.toml rust/src/main.rs rust/src/websocket.rs
    build_clients_in python python3 'python3 python3-venv' python/requirements.txt
    build_clients_in php php 'php-cli php-curl php-symfony-http-client' php/client.php
    build_clients_in shell wget 'wget' sh/client.sh
}

# As build_clients, but beside what follows, with a low priority: the clients are needed by the last tests only. Those wait until the file "building"
# is gone.
begin_clients() {
    rm -f "$cache/clients.missing"
    : >"$CLIENTS/building"
    (
        trap - EXIT INT TERM
        missing_lines=
        build_clients
        printf '%s' "$missing_lines" >"$cache/clients.missing"
        rm -f "$CLIENTS/building"
    ) &
    clients_process=$!
    renice -n 10 -p $clients_process >/dev/null 2>&1 || true
}

# Waits for begin_clients, and adds its closing lines.
end_clients() {
    wait $clients_process || true
    rm -f "$CLIENTS/building"
    [ ! -s "$cache/clients.missing" ] || missing_lines="${missing_lines-}$(cat "$cache/clients.missing")
"
    clients_process=
}

# build_clients_in LANGUAGE PROGRAM PACKAGES FILE...
build_clients_in() {
    language=$1 program=$2 packages=$3
    shift 3
    complete=$CLIENTS/$language.complete
    ! (cd "$clients_source" && cat "$@") | cmp -s - "$complete" || return 0
    # shellcheck disable=SC2086 # packages are words
    command -v "$program" >/dev/null || install_packages $packages
    if ! command -v "$program" >/dev/null; then
        lacks_clients "$language" "no $program: install the packages $packages"
        return
    fi
    say "building the clients that the tests run with $program ..."
    if "clients_by_$language" >>"$cache/servers.log" 2>&1 </dev/null; then
        (cd "$clients_source" && cat "$@") >"$complete"
    else
        lacks_clients "$language" "$program cannot build them; see $cache/servers.log"
    fi
}

# Also adds a line to the closing lines of the tests.
lacks_clients() {
    say "not run: clients in $1 ($2)"
    missing_lines="${missing_lines-}not run: clients in $1 ($2)
"
}

clients_by_go() {
    (cd "$clients_source/go" && CGO_ENABLED=0 go build -o "$CLIENTS/go-clients" .)
}

# Builds a copy, because cargo writes a lock file beside the sources.
clients_by_rust() {
    mkdir -p "$CLIENTS/rust"
    cp -R "$clients_source/rust/." "$CLIENTS/rust"
    (cd "$CLIENTS/rust" && CARGO_TARGET_DIR=target cargo build) &&
        cp "$CLIENTS/rust/target/debug/carillon-test-clients" "$CLIENTS/rust-clients"
}

clients_by_python() {
    rm -rf "$CLIENTS/python"
    python3 -m venv "$CLIENTS/python" || {
        install_packages python3-venv
        python3 -m venv "$CLIENTS/python" || return
    }
    "$CLIENTS/python/bin/pip" install --disable-pip-version-check -r "$clients_source/python/requirements.txt"
}

# Nothing to build: checks that the extensions are installed.
clients_by_php() {
    php -r 'exit(extension_loaded("curl") && (@include "Symfony/Component/HttpClient/autoload.php") ? 0 : 1);' || {
        install_packages php-curl php-symfony-http-client
        php -r 'exit(extension_loaded("curl") && (@include "Symfony/Component/HttpClient/autoload.php") ? 0 : 1);'
    }
}

clients_by_shell() {
    :
}
