# Finds a JDK and Maven. Part of the root script, which defines die and real_path.
# shellcheck shell=sh

jdk_wanted=25

# Prints the major version of the JDK at $1, or nothing if there is none.
jdk_version() {
    if [ ! -x "$1/bin/javac" ]; then
        return
    fi
    if [ -r "$1/release" ]; then
        sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
    else
        "$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'
    fi
}

# Prints the home directory of the java on the PATH.
jdk_on_path() {
    if java=$(command -v java); then
        dirname "$(dirname "$(real_path "$java")")"
    fi
}

# Sets JAVA_HOME to a JDK that is new enough, or exits.
find_jdk() {
    old=
    for home in "${JAVA_HOME-}" "$(jdk_on_path)" /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        version=$(jdk_version "$home")
        if [ -z "$version" ]; then
            continue
        fi
        if [ "$version" -ge "$jdk_wanted" ]; then
            JAVA_HOME=$home
            export JAVA_HOME
            return
        fi
        old=" (found: $version in $home)"
    done
    die 1 "no JDK $jdk_wanted or newer$old: install one, such as Eclipse Temurin or your system's" \
        "openjdk-$jdk_wanted-jdk, or set JAVA_HOME to it"
}

# Sets mvn to the Maven program, or exits.
find_maven() {
    for mvn in "${MAVEN_HOME:+$MAVEN_HOME/bin/mvn}" "$(command -v mvn || true)"; do
        if [ -x "$mvn" ]; then
            return
        fi
    done
    die 1 'no Maven: install version 3.8.6 or newer (package maven), so that mvn is on the PATH'
}
