package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Key;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ProxyKeys;
import dev.carillon.cli.base.UpKeys;
import dev.carillon.node.NodeKeys;
import io.jsonwebtoken.Jwts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MisuseTest {
    private static final String KEY = "a key of the tests, more than 32 bytes long";

    @ParameterizedTest
    @MethodSource("misuses")
    void invalid_command_ends_with_status_2_and_one_line(String command, String line) {
        CommandRun run = CommandRun.of(Map.of("CARILLON_JWT_KEY", KEY), "", command.split(" "));

        assertThat(run.err()).isEqualTo("carillon: " + line + "\n");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    static Stream<Arguments> misuses() {
        return Stream.of(
                Arguments.of("ring", "ring: unknown command; see ./carillon --help"),
                Arguments.of("--loud", "--loud: unknown option; see ./carillon --help"),
                Arguments.of("serve --jwt-kye=secret", "--jwt-kye: unknown option; see ./carillon serve --help"),
                Arguments.of("serve now", "now: unexpected argument; see ./carillon serve --help"),
                Arguments.of(
                        "serve --port",
                        "missing required parameter for option '--port' (PORT); see ./carillon serve --help"),
                Arguments.of("serve --port 70000", "port: 70000: must be a whole number from 0 to 65535"),
                Arguments.of(
                        "serve --internal-host 0.0.0.0",
                        "advertise: (none): must be given, as HOST or HOST:PORT at which the other nodes reach this one, when internal-host is 0.0.0.0"),
                Arguments.of(
                        "serve --advertise 0.0.0.0:7080",
                        "advertise: 0.0.0.0:7080: must be HOST or HOST:PORT by which the other nodes reach this one: no node can connect to 0.0.0.0"),
                Arguments.of(
                        "serve --operator-token 0123456789abcdef",
                        "operator-token: (hidden): must have at least 32 characters"),
                Arguments.of("serve --anonymous=maybe", "anonymous: maybe: must be true or false"),
                Arguments.of(
                        "serve --jwt-key short", "jwt-key: (hidden): must have at least 32 bytes for HS256, but has 5"),
                Arguments.of(
                        "serve --broker redis://u:pw@h",
                        "secret: (none): must be given, the same on every node, when a broker joins the nodes"),
                Arguments.of(
                        "serve --port 0 --admin-port 0 --secret 0123456789abcdef --broker rdis://u:pw@h",
                        "broker: rdis://(hidden)@h: no driver takes this scheme; known are memory, nats, redis, redis+cluster, redis+sentinel, rediss, rediss+cluster, rediss+sentinel, tls"),
                Arguments.of(
                        "serve --mercure-publisher-key short",
                        "mercure-publisher-key: (hidden): must have at least 32 bytes for HS256, but has 5"),
                Arguments.of(
                        "serve --mercure-subscriber-jwks http://h/",
                        "mercure-subscriber-jwks: http://h/: must be a URL such as https://issuer.example.com/jwks.json; http is allowed only for localhost and loopback addresses"),
                Arguments.of(
                        "serve --mercure-subscriber-jwks https://h:x/?key=pw",
                        "mercure-subscriber-jwks: https:(hidden): must be a URL such as https://issuer.example.com/jwks.json; http is allowed only for localhost and loopback addresses"),
                Arguments.of("proxy-config", "missing required parameter: 'PROXY'; see ./carillon proxy-config --help"),
                Arguments.of(
                        "proxy-config apache --node http://h:1",
                        "proxy: apache: must be one of haproxy, caddy, nginx, traefik"),
                Arguments.of("proxy-config caddy", "node: (none): must be given, at least one"),
                Arguments.of(
                        "proxy-config caddy --node http://h:1 --health-interval 2s",
                        "health-interval: 2s: must, times health-fall (3), be shorter than drain-notice (5s): otherwise a draining node refuses clients before the proxy has noticed it"),
                Arguments.of(
                        "proxy-config haproxy --node http://h:1 --static /a=/srv",
                        "static: /a: HAProxy serves no directories: use caddy or nginx"),
                Arguments.of(
                        "proxy-config nginx --node http://10.0.0.1:1 --domain example.com",
                        "domain: example.com: nginx needs a certificate: give tls-certificate, or use caddy or traefik"),
                Arguments.of(
                        "proxy-config caddy --node http://h:1 --tls-key key.pem",
                        "tls-certificate: (none): must be given: tls-certificate and tls-key need each other"),
                Arguments.of(
                        "proxy --node http://u:pw@h:1",
                        "node: (hidden): must be http://HOST:PORT or https://HOST:PORT, without a path"),
                Arguments.of(
                        "faults --broker redis://u:pw@h",
                        "broker: redis://(hidden)@h: must be redis, nats, redis-sentinel, nats-cluster or all"),
                Arguments.of(
                        "bench broadcast --broker redis:u:pw@h",
                        "broker: redis:(hidden): must be memory, redis, nats, nats-cluster or all"),
                Arguments.of(
                        "bench fanout --url http://u:pw@h:1",
                        "url: http://(hidden)@h:1: must be http://HOST:PORT, without a path; TLS is not supported"),
                Arguments.of(
                        "broadcast --url ftp://u:pw@h --scope global --data x",
                        "url: ftp://(hidden)@h: must be an address such as http://127.0.0.1:8080"),
                Arguments.of("bench calibrate --output /nowhere/x", "output: /nowhere/x: cannot be written"),
                Arguments.of(
                        "bench calibrate --output /tmp/x --connections 10",
                        "connections: 10: must be a whole number from 500 to 20000"),
                Arguments.of(
                        "bench scale --nodes 1,x",
                        "nodes: 1,x: must be whole numbers from 1 to 20, separated by commas"),
                Arguments.of(
                        "bench scale --nodes 1,2,3,4 --connections 1,2,3,4 --rate 1,2,3",
                        "max-points: 40: must be at least the number of combinations, 48; or give fewer values"),
                Arguments.of(
                        "bench scale --scopes user",
                        "scopes: user: must be global, session, route@N or topic@N, N being the clients in each, separated by commas"),
                Arguments.of(
                        "bench scale --nodes 2 --broker memory",
                        "points: (none): no combination can be measured: the broker in memory joins no nodes"),
                Arguments.of("bench scale --resume /nowhere/x", "resume: /nowhere/x: cannot be written"),
                Arguments.of(
                        "bench scale --json pom.xml",
                        "json: pom.xml: must be a new or an empty file; --resume continues the sweep of a file"),
                Arguments.of(
                        "bench scale --html /tmp/x.html --compare pom.xml",
                        "compare: pom.xml: line 1: must be a result of bench scale of this version"),
                Arguments.of("bench scale --preset all", "preset: all: must be interest"),
                Arguments.of(
                        "bench rehearse --url ftp://u:pw@h",
                        "url: ftp://(hidden)@h: must be an address such as https://events.example.com"),
                Arguments.of(
                        "bench rehearse --url https://h --users 201",
                        "users: 201: must be at most 200, or up to 2000 with --i-own-this"),
                Arguments.of(
                        "bench rehearse --url https://h --seconds 8000 --i-own-this",
                        "seconds: 8000: must be a whole number from 1 to 7200"),
                Arguments.of(
                        "bench rehearse --url https://h --ca /none",
                        "ca: /none: must be a readable file of certificates in PEM"),
                Arguments.of(
                        "doctor --url ftp://u:pw@h",
                        "url: ftp://(hidden)@h: must be an address such as https://events.example.com"),
                Arguments.of(
                        "doctor --url http://h:70000",
                        "url: http://h:70000: must be an address such as https://events.example.com"),
                Arguments.of("doctor --idle 121", "idle: 121: must be a whole number from 0 to 120"),
                Arguments.of(
                        "doctor --origin https://*.example",
                        "origin: https://*.example: must be an origin such as https://app.example.com, without a path"),
                Arguments.of(
                        "doctor --token two,words",
                        "token: (hidden): must be a bearer token, such as ./carillon token creates"),
                Arguments.of("doctor --ca /none", "ca: /none: must be a readable file of certificates in PEM"),
                Arguments.of(
                        "bench limit --preset interest", "--preset: unknown option; see ./carillon bench limit --help"),
                Arguments.of("bench limit --p99 70s", "p99: 70s: must be a duration from 1ms to 60s"),
                Arguments.of(
                        "bench limit --nodes 1,2",
                        "points: 2: bench limit measures one combination: give one value for each option"),
                Arguments.of("soak --hours NaN", "hours: NaN: must be a number from 0.001 to 1000"),
                Arguments.of("soak --hours 1 --log /", "log: /: cannot be written"),
                Arguments.of("simulate --trace", "faults, length and trace need --seed"),
                Arguments.of("simulate --defects --seed 1", "defects: not with seed or json"),
                Arguments.of("simulate --seed 1 --faults x", "faults: must be numbers such as 0,3, or none"),
                Arguments.of(
                        "roll --admin-url ftp://u:pw@h",
                        "admin-url: ftp://(hidden)@h: must be the URL of an admin port, such as http://127.0.0.1:9080"),
                Arguments.of(
                        "roll --node-timeout 0s --admin-url http://h:1 --operator-token x",
                        "node-timeout: 0s: must be a duration such as 500ms, 10s, 5m or 1h, from 1s to 2h"),
                Arguments.of("roll", "admin-url: (none): must be given for each node, as the URL of its admin port"),
                Arguments.of(
                        "roll --admin-url http://h:1",
                        "operator-token: (none): must be given, by CARILLON_OPERATOR_TOKEN or --operator-token-file"),
                Arguments.of(
                        "health --url ftp://u:pw@h",
                        "url: ftp://(hidden)@h: must be an address such as http://127.0.0.1:9080"),
                Arguments.of(
                        "connections --url ftp://u:pw@h --operator-token x",
                        "url: ftp://(hidden)@h: must be an address such as http://127.0.0.1:9080"),
                Arguments.of(
                        "connections --user ann",
                        "operator-token: (none): must be given, by CARILLON_OPERATOR_TOKEN or --operator-token-file"),
                Arguments.of(
                        "connections --scope orders",
                        "scope \"orders\": must be global, system, or a name after tab:, session:, user:, route: or topic:, for example topic:news"),
                Arguments.of("rebalance --rate 0", "rate: 0: must be a whole number from 1 to 10000"),
                Arguments.of("rebalance --within 51%", "within: 51: must be a whole number from 1 to 50"),
                Arguments.of("rebalance --within x", "within: must be a whole number of percent, as in 5%"),
                Arguments.of("connections --limit 101", "limit: 101: must be a whole number from 1 to 100"),
                Arguments.of("connections --close", "close: must be given with at least one criterion, such as --user"),
                Arguments.of(
                        "connections --close --user ann --limit 3",
                        "limit: must not be given with --close, which closes all that match"),
                Arguments.of("connections --user ann --message bye", "message: must be given with --close"),
                Arguments.of(
                        "connections --close --user ann --message " + "x".repeat(201),
                        "message: (hidden): must have at most 200 characters"),
                Arguments.of("serve --config /none", "config: /none: file not found"),
                Arguments.of("proxy", "node: (none): must be given, at least one"),
                Arguments.of(
                        "proxy --node http://h:1/path",
                        "node: http://h:1/path: must be http://HOST:PORT or https://HOST:PORT, without a path"),
                Arguments.of(
                        "proxy --node ftp://h:1",
                        "node: ftp://h:1: must be http://HOST:PORT or https://HOST:PORT, without a path"),
                Arguments.of(
                        "proxy --node http://h:1,http://h:99999",
                        "node: http://h:99999: must be http://HOST:PORT or https://HOST:PORT, without a path"),
                Arguments.of("proxy --node http://h:1 --node http://h:1", "node: http://h:1: must be given once"),
                Arguments.of(
                        "proxy --node http://h:1 --health-interval 0s",
                        "health-interval: 0s: must be a duration such as 500ms, 10s, 5m or 1h, from 0.01s to 1h"),
                Arguments.of(
                        "proxy --node http://h:1 --health-path health",
                        "health-path: health: must be a path such as /_health, of at most 1000 characters of ASCII"),
                Arguments.of(
                        "proxy --node http://h:1 --trusted-proxies nowhere",
                        "trusted-proxies: nowhere: must be a network such as 10.0.0.0/8 or an address"),
                Arguments.of(
                        "proxy --node http://h:1 --tls-certificate c",
                        "tls-key: (none): must be given: tls-certificate and tls-key need each other"),
                Arguments.of(
                        "proxy --node http://h:1 --tls-certificate /none --tls-key /none",
                        "tls-certificate: /none: must be a readable file of at most 1 MiB"),
                Arguments.of(
                        "faults --broker kafka",
                        "broker: kafka: must be redis, nats, redis-sentinel, nats-cluster or all"),
                Arguments.of(
                        "faults --fault node-kill,flood",
                        "fault: flood: must be one of node-kill, node-kills, node-pause, node-stop, broker-restart, broker-lost, broker-older, "
                                + "broker-pause, broker-unavailable, broker-full, primary-kill, primary-cut, roll, roll-broker-restart, link-cut, last-event, client-cut, "
                                + "leader-kill, majority-kill, server-roll, random"),
                Arguments.of(
                        "faults --broker nats --fault broker-full",
                        "broker: nats: must be redis with the fault broker-full"),
                Arguments.of("faults --api web", "api: web: must be events, ws, mercure or mixed"),
                Arguments.of(
                        "faults --proxy squid",
                        "proxy: squid: must be embedded or one of haproxy, caddy, nginx, traefik"),
                Arguments.of(
                        "bench proxy --proxy nginx,squid",
                        "proxy: squid: must be one of haproxy, caddy, nginx, traefik"),
                Arguments.of(
                        "faults --api mercure --fault link-cut,broker-unavailable",
                        "fault: broker-unavailable: must be given only with --api events or ws: streams of the hub have no event for the state of the broker"),
                Arguments.of("faults --json /none/out.json", "json: /none/out.json: cannot be written"),
                Arguments.of("faults --log /none/log", "log: /none/log: cannot be written"),
                Arguments.of(
                        "bench broadcast --broker foo",
                        "broker: foo: must be memory, redis, nats, nats-cluster or all"),
                Arguments.of("bench sticky --nodes 0", "nodes: 0: must be a whole number from 1 to 16"),
                Arguments.of("bench sticky --actions 99", "actions: 99: must be a whole number from 100 to 10000000"),
                Arguments.of("bench sticky --action gpu", "action: gpu: must be cpu, io or store"),
                Arguments.of(
                        "faults --broker nats --fault leader-kill",
                        "broker: nats: must be nats-cluster with the faults leader-kill, majority-kill and server-roll"),
                Arguments.of("bench sticky --broker foo", "broker: foo: must be memory, redis or nats"),
                Arguments.of("bench sticky --output x.txt", "output: x.txt: must end with .json or .md"),
                Arguments.of("bench sticky --output /none/x.md", "output: /none/x.md: cannot be written"),
                Arguments.of("bench broadcast --rounds 0", "rounds: 0: must be a whole number from 1 to 100"),
                Arguments.of("bench tracing --rounds 0", "rounds: 0: must be a whole number from 1 to 100"),
                Arguments.of("bench tracing --size 3", "size: 3: must be a whole number from 64 to 262144"),
                Arguments.of("faults --kills 0", "kills: 0: must be a whole number from 1 to 1000"),
                Arguments.of("faults --connections 3", "connections: 3: must be a whole number from 15 to 10000"),
                Arguments.of("faults --seconds 0", "seconds: 0: must be a whole number from 1 to 3600"),
                Arguments.of(
                        "bench fanout --connections 0", "connections: 0: must be a whole number from 1 to 1000000"),
                Arguments.of(
                        "bench fanout --connections 5 --stalled 5", "stalled: 5: must be a whole number from 0 to 4"),
                Arguments.of(
                        "bench fanout --connections 5 --topics 6", "topics: 6: must be a whole number from 1 to 5"),
                Arguments.of("bench fanout --slow drop-oldest", "slow: (given): must be used only with --stalled"),
                Arguments.of(
                        "bench fanout --stalled 5 --slow newest",
                        "slow: newest: must be disconnect, drop-oldest or latest"),
                Arguments.of("bench fanout --size 63", "size: 63: must be a whole number from 64 to 262144"),
                Arguments.of("bench fanout --rate 0", "rate: 0.0: must be a number above 0, at most 1000000"),
                Arguments.of("bench fanout --window 1001", "window: 1001: must be a whole number from 1 to 1000"),
                Arguments.of("bench fanout --seconds 0", "seconds: 0: must be a whole number from 1 to 3600"),
                Arguments.of("bench fanout --protocol http", "protocol: http: must be sse or ws"),
                Arguments.of(
                        "bench fanout --protocol ws --gzip",
                        "gzip: true: must be given only with --protocol sse: WebSockets are not compressed"),
                Arguments.of(
                        "bench fanout --nodes 2",
                        "nodes: 2: must be 1 with the memory broker: give --broker redis://HOST:PORT or nats://HOST:PORT"),
                Arguments.of(
                        "bench fanout --url https://h:1",
                        "url: https://h:1: must be http://HOST:PORT, without a path; TLS is not supported"),
                Arguments.of(
                        "bench fanout --url http://127.0.0.1:1/events",
                        "url: http://127.0.0.1:1/events: must be http://HOST:PORT, without a path; TLS is not supported"),
                Arguments.of(
                        "bench fanout --url http://127.0.0.1:1",
                        "token: (none): must be given by --token or CARILLON_TOKEN; ./carillon token creates one"),
                Arguments.of(
                        "bench fanout --url http://127.0.0.1:1 --token t --nodes 2",
                        "nodes: (given): must be used only without --url"),
                Arguments.of("bench fanout --io-threads 65", "io-threads: 65: must be a whole number from 1 to 64"),
                Arguments.of(
                        "bench fanout --url http://127.0.0.1:1 --token t --io-threads 2",
                        "io-threads: (given): must be used only without --url"),
                Arguments.of(
                        "bench fanout --pid 1",
                        "pid: (given): must be used only with --url: started nodes are always monitored"),
                Arguments.of(
                        "bench fanout --url http://192.0.2.1:1 --token t --addresses 2",
                        "addresses: 2: must be given only with nodes on this machine: give urls of 127.0.0.1"),
                Arguments.of("bench fanout --html /none/page.html", "html: /none/page.html: cannot be written"),
                Arguments.of("up --nodes 0", "nodes: 0: must be a whole number from 1 to 100"),
                Arguments.of("up --port 65530", "port: 65530: must be a whole number from 1 to 65526"),
                Arguments.of(
                        "up --heartbeat 5",
                        "heartbeat: 5: must be a duration such as 500ms, 10s, 5m or 1h, from 1s to 10m"),
                Arguments.of(
                        "token --expires never",
                        "expires: never: must be a duration such as 500ms, 10s, 5m or 1h, from 1s to 87600h"),
                Arguments.of(
                        "token --tenant _system", "tenant \"_system\": must not begin with '_', which is reserved"),
                Arguments.of(
                        "token --jwt-key-file /none", "jwt-key-file: /none: must be a readable file of UTF-8 text"),
                Arguments.of(
                        "token --jwt-alg RS256",
                        "jwt-alg: RS256: must be HS256, HS384 or HS512: other algorithms need a private key"),
                Arguments.of(
                        "token --jwt-key short", "jwt-key: (hidden): must have at least 32 bytes for HS256, but has 5"),
                Arguments.of(
                        "broadcast --data x",
                        "missing required option: '--scope=SCOPE'; see ./carillon broadcast --help"),
                Arguments.of(
                        "broadcast --scope board --token t",
                        "scope \"board\": must be global, system, or a name after tab:, session:, user:, route: or topic:, for example topic:news"),
                Arguments.of(
                        "broadcast --scope global",
                        "token: (none): must be given by --token or CARILLON_TOKEN; ./carillon token creates one"),
                Arguments.of(
                        "broadcast --scope global --token t --url ftp://h",
                        "url: ftp://h: must be an address such as http://127.0.0.1:8080"));
    }

    @Test
    void serve_without_a_key_does_not_start() {
        CommandRun run = CommandRun.of("serve");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err())
                .startsWith("carillon: jwt-key: (none): must be given")
                .hasLineCount(1);
    }

    /** Keys and tokens are missing here: an invalid value is reported first. */
    @ParameterizedTest
    @MethodSource("mistakes")
    void bad_value_is_reported_before_a_missing_one(String command, String line) {
        CommandRun run = CommandRun.of(command.split(" "));

        assertThat(run.err()).isEqualTo("carillon: " + line + "\n");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("serve --port abc", "port: abc: must be a whole number from 0 to 65535"),
                Arguments.of("serve --mode test", "mode: test: must be production or development"),
                Arguments.of(
                        "serve --drain-timeout 5 --broker redis://127.0.0.1:6379",
                        "drain-timeout: 5: must be a duration such as 500ms, 10s, 5m or 1h, from 0s to 1h"),
                Arguments.of("serve --mercure-ui=on", "mercure-ui: on: must be true or false"),
                Arguments.of("proxy --port abc", "port: abc: must be a whole number from 0 to 65535"),
                Arguments.of("proxy --max-requests 0", "max-requests: 0: must be a whole number from 1 to 1000000"),
                Arguments.of(
                        "broadcast --scope board",
                        "scope \"board\": must be global, system, or a name after tab:, session:, user:, route: or topic:, for example topic:news"),
                Arguments.of(
                        "broadcast --scope global --url ftp://h",
                        "url: ftp://h: must be an address such as http://127.0.0.1:8080"),
                Arguments.of(
                        "token --expires never",
                        "expires: never: must be a duration such as 500ms, 10s, 5m or 1h, from 1s to 87600h"),
                Arguments.of(
                        "bench fanout --url ftp://h --size 1", "size: 1: must be a whole number from 64 to 262144"));
    }

    /** Every setting that is a number, a duration or a switch, of every command that has settings. */
    @ParameterizedTest
    @ValueSource(strings = {"serve", "up", "proxy"})
    void every_setting_with_a_rule_is_checked_by_its_name(String command) {
        List<Key<?>> keys = Stream.of(NodeKeys.ALL, ProxyKeys.ALL, List.<Key<?>>of(UpKeys.NODES))
                .<Key<?>>flatMap(List::stream)
                .filter(key -> key.isFlag() || List.of("PORT", "N", "DURATION").contains(key.placeholder()))
                .distinct()
                .toList();
        Set<String> options = Objects.requireNonNull(
                        Main.commandLine(Console.system()).getSubcommands().get(command))
                .getCommandSpec()
                .optionsMap()
                .keySet();
        int checked = 0;
        for (Key<?> key : keys) {
            if (options.contains("--" + key.name())) {
                CommandRun run = CommandRun.of(command, "--" + key.name() + "=x!");
                assertThat(run.err())
                        .startsWith("carillon: " + key.name() + ": x!: must be ")
                        .hasLineCount(1);
                assertThat(run.status()).isEqualTo(2);
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"faults --quick", "bench broadcast", "bench tracing", "bench sticky --broker redis"})
    void the_root_script_can_have_options_checked_without_a_server(String command) {
        System.setProperty("carillon.check", "true");
        try {
            CommandRun run = CommandRun.of(command.split(" "));
            assertThat(run.status()).isZero();
            assertThat(run.err()).isEmpty();
        } finally {
            System.clearProperty("carillon.check");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CARILLON_JWT_KEY, serve, jwt",
        "CARILLON_JWT_KEY, up, jwt",
        "CARILLON_JWT_KEY, token, jwt",
        "MERCURE_PUBLISHER_JWT_KEY, serve, mercure-publisher",
        "MERCURE_SUBSCRIBER_JWT_KEY, serve, mercure-subscriber",
        "CARILLON_MERCURE_PUBLISHER_KEY, up, mercure-publisher"
    })
    void a_public_key_as_a_shared_secret_ends_with_status_2(String variable, String command, String setting) {
        String pem = publicKey();
        Map<String, String> variables = new HashMap<>(Map.of("CARILLON_JWT_KEY", KEY));
        variables.put(variable, pem);

        for (List<String> more : List.of(List.<String>of(), List.of("--" + setting + "-alg", "HS512"))) {
            CommandRun run = CommandRun.of(variables, "", command(command, more));

            String algorithm = more.isEmpty() ? "HS256" : "HS512";
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .isEqualTo("carillon: " + setting + "-key: (hidden): is a public key, but " + algorithm
                            + " needs a shared secret that no client knows: it is for " + setting + "-alg ES256\n");
        }
    }

    @ParameterizedTest
    @CsvSource({"jwt, serve", "jwt, up", "jwt, token", "mercure-publisher, serve", "mercure-subscriber, serve"})
    void a_public_key_in_a_file_as_a_shared_secret_ends_with_status_2(String setting, String command, @TempDir Path dir)
            throws IOException {
        Path file = Files.writeString(dir.resolve("public.pem"), publicKey());
        Map<String, String> variables = setting.equals("jwt") ? Map.of() : Map.of("CARILLON_JWT_KEY", KEY);

        CommandRun run =
                CommandRun.of(variables, "", command(command, List.of("--" + setting + "-key-file", file.toString())));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err())
                .startsWith("carillon: " + setting + "-key: (hidden): is a public key")
                .endsWith(": it is for " + setting + "-alg ES256\n")
                .hasLineCount(1);
    }

    private static String[] command(String command, List<String> more) {
        return Stream.concat(Stream.of(command), more.stream()).toArray(String[]::new);
    }

    private static String publicKey() {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder()
                        .encodeToString(
                                Jwts.SIG.ES256.keyPair().build().getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    @Test
    void a_misspelt_variable_is_named_without_its_value() {
        CommandRun run = CommandRun.of(Map.of("CARILLON_JWTKEY", KEY), "", "serve");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("carillon: CARILLON_JWTKEY: (not shown): is not a variable of Carillon; see --help\n");
    }

    @Test
    void two_variables_of_one_setting_that_differ_are_named_without_their_values() {
        CommandRun run = CommandRun.of(
                Map.of("CARILLON_MERCURE_PUBLISHER_KEY", KEY, "MERCURE_PUBLISHER_JWT_KEY", KEY + "s"), "", "serve");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("carillon: CARILLON_MERCURE_PUBLISHER_KEY: (not shown): must not differ from "
                        + "MERCURE_PUBLISHER_JWT_KEY: both name the same setting\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "up"})
    void directives_of_the_reference_hub_cause_a_warning(String command) {
        CommandRun run = CommandRun.of(Map.of("MERCURE_EXTRA_DIRECTIVES", "sesame", "CARILLON_PORT", "x"), "", command);

        assertThat(run.err().lines().findFirst())
                .contains(
                        "carillon: MERCURE_EXTRA_DIRECTIVES: is not supported; docs/mercure.md lists the equivalent of each directive");
        assertThat(run.err()).doesNotContain("sesame");
    }

    @Test
    void failed_connection_is_reported_with_address_and_reason() {
        CommandRun run = CommandRun.of(
                "bench", "fanout", "--url", "http://127.0.0.1:1", "--token", "some.token", "--connections", "10");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err())
                .isEqualTo(
                        "carillon: only 0 of 10 connections could be opened: http://127.0.0.1:1: Connection refused\n");
    }

    @Test
    void refused_connection_fails_with_advice() {
        CommandRun run = CommandRun.of(
                Map.of("CARILLON_TOKEN", "t", "CARILLON_URL", "http://127.0.0.1:1"),
                "",
                "broadcast",
                "--scope",
                "global");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err())
                .isEqualTo("carillon: cannot connect to http://127.0.0.1:1/broadcast: start a node (./carillon up), or "
                        + "set --url to the address of one\n");
    }
}
