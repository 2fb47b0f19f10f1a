# Builds if a source has changed, one build at a time. Part of the root script, which defines root, cache, say and die.
# shellcheck shell=sh disable=SC2154 # root, cache, mvn: assigned by the others

# The class path of the commands: a copy, so that a later build does not replace the files of a running node.
app=$root/cli/target/app
stamp=$root/cli/target/app.stamp

# Whether a source or its directory changed since the last build began.
is_stale() {
    [ ! -e "$stamp" ] ||
        [ -n "$(find "$root/pom.xml" "$root/.mvn" "$root"/*/pom.xml "$root"/*/src/main \
            "$root/client-js/carillon.js" "$root/docs/openapi.yaml" "$root"/examples/*/pom.xml "$root"/examples/*/src/main -newer "$stamp" | head -n 1)" ]
}

# Waits until no other build of this checkout runs. The lock is released when the process that holds it, and its Maven, have ended.
lock_build() {
    mkdir -p "$cache"
    if command -v flock >/dev/null; then
        exec 9>"$cache/build.lock"
        if ! flock -n 9; then
            say 'waiting for another build'
            flock 9
        fi
        return
    fi
    waiting=
    until mkdir "$cache/build.locked" 2>/dev/null; do
        holder=$(cat "$cache/build.locked/pid" 2>/dev/null || true)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
            rm -rf "$cache/build.locked"
            continue
        fi
        if [ -z "$waiting" ]; then
            waiting=yes
            say 'waiting for another build'
        fi
        sleep 1
    done
    echo $$ >"$cache/build.locked/pid"
    trap 'rm -rf "$cache/build.locked"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

unlock_build() {
    if command -v flock >/dev/null; then
        exec 9>&-
    else
        rm -rf "$cache/build.locked"
        trap - EXIT INT TERM
    fi
}

# Before a build: records when it began, and deletes the files that Maven would only add to.
begin_build() {
    touch "$cache/build.began"
    rm -rf "$root/cli/target/lib" "$root"/cli/target/carillon-cli-*.jar
}

# After a build: makes its result the class path of the commands.
end_build() {
    rm -rf "$app" "$app.new" "$stamp"
    mkdir "$app.new"
    cp "$root"/cli/target/lib/*.jar "$root"/cli/target/carillon-cli-*.jar "$app.new/"
    mv "$app.new" "$app"
    mv "$cache/build.began" "$stamp"
}

# Needs JAVA_HOME.
build_if_stale() {
    is_stale || return 0
    find_maven
    lock_build
    if is_stale; then
        printf 'carillon: building ... ' >&2
        began=$(date +%s)
        begin_build
        # With the compiler's checks, so that the tests need not compile the sources again.
        if (cd "$root" && "$mvn" -B -pl cli -am -Dmaven.test.skip=true \
            -Dspotless.check.skip=true package) >"$cache/build.log" 2>&1 </dev/null; then
            end_build
            printf 'done in %s s\n' "$(($(date +%s) - began))" >&2
        else
            printf 'failed; from %s:\n' "$cache/build.log" >&2
            # The lines after "-> [Help 1]" explain Maven itself. Warnings are shown because they are errors.
            sed '/-> \[Help 1\]/q' "$cache/build.log" | grep -E '^\[(ERROR|WARNING)\]' | tail -n 30 >&2
            exit 1
        fi
    fi
    unlock_build
}
