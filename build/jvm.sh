# JVM options of the commands. Part of the root script, which defines root, cache and app; needs JAVA_HOME.
# shellcheck shell=sh disable=SC2154 # root, cache, app: assigned by the others

# UseCompactObjectHeaders makes objects smaller: about 10 % less heap. Without the native-access and memory-access options the JVM warns about
# XNIO and netty, which free their direct buffers that way.
common_flags='-XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED --add-exports=java.base/sun.nio.ch=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow'

# A node without heap must exit, so that its clients move to another one. When direct memory is exhausted, the program exits by itself with the
# same status 3.
server_flags="$common_flags -XX:+ExitOnOutOfMemoryError"

# For commands that run less than a second: only the C1 compiler, and a garbage collector without threads.
brief_flags="$common_flags -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

# The loaded and linked classes of a JVM with server_flags: they halve the processor time until a node is ready.
aot_cache=$app/servers.aot

# Creates the cache by starting and stopping a node. Everything works without it, so a failure goes to a log only.
make_aot_cache() {
    [ ! -e "$aot_cache" ] || return 0
    # shellcheck disable=SC2086 # flags are words
    env -i PATH="$PATH" CARILLON_JWT_KEY=key-of-a-node-without-any-client "$JAVA_HOME/bin/java" \
        $server_flags "-XX:AOTCacheOutput=$aot_cache" -cp "$app/*" dev.carillon.cli.Main \
        serve --port 0 --admin-port 0 --internal-port 0 --stop-with-stdin </dev/null >"$cache/aot.log" 2>&1 || rm -f "$aot_cache"
}
