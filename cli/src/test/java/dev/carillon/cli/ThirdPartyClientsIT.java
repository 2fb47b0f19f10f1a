package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.mercure.MercureHub;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Chromium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients of event streams that other projects made, in seven languages, on three nodes with Redis; what became of each is in
 * {@code target/clients.md}. In full on both endpoints, by our proxy and by those of others, too.
 */
@Tag("process")
@Tag("redis")
@Tag("chromium")
class ThirdPartyClientsIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int NODES = FULL ? 3 : 2;
    private static final String EVENTS = "/events";
    private static final Path FILE = Path.of("target/clients.md");
    /** After a complete response. Caddy 2.6, which Debian has, completes that of a node that has ended; newer ones do not. */
    private static final Set<ClientProgram> STOPPING =
            Set.of(ClientProgram.FETCH_EVENT_SOURCE, ClientProgram.SYMFONY_NATIVE, ClientProgram.SYMFONY_CURL);
    /** Of all routes. */
    private static final ClientTable TABLE = new ClientTable();

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<ClientProgram> programs =
            Arrays.stream(ClientProgram.values()).filter(ClientProgram::isThere).toList();

    @SuppressWarnings("NullAway.Init")
    private ClientSite site;

    @SuppressWarnings("NullAway.Init")
    private Chromium chromium;

    @SuppressWarnings("NullAway.Init")
    private NodeProcesses nodes;

    @BeforeEach
    void start() {
        site = opened(new ClientSite());
        chromium = opened(new Chromium());
        TestServer redis = opened(Servers.redis());
        nodes = opened(new NodeProcesses(NODES, redis.address(), site.url()));
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private static ClientRoute.Kind[] routes() {
        return FULL ? ClientRoute.Kind.values() : new ClientRoute.Kind[] {ClientRoute.Kind.DIRECT};
    }

    @ParameterizedTest
    @MethodSource("routes")
    void each_sees_small_events_in_time_and_every_event_once_while_all_nodes_end(ClientRoute.Kind kind)
            throws IOException {
        try (ClientRoute route = ClientRoute.open(kind, nodes.addresses())) {
            if (FULL) {
                small(route, kind, EVENTS);
                stopped(route, kind);
            }
            smallAndKilled(route, kind);
        }
        Files.writeString(FILE, TABLE.markdown());
        assertThat(TABLE.failures(kind.title()))
                .filteredOn(failure -> kind != ClientRoute.Kind.CADDY_OLD
                        || STOPPING.stream().noneMatch(program -> failure.startsWith(program.title() + ", Each node")))
                .isEmpty();
    }

    private void small(ClientRoute route, ClientRoute.Kind kind, String path) {
        try (ClientTrial trial = trial(route, path)) {
            TABLE.add("Small events on " + path, kind.title(), trial.smallEventsInTime());
        }
    }

    private void stopped(ClientRoute route, ClientRoute.Kind kind) {
        try (ClientTrial trial = trial(route, MercureHub.PATH)) {
            TABLE.add("Each node stopped", kind.title(), trial.nodesEnd(nodes::stop));
        }
    }

    private void smallAndKilled(ClientRoute route, ClientRoute.Kind kind) {
        try (ClientTrial trial = trial(route, MercureHub.PATH)) {
            TABLE.add("Small events on " + MercureHub.PATH, kind.title(), trial.smallEventsInTime());
            TABLE.add("Each node killed", kind.title(), trial.nodesEnd(nodes::kill));
        }
    }

    private ClientTrial trial(ClientRoute route, String path) {
        return new ClientTrial(nodes, route, path, programs, chromium, site);
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }
}
