package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.ProxyConfigException;
import dev.carillon.proxy.files.ConfigFile;
import dev.carillon.proxy.files.Product;
import dev.carillon.proxy.files.ProxyFiles;
import dev.carillon.proxy.files.Site;
import dev.carillon.proxy.files.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code proxy-config}: writes the configuration of another proxy. */
@Command(
        name = "proxy-config",
        description =
                "Writes the configuration of HAProxy, Caddy, nginx or Traefik as a proxy in front of nodes. docs/proxies.md compares them.",
        sortOptions = false,
        footer = {
            "",
            "Example: HAProxy with TLS in front of two nodes",
            "  ./carillon proxy-config haproxy --node http://10.0.0.1:8080 --node http://10.0.0.2:8080 \\",
            "    --tls-certificate /etc/haproxy/site.crt --tls-key /etc/haproxy/site.key >haproxy.cfg"
        })
final class ProxyConfigCommand implements Callable<Integer> {
    private static final int PLAIN_PORT = 8080;
    private static final int TLS_PORT = 443;

    private static final Duration MIN = Duration.ofMillis(10);
    private static final Duration MAX = Duration.ofHours(1);
    private static final Key<Duration> HEALTH_INTERVAL =
            Key.duration("health-interval", "1s", MIN, MAX, "Interval between two health checks of a node.");
    private static final Key<Duration> DRAIN_NOTICE =
            Key.duration("drain-notice", "5s", MIN, MAX, "The setting drain-notice of the nodes.");
    private static final Key<Duration> STREAM_TIMEOUT =
            Key.duration("stream-timeout", "60s", MIN, MAX, "Silence after which a stream is closed.");

    private final Console console;

    @Parameters(paramLabel = "PROXY", arity = "1", description = "One of haproxy, caddy, nginx, traefik.")
    private String proxy = "";

    @Option(
            names = "--node",
            paramLabel = "URL",
            description = "Node, as http://HOST:PORT; at least one, may be repeated.")
    private List<String> nodes = List.of();

    @Option(
            names = "--proxy-version",
            paramLabel = "VERSION",
            description =
                    "Oldest version of the proxy that must read the file, such as 2.11 for Caddy or 1.29.6 for nginx. "
                            + "Default: the oldest that is supported; newer ones read its file too.")
    private @Nullable String version;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            description = "Address to listen on for clients. Default: all addresses.")
    private String host = "";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port to listen on for clients. Default: 8080, with TLS 443.")
    private @Nullable Integer port;

    @Option(
            names = "--only",
            paramLabel = "PATH",
            description =
                    "Path that goes to the nodes, with all paths below it, such as /.well-known/mercure; may be repeated. "
                            + "Default: all paths.")
    private List<String> only = List.of();

    @Option(
            names = "--application",
            paramLabel = "URL",
            description =
                    "Existing application that receives all other requests, as http://HOST:PORT. Default: they are answered 404.")
    private @Nullable String application;

    @Option(
            names = "--static",
            paramLabel = "PATH=DIR",
            description =
                    "Directory whose files the proxy serves itself below a path, such as /assets=/srv/assets; may be repeated.")
    private List<String> files = List.of();

    @Option(names = "--tls-certificate", paramLabel = "FILE", description = "Certificate chain in PEM.")
    private @Nullable Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Key of the first certificate, in PEM.")
    private @Nullable Path key;

    @Option(
            names = "--domain",
            paramLabel = "NAME",
            description =
                    "Public name of the site, for which the proxy obtains a certificate by itself: Caddy and Traefik, with HTTP/3.")
    private @Nullable String domain;

    @Option(
            names = "--secure-cookie",
            description = "Set the sticky cookie for HTTPS only, although this proxy itself serves without TLS.")
    private boolean secureCookie;

    @Option(
            names = "--base-path",
            description = "The nodes' setting of that name: the path of their health check, and of the sticky cookie.")
    private String basePath = "";

    @Option(
            names = "--embedding",
            description =
                    "Set the sticky cookie for pages in frames of other sites: SameSite=None; Secure; Partitioned. Needs HTTPS.")
    private boolean embedding;

    @Option(
            names = "--health-interval",
            paramLabel = "DURATION",
            description = "Interval between two health checks of a node. Default: 1s.")
    private @Nullable String healthInterval;

    @Option(
            names = "--health-fall",
            paramLabel = "N",
            description =
                    "Number of consecutive failures after which a node receives no requests, 1 to 100. Times health-interval, "
                            + "shorter than drain-notice. Default: 3.")
    private int healthFall = Site.Timing.DEFAULT.healthFall();

    @Option(
            names = "--drain-notice",
            paramLabel = "DURATION",
            description = "The setting drain-notice of the nodes. Default: 5s.")
    private @Nullable String drainNotice;

    @Option(
            names = "--stream-timeout",
            paramLabel = "DURATION",
            description =
                    "Silence after which a stream is closed; longer than the setting heartbeat of the nodes (15s). Default: 60s.")
    private @Nullable String streamTimeout;

    @Option(
            names = "--max-body-bytes",
            paramLabel = "N",
            description = "Maximum size of the body of a request. Default: 67108864.")
    private long maxBodyBytes = Site.Limits.DEFAULT.maxBodyBytes();

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Maximum number of connections of clients, 1 to 1000000. Default: 20000.")
    private int maxConnections = Site.Limits.DEFAULT.maxConnections();

    @Option(names = "--out", paramLabel = "DIR", description = "Directory to write the files to. Default: print them.")
    private @Nullable Path out;

    private ProxyConfigCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new ProxyConfigCommand(console));
    }

    @Override
    public Integer call() {
        Product product = Product.named(proxy);
        List<ConfigFile> written =
                ProxyFiles.write(product, site(), Optional.ofNullable(version).map(Version::of));
        if (out != null) {
            write(written, out);
        } else if (written.size() == 1) {
            console.out().print(written.getFirst().text());
        } else {
            written.forEach(file -> console.out().print("# File " + file.name() + ":\n" + file.text() + "\n"));
        }
        return ExitCode.OK;
    }

    private void write(List<ConfigFile> written, Path directory) {
        try {
            Files.createDirectories(directory);
            for (ConfigFile file : written) {
                console.out().println(Files.writeString(directory.resolve(file.name()), file.text()));
            }
        } catch (IOException e) {
            throw CommandException.failed("out: " + directory + ": cannot be written: " + e.getMessage());
        }
    }

    private Site site() {
        Site.Security security = security();
        return new Site(
                new Site.Listen(host, port != null ? port : security instanceof Site.Plain ? PLAIN_PORT : TLS_PORT),
                ProxyConfig.nodes(nodes),
                new Site.Routes(
                        only,
                        Optional.ofNullable(application).map(url -> ProxyConfig.url("application", url, false)),
                        files.stream().map(Site.StaticFiles::of).toList()),
                security,
                new Site.Cookie(secureCookie, embedding),
                new Site.Timing(
                        duration(HEALTH_INTERVAL, healthInterval),
                        healthFall,
                        duration(DRAIN_NOTICE, drainNotice),
                        duration(STREAM_TIMEOUT, streamTimeout)),
                new Site.Limits(maxBodyBytes, maxConnections),
                basePath);
    }

    private Site.Security security() {
        if (domain != null) {
            if (certificate != null || key != null) {
                throw new ProxyConfigException(
                        "domain", domain, "must be given without tls-certificate and tls-key, which it replaces");
            }
            return new Site.Domain(domain);
        }
        if (certificate == null && key == null) {
            return new Site.Plain();
        }
        if (certificate == null || key == null) {
            throw new ConfigException(
                    certificate == null ? "tls-certificate" : "tls-key",
                    "(none)",
                    "must be given: tls-certificate and tls-key need each other");
        }
        return new Site.Tls(absolute(certificate), absolute(key));
    }

    private static String absolute(Path file) {
        return file.toAbsolutePath().normalize().toString();
    }

    private static Duration duration(Key<Duration> key, @Nullable String given) {
        return Settings.of(List.of(key), given == null ? Map.of() : Map.of(key.name(), given))
                .get(key);
    }
}
