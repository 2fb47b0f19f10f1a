package dev.carillon.proxy;

import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.proxy.files.ConfigFile;
import dev.carillon.proxy.files.Product;
import dev.carillon.proxy.files.ProxyFiles;
import dev.carillon.proxy.files.Site;
import dev.carillon.proxy.files.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** An installed proxy of another project, in one of the versions that we support; {@code build/servers.sh} installs it. */
enum ProxyProgram {
    HAPROXY("HAProxy 2.6", Product.HAPROXY, "2.6", "HAPROXY", "haproxy"),
    CADDY_OLD("Caddy 2.6", Product.CADDY, "2.6", "CADDY", "caddy"),
    CADDY("Caddy 2.11", Product.CADDY, "2.11", "CADDY_CURRENT", "caddy-current"),
    NGINX_OLD("nginx 1.22", Product.NGINX, "1.22", "NGINX_SERVER", "nginx"),
    NGINX("nginx 1.31", Product.NGINX, "1.29.6", "NGINX_SERVER_CURRENT", "nginx-current"),
    TRAEFIK("Traefik 3.7", Product.TRAEFIK, "3.7", "TRAEFIK", "traefik");

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(1);

    private final String title;
    private final Product product;
    private final String version;
    private final String variable;
    private final String name;

    ProxyProgram(String title, Product product, String version, String variable, String name) {
        this.title = title;
        this.product = product;
        this.version = version;
        this.variable = variable;
        this.name = name;
    }

    String title() {
        return title;
    }

    List<ConfigFile> files(Site site) {
        return ProxyFiles.write(product, site, Optional.of(Version.of(version)));
    }

    /** Starts it with the files for a site. */
    RunningProxy start(Site site) {
        return start(site, UnaryOperator.identity());
    }

    /** @param change changes the text of each file */
    RunningProxy start(Site site, UnaryOperator<String> change) {
        return new Running(site, change);
    }

    /** Lets the program check the files for a site; returns what it says if they are wrong. */
    Optional<String> check(Site site) throws IOException, InterruptedException {
        Path home = home(files(site), UnaryOperator.identity());
        try {
            List<String> arguments = switch (product) {
                case HAPROXY -> List.of("-c", "-f", "haproxy.cfg");
                case CADDY -> List.of("validate", "--adapter", "caddyfile", "--config", "Caddyfile");
                case NGINX -> List.of("-t", "-p", home.toString(), "-c", "nginx.conf", "-g", "pid nginx.pid;");
                case TRAEFIK -> throw new IllegalArgumentException("Traefik checks files only when it starts");
            };
            ChildProcess.Ended ended = process(home, arguments).run(START);
            return ended.status() == 0 ? Optional.empty() : Optional.of(ended.out());
        } finally {
            delete(home);
        }
    }

    private List<String> arguments(Path home) {
        return switch (product) {
            case HAPROXY -> List.of("-db", "-f", "haproxy.cfg");
            case CADDY -> List.of("run", "--adapter", "caddyfile", "--config", "Caddyfile");
            case NGINX ->
                List.of("-e", "stderr", "-p", home.toString(), "-c", "nginx.conf", "-g", "daemon off; pid nginx.pid;");
            case TRAEFIK -> List.of("--configFile=traefik.yml");
        };
    }

    private ChildProcess.Builder process(Path home, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(path()));
        command.addAll(arguments);
        int admin = ServerProcess.freePort();
        return ChildProcess.of(command).directory(home).merged().environment(variables -> {
            // Caddy has directories of its own.
            variables.put("HOME", home.toString());
            variables.put("XDG_DATA_HOME", home.toString());
            variables.put("XDG_CONFIG_HOME", home.toString());
            variables.put("CADDY_ADMIN", "127.0.0.1:" + admin);
        });
    }

    private String path() {
        String given = System.getenv(variable);
        if (given != null) {
            return given;
        }
        return Stream.of((System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin").split(":", -1))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        title + " was not found: set " + variable + ", or run ./carillon test, which installs it"));
    }

    private static Path home(List<ConfigFile> files, UnaryOperator<String> change) {
        try {
            Path home = Files.createTempDirectory("carillon-proxy");
            // The workers of nginx run as another user.
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
            for (ConfigFile file : files) {
                Files.writeString(home.resolve(file.name()), change.apply(file.text()));
            }
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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

    private final class Running implements RunningProxy {
        private final Path home;
        private final ChildProcess process;
        private final int port;
        private final String path;
        private final boolean tls;

        private Running(Site site, UnaryOperator<String> change) {
            this.home = home(files(site), change);
            this.port = site.listen().port();
            this.path = site.routes().only().isEmpty()
                    ? "/_health"
                    : site.routes().only().getFirst();
            this.tls = !site.security().isPlain();
            try {
                this.process = process(home, arguments(home)).start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            try {
                Awaitility.await(title + " listens").atMost(START).until(() -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException(title + " ended: " + process.text());
                    }
                    return listens();
                });
            } catch (RuntimeException e) {
                close();
                throw e;
            }
        }

        /** Traefik listens before it has read the file with the routes, and answers 404 until then. */
        private boolean listens() {
            try (RawClient client = new RawClient(port)) {
                return product != Product.TRAEFIK
                        || tls
                        || !client.get(path, "").head().status().startsWith("HTTP/1.1 404");
            } catch (IOException | UncheckedIOException e) {
                return false;
            }
        }

        @Override
        public int port() {
            return port;
        }

        @Override
        public String output() {
            return process.text();
        }

        @Override
        public void close() {
            if (!Files.exists(home)) {
                return;
            }
            process.terminate();
            try (process) {
                OptionalInt _ = process.awaitExit(STOP);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            delete(home);
        }
    }
}
