package dev.carillon.containers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A Redis or NATS server in a container, on a loopback port that stays the same. Its data is in {@code /data} of the container: a restart that keeps it
 * restarts the container, and one that loses it creates another container, into which an older copy can be put before it starts.
 */
final class ContainerServer implements TestServer {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final int STOP_SECONDS = 10;
    private static final String DATA = "/data";

    static final List<String> REDIS_COMMAND =
            List.of("redis-server", "--protected-mode", "no", "--save", "", "--appendonly", "yes", "--dir", DATA);

    /** @param arguments the command line of the container
     *  @param greeting what a server that is ready answers to the question, which may be empty
     */
    private record Kind(
            ServerImage image, String scheme, int port, List<String> arguments, String question, Pattern greeting) {}

    private static final Kind REDIS =
            new Kind(ServerImage.REDIS, "redis", 6379, REDIS_COMMAND, "PING\r\n", Pattern.compile("\\+PONG|-NOAUTH.*"));
    private static final Kind NATS =
            new Kind(ServerImage.NATS, "nats", 4222, List.of("-js", "-sd", DATA), "", Pattern.compile("INFO .*"));

    private final Kind kind;
    private final List<String> command;
    private final int port = ServerProcess.freePort();
    private final DockerClient client = DockerClientFactory.instance().client();
    private byte @Nullable [] copy;
    private @Nullable Life life;

    private ContainerServer(Kind kind, String... options) {
        this.kind = kind;
        this.command = new ArrayList<>(kind.arguments);
        command.addAll(List.of(options));
        begin(null);
    }

    static ContainerServer redis(String... options) {
        return new ContainerServer(REDIS, options);
    }

    static ContainerServer nats(String... options) {
        return new ContainerServer(NATS, options);
    }

    /** One container, from its creation to its removal. */
    private static final class Life extends GenericContainer<Life> {
        private final byte @Nullable [] data;

        Life(String image, byte @Nullable [] data) {
            super(DockerImageName.parse(image));
            this.data = data;
        }

        @Override
        protected void containerIsCreated(String containerId) {
            if (data != null) {
                getDockerClient()
                        .copyArchiveToContainerCmd(containerId)
                        .withTarInputStream(new ByteArrayInputStream(data))
                        .withRemotePath("/")
                        .exec();
            }
        }
    }

    private void begin(byte @Nullable [] data) {
        Life started = new Life(kind.image.resolve(), data)
                .withCommand(command.toArray(String[]::new))
                .withCreateContainerCmdModifier(create -> {
                    ExposedPort exposed = ExposedPort.tcp(kind.port);
                    create.withExposedPorts(exposed);
                    Objects.requireNonNull(create.getHostConfig())
                            .withPortBindings(new PortBinding(Ports.Binding.bindIpAndPort("127.0.0.1", port), exposed));
                });
        life = started;
        started.start();
        awaitGreeting();
    }

    private Life life() {
        return Objects.requireNonNull(life, "closed");
    }

    @Override
    public String scheme() {
        return kind.scheme;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void stop() {
        client.stopContainerCmd(life().getContainerId())
                .withTimeout(STOP_SECONDS)
                .exec();
    }

    @Override
    public void start() {
        client.startContainerCmd(life().getContainerId()).exec();
        awaitGreeting();
    }

    @Override
    public void saveCopy() {
        stop();
        try (InputStream data = client.copyArchiveFromContainerCmd(life().getContainerId(), DATA)
                .exec()) {
            copy = data.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    @Override
    public void restart(Data data) {
        switch (data) {
            case KEPT -> {
                stop();
                start();
            }
            case LOST -> {
                life().stop();
                begin(null);
            }
            case OLDER -> {
                life().stop();
                begin(Objects.requireNonNull(copy, "no copy was saved"));
            }
        }
    }

    @Override
    public void pause() {
        signal("STOP");
    }

    @Override
    public void resume() {
        signal("CONT");
    }

    private void signal(String signal) {
        client.killContainerCmd(life().getContainerId()).withSignal(signal).exec();
    }

    @Override
    public void close() {
        Life last = life;
        if (last != null) {
            life = null;
            last.stop();
        }
    }

    /** A port that accepts connections says nothing: a proxy of the engine may hold it. */
    private void awaitGreeting() {
        long end = System.nanoTime() + START_TIMEOUT.toNanos();
        while (!greets()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(kind.scheme + " in a container did not answer within "
                        + START_TIMEOUT.toSeconds() + " s: " + life().getLogs());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private boolean greets() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            socket.setSoTimeout(1000);
            socket.getOutputStream().write(kind.question.getBytes(StandardCharsets.US_ASCII));
            String line = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            return line != null && kind.greeting.matcher(line).matches();
        } catch (IOException e) {
            return false;
        }
    }
}
