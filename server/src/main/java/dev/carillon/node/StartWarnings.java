package dev.carillon.node;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.edge.Exposure;
import dev.carillon.edge.StartWarning;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.VerifierConfig;
import dev.carillon.mercure.MercureConfig;
import dev.carillon.secret.OperatorToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;

/**
 * Settings that are allowed but risky together. A node that only its own machine reaches has hardly any; a configuration after the
 * checklist of docs/platform.md has none.
 */
final class StartWarnings {
    private final List<StartWarning> found = new ArrayList<>();

    private StartWarnings() {}

    static List<StartWarning> of(NodeConfig config) {
        return of(config, config.broker());
    }

    /** @param broker in place of that of the configuration, whose driver may be absent */
    static List<StartWarning> of(NodeConfig config, BrokerAddress broker) {
        StartWarnings warnings = new StartWarnings();
        warnings.clients(config);
        warnings.hub(config.mercure());
        warnings.broker(broker);
        warnings.nodes(config, broker);
        warnings.secrets(config);
        return List.copyOf(warnings.found);
    }

    static void log(NodeConfig config, Logger logger) {
        StartWarning.log(of(config), logger);
    }

    private void clients(NodeConfig config) {
        Exposure clients = Exposure.of(config.listen().host());
        boolean reachable = clients != Exposure.LOOPBACK;
        if (reachable && config.development()) {
            add("mode", "development mode is reachable from other machines", "set mode to production");
        }
        if (clients == Exposure.PUBLIC
                && (config.jwt().anonymous() || config.mercure().anonymous())) {
            add(
                    config.jwt().anonymous() ? "anonymous" : "mercure-anonymous",
                    "clients without a token may connect from anywhere, and read public events",
                    "leave it out, or limit them by streams-per-address and requests-per-address");
        }
        if (reachable && config.tls().isEmpty() && !config.http().secureCookie()) {
            add(
                    "tls-certificate",
                    "tokens and session cookies travel without TLS",
                    "give a certificate, or have a proxy do TLS and set secure-cookie");
        }
        if (clients == Exposure.PUBLIC
                && config.tls().isEmpty()
                && config.http().h2c()) {
            add(
                    "h2c",
                    "HTTP/2 without TLS is reachable from anywhere",
                    "leave it out where a proxy speaks HTTP/1.1 to the node, or give a certificate");
        }
        if (clients == Exposure.PUBLIC
                && !config.development()
                && config.mercure().ui()) {
            add(
                    "mercure-ui",
                    "the page for debugging the hub is served to everyone",
                    "leave it out in production, or have a proxy serve it to the operators' network alone");
        }
        if (Exposure.of(config.adminListen().host()) == Exposure.PUBLIC) {
            add(
                    "admin-host",
                    "the admin port, where reading needs no token, is reachable from anywhere",
                    "listen on 127.0.0.1 or on an address of the operators' network");
        }
        if (Exposure.coversAll(config.http().trustedProxies()::contains)) {
            add(
                    "trusted-proxies",
                    "every client can claim any address, so that no limit for each address holds",
                    "name the networks of your proxies alone");
        }
        plainOrigins("cors-origins", config.http().corsOrigins(), reachable);
        plainOrigins("mercure-publish-origins", config.mercure().publishOrigins(), reachable);
    }

    private void plainOrigins(String setting, List<String> origins, boolean reachable) {
        if (reachable && origins.stream().anyMatch(origin -> origin.startsWith("http:"))) {
            add(
                    setting,
                    "pages of an origin without TLS may act with their users' cookies; anyone on the way can change them",
                    "name https origins alone");
        }
    }

    private void hub(MercureConfig hub) {
        if (hub.on() && hub.subscriptions() && hub.anonymous()) {
            add(
                    "mercure-subscriptions",
                    "clients without a token cause announcements of their subscriptions",
                    "leave it out, or let only clients with a token subscribe");
        }
    }

    private void broker(BrokerAddress address) {
        String host = address.uri().getHost();
        if (address.scheme().equals("memory") || host == null || Exposure.of(host) == Exposure.LOOPBACK) {
            return;
        }
        if (!address.scheme().equals("rediss") && !address.scheme().equals("tls")) {
            add(
                    "broker",
                    "events and passwords travel to the broker without TLS",
                    "use rediss:// for Redis, tls:// for NATS");
        }
        if (address.uri().getRawUserInfo() == null) {
            add(
                    "broker",
                    "the broker asks for no password: who reaches it can read and write all events",
                    "give it a user of its own, in its address");
        }
    }

    private void nodes(NodeConfig config, BrokerAddress broker) {
        if (Exposure.of(config.internalListen().host()) == Exposure.PUBLIC) {
            add(
                    "internal-host",
                    "the internal port is reachable from anywhere",
                    "listen on an address of the nodes' own network");
        }
        String host = broker.uri().getHost();
        if (Exposure.of(config.advertise().host()) == Exposure.LOOPBACK
                && !broker.scheme().equals("memory")
                && host != null
                && Exposure.of(host) != Exposure.LOOPBACK) {
            add(
                    "advertise",
                    "nodes on other machines cannot call this one: it advertises an address of its own machine",
                    "set internal-host to an address of the nodes' network, or advertise");
        }
        if (config.http().secrets().isRandom()) {
            add(
                    "secret",
                    "no secret is given: other nodes cannot verify this node's calls, and sessions end with this process",
                    "set the same secret on every node");
        }
    }

    private void secrets(NodeConfig config) {
        if (config.operators().filter(OperatorToken::guessable).isPresent()) {
            add(
                    "operator-token",
                    "the operators' token looks like an example or has few different characters",
                    "make one with openssl rand -base64 32");
        }
        if (config.http().secrets().guessable()) {
            add(
                    "secret",
                    "a secret looks like an example or has few different characters",
                    "make one with openssl rand -base64 32");
        }
        Stream<VerifierConfig> verifiers = Stream.of(
                        Optional.of(config.jwt()),
                        config.mercure().publisher(),
                        config.mercure().subscriber())
                .flatMap(Optional::stream);
        if (verifiers.anyMatch(v -> v instanceof JwtConfig jwt && jwt.key().guessable())) {
            add(
                    "jwt-key",
                    "a key of tokens looks like an example or has few different characters",
                    "make one with openssl rand -base64 48");
        }
    }

    private void add(String setting, String risk, String advice) {
        found.add(new StartWarning(setting, risk, advice));
    }
}
