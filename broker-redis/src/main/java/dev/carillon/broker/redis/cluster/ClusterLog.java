package dev.carillon.broker.redis.cluster;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.redis.Failures;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** The logs of a cluster's tenants, each at the server that has the tenant. */
final class ClusterLog implements Log {
    private final ClusterRoutes routes;

    ClusterLog(ClusterRoutes routes) {
        this.routes = routes;
    }

    @Override
    public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
        return routes.ask(tenant, broker -> broker.log().read(tenant, scopes, after, max));
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        return routes.ask(lookup.tenant(), broker -> broker.log().find(lookup));
    }

    @Override
    public CompletionStage<Position> head(Tenant tenant) {
        return routes.ask(tenant, broker -> broker.log().head(tenant));
    }

    /** One command reads keys of one slot, so each tenant is asked for separately; all questions are in flight together. */
    @Override
    public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
        List<CompletableFuture<Map<Chain, Position>>> parts = new ArrayList<>();
        interests.stream()
                .collect(Collectors.groupingBy(Interest::tenant))
                .forEach((tenant, some) -> parts.add(
                        routes.ask(tenant, broker -> broker.log().heads(some)).toCompletableFuture()));
        return CompletableFuture.allOf(parts.toArray(CompletableFuture<?>[]::new))
                .thenApply(x -> {
                    Map<Chain, Position> heads = HashMap.newHashMap(interests.size());
                    parts.forEach(part -> heads.putAll(part.join()));
                    return heads;
                })
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(Failures.of(e)));
    }

    @Override
    public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
        return routes.ask(tenant, broker -> broker.log().epochs(tenant));
    }

    /** That of the server with the least. */
    @Override
    public Durability durability() {
        return routes.brokers().stream()
                .map(broker -> broker.log().durability())
                .min(Comparator.comparing(Durability::level))
                .orElse(new Durability(Durability.Level.PROCESS, 0, "No server of the cluster is known."));
    }
}
