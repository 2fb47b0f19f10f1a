# Builds the third-party clients that are not npm packages, one program per language, from cli/src/test/clients. Part of the root script, with
# servers.sh, which defines install_packages and CLIENTS.
# shellcheck shell=sh disable=SC2154 # root, cache, CLIENTS: assigned by the others

clients_source=$root/cli/src/test/clients

# Installs what the builds need. Not beside the tests: these may need a package, too.
find_client_builders() {
    clients_wanted=yes
    compilers=
    [ "${full-false}" = false ] || compilers='go:golang-go cargo:cargo'
    for builder in $compilers python3:python3 php:php-cli ruby:ruby openssl:openssl wget:wget; do
        command -v "${builder%:*}" >/dev/null || install_packages "${builder#*:}"
    done
    [ -d "$CLIENTS/python" ] || ! command -v python3 >/dev/null || make_venv "$CLIENTS/python" || true
    ! command -v php >/dev/null || has_php_clients || install_packages php-curl php-symfony-http-client
}

# Builds each program again only if its files changed; those in compiled languages take minutes, and are part of the full tests. If one cannot be built, its tests are skipped and the closing lines say so.
build_clients() {
    if [ "${full-false}" = true ]; then
        build_clients_in go go go/go.mod go/go.sum go/main.go go/websocket.go
        build_clients_in rust cargo rust/Cargo.toml rust/src/main.rs rust/src/websocket.rs
    fi
    build_clients_in python python3 python/requirements.txt
    build_clients_in php php php/client.php
    build_clients_in shell wget sh/client.sh
    for snippets in ruby:ruby shell:openssl; do # of examples/snippets; their other languages are above
        command -v "${snippets#*:}" >/dev/null || lacks_clients "${snippets%:*}" "no ${snippets#*:} on the PATH"
    done
}

# As build_clients, but beside what follows, with a low priority: the clients are needed by the last tests only. Those wait while the process in the file
# "building" lives. Call it with the lock of the build: the process holds it, too, so that two of them never run at once.
begin_clients() {
    rm -f "$cache/clients.missing"
    (
        trap - EXIT INT TERM
        missing_lines=
        build_clients
        printf '%s' "$missing_lines" >"$cache/clients.missing"
    ) &
    clients_process=$!
    echo $clients_process >"$CLIENTS/building"
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

# build_clients_in LANGUAGE PROGRAM FILE...
build_clients_in() {
    language=$1 program=$2
    shift 2
    complete=$CLIENTS/$language.complete
    ! (cd "$clients_source" && cat "$@") | cmp -s - "$complete" || return 0
    if ! command -v "$program" >/dev/null; then
        lacks_clients "$language" "no $program on the PATH"
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
    python3 -m venv "$CLIENTS/python" && "$CLIENTS/python/bin/pip" install --disable-pip-version-check -r "$clients_source/python/requirements.txt"
}

# Nothing to build: checks that the extensions are installed.
clients_by_php() {
    has_php_clients
}

has_php_clients() {
    php -r 'exit(extension_loaded("curl") && (@include "Symfony/Component/HttpClient/autoload.php") ? 0 : 1);'
}

clients_by_shell() {
    :
}
