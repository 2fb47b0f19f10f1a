package dev.carillon.node;

import dev.carillon.authorizer.AuthorizerConfig;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.edge.Exposure;
import dev.carillon.edge.StartWarning;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.VerifierConfig;
import dev.carillon.mercure.MercureConfig;
import dev.carillon.secret.OperatorToken;
import dev.carillon.source.intake.SourceConfig;
import dev.carillon.webhook.WebhookConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;

/**
 * Warnings about settings that are allowed but risky in combination. A node that only its own machine can reach causes few of them; a
 * configuration that follows the checklist in docs/platform.md causes none.
 */
final class StartWarnings {
    private final List<StartWarning> warnings = new ArrayList<>();

    private StartWarnings() {}

    static List<StartWarning> of(NodeConfig config) {
        return of(config, config.broker);
    }

    /** @param broker replaces the broker of the configuration, because its driver may be missing in tests */
    static List<StartWarning> of(NodeConfig config, BrokerAddress broker) {
        StartWarnings warnings = new StartWarnings();
        warnings.clients(config);
        warnings.hub(config.mercure());
        warnings.broker(broker);
        warnings.nodes(config, broker);
        warnings.secrets(config);
        config.webhook.ifPresent(webhook -> warnings.webhook(config, webhook));
        warnings.authorizer(config);
        config.sources.forEach(warnings::source);
        return List.copyOf(warnings.warnings);
    }

    static void log(NodeConfig config, Logger logger) {
        StartWarning.log(of(config), logger);
    }

    private void clients(NodeConfig config) {
        Exposure clients = Exposure.of(config.listen.host());
        boolean reachable = clients != Exposure.LOOPBACK;
        if (reachable && config.development) {
            add("mode", "development mode is reachable from other machines", "set mode to production");
        }
        if (clients == Exposure.PUBLIC
                && (config.jwt().anonymous() || config.mercure().anonymous())) {
            add(
                    config.jwt().anonymous() ? "anonymous" : "mercure-anonymous",
                    "clients without a token can connect from any network and read public events",
                    "remove it, or limit clients with streams-per-address and requests-per-address");
        }
        if (reachable && config.tls.isEmpty() && !config.http.secureCookie()) {
            add(
                    "tls-certificate",
                    "tokens and session cookies travel without TLS",
                    "set tls-certificate, or let a proxy terminate TLS and set secure-cookie");
        }
        if (clients == Exposure.PUBLIC && config.tls.isEmpty() && config.http.h2c()) {
            add(
                    "h2c",
                    "HTTP/2 without TLS is reachable from any network",
                    "remove it if a proxy uses HTTP/1.1 to the node, or set tls-certificate");
        }
        if (clients == Exposure.PUBLIC
                && !config.development
                && config.mercure().ui()) {
            add(
                    "mercure-ui",
                    "the debugging page of the hub is served to every client",
                    "remove it in production, or let a proxy restrict it to the network of the operators");
        }
        if (Exposure.of(config.adminListen.host()) == Exposure.PUBLIC) {
            add(
                    "admin-host",
                    "the admin port, where reading needs no token, is reachable from any network",
                    "listen on 127.0.0.1 or on an address in the network of the operators");
        }
        if (Exposure.coversAll(config.http.trustedProxies()::contains)) {
            add(
                    "trusted-proxies",
                    "every client can forge its address, so that limits per address have no effect",
                    "list only the networks of your proxies");
        }
        plainOrigins("cors-origins", config.http.corsOrigins(), reachable);
        plainOrigins("mercure-publish-origins", config.mercure().publishOrigins(), reachable);
    }

    private void plainOrigins(String setting, List<String> origins, boolean reachable) {
        if (reachable && origins.stream().anyMatch(origin -> origin.startsWith("http:"))) {
            add(
                    setting,
                    "pages of an origin without TLS can use their users' cookies, and the network path can modify those pages",
                    "list only https origins");
        }
    }

    private void hub(MercureConfig hub) {
        if (hub.on() && hub.subscriptions() && hub.anonymous()) {
            add(
                    "mercure-subscriptions",
                    "clients without a token cause subscription updates",
                    "remove it, or require a token for subscriptions");
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
                    "the broker requires no password: every process that can connect to it can read and write all events",
                    "create a user for the cluster and put it into the address");
        }
    }

    private void nodes(NodeConfig config, BrokerAddress broker) {
        if (Exposure.of(config.internalListen.host()) == Exposure.PUBLIC) {
            add(
                    "internal-host",
                    "the internal port is reachable from any network",
                    "listen on an address in the network of the nodes");
        }
        String host = broker.uri().getHost();
        if (Exposure.of(config.advertise.host()) == Exposure.LOOPBACK
                && !broker.scheme().equals("memory")
                && host != null
                && Exposure.of(host) != Exposure.LOOPBACK) {
            add(
                    "advertise",
                    "nodes on other machines cannot call this one: it advertises a loopback address",
                    "set internal-host to an address in the network of the nodes, or set advertise");
        }
        if (config.http.secrets().isRandom()) {
            add(
                    "secret",
                    "secret is not set: other nodes cannot verify the calls of this node, and sessions end with this process",
                    "set the same secret on every node");
        }
    }

    private void webhook(NodeConfig config, WebhookConfig webhook) {
        if (!config.brokerOptions.policies().anyPresence()) {
            add(
                    "webhook-url",
                    "nothing is posted to it: no scope has presence",
                    "append /presence to a row of scope-policies");
        }
        String host = webhook.url().getHost();
        if (webhook.url().getScheme().equals("http") && Exposure.of(host) != Exposure.LOOPBACK) {
            add("webhook-url", "names and data of users travel to the application without TLS", "use https");
        }
    }

    private void secrets(NodeConfig config) {
        if (config.operators.filter(OperatorToken::guessable).isPresent()) {
            add(
                    "operator-token",
                    "the operators' token looks like an example or has few distinct characters",
                    "create one with openssl rand -base64 48");
        }
        if (config.http.secrets().guessable()) {
            add(
                    "secret",
                    "a secret looks like an example or has few distinct characters",
                    "create one with openssl rand -base64 48");
        }
        Stream<VerifierConfig> verifiers = Stream.of(
                        Optional.of(config.jwt()),
                        config.mercure().publisher(),
                        config.mercure().subscriber())
                .flatMap(Optional::stream);
        if (verifiers.anyMatch(v -> v instanceof JwtConfig jwt && jwt.guessable())) {
            add(
                    "jwt-key",
                    "a key for tokens looks like an example or has few distinct characters",
                    "create one with openssl rand -base64 48");
        }
    }

    private void authorizer(NodeConfig config) {
        AuthorizerConfig.Http http = config.authorizer().http();
        if (http != null && http.guessable()) {
            add(
                    "authorizer-key",
                    "the key that signs requests to the authorizer looks like an example or has few distinct characters",
                    "create one with openssl rand -base64 48");
        }
    }

    private void source(SourceConfig source) {
        String host = source.address().uri().getHost();
        if (!source.isSecure() && host != null && Exposure.of(host) != Exposure.LOOPBACK) {
            add(
                    "source",
                    "messages and the password of source " + source.name() + " travel without TLS",
                    "use amqps://, rediss-stream:// or nats-stream+tls://");
        }
    }

    private void add(String setting, String risk, String advice) {
        warnings.add(new StartWarning(setting, risk, advice));
    }
}
