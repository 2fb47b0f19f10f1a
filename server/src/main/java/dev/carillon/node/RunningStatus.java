package dev.carillon.node;

import dev.carillon.admin.NodeStatus;
import dev.carillon.broker.Health;
import dev.carillon.cluster.BrokerState;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.source.intake.SourceStatus;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Readiness and health of a node, read from its services. */
record RunningStatus(NodeServices services, Authorizers authorizers, BooleanSupplier isServing) implements NodeStatus {
    @Override
    public String nodeId() {
        return services.config.nodeId;
    }

    @Override
    public long generation() {
        return services.registry.generation();
    }

    @Override
    public String version() {
        return NodeMetrics.version();
    }

    @Override
    public boolean serving() {
        return isServing.getAsBoolean();
    }

    @Override
    public BrokerState broker() {
        Health health = services.broker.health();
        return new BrokerState(
                services.broker.driver(),
                health.connected(),
                health.refusal().isEmpty(),
                services.feed.unavailableTenants(),
                health.unavailableServers());
    }

    @Override
    public Optional<Boolean> authorizerAvailable() {
        return authorizers.available();
    }

    @Override
    public List<SourceStatus> sources() {
        return services.sources.status();
    }

    @Override
    public Optional<String> cluster() {
        return services.cluster.text();
    }

    @Override
    public int contexts() {
        return services.contexts.count();
    }

    @Override
    public int connections() {
        return services.fanOut.connectionCount();
    }

    @Override
    public int clusterNodes() {
        return services.registry.nodes().size();
    }

    @Override
    public long clusterContexts() {
        return services.registry.nodes().stream()
                .mapToLong(NodeRecord::contexts)
                .sum();
    }
}
