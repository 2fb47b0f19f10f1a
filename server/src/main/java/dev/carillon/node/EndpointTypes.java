package dev.carillon.node;

import dev.carillon.base.Key;
import dev.carillon.history.History;
import dev.carillon.http.Endpoint;
import dev.carillon.mercure.MercureConfig;
import dev.carillon.mercure.MercureHub;
import dev.carillon.stream.ApiDescription;
import dev.carillon.stream.StreamEndpoint;
import dev.carillon.warmup.WarmUpEndpoint;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The endpoints of every node, one line each. */
final class EndpointTypes {
    static final List<Endpoint.Type<EndpointContext>> ALL = List.of(
            new Endpoint.Type<>(
                    List.of(), context -> Optional.of(new StartPage(context.config(), context.services().fanOut))),
            new Endpoint.Type<>(
                    List.of(), context -> Optional.of(new WarmUpEndpoint(context.streams(), context.sessions()))),
            new Endpoint.Type<>(StreamEndpoint.KEYS, context -> Optional.of(stream(context))),
            new Endpoint.Type<>(
                    List.of(),
                    context -> Optional.of(new ApiDescription(
                            context.config().http.site().basePath(), context.config().healthDetail))),
            new Endpoint.Type<>(MercureHub.KEYS, EndpointTypes::mercure));

    private EndpointTypes() {}

    static Stream<Key<?>> keys() {
        return ALL.stream().flatMap(type -> type.keys().stream());
    }

    private static StreamEndpoint stream(EndpointContext context) {
        NodeServices services = context.services();
        return new StreamEndpoint(new StreamEndpoint.Dependencies(
                services.config.stream,
                services.config.nodeId,
                context.authorizer(),
                context.sessions(),
                context.origins(),
                services.contexts,
                context.streams(),
                services.revocations,
                services.broadcaster,
                new History(services.broker.log(), services.config.brokerOptions.policies()),
                services.broker.log(),
                services.presence,
                services.config.brokerOptions.policies(),
                services.fanOut,
                context.elsewhere().renewal(),
                context.elsewhere().contexts(),
                context.acceptsStreams(),
                services.config.http.compression(),
                services.budget,
                services.metrics.registry,
                services.platform));
    }

    private static Optional<Endpoint> mercure(EndpointContext context) {
        NodeServices services = context.services();
        MercureConfig config = services.config.mercure();
        if (!config.on()) {
            return Optional.empty();
        }
        return Optional.of(new MercureHub(
                config,
                services.config.http,
                new MercureHub.Dependencies(
                        services.config.nodeId,
                        context.origins(),
                        context.streams(),
                        services.revocations::checked,
                        services.broadcaster,
                        services.broker,
                        services.registry,
                        context.acceptsStreams(),
                        services.metrics.registry,
                        services.platform)));
    }
}
