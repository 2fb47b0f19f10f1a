# How the JVM of a command starts. Part of the root script, which defines root, cache and app; needs JAVA_HOME.
# shellcheck shell=sh disable=SC2154 # root, cache, app: assigned by the others

# UseCompactObjectHeaders: smaller objects, about a tenth less heap. The other two: XNIO and netty free their direct
# buffers through native access and sun.misc.Unsafe, which the JVM would warn about.
common_flags='-XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED --add-exports=java.base/sun.nio.ch=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow'

# ExitOnOutOfMemoryError: a node without memory must go, so that its clients move to another. It is for the heap: for direct buffers the
# program does so itself, with the same status 3.
server_flags="$common_flags -XX:+ExitOnOutOfMemoryError"

# Gone within a second: the quick compiler alone, and the collector that starts no threads.
brief_flags="$common_flags -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

# Classes as a JVM of the server flags has them loaded and linked: less than half the processor time until a node serves.
aot_cache=$app/servers.aot

# Makes the cache, by a node that starts and ends. Without it everything works: a failure is told in a log alone.
make_aot_cache() {
    [ ! -e "$aot_cache" ] || return 0
    # shellcheck disable=SC2086 # flags are words
    env -i PATH="$PATH" CARILLON_JWT_KEY=of-a-node-that-nobody-can-reach-at-all "$JAVA_HOME/bin/java" \
        $server_flags "-XX:AOTCacheOutput=$aot_cache" -cp "$app/*" dev.carillon.cli.Main \
        serve --port 0 --admin-port 0 --internal-port 0 --stop-with-stdin </dev/null >"$cache/aot.log" 2>&1 || rm -f "$aot_cache"
}
