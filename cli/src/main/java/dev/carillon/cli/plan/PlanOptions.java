package dev.carillon.cli.plan;

import dev.carillon.cli.base.CommandException;
import dev.carillon.planner.Prices;
import dev.carillon.planner.base.Amount;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.ScopeMix;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Setup.ProxyKind;
import dev.carillon.planner.workload.Setup.Transport;
import dev.carillon.planner.workload.Workload;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code plan} is asked. */
final class PlanOptions {
    private static final Map<String, Transport> TRANSPORTS = Map.of(
            "plain", Transport.PLAIN,
            "tls-proxy", Transport.TLS_AT_PROXY,
            "tls-node", Transport.TLS_AT_NODE,
            "http2-node", Transport.HTTP2_AT_NODE);

    @Option(
            names = "--connections",
            paramLabel = "N",
            required = true,
            description = "Connections that are open at the same time, such as 1200, 50k or 2m.")
    private String connections = "";

    @Option(
            names = "--rate",
            paramLabel = "RATE",
            description = "Events that each connection receives, such as 2/s, 30/min or 10/h. Default: 0.")
    private @Nullable String rate;

    @Option(
            names = "--broadcasts",
            paramLabel = "RATE",
            description = "Instead of --rate: events that are broadcast in the whole cluster.")
    private @Nullable String broadcasts;

    @Option(
            names = "--scopes",
            paramLabel = "MIX",
            defaultValue = "global=100%",
            description =
                    "Shares of the events by kind of scope, such as global=20%%,topic@1000=70%%,session=10%%: of those that a connection "
                            + "receives, or with --broadcasts of those that are broadcast. The number after topic@ and route@ is how many "
                            + "connections are in one; user, session and tab need none. Default: all global.")
    private String scopes = "";

    @Option(
            names = "--payload",
            paramLabel = "SIZE",
            defaultValue = "400B",
            description = "Data of an event, such as 400B or 2KB. Default: 400B.")
    private String payload = "";

    @Option(
            names = "--p99",
            paramLabel = "DURATION",
            defaultValue = "250ms",
            description = "Bound of the 99th percentile from a broadcast to the client's socket. Default: 250ms.")
    private String p99 = "";

    @Option(
            names = "--machine",
            paramLabel = "SPEC",
            description =
                    "Machine of a node: processors, memory, and possibly bandwidth and price per hour, as 8c/16g, 8c/16g@0.30 or "
                            + "8c/16g/10gbit@0.30; or a name from --prices. Default: the cheapest of --prices, else 4c/8g; bandwidth 1gbit.")
    private @Nullable String machine;

    @Option(
            names = "--spare",
            paramLabel = "N",
            defaultValue = "1",
            description = "Nodes that may fail without breaking the bound. Default: 1.")
    private int spare;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            defaultValue = "tls-proxy",
            description =
                    "plain, tls-proxy (TLS ends at the proxy), tls-node, or http2-node (TLS with HTTP/2 ends at the node). Default: "
                            + "tls-proxy.")
    private String transport = "";

    @Option(
            names = "--websocket",
            paramLabel = "SHARE",
            defaultValue = "0%",
            description = "Share of WebSockets; the others are event streams. Default: 0%%.")
    private String webSocket = "";

    @Option(
            names = "--per-session",
            paramLabel = "N",
            defaultValue = "1.2",
            description = "Connections (tabs) of one session. Default: 1.2.")
    private String perSession = "";

    @Option(
            names = "--per-user",
            paramLabel = "N",
            defaultValue = "1.5",
            description = "Connections of one user. Default: 1.5.")
    private String perUser = "";

    @Option(
            names = "--reconnect",
            paramLabel = "DURATION",
            defaultValue = "5s",
            description = "Time over which the clients of a failed node come back. Default: 5s.")
    private String reconnect = "";

    @Option(
            names = "--broker",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "auto, memory, redis or nats. Default: auto.")
    private String broker = "";

    @Option(
            names = "--proxy",
            paramLabel = "NAME",
            defaultValue = "haproxy",
            description = "haproxy, caddy, nginx, or none for a load balancer that is not planned. Default: haproxy.")
    private String proxy = "";

    @Option(
            names = "--utilisation",
            paramLabel = "SHARE",
            defaultValue = "60%",
            description = "How busy the plan may make processors. Default: 60%%.")
    private String utilisation = "";

    @Option(
            names = "--round-trip",
            paramLabel = "DURATION",
            defaultValue = "0.5ms",
            description = "Between machines of the cluster. Default: 0.5ms.")
    private String roundTrip = "";

    @Option(
            names = "--even",
            description =
                    "Broadcasts come from one source with a timer, evenly spaced; otherwise from many, at random moments.")
    private boolean even;

    Workload workload() {
        double count = Math.floor(Amount.count("connections", connections));
        if (rate != null && broadcasts != null) {
            throw CommandException.misused("broadcasts: " + broadcasts + ": must not be given beside --rate");
        }
        double mean = Math.max(1, count);
        ScopeMix mix = ScopeMix.parse(
                scopes,
                mean,
                Math.min(mean, atLeastOne("per-session", perSession)),
                Math.min(mean, atLeastOne("per-user", perUser)));
        return new Workload(
                count,
                Amount.share("websocket", webSocket),
                Amount.bytes("payload", payload),
                mix.flows(
                        mean,
                        rate == null ? 0 : Amount.rate("rate", rate),
                        broadcasts == null ? null : Amount.rate("broadcasts", broadcasts)),
                even);
    }

    private static double atLeastOne(String name, String text) {
        double count = Amount.count(name, text);
        if (count < 1) {
            throw CommandException.misused(name + ": " + text + ": must be at least 1");
        }
        return count;
    }

    /** Whether the cheapest machine of the prices is to be chosen. */
    boolean isMachineOpen(Prices prices) {
        return machine == null && !prices.machines().isEmpty();
    }

    Setup setup(Prices prices) {
        return new Setup(
                machine(prices),
                Amount.seconds("p99", p99),
                spare,
                transport(),
                kind(BrokerKind.class, "broker", broker, "auto, memory, redis or nats"),
                kind(ProxyKind.class, "proxy", proxy, "haproxy, caddy, nginx or none"),
                Amount.seconds("reconnect", reconnect),
                Amount.share("utilisation", utilisation),
                Amount.seconds("round-trip", roundTrip));
    }

    private Machine machine(Prices prices) {
        if (machine == null) {
            return prices.machines().isEmpty()
                    ? Machine.parse("4c/8g", "4c/8g")
                    : prices.machines().values().iterator().next();
        }
        Machine named = prices.machines().get(machine);
        return named == null ? Machine.parse(machine, machine) : named;
    }

    private Transport transport() {
        Transport chosen = TRANSPORTS.get(transport);
        if (chosen == null) {
            throw CommandException.misused(
                    "transport: " + transport + ": must be plain, tls-proxy, tls-node or http2-node");
        }
        return chosen;
    }

    private static <E extends Enum<E>> E kind(Class<E> type, String name, String value, String rule) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(value)) {
                return constant;
            }
        }
        throw CommandException.misused(name + ": " + value + ": must be " + rule);
    }
}
