package dev.carillon.junit;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The nodes of one start of a {@link CarillonNode}. */
final class RunningNodes {
    /** They are given to each node at its start. */
    static final Set<String> OWN_SETTINGS = Set.of("node-id", "port", "admin-port", "internal-port", "broker");

    private static final AtomicLong NUMBERS = new AtomicLong();
    private static final Store.Key ANY_KEY = new Store.Key(Tenant.DEFAULT, "junit", "any");

    private final String name = "junit-" + NUMBERS.incrementAndGet();
    private final List<Node> nodes = new ArrayList<>();
    private final Recording recording;
    private final TestClock clock;
    /** Of the same server as those of the nodes. */
    private @Nullable Broker observer;

    private RunningNodes(Platform real) {
        this.recording = new Recording(real.nanoTime());
        this.clock = new TestClock(real, this::settle);
    }

    static RunningNodes start(CarillonNode.Options options) {
        RunningNodes running = new RunningNodes(Platform.system());
        try {
            running.startAll(options);
            return running;
        } catch (RuntimeException e) {
            running.close();
            throw e;
        }
    }

    private void startAll(CarillonNode.Options options) {
        Platform platform = clock.platform();
        String broker = RecordingProvider.address(name, recording);
        for (int i = 1; i <= options.nodes(); i++) {
            nodes.add(start(config("node-" + i, broker, options), options, platform));
        }
        observer = Brokers.open(BrokerAddress.parse("memory://" + name), BrokerOptions.of("observer"), platform);
    }

    /** Waits until the broker has done what the nodes asked for, and what they asked for because of that. */
    private void settle() {
        Broker broker = observer;
        if (broker != null) {
            for (int i = 0; i < 2; i++) {
                Optional<Store.Entry> _ =
                        broker.store().get(ANY_KEY).toCompletableFuture().join();
            }
        }
    }

    private static NodeConfig config(String id, String broker, CarillonNode.Options options) {
        NodeConfig.Builder config = NodeConfig.builder()
                .development()
                .anonymous()
                .jwtKey(CarillonNode.JWT_KEY)
                .operatorToken(CarillonNode.OPERATOR_TOKEN)
                .secrets("secret of the tests of an application");
        options.settings().forEach(config::set);
        return config.nodeId(id)
                .port(0)
                .adminPort(0)
                .internalPort(0)
                .broker(broker)
                .build();
    }

    private static Node start(NodeConfig config, CarillonNode.Options options, Platform platform) {
        Node.Builder builder = Node.builder(config).platform(platform);
        options.extensions().forEach(builder::extension);
        if (options.authorizer() != null) {
            builder.authorizer(options.authorizer());
        }
        return builder.start();
    }

    List<Node> nodes() {
        return nodes;
    }

    TestClock clock() {
        return clock;
    }

    Broadcasts broadcasts() {
        return new Broadcasts(recording);
    }

    void close() {
        nodes.reversed().forEach(Node::close);
        if (observer != null) {
            observer.close();
        }
        RecordingProvider.forget(name);
    }
}
