package dev.carillon.junit;

import dev.carillon.auth.Authorizer;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.extension.Extension;
import dev.carillon.node.Node;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A node in memory for tests, on free ports of 127.0.0.1; or several nodes, which are one cluster. As a static field with {@code @RegisterExtension} it runs for
 * the tests of a class, as an instance field for each test; {@link CarillonTest} passes it as a parameter; other code calls {@link Builder#start} and {@link
 * #close}. Clients need no token to subscribe, unless the setting {@code anonymous} is {@code false}.
 *
 * <pre>
 *  &#64;RegisterExtension
 *  static final CarillonNode CARILLON = CarillonNode.inMemory().build();
 * </pre>
 */
public final class CarillonNode
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, AutoCloseable {
    /** With it the nodes verify tokens, for tests that sign their own; HS256. */
    public static final String JWT_KEY = "key of the tests of an application, not a secret";

    /** For requests to the admin port. */
    public static final String OPERATOR_TOKEN = "operator-token-of-the-tests-of-an-application";

    private final Options options;
    // Guarded by this.
    private @Nullable RunningNodes running;
    /** Classes whose tests run: one, and those nested in it. */
    private int classes;

    /** @param authorizer null: tokens are JWTs */
    record Options(
            int nodes,
            Map<String, String> settings,
            List<Extension> extensions,
            @Nullable Authorizer authorizer) {}

    private CarillonNode(Options options) {
        this.options = options;
    }

    /** Nodes whose broker is in the memory of this process. */
    public static Builder inMemory() {
        return new Builder();
    }

    /** The address for clients, of the first node. */
    public URI url() {
        return url(0);
    }

    /** @param index from 0 */
    public URI url(int index) {
        return URI.create("http://127.0.0.1:" + node(index).port());
    }

    /** The address of the admin port of the first node. */
    public URI adminUrl() {
        return URI.create("http://127.0.0.1:" + node().adminPort());
    }

    /** The number of nodes. */
    public int nodes() {
        return options.nodes();
    }

    public Node node() {
        return node(0);
    }

    /** @param index from 0 */
    public Node node(int index) {
        return running().nodes().get(index);
    }

    /** For tested code that broadcasts from Java. */
    public Broadcaster broadcaster() {
        return node().broadcaster();
    }

    /** A token that these nodes accept, without rights yet. */
    public TestToken token() {
        return new TestToken(JWT_KEY, clock());
    }

    /** What was broadcast since the test began, by any node and by any way. */
    public Broadcasts broadcasts() {
        return running().broadcasts();
    }

    /** The clock of the nodes. */
    public TestClock clock() {
        return running().clock();
    }

    private synchronized RunningNodes running() {
        if (running == null) {
            throw new IllegalStateException(
                    "the node does not run: register the field with @RegisterExtension, or call start()");
        }
        return running;
    }

    private synchronized void start() {
        if (running == null) {
            running = RunningNodes.start(options);
        }
    }

    /** Stops the nodes, if they run. */
    @Override
    public synchronized void close() {
        RunningNodes stopping = running;
        running = null;
        if (stopping != null) {
            stopping.close();
        }
    }

    @Override
    public synchronized void beforeAll(ExtensionContext context) {
        classes++;
        start();
    }

    @Override
    public synchronized void afterAll(ExtensionContext context) {
        classes--;
        if (classes == 0) {
            close();
        }
    }

    @Override
    public synchronized void beforeEach(ExtensionContext context) {
        if (classes == 0) {
            start();
        } else {
            broadcasts().clear();
        }
    }

    @Override
    public synchronized void afterEach(ExtensionContext context) {
        if (classes == 0) {
            close();
        }
    }

    /** Options of a {@link CarillonNode}. Not thread-safe. */
    public static final class Builder {
        private int nodes = 1;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final List<Extension> extensions = new ArrayList<>();
        private @Nullable Authorizer authorizer;

        private Builder() {}

        /** Number of nodes of the cluster, 1 to 10; default 1. */
        public Builder nodes(int number) {
            if (number < 1 || number > 10) {
                throw new IllegalArgumentException("nodes: must be 1 to 10, not " + number);
            }
            nodes = number;
            return this;
        }

        /**
         * Any setting of a node; an error of the start if it is unknown or its value breaks its rule.
         *
         * @throws IllegalArgumentException the node-id, a port or the broker, which the nodes of tests have from here
         */
        public Builder set(String name, String value) {
            if (RunningNodes.OWN_SETTINGS.contains(name)) {
                throw new IllegalArgumentException(name + ": cannot be set to " + value
                        + ", as nodes of tests have ids, ports and a broker of their own");
            }
            settings.put(name, value);
            return this;
        }

        /** Adds an extension to every node. */
        public Builder extension(Extension extension) {
            extensions.add(extension);
            return this;
        }

        /** The application's own authorizer, in place of JWTs. */
        public Builder authorizer(Authorizer value) {
            authorizer = value;
            return this;
        }

        /** For {@code @RegisterExtension}: JUnit starts and stops it. */
        public CarillonNode build() {
            return new CarillonNode(new Options(nodes, Map.copyOf(settings), List.copyOf(extensions), authorizer));
        }

        /** Starts it at once, for other code than JUnit; the caller closes it. */
        public CarillonNode start() {
            CarillonNode started = build();
            started.start();
            return started;
        }
    }
}
