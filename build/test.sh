# Runs all tests. Part of the root script, with compile.sh, jdk.sh and servers.sh.
# shellcheck shell=sh disable=SC2154 # root, cache, mvn, missing_…: assigned by the others

test_usage() {
    cat <<'END'
Gets what the tests need (redis-server, nats-server, chromium, curl, python3, node), then runs them.

Usage: ./carillon test [--unit | --integration | --process] [--full] [-- MAVEN-OPTION...]

  ./carillon test                                all of it
  ./carillon test --unit                         those that start no server, in about a minute; gets nothing
  ./carillon test --integration                  those with servers; nodes run in the JVM of the tests
  ./carillon test --process                      those with commands as processes, and with browsers
  ./carillon test --full                         with the large numbers of events; what cannot be got is a failure
  ./carillon test -- -pl broker-redis -am        one module and what it needs

They are taken from the PATH or from REDIS_SERVER, NATS_SERVER, CHROMIUM, CURL, PYTHON and NODEJS; what is missing is got where that is
possible. Else the tests that need it are left out, and the closing lines say so.
END
}

test_reports() {
    find "$root" -path '*/target/*-reports/TEST-*.xml' "$@"
}

# Prints each failed test of all modules as "failed: MODULE: CLASS.TEST", and last the sums, as "12 passed, 0 failed"; fails if one failed, or
# if none was run.
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
        # What tests print may look like a report.
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

# Prints what Maven's output says of modules that were not tested, or not to the end; fails if there is one.
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
        # The format of each is looked at, whatever fails in another.
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

run_tests() {
    kind=all
    full=false
    test_jvm_args=-XX:TieredStopAtLevel=1
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
                test_timeout='2 h'
                module_seconds=14400
                ;;
            --unit | --integration | --process)
                [ $kind = all ] || die 2 "test: $1: --$kind is given, too; see ./carillon test --help"
                kind=${1#--}
                ;;
            --)
                shift
                break
                ;;
            *) die 2 "test: $1: unknown option; see ./carillon test --help" ;;
        esac
        shift
    done
    find_jdk
    find_maven
    mkdir -p "$cache"
    : >"$cache/servers.log"
    given=$#
    case $kind in
        unit)
            set -- -DskipITs '-Dcarillon.test.without=|process' "$@"
            ;;
        *)
            find_programs
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
    say 'running the tests ...'
    test_reports -exec rm -f {} +
    begin_build
    # All modules are tested, whatever fails in one: the closing lines tell. So the format is checked after them.
    rm -f "$cache/test.status"
    {
        status=0
        (cd "$root" && "$mvn" -B --fail-at-end -Dmaven.test.failure.ignore=true -Dspotless.check.skip=true verify "-Dcarillon.full=$full" \
            "-Dcarillon.test.jvm.args=$test_jvm_args" \
            "-Dcarillon.test.timeout=$test_timeout" "-Dcarillon.tests.seconds=$module_seconds" "$@") </dev/null || status=$?
        if [ $kind = all ] && [ "$given" -eq 0 ]; then
            (cd "$root" && "$mvn" -B --fail-at-end spotless:check) </dev/null || status=1
        fi
        echo $status >"$cache/test.status"
    } 2>&1 | tee "$cache/test.log"
    status=$(cat "$cache/test.status" 2>/dev/null || echo 1)
    if [ "$status" -eq 0 ] && [ "$given" -eq 0 ]; then
        end_build
    fi
    # Maven ends with escape codes and no line end: what follows stands on lines of its own.
    echo
    test_breaks "$cache/test.log" || [ "$status" -ne 0 ] || status=1
    printf '%s' "$missing_lines"
    if [ $full = true ] && [ -n "$missing_lines" ] && [ "$status" -eq 0 ]; then
        status=1
    fi
    test_totals || [ "$status" -ne 0 ] || status=1
    return "$status"
}
