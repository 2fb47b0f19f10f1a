package dev.carillon.cli.base;

import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.OtherProxy;
import dev.carillon.process.ServerProcess;
import dev.carillon.proxy.files.ConfigFile;
import dev.carillon.proxy.files.Product;
import dev.carillon.proxy.files.ProxyFiles;
import dev.carillon.proxy.files.Site;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A proxy of another project, as installed on this machine, with the files that {@code proxy-config} writes.
 *
 * @param variables environment variables: one of them may name the program
 * @param connections number of clients
 * @param security how clients reach it
 */
public record InstalledProxy(Product product, Map<String, String> variables, int connections, Site.Security security)
        implements OtherProxy {
    /** The end of the description of an option that names one. */
    public static final String PROGRAM =
            "as installed on this machine (in PATH, or as HAPROXY, CADDY, NGINX_SERVER or TRAEFIK names "
                    + "it), with the file that proxy-config writes";

    /** The connections of health checks, and those of clients that reconnect before their old one has ended. */
    private static final int SPARE_CONNECTIONS = 1_000;

    /** A proxy without TLS. */
    public InstalledProxy(Product product, Map<String, String> variables, int connections) {
        this(product, variables, connections, new Site.Plain());
    }

    /** @throws CommandException if there is no such product */
    public static Product product(String name) {
        return Stream.of(Product.values())
                .filter(one -> one.id().equals(name))
                .findFirst()
                .orElseThrow(() -> CommandException.misused("proxy: " + name + ": must be one of " + Product.ids()));
    }

    @Override
    public String name() {
        return product.id();
    }

    @Override
    public boolean tls() {
        return !(security instanceof Site.Plain);
    }

    @Override
    public Map<String, String> variables() {
        return Map.of("CADDY_ADMIN", "127.0.0.1:" + ServerProcess.freePort());
    }

    @Override
    public List<String> command(List<URI> nodes, int port, Path directory) {
        Site site = Site.of(nodes)
                .withListen(new Site.Listen("127.0.0.1", port))
                .withSecurity(security)
                .withLimits(new Site.Limits(Site.Limits.DEFAULT.maxBodyBytes(), connections + SPARE_CONNECTIONS));
        try {
            for (ConfigFile file : ProxyFiles.write(product, site, Optional.empty())) {
                Files.writeString(directory.resolve(file.name()), file.text());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Stream.concat(Stream.of(program()), arguments(directory).stream())
                .toList();
    }

    private List<String> arguments(Path directory) {
        return switch (product) {
            case HAPROXY -> List.of("-db", "-f", "haproxy.cfg");
            case CADDY -> List.of("run", "--adapter", "caddyfile", "--config", "Caddyfile");
            case NGINX ->
                List.of(
                        "-e",
                        "stderr",
                        "-p",
                        directory.toString(),
                        "-c",
                        "nginx.conf",
                        "-g",
                        "daemon off; pid nginx.pid;");
            case TRAEFIK -> List.of("--configFile=traefik.yml");
        };
    }

    private String program() {
        String variable = switch (product) {
            case HAPROXY -> "HAPROXY";
            case CADDY -> "CADDY";
            case NGINX -> "NGINX_SERVER";
            case TRAEFIK -> "TRAEFIK";
        };
        String given = variables.getOrDefault(variable, "");
        return given.isEmpty()
                ? Stream.of((variables.getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin").split(":", -1))
                        .map(directory -> Path.of(directory, name()))
                        .filter(Files::isExecutable)
                        .map(Path::toString)
                        .findFirst()
                        .orElseThrow(() -> LabException.failed(
                                product.title() + " was not found in PATH; install it, or set " + variable))
                : given;
    }
}
