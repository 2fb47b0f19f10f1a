# Makes a release: an archive with its own Java runtime. Part of the root script, which defines root, cache, say, die, app and the flags.
# shellcheck shell=sh disable=SC2154 # root, cache, app, mvn, server_flags, brief_flags: assigned by the others

dist_usage() {
    cat <<'END'
Makes carillon-VERSION-linux-ARCH.tar.gz with a Java runtime of its own, beside it its checksum and its bill of materials
(CycloneDX). Two runs on the same sources and the same JDK give the same bytes.

Usage: ./carillon dist [--out DIR]

  --out DIR    write there; default: target/dist
END
}

# Modules of the runtime: what the jars use, TLS and DNS, and jcmd and JFR for looking into a running node.
runtime_modules=java.base,java.logging,java.management,java.naming,java.net.http,java.security.sasl,java.xml,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.unsupported

bom_plugin=org.cyclonedx:cyclonedx-maven-plugin:2.9.3:makeBom

# Time of every file in the archive: the POM's, so that it changes with releases alone.
source_date() {
    sed -n 's|^ *<project.build.outputTimestamp>\(.*\)</project.build.outputTimestamp>$|\1|p' "$root/pom.xml"
}

make_dist() {
    out=$root/target/dist
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help)
                dist_usage
                return
                ;;
            --out)
                [ $# -ge 2 ] || die 2 'dist: --out: needs a folder'
                out=$2
                shift 2
                ;;
            --out=*)
                out=${1#--out=}
                shift
                ;;
            *) die 2 "dist: $1: is not an option; see ./carillon dist --help" ;;
        esac
    done
    for program in tar gzip sha256sum; do
        command -v "$program" >/dev/null || die 1 "dist: $program is needed"
    done
    find_jdk
    build_if_stale
    find_maven
    lock_build
    version=$(sed -n 's|^  <version>\(.*\)</version>$|\1|p' "$root/pom.xml")
    case $(uname -m) in
        x86_64) arch=x64 ;;
        aarch64 | arm64) arch=arm64 ;;
        *) arch=$(uname -m) ;;
    esac
    name=carillon-$version-linux-$arch
    work=$cache/dist
    tree=$work/carillon-$version
    rm -rf "$work"
    mkdir -p "$tree/bin" "$tree/lib" "$tree/conf" "$tree/systemd" "$tree/monitoring" "$tree/docs" "$tree/legal" "$out"
    out=$(CDPATH='' cd -P -- "$out" && pwd)

    say 'dist: making the Java runtime'
    "$JAVA_HOME/bin/jlink" --add-modules "$runtime_modules" --strip-debug --no-man-pages --no-header-files --compress zip-6 \
        --output "$tree/runtime" >"$work/jlink.log" 2>&1 || die 1 "dist: jlink failed; see $work/jlink.log"

    say 'dist: listing the components'
    (cd "$root" && "$mvn" -B -q -pl cli -am -Dmaven.test.skip=true -Dspotless.check.skip=true \
        -DoutputFormat=json -DincludeBomSerialNumber=false -DincludeTestScope=false \
        compile "$bom_plugin") >"$work/bom.log" 2>&1 </dev/null || die 1 "dist: the bill of materials failed; see $work/bom.log"
    cp "$root/cli/target/bom.json" "$tree/carillon.cdx.json"

    cp "$app"/*.jar "$tree/lib/"
    cp "$root"/dist/bin/* "$tree/bin/"
    {
        printf '# The JVM options of each command.\n# shellcheck shell=sh\n'
        printf "server_flags='%s'\n" "$server_flags"
        printf "brief_flags='%s'\n" "$brief_flags"
    } >"$tree/lib/jvm.sh"
    "$JAVA_HOME/bin/java" $brief_flags -cp "$app/*" dev.carillon.cli.Main serve --print-config >"$tree/conf/carillon.properties" ||
        die 1 'dist: the example configuration failed'
    cp "$root"/dist/systemd/* "$tree/systemd/"
    cp "$root"/dist/monitoring/* "$tree/monitoring/"
    cp "$root/dist/Containerfile" "$root/LICENSE" "$root/README.md" "$root/CHANGELOG.md" "$root/SECURITY.md" \
        "$root/CONTRIBUTING.md" "$tree/"
    # As the manual names the command.
    ln -s bin/carillon "$tree/carillon"
    cp -r "$root/docs/." "$tree/docs/"
    # Without what Terraform keeps beside them.
    (cd "$root" && tar -c --exclude='.terraform*' --exclude='*.tfstate*' --exclude='*.tfvars*' terraform) | tar -C "$tree" -x
    cp -r "$root/kubernetes" "$tree/"
    # Licence and notice texts that the jars contain. The licence of each component is named in the bill of materials.
    "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 "$root/build/Licences.java" "$app" "$tree/legal" || die 1 'dist: the licences cannot be read'
    chmod -R u+rwX,go+rX,go-w "$tree"

    unlock_build
    say 'dist: packing'
    date=$(source_date)
    [ -n "$date" ] || die 1 'dist: project.build.outputTimestamp is not in pom.xml'
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu --mtime="$date" -cf "$work/$name.tar" "carillon-$version" ||
        die 1 'dist: tar failed'
    gzip -n -9 <"$work/$name.tar" >"$out/$name.tar.gz.new" || die 1 'dist: gzip failed'
    mv "$out/$name.tar.gz.new" "$out/$name.tar.gz"
    cp "$tree/carillon.cdx.json" "$out/$name.cdx.json"
    (cd "$out" && sha256sum "$name.tar.gz" "$name.cdx.json" >"$name.sha256")
    rm -rf "$work"
    say "dist: $out/$name.tar.gz, $(($(wc -c <"$out/$name.tar.gz") / 1048576)) MiB"
}
