package dev.carillon.containers;

import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Where tests get their servers: the first source that is there. The system property {@value #PROPERTY} gives the order, {@code local,container} by
 * default, as local programs start faster; with one source only, the other is not tried. A test without a server fails and names what to install: it is
 * never skipped.
 */
public final class Servers {
    static final String PROPERTY = "carillon.test.servers";

    private static final String ADVICE = "; run ./carillon test, which installs what is missing";

    /** A source of servers. */
    public enum Source {
        /** A program on the PATH, or that a variable such as {@code REDIS_SERVER} names. */
        LOCAL,
        /** Testcontainers, if a container engine answers. */
        CONTAINER
    }

    private Servers() {}

    /** A Redis server with an append-only file; options as of {@code redis-server}. */
    public static TestServer redis(String... options) {
        return first(order(), source -> redis(source, options));
    }

    /** A NATS server with JetStream; options as of {@code nats-server}. */
    public static TestServer nats(String... options) {
        return first(order(), source -> nats(source, options));
    }

    /** A Redis server from this source only. */
    public static TestServer redis(Source source, String... options) {
        return switch (source) {
            case LOCAL -> local("redis-server 7.0 or newer", RedisServer.program(), () -> new RedisServer(options));
            case CONTAINER -> contained(() -> ContainerServer.redis(options));
        };
    }

    /** A NATS server from this source only. */
    public static TestServer nats(Source source, String... options) {
        return switch (source) {
            case LOCAL -> local("nats-server 2.10 or newer", NatsServer.program(), () -> new NatsServer(options));
            case CONTAINER -> contained(() -> ContainerServer.nats(options));
        };
    }

    /** A container of a Redis server that accepts connections from its networks; not started. */
    public static GenericContainer<?> redisContainer() {
        return new GenericContainer<>(DockerImageName.parse(ServerImage.REDIS.resolve()))
                .withCommand(ContainerServer.REDIS_COMMAND.toArray(String[]::new));
    }

    /** The source is not there: the next one is tried. */
    static final class AbsentException extends RuntimeException {
        private static final long serialVersionUID = 1;

        AbsentException(String message) {
            super(message);
        }
    }

    @FunctionalInterface
    interface Opener {
        TestServer open(Source source);
    }

    static TestServer first(List<Source> order, Opener opener) {
        List<String> absent = new ArrayList<>();
        for (Source source : order) {
            try {
                return opener.open(source);
            } catch (AbsentException e) {
                absent.add(String.valueOf(e.getMessage()));
            }
        }
        throw new IllegalStateException(String.join("; ", absent) + ADVICE);
    }

    static List<Source> order() {
        return order(System.getProperty(PROPERTY, "local,container"));
    }

    static List<Source> order(String text) {
        try {
            return Stream.of(text.split(",", -1))
                    .map(name -> Source.valueOf(name.toUpperCase(Locale.ROOT)))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    PROPERTY + ": " + text + ": must be local, container, or both in an order, separated by a comma",
                    e);
        }
    }

    private static TestServer local(String name, Optional<Path> program, Supplier<TestServer> start) {
        if (program.isEmpty()) {
            throw new AbsentException("no " + name + " on the PATH");
        }
        return start.get();
    }

    private static TestServer contained(Supplier<TestServer> start) {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            throw new AbsentException(
                    "no container engine answers: start Docker, or podman's service and set DOCKER_HOST to its socket");
        }
        return start.get();
    }
}
