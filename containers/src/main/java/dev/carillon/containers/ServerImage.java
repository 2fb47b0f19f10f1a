package dev.carillon.containers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.PullResponseItem;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * The image of a server: a public one if the engine has it or can pull it, otherwise one that is made of the local program and its libraries, so that
 * no registry is needed.
 */
final class ServerImage {
    static final ServerImage REDIS = new ServerImage("redis:7", RedisServer::program, "/usr/bin/redis-server", "[]");
    static final ServerImage NATS =
            new ServerImage("nats:2.11", NatsServer::program, "/nats-server", "[\"/nats-server\"]");

    private static final Logger LOG = LoggerFactory.getLogger(ServerImage.class);
    private static final Duration PULL_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration LDD_TIMEOUT = Duration.ofSeconds(60);
    /** The path of a library in the output of ldd. */
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

    private final String publicName;
    private final Supplier<Optional<Path>> program;
    private final String path;
    private final String entrypoint;
    private @Nullable String name;

    private ServerImage(String publicName, Supplier<Optional<Path>> program, String path, String entrypoint) {
        this.publicName = publicName;
        this.program = program;
        this.path = path;
        this.entrypoint = entrypoint;
    }

    /** The name of the image; found or made at the first call. */
    synchronized String resolve() {
        String known = name;
        if (known == null) {
            DockerClient client = DockerClientFactory.instance().client();
            known = isThere(client) || pulled(client) ? publicName : build();
            name = known;
        }
        return known;
    }

    private boolean isThere(DockerClient client) {
        try {
            client.inspectImageCmd(publicName).exec();
            return true;
        } catch (NotFoundException e) {
            return false;
        }
    }

    private boolean pulled(DockerClient client) {
        try {
            // Podman's answers have no status, which the usual callback needs.
            boolean _ = client.pullImageCmd(publicName)
                    .exec(new ResultCallback.Adapter<PullResponseItem>())
                    .awaitCompletion(PULL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (DockerException e) {
            LOG.info("{} cannot be pulled: {}", publicName, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return isThere(client);
    }

    private String build() {
        Path local = program.get()
                .orElseThrow(() -> new IllegalStateException(publicName
                        + " cannot be pulled, and the local program was not found: run ./carillon test --full"));
        try {
            ImageFromDockerfile image = new ImageFromDockerfile().withFileFromPath("files" + path, local.toRealPath());
            for (String library : libraries(local)) {
                image.withFileFromPath("files" + library, Path.of(library).toRealPath());
            }
            Path empty = Files.createTempDirectory("carillon-data");
            empty.toFile().deleteOnExit();
            String made = image.withFileFromPath("files/data", empty)
                    .withFileFromString(
                            "Dockerfile",
                            "FROM scratch\nCOPY files/ /\nENV PATH=/usr/bin\nWORKDIR /data\nENTRYPOINT " + entrypoint
                                    + "\n")
                    .get();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made), "remove-image"));
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Without Ryuk nothing else removes it. */
    private static void remove(String image) {
        try {
            DockerClientFactory.instance()
                    .client()
                    .removeImageCmd(image)
                    .withForce(true)
                    .exec();
        } catch (DockerException e) {
            System.err.println("image " + image + " was not removed: " + e.getMessage());
        }
    }

    /** None if the program is linked statically. */
    private static List<String> libraries(Path program) throws IOException {
        try {
            String list = ChildProcess.of("ldd", program.toString())
                    .merged()
                    .run(LDD_TIMEOUT)
                    .out();
            return LIBRARY.matcher(list)
                    .results()
                    .map(match -> match.group(1))
                    .distinct()
                    .toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
