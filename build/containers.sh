# Finds or starts a container engine for the full tests, and makes the root file systems that they run. Part of the root script, with servers.sh, which
# defines say, is_missing, install_packages and find_program.
# shellcheck shell=sh disable=SC2154 # root, cache: assigned by the others

images=$cache/images
engine_service=
public_base=debian:bookworm-slim
debian_release=bookworm

# Tests with the tag containers need an engine: Docker if it answers, otherwise podman, whose service is started for this run. Those with the tag machines
# need podman as root, as systemd runs in their containers.
find_engine() {
    mkdir -p "$images"
    CONTAINER_IMAGES=$images
    export CONTAINER_IMAGES
    if [ -z "${CONTAINER_ENGINE-}" ] && command -v docker >/dev/null && docker info >/dev/null 2>&1; then
        CONTAINER_ENGINE=$(command -v docker)
    fi
    case ${CONTAINER_ENGINE-} in
        '' | *podman)
            find_podman || {
                is_missing containers "$podman_why"
                is_missing machines "$podman_why"
                return
            }
            CONTAINER_ENGINE=${CONTAINER_ENGINE:-$(command -v podman)}
            start_podman_service || {
                is_missing containers "podman's service does not start; see $cache/servers.log"
                return
            }
            ;;
        *) find_podman || true ;;
    esac
    export CONTAINER_ENGINE
    say "containers $(program_version "$CONTAINER_ENGINE"): $CONTAINER_ENGINE"
    find_base || is_missing containers "$public_base cannot be pulled, and debootstrap makes no base image; see $cache/servers.log"
    if [ -n "$podman_why" ]; then
        is_missing machines "$podman_why"
    elif ! find_machines; then
        is_missing machines "debootstrap makes no machine; see $cache/servers.log"
    fi
}

# Sets podman_why if podman cannot run containers as root.
find_podman() {
    podman_why=
    if [ "$(id -u)" -ne 0 ]; then
        podman_why='podman is needed as root, with addresses that this machine reaches: run the tests as root'
        return 1
    fi
    # podman alone has crun, which fails with the control groups and limits of some machines.
    command -v podman >/dev/null && { [ -d /run/systemd/system ] || command -v runc >/dev/null; } \
        || install_packages podman runc conmon netavark aardvark-dns iptables catatonit buildah debootstrap
    command -v podman >/dev/null || {
        podman_why='no podman: install the packages podman and netavark'
        return 1
    }
    # Without systemd and with hybrid control groups the defaults of podman do not work.
    if [ -z "${CONTAINERS_CONF-}" ] && [ ! -e /etc/containers/containers.conf ] && [ ! -d /run/systemd/system ] && command -v runc >/dev/null; then
        CONTAINERS_CONF=$cache/containers.conf
        printf '[containers]\ndefault_ulimits = []\n[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\n' >"$CONTAINERS_CONF"
        export CONTAINERS_CONF
    fi
}

# Starts podman's service for Testcontainers. It ends with this process, even if that is killed.
start_podman_service() {
    socket=$cache/podman.sock
    rm -f "$socket"
    (
        exec 9>&-
        podman system service --time=0 "unix://$socket" >>"$cache/servers.log" 2>&1 </dev/null &
        service=$!
        trap 'kill $service 2>/dev/null' EXIT
        trap 'exit 143' TERM
        while kill -0 $$ 2>/dev/null && kill -0 $service 2>/dev/null; do
            sleep 1
        done
    ) &
    engine_service=$!
    tries=100
    until [ -S "$socket" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] && kill -0 $engine_service 2>/dev/null || return 1
        sleep 0.1
    done
    DOCKER_HOST=unix://$socket
    # Ryuk, which removes what a killed test leaves, is an image of a registry.
    TESTCONTAINERS_RYUK_DISABLED=true
    TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
    export DOCKER_HOST TESTCONTAINERS_RYUK_DISABLED TESTCONTAINERS_HOST_OVERRIDE
}

stop_engine() {
    [ -z "$engine_service" ] || kill "$engine_service" 2>/dev/null || true
    engine_service=
}

# The base of the product's image: the public one if it can be pulled.
find_base() {
    [ ! -e "$images/base.tar" ] || return 0
    if "$CONTAINER_ENGINE" image inspect "$public_base" >/dev/null 2>&1 ||
        "$CONTAINER_ENGINE" pull -q "$public_base" >>"$cache/servers.log" 2>&1; then
        return 0
    fi
    say "$public_base cannot be pulled: making a base image with debootstrap ..."
    make_base "$images/base.tar"
}

# A minimal Debian without documentation and package lists, as the public slim images.
make_base() {
    debootstrapped "$1" '' 'rm -rf usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/lintian'
}

# Whole machines: one with systemd and nothing else, the same with Debian's Redis and HAProxy, which are not enabled, and one with an SSH server and sudo,
# beside it the packages that it needs for Redis, HAProxy or Caddy.
find_machines() {
    command -v debootstrap >/dev/null || install_packages debootstrap
    [ -e "$images/machine.tar" ] || {
        say 'making a machine with debootstrap ...'
        debootstrapped "$images/machine.tar" systemd,systemd-sysv,dbus,iproute2 || return 1
    }
    [ -e "$images/services.tar" ] || {
        say 'making a machine with Redis and HAProxy with debootstrap ...'
        debootstrapped "$images/services.tar" systemd,systemd-sysv,dbus,iproute2,redis-server,haproxy || return 1
    }
    [ -e "$images/remote.tar" ] || {
        say 'making a machine with an SSH server with debootstrap ...'
        # shellcheck disable=SC2016 # expanded by debootstrapped
        debootstrapped "$images/remote.tar" systemd,systemd-sysv,dbus,iproute2,openssh-server,sudo 'download_packages redis-server haproxy caddy' || return 1
    }
}

# download_packages NAME...: for each package, a folder with it and all that it needs beyond the root file system in this folder.
download_packages() {
    chroot . apt-get -q update || return 1
    for package; do
        into=$images/packages/$package
        rm -rf "$into"
        mkdir -p "$into"
        chroot . apt-get -q -y --no-install-recommends --download-only install "$package" && mv var/cache/apt/archives/*.deb "$into" || return 1
    done
    rm -rf var/lib/apt/lists/*
}

# debootstrapped ARCHIVE PACKAGES [COMMAND]: an archive of a minimal Debian with these packages, on which the command was run.
debootstrapped() {
    command -v debootstrap >/dev/null || install_packages debootstrap
    command -v debootstrap >/dev/null || return 1
    folder=$(mktemp -d "$images/root.XXXXXX")
    status=0
    {
        debootstrap --variant=minbase ${2:+"--include=$2"} "$debian_release" "$folder" &&
            (cd "$folder" && rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/* && eval "${3-}") &&
            tar -C "$folder" --one-file-system -cf "$1.new" . && mv "$1.new" "$1"
    } >>"$cache/servers.log" 2>&1 </dev/null || status=1
    rm -rf "$folder"
    return $status
}
