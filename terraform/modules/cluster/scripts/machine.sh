# Functions that cluster.sh runs on a machine, as root, after assignments of the variables that it names. The machine needs Debian 12 or a relative with
# systemd, and curl, wget or bash.
# shellcheck shell=sh disable=SC2154 # CLUSTER_…, name: assigned by cluster.sh
set -eu
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"

# A machine can have several parts: a node, the broker, the proxy.
folder=/var/lib/carillon-terraform/$name
etc=/etc/carillon
override=/etc/systemd/system/carillon.service.d/terraform.conf
# As in docs/platform.md.
redis_rules='~carillon:* &carillon* -@all +ping +info +time +config|get +client|setname +select +eval +evalsha +script|load +subscribe +unsubscribe +publish +get +mget +set +del +exists +persist +pexpireat +hget +hset +hmget +hdel +hlen +hexists +xadd +xdel +xlen +xrange +xrevrange +xtrim +zadd +zrange +zrem +zremrangebyscore'

say() {
    printf '%s: %s\n' "$name" "$*"
}

die() {
    printf 'carillon: %s: %s\n' "$name" "$*" >&2
    exit 1
}

# One step at a time: that of an interrupted apply may still run.
lock() {
    command -v flock >/dev/null || return 0
    exec 9>/run/carillon-terraform.lock
    flock -w 600 9 || die 'another step of the module has been running here for 10 minutes'
}

prepare_machine() {
    [ "$(id -u)" -eq 0 ] || die "the user $(id -un) is not root: set use_sudo"
    [ -d /run/systemd/system ] || die 'does not run systemd'
    mkdir -p "$(dirname "$folder")"
    mkdir -p -m 700 "$folder"
}

# Where nothing of the module is left, its folder goes, too.
forget() {
    rm -rf "$folder"
    rmdir "$(dirname "$folder")" 2>/dev/null || true
}

# get PATH: prints an answer of the admin port.
get() {
    if command -v curl >/dev/null; then
        curl -s -m 5 "http://127.0.0.1:$CLUSTER_ADMIN_PORT$1"
    elif command -v wget >/dev/null; then
        wget -q -T 5 -O - "http://127.0.0.1:$CLUSTER_ADMIN_PORT$1"
    elif command -v bash >/dev/null; then
        timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" "$1" >&3 && cat <&3' \
            "$CLUSTER_ADMIN_PORT" "$1" 2>/dev/null | sed '1,/^\r*$/d'
    else
        die 'has neither curl nor wget nor bash'
    fi
}

is_ready() {
    get /health/ready 2>/dev/null | grep -q '"status":"\(ok\|degraded\)"'
}

# wait_ready SECONDS
wait_ready() {
    end=$(($(date +%s) + $1))
    until is_ready; do
        [ "$(date +%s)" -lt $end ] || return 1
        case $(systemctl show --property ActiveState --value carillon) in
            failed) return 1 ;;
        esac
        sleep 0.2
    done
}

metrics() {
    get /metrics
}

# The broker and the proxy.

is_installed() {
    dpkg-query -W -f '${Status} ${Version}' "$1" 2>/dev/null | grep -q '^install ok installed'
}

install_package() {
    lock
    if [ "$CLUSTER_INSTALL" = none ]; then
        is_installed "$CLUSTER_PACKAGE" || command -v "$CLUSTER_PACKAGE" >/dev/null || die "$CLUSTER_PACKAGE is not installed, and install is none"
        return
    fi
    command -v apt-get >/dev/null || die 'has no apt-get: set install to none, and install the package yourself'
    wanted=$CLUSTER_PACKAGE
    if is_installed "$CLUSTER_PACKAGE"; then
        [ "$CLUSTER_VERSION" != any ] && [ "$(dpkg-query -W -f '${Version}' "$CLUSTER_PACKAGE")" != "$CLUSTER_VERSION" ] || return 0
    fi
    dpkg-query -W -f '${Package}\n' | sort >"$folder/packages.before"
    if [ "$CLUSTER_INSTALL" = files ]; then
        set --
        for file in $CLUSTER_FILES; do
            case $file in *.deb) ;; *) mv "$folder/$file" "$folder/$file.deb" && file=$file.deb ;; esac
            set -- "$@" "$folder/$file"
        done
        # apt's own user reads the files.
        chmod 755 "$folder" && chmod 644 "$@"
        say "installing $CLUSTER_PACKAGE from files"
    else
        [ "$CLUSTER_VERSION" = any ] || wanted=$CLUSTER_PACKAGE=$CLUSTER_VERSION
        set -- "$wanted"
        say "installing $wanted"
        apt-get -q -o DPkg::Lock::Timeout=300 update >"$folder/apt.log" 2>&1 || die "apt-get update failed: $(tail -n 3 "$folder/apt.log")"
    fi
    status=0
    apt-get -q -y --no-install-recommends --allow-downgrades -o DPkg::Lock::Timeout=300 install "$@" >"$folder/apt.log" 2>&1 || status=$?
    chmod 700 "$folder"
    [ $status -eq 0 ] || die "apt-get install failed: $(grep '^E:' "$folder/apt.log" | tail -n 3)"
    is_installed "$CLUSTER_PACKAGE" || die "$CLUSTER_PACKAGE is not among the installed packages"
    dpkg-query -W -f '${Package}\n' | sort >"$folder/packages.after"
    # What destroy removes.
    comm -13 "$folder/packages.before" "$folder/packages.after" >>"$folder/packages"
    rm -f "$folder"/*.deb
}

# purge: removes the packages that the module installed, but for those that other packages need by now.
purge() {
    [ -s "$folder/packages" ] || return 0
    left=$(sort -u "$folder/packages")
    progress=true
    while [ $progress = true ]; do
        progress=false
        for package in $left; do
            if dpkg --purge "$package" >>"$folder/apt.log" 2>&1; then
                progress=true
                left=$(printf '%s\n' "$left" | grep -vxF "$package" || true)
            fi
        done
    done
}

# put FILE MODE OWNER: writes standard input to a file; fails if the file had the same contents.
put() {
    (umask 077 && cat >"$1.new")
    chown "$3" "$1.new"
    chmod "$2" "$1.new"
    if cmp -s "$1.new" "$1"; then
        mv "$1.new" "$1"
        return 1
    fi
    mv "$1.new" "$1"
}

configure_broker() {
    lock
    conf=/etc/redis/redis.conf
    [ -f $conf ] || die "$conf does not exist"
    changed=false
    {
        printf 'user default off\nuser carillon on'
        for password in $CLUSTER_BROKER_PASSWORDS; do
            printf ' >%s' "$password"
        done
        printf ' %s\n' "$redis_rules"
        # Reads this file again: so that another password needs no restart.
        [ -s "$folder/operator" ] || (umask 077 && head -c 30 /dev/urandom | base64 | tr '+/' '-_' >"$folder/operator")
        printf 'user operator on >%s -@all +ping +acl|load\n' "$(cat "$folder/operator")"
    } | put /etc/redis/carillon.acl 640 redis:redis && reload=true || reload=false
    {
        printf 'bind %s\naclfile /etc/redis/carillon.acl\nappendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\nmaxmemory %s\n' \
            "$CLUSTER_ADDRESS" "$CLUSTER_MAXMEMORY"
    } | put /etc/redis/carillon.conf 644 root:root && changed=true
    if ! grep -q '^include /etc/redis/carillon.conf$' $conf; then
        printf 'include /etc/redis/carillon.conf\n' >>$conf
        changed=true
    fi
    systemctl enable redis-server >/dev/null 2>&1
    if [ $changed = true ] || ! systemctl -q is-active redis-server; then
        systemctl restart redis-server || die "redis-server does not start: $(journalctl --unit redis-server --lines 5 --no-pager --output cat)"
    elif [ $reload = true ]; then
        REDISCLI_AUTH=$(cat "$folder/operator") redis-cli -h "$CLUSTER_ADDRESS" --user operator acl load | grep -q '^OK' || die 'ACL LOAD failed'
    fi
    tries=50
    until REDISCLI_AUTH=${CLUSTER_BROKER_PASSWORDS%% *} redis-cli -h "$CLUSTER_ADDRESS" --user carillon ping 2>/dev/null | grep -q '^PONG'; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || die "redis-server does not answer at $CLUSTER_ADDRESS"
        sleep 0.2
    done
    say 'Redis answers'
}

remove_broker() {
    lock
    [ -d "$folder" ] || return 0
    # Packages remove the data when they are purged.
    if [ "$CLUSTER_KEEP_DATA" = true ] && [ -d /var/lib/redis ]; then
        systemctl stop redis-server >/dev/null 2>&1 || true
        cp -a /var/lib/redis "$folder/redis.kept"
    fi
    systemctl disable --now redis-server >/dev/null 2>&1 || true
    rm -f /etc/redis/carillon.acl /etc/redis/carillon.conf
    [ ! -f /etc/redis/redis.conf ] || sed -i '/^include \/etc\/redis\/carillon.conf$/d' /etc/redis/redis.conf
    purge
    if [ -d "$folder/redis.kept" ]; then
        rm -rf /var/lib/redis
        mv "$folder/redis.kept" /var/lib/redis
        say 'removed; its data is still in /var/lib/redis'
    else
        say 'removed'
    fi
    forget
}

proxy_version() {
    case $CLUSTER_KIND in
        caddy) caddy version ;;
        haproxy) haproxy -v ;;
    esac | sed -n 's/[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*\).*/\1/p' | head -n 1
}

configure_proxy() {
    lock
    case $CLUSTER_KIND in
        haproxy) file=/etc/haproxy/haproxy.cfg check='haproxy -c -q -f' ;;
        caddy) file=/etc/caddy/Caddyfile check='caddy validate --adapter caddyfile --config' ;;
    esac
    mkdir -p "$(dirname $file)" "/etc/systemd/system/$CLUSTER_KIND.service.d"
    [ -e $file.before-carillon ] || [ ! -e $file ] || [ -e "$folder/proxy" ] || cp -p $file $file.before-carillon
    touch "$folder/proxy"
    printf '%s\n' "$CLUSTER_CONFIG" >$file.checked
    # Otherwise systemd runs HAProxy as root.
    [ "$CLUSTER_KIND" != haproxy ] || sed -i '/^global$/a\    user haproxy\n    group haproxy' $file.checked
    # Two descriptors for each client.
    printf '[Service]\nLimitNOFILE=%s\n' $((CLUSTER_MAX_CONNECTIONS * 2 + 1000)) | put "/etc/systemd/system/$CLUSTER_KIND.service.d/carillon.conf" 644 root:root && limits=changed || limits=same
    $check $file.checked >"$folder/check.log" 2>&1 || die "$CLUSTER_KIND refuses the configuration: $(tail -n 5 "$folder/check.log")"
    if cmp -s $file.checked $file; then
        rm $file.checked
        config=same
    else
        mv $file.checked $file
        config=changed
    fi
    systemctl enable "$CLUSTER_KIND" >/dev/null 2>&1
    if [ $limits = changed ] || ! systemctl -q is-active "$CLUSTER_KIND"; then
        systemctl daemon-reload
        systemctl restart "$CLUSTER_KIND" || die "$CLUSTER_KIND does not start: $(journalctl --unit "$CLUSTER_KIND" --lines 5 --no-pager --output cat)"
    elif [ $config = changed ]; then
        systemctl reload "$CLUSTER_KIND" || die "$CLUSTER_KIND does not reload: $(journalctl --unit "$CLUSTER_KIND" --lines 5 --no-pager --output cat)"
    fi
    tries=100
    until proxy_answers; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || die "$CLUSTER_KIND does not answer at port $CLUSTER_PORT"
        sleep 0.2
    done
    say "$CLUSTER_KIND serves port $CLUSTER_PORT"
}

# With TLS it is enough that it listens: the certificate names hosts that this machine may not know.
proxy_answers() {
    systemctl -q is-active "$CLUSTER_KIND" || return 1
    if [ "$CLUSTER_SECURE" = true ]; then
        grep -qi "$(printf ':%04X 0\{8,32\}:0000 0A' "$CLUSTER_PORT")" /proc/net/tcp /proc/net/tcp6
    else
        CLUSTER_ADMIN_PORT=$CLUSTER_PORT get /_health 2>/dev/null | grep -q '"status"'
    fi
}

remove_proxy() {
    lock
    [ -d "$folder" ] || return 0
    case $CLUSTER_KIND in
        haproxy) file=/etc/haproxy/haproxy.cfg ;;
        caddy) file=/etc/caddy/Caddyfile ;;
    esac
    systemctl disable --now "$CLUSTER_KIND" >/dev/null 2>&1 || true
    rm -rf "/etc/systemd/system/$CLUSTER_KIND.service.d" $file.checked
    if [ -e $file.before-carillon ]; then
        mv $file.before-carillon $file
    else
        rm -f $file
    fi
    purge
    systemctl daemon-reload
    forget
    say 'removed'
}

# Nodes.

release_folder() {
    printf '/opt/carillon-%s-%.12s' "$CLUSTER_VERSION" "$CLUSTER_SHA256"
}

find_release() {
    if [ -e /opt/carillon ] && [ ! -e $etc/.terraform ]; then
        die '/opt/carillon exists, and is not of this module: remove that installation first'
    fi
    case $(uname -s) in
        Linux) ;;
        *) die "runs $(uname -s): a node needs Linux" ;;
    esac
    if [ -e "$(release_folder)/.complete" ]; then
        echo present
    else
        echo missing
    fi
}

download_release() {
    lock
    say "downloading $CLUSTER_URL"
    if command -v curl >/dev/null; then
        curl -fsSL -o "$folder/release.tar.gz" "$CLUSTER_URL" || die "$CLUSTER_URL: cannot be downloaded"
    elif command -v wget >/dev/null; then
        wget -q -O "$folder/release.tar.gz" "$CLUSTER_URL" || die "$CLUSTER_URL: cannot be downloaded"
    else
        die 'has neither curl nor wget: set release.file instead of release.url'
    fi
}

unpack_release() {
    lock
    sum=$(sha256sum "$folder/release.tar.gz" | cut -d ' ' -f 1)
    if [ "$sum" != "$CLUSTER_SHA256" ]; then
        rm -f "$folder/release.tar.gz"
        die "the archive has the SHA-256 $sum, and not $CLUSTER_SHA256"
    fi
    into=$(release_folder)
    rm -rf "$into"
    mkdir -p "$into"
    tar -C "$into" --strip-components=1 --no-same-owner -xzf "$folder/release.tar.gz" || die 'the archive cannot be unpacked'
    "$into/bin/carillon" --version >/dev/null 2>&1 || die 'the release does not run here: is it for this processor?'
    touch "$into/.complete"
    rm -f "$folder/release.tar.gz"
}

stage_settings() {
    lock
    mkdir -p $etc
    touch $etc/.terraform
    rm -rf $etc/next
    (umask 077 && mkdir $etc/next)
    printf '%s\n' "$CLUSTER_PROPERTIES" >$etc/next/carillon.properties
    printf '%s\n' "$CLUSTER_OVERRIDE" >$etc/next/override.conf
    release_folder >$etc/next/release
}

# Values are in single quotes: systemd and the shell read such files alike.
stage_secrets() {
    lock
    [ -d $etc/next ] || die 'nothing is staged'
    (
        umask 077
        {
            printf "CARILLON_BROKER='%s'\n" "$CLUSTER_BROKER_URL"
            printf "CARILLON_JWT_KEY='%s'\n" "$CLUSTER_JWT_KEY"
            [ "$CLUSTER_JWT_KEY_ADDITIONAL" = none ] || printf "CARILLON_JWT_KEY_ADDITIONAL='%s'\n" "$CLUSTER_JWT_KEY_ADDITIONAL"
            printf "CARILLON_SECRET='%s'\n" "$CLUSTER_SECRET"
            [ "$CLUSTER_OPERATOR_TOKEN" = none ] || printf "CARILLON_OPERATOR_TOKEN='%s'\n" "$CLUSTER_OPERATOR_TOKEN"
        } >$etc/next/carillon.env
    )
    (
        set -a
        . $etc/next/carillon.env
        set +a
        "$(cat $etc/next/release)/bin/carillon" serve --check-config --config $etc/next/carillon.properties >/dev/null 2>"$folder/check.log"
    ) || die "a setting is wrong: $(tail -n 1 "$folder/check.log")"
    # Last: what is staged is complete.
    printf '%s\n' "$CLUSTER_FINGERPRINT" >$etc/next/fingerprint
}

# Prints the fingerprint that the node runs with, and "ready" or "down".
node_state() {
    if is_ready; then ready=ready; else ready=down; fi
    printf '%s %s\n' "$(cat $etc/fingerprint 2>/dev/null || echo none)" "$ready"
}

# activate: the node runs with what is staged; if it does not become ready, with what it had before.
activate() {
    lock
    changed=false
    if [ "$(cat $etc/fingerprint 2>/dev/null)" = "$CLUSTER_FINGERPRINT" ]; then
        # The step of an interrupted apply may have gone on.
        ! is_ready || return 0
    else
        changed=true
        [ "$(cat $etc/next/fingerprint 2>/dev/null)" = "$CLUSTER_FINGERPRINT" ] || die 'is staged for another apply: repeat terraform apply'
        # Without a fingerprint, an apply was interrupted here: what is saved is still the state before it.
        if [ -e $etc/fingerprint ]; then
            rm -rf $etc/previous
            (umask 077 && mkdir $etc/previous)
            cp -p $etc/carillon.properties $etc/carillon.env $etc/fingerprint $etc/previous/
            cp -p $override $etc/previous/override.conf
            readlink /opt/carillon >$etc/previous/release
            rm $etc/fingerprint
        fi
        put_in_place $etc/next
    fi
    systemctl enable carillon >/dev/null 2>&1
    if systemctl restart carillon && wait_ready "$CLUSTER_READY_TIMEOUT"; then
        printf '%s\n' "$CLUSTER_FINGERPRINT" >$etc/fingerprint
        remove_old_releases
        return
    fi
    printf 'carillon: %s: not ready within %s s. Its last lines:\n' "$name" "$CLUSTER_READY_TIMEOUT" >&2
    journalctl --unit carillon --lines 8 --no-pager --output cat >&2 || true
    if [ $changed = true ] && [ -e $etc/previous/fingerprint ]; then
        (restore) && printf 'carillon: %s: its former state is restored\n' "$name" >&2
    fi
    exit 1
}

restore() {
    [ -e $etc/previous/fingerprint ] || die 'has no former state'
    rm -f $etc/fingerprint
    put_in_place $etc/previous
    systemctl restart carillon && wait_ready "$CLUSTER_READY_TIMEOUT" || die 'is not ready with its former state either'
    cp $etc/previous/fingerprint $etc/fingerprint
}

# put_in_place FOLDER: files of a release and settings.
put_in_place() {
    install -m 644 "$1/carillon.properties" $etc/carillon.properties
    install -m 600 "$1/carillon.env" $etc/carillon.env
    mkdir -p "$(dirname $override)"
    install -m 644 "$1/override.conf" $override
    ln -sfn "$(cat "$1/release")" /opt/carillon.new
    mv -T /opt/carillon.new /opt/carillon
    cp /opt/carillon/systemd/carillon.service /etc/systemd/system/carillon.service
    systemctl daemon-reload
    systemctl reset-failed carillon 2>/dev/null || true
}

remove_old_releases() {
    for old in /opt/carillon-*; do
        if [ -e "$old/.complete" ] && [ "$old" != "$(readlink /opt/carillon)" ] && [ "$old" != "$(cat $etc/previous/release 2>/dev/null)" ]; then
            rm -rf "$old"
        fi
    done
}

proxy_file() {
    # shellcheck disable=SC2086 # options are words
    /opt/carillon/bin/carillon proxy-config $CLUSTER_OPTIONS
}

check_node() {
    wait_ready "$CLUSTER_READY_TIMEOUT" || die "is not ready: $(get /health/ready 2>/dev/null || echo 'its admin port does not answer')"
    tries=150
    while :; do
        cluster=$(get /_health/cluster 2>/dev/null) || cluster=
        # A node that was removed, or started anew, is listed for 15 s.
        case $cluster in
            *'"unreachable":[]'*) [ "$(printf '%s' "$cluster" | grep -o '"generation":' | wc -l)" -ne "$CLUSTER_COUNT" ] || return 0 ;;
        esac
        tries=$((tries - 1))
        [ $tries -gt 0 ] || die "does not reach all $CLUSTER_COUNT nodes at their internal ports: $cluster"
        sleep 0.2
    done
}

remove_node() {
    lock
    if [ -e $etc/.terraform ]; then
        say 'drains'
        systemctl disable --now carillon >/dev/null 2>&1 || true
        rm -rf /etc/systemd/system/carillon.service /etc/systemd/system/carillon.service.d
        systemctl daemon-reload
        systemctl reset-failed carillon 2>/dev/null || true
        rm -rf $etc /opt/carillon /var/cache/carillon /var/cache/private/carillon
        for release in /opt/carillon-*; do
            [ ! -e "$release/.complete" ] || rm -rf "$release"
        done
        say 'removed'
    fi
    forget
}
