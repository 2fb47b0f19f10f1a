package dev.carillon.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.images.ImagePullPolicy;
import org.testcontainers.utility.DockerImageName;

/**
 * A node from the product's image: its root is read-only, and it has no capability. It is in two networks, with an address in each: one for clients and
 * operators, one for the other nodes and the broker. Both are internal: neither is a way into the other.
 */
final class NodeContainer extends GenericContainer<NodeContainer> {
    private static final int PORT = 8080;
    private static final int ADMIN_PORT = 9080;
    /** The image is made on this machine. */
    private static final ImagePullPolicy NEVER = name -> false;

    private final String name;
    private final Network clients;
    private final Network cluster;

    NodeContainer(String image, String name, Network clients, Network cluster, Map<String, String> settings) {
        super(DockerImageName.parse(image));
        this.name = name;
        this.clients = clients;
        this.cluster = cluster;
        withImagePullPolicy(NEVER);
        withNetwork(cluster);
        withNetworkAliases(name);
        withEnv(settings);
        withEnv("CARILLON_NODE_ID", name);
        withEnv("CARILLON_ADVERTISE", name);
        withCreateContainerCmdModifier(create -> Objects.requireNonNull(create.getHostConfig())
                .withReadonlyRootfs(true)
                .withCapDrop(Capability.ALL)
                .withSecurityOpts(List.of("no-new-privileges")));
    }

    @Override
    protected void containerIsCreated(String containerId) {
        getDockerClient()
                .connectToNetworkCmd()
                .withNetworkId(clients.getId())
                .withContainerId(containerId)
                .exec();
    }

    String name() {
        return name;
    }

    /** Takes it out of the nodes' network: its interface there is gone. */
    void cut() {
        getDockerClient()
                .disconnectFromNetworkCmd()
                .withNetworkId(cluster.getId())
                .withContainerId(getContainerId())
                .exec();
    }

    void reconnect() {
        getDockerClient()
                .connectToNetworkCmd()
                .withNetworkId(cluster.getId())
                .withContainerId(getContainerId())
                .withContainerNetwork(new ContainerNetwork().withAliases(name))
                .exec();
    }

    /** Its address in the clients' network. */
    String address() {
        String network = getDockerClient()
                .inspectNetworkCmd()
                .withNetworkId(clients.getId())
                .exec()
                .getName();
        return Objects.requireNonNull(Objects.requireNonNull(getDockerClient()
                        .inspectContainerCmd(getContainerId())
                        .exec()
                        .getNetworkSettings()
                        .getNetworks()
                        .get(network))
                .getIpAddress());
    }

    SseClient stream(String target, Map<String, String> headers) {
        return SseClient.open(new InetSocketAddress(address(), PORT), target, headers);
    }

    HttpResponse<String> broadcast(HttpClient http, String token, String topic, String data)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://" + address() + ":" + PORT + "/broadcast"))
                        .timeout(Patience.LIMIT)
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"scope\":\"topic:" + topic + "\",\"data\":\"" + data + "\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Whether it is ready for clients, by its admin port. */
    boolean isReady(HttpClient http) {
        if (!isRunning()) {
            throw new IllegalStateException(name + " ended: " + getLogs());
        }
        try {
            return admin(http, "/health/ready").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    JsonNode clusterHealth(HttpClient http) throws IOException {
        return new ObjectMapper().readTree(admin(http, "/_health/cluster").body());
    }

    JsonNode health(HttpClient http) throws IOException {
        return new ObjectMapper().readTree(admin(http, "/health").body());
    }

    private HttpResponse<String> admin(HttpClient http, String path) throws IOException {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://" + address() + ":" + ADMIN_PORT + path))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Runs a command in it, and returns its output; its status must be 0. */
    String exec(String... command) throws IOException, InterruptedException {
        ExecResult result = execInContainer(command);
        if (result.getExitCode() != 0) {
            throw new IllegalStateException(String.join(" ", command) + ": status " + result.getExitCode() + ": "
                    + result.getStdout() + result.getStderr());
        }
        return result.getStdout().strip();
    }
}
