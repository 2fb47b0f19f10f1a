package dev.carillon.proxy;

import dev.carillon.edge.Exposure;
import dev.carillon.edge.LiteralAddress;
import dev.carillon.edge.StartWarning;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Warnings about settings that are allowed but risky. A proxy that only its own machine can reach has none. */
final class StartWarnings {
    private StartWarnings() {}

    static List<StartWarning> of(ProxyConfig config) {
        List<StartWarning> found = new ArrayList<>();
        Exposure clients = Exposure.of(config.listen().host());
        if (clients != Exposure.LOOPBACK
                && config.tls().isEmpty()
                && !config.cookie().secure()) {
            found.add(new StartWarning(
                    "tls-certificate",
                    "tokens and cookies are sent without TLS",
                    "configure a certificate, or terminate TLS at a proxy before this one and set secure-cookie"));
        }
        if (Exposure.coversAll(ProxyConfig.networks(config.trustedProxies())::contains)) {
            found.add(new StartWarning(
                    "trusted-proxies",
                    "every client can claim any address, so that limits of client addresses have no effect",
                    "configure only the networks of your proxies"));
        }
        if (config.nodes().stream().anyMatch(StartWarnings::isPublic)) {
            found.add(new StartWarning(
                    "node",
                    "requests to a node at a public address are sent without TLS",
                    "connect to nodes by a private network or with https"));
        }
        if (clients == Exposure.PUBLIC
                && config.limits().streamsPerAddress() == 0
                && config.trustedProxies().isEmpty()) {
            found.add(new StartWarning(
                    "streams-per-address",
                    "one client address may use all requests and streams of this proxy",
                    "set a limit, and list the proxies before this one in trusted-proxies"));
        }
        return List.copyOf(found);
    }

    /** False for a host name: none is looked up for a warning. */
    private static boolean isPublic(URI node) {
        return node.getScheme().equals("http")
                && Exposure.of(node.getHost()) == Exposure.PUBLIC
                && LiteralAddress.parseHop(node.getHost()).isPresent();
    }
}
