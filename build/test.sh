# Runs all tests. Part of the root script, with compile.sh, jdk.sh and servers.sh.
# shellcheck shell=sh disable=SC2154 # root, cache, mvn: assigned by the others

test_usage() {
    cat <<'END'
Gets what the tests need (redis-server, nats-server, chromium, node, curl), then runs all tests: mvn verify.

Usage: ./carillon test [--full] [-- MAVEN-OPTION...]

  ./carillon test                                all of it
  ./carillon test --full                         all of it, with the large numbers of events
  ./carillon test -- -pl broker-redis -am        one module and what it needs

They are taken from the PATH or from REDIS_SERVER, NATS_SERVER, CHROMIUM, NODEJS and CURL; what is missing is got where that is possible.
END
}

# Prints the sums over the reports of all modules, as "12 passed, 0 failed"; fails if one failed, or if none was run.
test_totals() {
    find "$root" -path '*/target/*-reports/TEST-*.xml' -exec cat {} + | awk '
        function number(name) {
            return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0
        }
        /^<testsuite / {
            tests += number("tests")
            failed += number("failures") + number("errors")
            skipped += number("skipped")
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
        }'
}

run_tests() {
    full=false
    test_timeout='3 m'
    module_seconds=600
    if [ "${1-}" = --full ]; then
        full=true
        test_timeout='2 h'
        module_seconds=14400
        shift
    fi
    case ${1-} in
        -h | --help)
            test_usage
            return
            ;;
        --) shift ;;
        '') ;;
        *) die 2 "test: $1: unknown option; see ./carillon test --help" ;;
    esac
    find_jdk
    find_maven
    mkdir -p "$cache"
    : >"$cache/servers.log"
    find_redis
    find_nats
    find_chromium
    find_curl
    find_clients
    lock_build
    say 'running the tests ...'
    find "$root" -path '*/target/*-reports/TEST-*.xml' -exec rm -f {} +
    begin_build
    status=0
    (cd "$root" && "$mvn" -B verify "-Dcarillon.full=$full" "-Dcarillon.test.timeout=$test_timeout" \
        "-Dcarillon.tests.seconds=$module_seconds" "$@") </dev/null || status=$?
    if [ $status -eq 0 ] && [ $# -eq 0 ]; then
        end_build
    fi
    # Maven ends with escape codes and no line end: the totals stand on a line of their own.
    echo
    test_totals || [ $status -ne 0 ] || status=1
    return $status
}
