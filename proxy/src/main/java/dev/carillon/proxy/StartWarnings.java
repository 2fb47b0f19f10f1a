package dev.carillon.proxy;

import dev.carillon.edge.Exposure;
import dev.carillon.edge.LiteralAddress;
import dev.carillon.edge.StartWarning;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Settings of the proxy that are allowed but risky together. One that only its own machine reaches has none. */
final class StartWarnings {
    private StartWarnings() {}

    static List<StartWarning> of(ProxyConfig config) {
        List<StartWarning> found = new ArrayList<>();
        Exposure clients = Exposure.of(config.listen().host());
        if (clients != Exposure.LOOPBACK && config.tls().isEmpty() && !config.secureCookie()) {
            found.add(new StartWarning(
                    "tls-certificate",
                    "tokens and cookies travel without TLS",
                    "give a certificate, or have a proxy before this one do TLS and set secure-cookie"));
        }
        if (Exposure.everyone(ProxyConfig.networks(config.trustedProxies())::contains)) {
            found.add(new StartWarning(
                    "trusted-proxies",
                    "every client can claim any address, so that no limit for each address holds",
                    "name the networks of your proxies alone"));
        }
        if (config.nodes().stream().anyMatch(StartWarnings::isPublic)) {
            found.add(new StartWarning(
                    "node",
                    "requests travel without TLS to a node at a public address",
                    "reach nodes by a private network or a tunnel"));
        }
        if (clients == Exposure.PUBLIC
                && config.limits().streamsPerAddress() == 0
                && config.trustedProxies().isEmpty()) {
            found.add(new StartWarning(
                    "streams-per-address",
                    "one client address may have all requests and streams of this proxy",
                    "set a limit, and name the proxies before this one in trusted-proxies"));
        }
        return List.copyOf(found);
    }

    /** Of a name it is not known, and none is looked up for a warning. */
    private static boolean isPublic(URI node) {
        return Exposure.of(node.getHost()) == Exposure.PUBLIC
                && LiteralAddress.parseHop(node.getHost()).isPresent();
    }
}
