package dev.carillon.process;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The servers of a NATS cluster with JetStream on files; each has its ports and directory for its whole life. */
public final class NatsCluster implements TestServer {
    private static final int TIMEOUT_MILLIS = 1_000;

    private final List<NatsServer> servers = new ArrayList<>();
    private final List<Integer> monitoring = new ArrayList<>();

    /** @param options additional options of each server */
    public NatsCluster(int size, String... options) {
        this(NatsServer.Release.INSTALLED, size, options);
    }

    public NatsCluster(NatsServer.Release release, int size, String... options) {
        List<String> routes = IntStream.range(0, size)
                .mapToObj(i -> "nats://127.0.0.1:" + ServerProcess.freePort())
                .toList();
        try {
            for (int i = 0; i < size; i++) {
                monitoring.add(ServerProcess.freePort());
                List<String> all = new ArrayList<>(List.of(
                        "--name",
                        name(i),
                        "--cluster_name",
                        "carillon-test",
                        "--cluster",
                        routes.get(i),
                        "--routes",
                        String.join(",", routes),
                        "--http_port",
                        Integer.toString(monitoring.get(i))));
                all.addAll(List.of(options));
                servers.add(new NatsServer(release, all.toArray(String[]::new)));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static String name(int server) {
        return "s" + (server + 1);
    }

    public int size() {
        return servers.size();
    }

    @Override
    public String scheme() {
        return servers.getFirst().scheme();
    }

    /** Of the first server. */
    @Override
    public int port() {
        return servers.getFirst().port();
    }

    @Override
    public String address() {
        return address("");
    }

    /** @param login user and password with {@code @}; or empty */
    public String address(String login) {
        return scheme() + "://" + login
                + servers.stream().map(server -> "127.0.0.1:" + server.port()).collect(Collectors.joining(","));
    }

    /** The relay leads to the first server; the others are named too. */
    @Override
    public String address(Relay relay) {
        return scheme() + "://127.0.0.1:" + relay.port()
                + servers.stream()
                        .skip(1)
                        .map(server -> ",127.0.0.1:" + server.port())
                        .collect(Collectors.joining());
    }

    /** The address of one server alone. */
    public String address(int server) {
        return servers.get(server).address();
    }

    /** The server that leads a stream, by what the servers themselves say; empty: none at this time. */
    public Optional<Integer> leader(String stream) {
        Pattern led = Pattern.compile(
                "\"name\": \"" + Pattern.quote(stream) + "\",[^{]*?\"cluster\": \\{[^}]*?\"leader\": \"(s\\d)\"",
                Pattern.DOTALL);
        for (int i = 0; i < servers.size(); i++) {
            Matcher matcher = led.matcher(streams(i));
            if (matcher.find() && matcher.group(1).equals(name(i))) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** Whether a server runs, and has what the others have. */
    public boolean current(int server) {
        return get(server, "/healthz").contains("\"ok\"");
    }

    /** Whether all servers are current. */
    public boolean current() {
        return IntStream.range(0, size()).allMatch(this::current);
    }

    private String streams(int server) {
        return get(server, "/jsz?accounts=true&streams=true&limit=10000");
    }

    /** The body of a successful answer of the monitoring port; otherwise empty. */
    private String get(int server, String path) {
        try {
            var connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + monitoring.get(server) + path)
                    .toURL()
                    .openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            try (var in = connection.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            // It does not run.
            return "";
        }
    }

    /** Kills a server with SIGKILL; its data stays. */
    public void kill(int server) {
        servers.get(server).kill();
    }

    public void stop(int server) {
        servers.get(server).stop();
    }

    public void start(int server) {
        servers.get(server).start();
    }

    public void pause(int server) {
        servers.get(server).pause();
    }

    public void resume(int server) {
        servers.get(server).resume();
    }

    /** Stops a server and starts it in another release, with its data. */
    public void upgrade(int server, NatsServer.Release release) {
        stop(server);
        servers.get(server).use(release);
        start(server);
    }

    /** Kills a server, if its data is to be lost, and starts it again. */
    public void restart(int server, Data data) {
        servers.get(server).restart(data);
    }

    /** Restarts all servers at once. */
    @Override
    public void restart(Data data) {
        all(server -> {
            if (data == Data.KEPT) {
                server.stop();
            } else {
                server.kill();
            }
        });
        all(server -> server.restart(data));
    }

    @Override
    public void saveCopy() {
        all(ServerProcess::saveCopy);
    }

    @Override
    public void stop() {
        all(ServerProcess::stop);
    }

    @Override
    public void start() {
        all(ServerProcess::start);
    }

    @Override
    public void pause() {
        all(ServerProcess::pause);
    }

    @Override
    public void resume() {
        all(ServerProcess::resume);
    }

    private void all(Consumer<NatsServer> action) {
        servers.forEach(action);
    }

    @Override
    public void close() {
        all(NatsServer::close);
    }
}
