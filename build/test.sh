# Runs the tests. Part of the root script, with compile.sh, jdk.sh, servers.sh and containers.sh.
# shellcheck shell=sh disable=SC2154 # root, cache, mvn, missing_…: assigned by the others

test_usage() {
    cat <<'END'
Installs the programs that the tests need (redis-server, nats-server, chromium, curl, python3, prometheus, node, spin, haproxy,
caddy, nginx, traefik, terraform; for the full tests podman and debootstrap), then runs the tests.

Usage: ./carillon test [--unit | --integration | --process | --only CLASS] [--full] [-- MAVEN-OPTION...]

  ./carillon test                                every test
  ./carillon test --unit                         unit tests: they start no server and take about a minute; installs nothing
  ./carillon test --integration                  tests with servers; nodes run in the JVM of the tests
  ./carillon test --process                      tests that start commands as processes, or a browser
  ./carillon test --only FreePortTest            one test class; FreePortTest#METHOD runs one method of it
  ./carillon test --full                         every test, with large numbers of events, containers and whole machines; a missing program is a failure
  ./carillon test -- -pl broker-redis -am        one module and the modules that it depends on

The programs are found on the PATH or by REDIS_SERVER, NATS_SERVER, CHROMIUM, CURL, PYTHON, PROMETHEUS, PROMTOOL, NODEJS, HAPROXY, CADDY, CADDY_CURRENT,
NGINX_SERVER, NGINX_SERVER_CURRENT, TRAEFIK and TERRAFORM. Missing programs are installed if that is possible; otherwise the tests that need them are skipped, and the
closing lines name them.
END
}

test_reports() {
    find "$root" -path '*/target/*-reports/TEST-*.xml' "$@"
}

# Prints each failed test as "failed: MODULE: CLASS.TEST" and, indented, the beginning of its message, then the totals of all modules, as
# "12 passed, 0 failed". Fails if a test failed or if no test was run.
test_totals() {
    test_reports -exec awk -v root="$root/" '
        function attribute(name) {
            return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
        }
        function text(escaped) {
            gsub(/&quot;/, "\"", escaped)
            gsub(/&lt;/, "<", escaped)
            gsub(/&gt;/, ">", escaped)
            gsub(/&#10;/, " ", escaped)
            gsub(/&amp;/, "\\&", escaped)
            return escaped
        }
        FNR == 1 {
            quoted = 0
        }
        # The output of a test, which may look like a report, is skipped.
        quoted {
            quoted = !/]]>/
            next
        }
        /^<testsuite / {
            tests += attribute("tests")
            failed += attribute("failures") + attribute("errors")
            skipped += attribute("skipped")
        }
        /^ *<testcase / {
            name = attribute("name")
            test = attribute("classname") (name == "" ? "" : "." name)
        }
        /^ *<(failure|error)[ >]/ && test != "" {
            module = substr(FILENAME, length(root) + 1)
            sub("/target/.*", "", module)
            print "failed: " module ": " text(test)
            reason = text(attribute("message") == "" ? attribute("type") : attribute("message"))
            gsub(/[ \t]+/, " ", reason)
            sub(/^ /, "", reason)
            print "    " (length(reason) > 240 ? substr(reason, 1, 240) "..." : reason)
            test = ""
        }
        /<!\[CDATA\[/ {
            quoted = !/]]>/
        }
        END {
            if (tests == 0) {
                print "carillon: no test was run"
                exit 1
            }
            printf "%d passed, %d failed", tests - failed - skipped, failed
            if (skipped > 0) {
                printf ", %d skipped", skipped
            }
            print ""
            exit failed > 0
        }' {} + || return 1
    [ -n "$(test_reports -print | head -n 1)" ] || {
        echo 'carillon: no test was run'
        return 1
    }
}

# Prints the modules that, by Maven's output, were not tested or not tested to the end; fails if there is one.
test_breaks() {
    awk '
        / --- spotless.*:check \(default-cli\) @ / {
            format = 1
        }
        / --- .* @ / {
            module = $0
            sub(/.* @ /, "", module)
            sub(/ ---.*/, "", module)
        }
        /^\[ERROR\].*(The forked VM terminated|There was a timeout|There was an error in the forked process)/ && !broken[module]++ {
            failed++
            print "not tested to the end: " module " (" substr($0, 9) ")"
        }
        /^\[INFO\] Reactor Summary/ {
            summary = 1
        }
        /^\[INFO\] BUILD/ {
            summary = 0
        }
        # The format check runs in every module, even after a failure in another one.
        summary && (format ? / FAILURE( \[.*)?$/ : / (FAILURE|SKIPPED)( \[.*)?$/) {
            name = $0
            sub(/^\[INFO\] /, "", name)
            sub(/ \.*\.* (FAILURE|SKIPPED).*/, "", name)
            print (format ? "not formatted: " : "not tested: ") name (/ FAILURE/ ? " (see above)" : " (it needs one that failed)")
            failed++
        }
        END {
            exit failed > 0
        }' "$1"
}

# Prints the module that has the test class $1, or nothing.
module_of_test() {
    case $1 in
        '' | *[!A-Za-z0-9_]*) return ;;
    esac
    file=$(find "$root" -path '*/src/test/java/*' -name "$1.java" | head -n 1)
    file=${file#"$root"/}
    printf '%s' "${file%%/src/test/java/*}"
}

# Whether the test class $1 is one of the full tests.
needs_containers() {
    file=$(find "$root" -path '*/src/test/java/*' -name "$1.java" | head -n 1)
    grep -q '^@Tag("full")' "$file"
}

# Begins the check of the format beside the tests, with the processor time that these leave.
begin_format_check() {
    (
        trap - EXIT INT TERM
        cd "$root" && MAVEN_OPTS=$brief_maven nice -n 19 "$mvn" -B --fail-at-end spotless:check
    ) >"$cache/format.log" 2>&1 </dev/null &
    format_process=$!
}

# Prints the output of begin_format_check; fails as it does.
end_format_check() {
    formatted=0
    wait $format_process || formatted=1
    cat "$cache/format.log"
    return $formatted
}

run_tests() {
    kind=all
    full=false
    containers=false
    test_jvm_args='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'
    checks=few
    test_timeout='3 m'
    module_seconds=1800
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help)
                test_usage
                return
                ;;
            --full)
                full=true
                test_jvm_args=
                checks=all
                test_timeout='2 h'
                module_seconds=14400
                ;;
            --unit | --integration | --process)
                [ $kind = all ] || die 2 "test: $1: cannot be combined with --$kind; see ./carillon test --help"
                kind=${1#--}
                ;;
            --only)
                [ $kind = all ] || die 2 "test: $1: cannot be combined with --$kind; see ./carillon test --help"
                kind=only
                only=${2-}
                module=$(module_of_test "${only%%#*}")
                [ -n "$module" ] || die 2 "test: --only: $only: must be the name of a test class"
                shift
                ;;
            --)
                shift
                break
                ;;
            *) die 2 "test: $1: unknown option; see ./carillon test --help" ;;
        esac
        shift
    done
    clients_wanted=
    find_jdk
    find_maven
    mkdir -p "$cache"
    : >"$cache/servers.log"
    given=$#
    case $kind in
        only)
            given=1
            # Unit tests need no program.
            case ${only%%#*} in *IT) find_programs ;; esac
            if needs_containers "${only%%#*}"; then
                containers=true
                find_engine
                find_other_brokers
                [ -z "$missing_lines" ] || say "$missing_lines"
            fi
            # Each of the two test plugins would run it.
            case ${only%%#*} in
                *IT) unit=NoUnitTest it=$only ;;
                *) unit=$only it=NoIntegrationTest ;;
            esac
            set -- -pl "$module" -am "-Dtest=$unit" "-Dit.test=$it" -Dsurefire.failIfNoSpecifiedTests=false \
                -Dfailsafe.failIfNoSpecifiedTests=false "$@"
            ;;
        unit)
            set -- -DskipITs '-Dcarillon.test.without=|process' "$@"
            ;;
        *)
            find_programs
            [ "$full" = false ] || [ $kind = unit ] || containers=true
            [ $containers = false ] || find_engine
            [ "$full" = false ] || find_other_brokers
            without=
            for tag in $missing_tags; do
                without="$without|$tag"
            done
            case $kind in
                integration) set -- -Dcarillon.test.skip-unit=true "-Dcarillon.test.without=|process$without" "$@" ;;
                process) set -- -Dcarillon.test.only=process -Dcarillon.test.skip-own-jvm=true "-Dcarillon.test.without=$without" "$@" ;;
                *) [ -z "$without" ] || set -- "-Dcarillon.test.without=$without" "$@" ;;
            esac
            ;;
    esac
    lock_build
    [ -z "$clients_wanted" ] || begin_clients
    say 'running the tests ...'
    test_reports -exec rm -f {} +
    begin_build
    # A failure does not stop the tests of other modules, and the format is checked anyway; the closing lines name every failure.
    rm -f "$cache/test.status"
    [ $containers = false ] || set -- -Dcarillon.test.unless-full= "$@"
    # With few checks, the C2 compiler costs Maven twice the time that it saves. Options of the JVM that are given may exclude these.
    case ${MAVEN_OPTS-} in
        *-XX:*) brief_maven=$MAVEN_OPTS ;;
        *) brief_maven="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmn256m${MAVEN_OPTS:+ $MAVEN_OPTS}" ;;
    esac
    {
        status=0
        format_process=
        if [ $kind = all ] && [ "$given" -eq 0 ]; then
            begin_format_check
        fi
        [ $checks = all ] || export MAVEN_OPTS="$brief_maven"
        (cd "$root" && "$mvn" -B --fail-at-end -Dmaven.test.failure.ignore=true -Dspotless.check.skip=true verify "-Dcarillon.full=$full" \
            "-Dcarillon.test.jvm.args=$test_jvm_args" "-Dcarillon.checks=$checks" \
            "-Dcarillon.test.timeout=$test_timeout" "-Dcarillon.tests.seconds=$module_seconds" "$@") </dev/null || status=$?
        [ -z "$format_process" ] || end_format_check || status=1
        echo $status >"$cache/test.status"
    } 2>&1 | tee "$cache/test.log"
    status=$(cat "$cache/test.status" 2>/dev/null || echo 1)
    [ $containers = false ] || stop_engine
    [ -z "${clients_process-}" ] || end_clients
    if [ "$status" -eq 0 ] && [ "$given" -eq 0 ]; then
        end_build
    fi
    # Maven's output ends with escape codes and without a line end.
    echo
    test_breaks "$cache/test.log" || [ "$status" -ne 0 ] || status=1
    printf '%s' "$missing_lines"
    if [ $full = true ] && [ -n "$missing_lines" ] && [ "$status" -eq 0 ]; then
        status=1
    fi
    test_totals || [ "$status" -ne 0 ] || status=1
    return "$status"
}
