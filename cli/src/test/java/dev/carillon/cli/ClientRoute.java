package dev.carillon.cli;

import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A way from a client to the nodes: to one of them, or by a proxy before all. The settings of other projects' proxies are the least that is needed. */
final class ClientRoute implements AutoCloseable {
    enum Kind {
        DIRECT("direct"),
        CARILLON("our proxy"),
        CADDY_OLD("Caddy 2.6"),
        CADDY("Caddy 2.11"),
        NGINX("nginx"),
        HAPROXY("HAProxy");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private final List<URI> entries;
    private final List<Runnable> opened = new ArrayList<>();

    private ClientRoute(List<URI> entries) {
        this.entries = entries;
    }

    static ClientRoute open(Kind kind, List<URI> nodes) {
        if (kind == Kind.DIRECT) {
            return new ClientRoute(nodes);
        }
        int port = ServerProcess.freePort();
        ClientRoute route = new ClientRoute(List.of(URI.create("http://127.0.0.1:" + port)));
        try {
            route.start(kind, port, nodes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return route;
    }

    private void start(Kind kind, int port, List<URI> nodes) throws IOException {
        Path home = Files.createTempDirectory("carillon-route");
        opened.add(() -> delete(home));
        switch (kind) {
            case DIRECT -> throw new AssertionError();
            case CARILLON ->
                opened.add(
                        CommandProcess.start(
                                Map.of(),
                                "proxy",
                                "--port",
                                Integer.toString(port),
                                "--node",
                                each(nodes, URI::toString, ","))::close);
            case CADDY_OLD -> runCaddy(home, port, nodes, "CADDY", "caddy");
            case CADDY -> runCaddy(home, port, nodes, "CADDY_CURRENT", "caddy-current");
            case NGINX -> run(home, nginx(port, nodes, home), "nginx", "-e", "stderr", "-c");
            case HAPROXY -> run(home, haProxy(port, nodes), "haproxy", "-db", "-f");
        }
        Awaitility.await(kind.title + " listens").atMost(Duration.ofSeconds(60)).until(() -> listens(port));
    }

    /** @param variable names the program, by default that on the PATH */
    private void runCaddy(Path home, int port, List<URI> nodes, String variable, String program) throws IOException {
        run(
                home,
                caddyfile(port, nodes),
                Objects.requireNonNullElse(System.getenv(variable), program),
                "run",
                "--adapter",
                "caddyfile",
                "--config");
    }

    private static String caddyfile(int port, List<URI> nodes) {
        return """
                {
                    admin off
                    auto_https off
                }
                :%d {
                    reverse_proxy %s {
                        flush_interval -1
                        lb_try_duration 10s
                        fail_duration 1s
                    }
                }
                """.formatted(port, each(nodes, URI::getAuthority, " "));
    }

    /** It counts a stream that breaks off as a failure of its node: soon it would call none alive, and answer 502. So it counts none. */
    private static String nginx(int port, List<URI> nodes, Path home) {
        return """
                daemon off;
                master_process off;
                pid %2$s/nginx.pid;
                events {
                }
                http {
                    access_log off;
                    client_body_temp_path %2$s/body;
                    proxy_temp_path %2$s/proxy;
                    fastcgi_temp_path %2$s/fastcgi;
                    uwsgi_temp_path %2$s/uwsgi;
                    scgi_temp_path %2$s/scgi;
                    map $http_upgrade $connection_header {
                        default upgrade;
                        '' '';
                    }
                    upstream nodes {
                %3$s
                    }
                    server {
                        listen 127.0.0.1:%1$d;
                        location / {
                            proxy_pass http://nodes;
                            proxy_http_version 1.1;
                            proxy_set_header Connection $connection_header;
                            proxy_set_header Upgrade $http_upgrade;
                            proxy_set_header Host $host;
                            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                            proxy_set_header X-Forwarded-Proto $scheme;
                            proxy_buffering off;
                            proxy_read_timeout 1h;
                        }
                    }
                }
                """.formatted(port, home, each(nodes, node -> "server " + node.getAuthority() + " max_fails=0;", "\n"));
    }

    private static String haProxy(int port, List<URI> nodes) {
        return """
                defaults
                    mode http
                    timeout connect 1s
                    timeout client 1h
                    timeout server 1h
                    option redispatch
                    option httpchk GET /_health
                    default-server check inter 500ms fall 2 rise 1
                frontend clients
                    bind 127.0.0.1:%d
                    default_backend nodes
                backend nodes
                %s
                """.formatted(
                        port, each(nodes, node -> "    server n" + node.getPort() + " " + node.getAuthority(), "\n"));
    }

    /** @param program and its options, of which the last takes the file of the settings */
    private void run(Path home, String settings, String... program) throws IOException {
        // By a shell, which looks for it in the folders of system programs, too.
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "PATH=$PATH:/usr/sbin:/usr/local/sbin exec \"$@\"", "sh"));
        command.addAll(List.of(program));
        command.add(Files.writeString(home.resolve("settings"), settings).toString());
        ChildProcess process = ChildProcess.of(command)
                .merged()
                .environment(variables -> {
                    // Caddy has folders of its own.
                    variables.put("HOME", home.toString());
                    variables.put("XDG_DATA_HOME", home.toString());
                    variables.put("XDG_CONFIG_HOME", home.toString());
                })
                .start();
        opened.add(() -> stop(process));
    }

    private static String each(List<URI> nodes, Function<URI, String> line, String between) {
        return nodes.stream().map(line).collect(Collectors.joining(between));
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static void stop(ChildProcess process) {
        process.terminate();
        try (process) {
            OptionalInt _ = process.awaitExit(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void delete(Path home) {
        try (Stream<Path> files = Files.walk(home)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the client of this number connects. */
    URI entry(int client) {
        return entries.get(client % entries.size());
    }

    @Override
    public void close() {
        opened.reversed().forEach(Runnable::run);
    }
}
