package dev.carillon.proxy.files;

import dev.carillon.proxy.ProxyConfigException;
import dev.carillon.proxy.StickyCookie;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;

/** Configuration of Traefik: a static file, and a dynamic one that it names. */
final class TraefikFiles {
    private static final String DYNAMIC = "nodes.yml";

    private final Site site;

    private TraefikFiles(Site site) {
        this.site = site;
    }

    static List<ConfigFile> write(Site site, Version version) {
        if (!site.routes().files().isEmpty()) {
            throw new ProxyConfigException(
                    "static", site.routes().files().getFirst().path(), "Traefik serves no files: use caddy or nginx");
        }
        if (site.cookie().embedding()) {
            throw new ProxyConfigException(
                    "embedding", "true", "Traefik cannot set the attribute Partitioned: use haproxy, caddy or nginx");
        }
        TraefikFiles files = new TraefikFiles(site);
        return List.of(
                new ConfigFile("traefik.yml", files.fixed(version)), new ConfigFile(DYNAMIC, files.dynamic(version)));
    }

    private String fixed(Version version) {
        Lines lines = new Lines().head(Product.TRAEFIK, version);
        lines.add("""

                entryPoints:
                  clients:
                    address: "%s:%d"
                    transport:
                      respondingTimeouts:
                        # For the head and the body of a request; streams and WebSockets have no limit.
                        readTimeout: 30s
                        idleTimeout: 60s
                """.formatted(site.listen().host(), site.listen().port()));
        lines.addIf(site.security() instanceof Site.Domain, "    http3: {}");
        if (site.security() instanceof Site.Domain) {
            lines.add("""

                    certificatesResolvers:
                      acme:
                        acme:
                          storage: acme.json
                          tlsChallenge: {}
                    """);
        }
        lines.add("""

                providers:
                  file:
                    # Relative to the directory in which Traefik is started.
                    filename: %s
                    watch: true

                log:
                  level: WARN
                accessLog:
                  format: json
                  fields:
                    # The query and headers may hold tokens.
                    queryParameters:
                      defaultMode: drop
                    headers:
                      defaultMode: drop
                global:
                  checkNewVersion: false
                  sendAnonymousUsage: false
                """.formatted(DYNAMIC));
        return lines.text();
    }

    private String dynamic(Version version) {
        Lines lines = new Lines().head(Product.TRAEFIK, version);
        lines.add("\nhttp:\n  routers:");
        List<String> only = site.routes().only();
        String rule = only.isEmpty()
                ? "PathPrefix(`/`)"
                : only.stream()
                        .map(path -> "Path(`" + path + "`) || PathPrefix(`" + path + "/`)")
                        .collect(Collectors.joining(" || "));
        if (site.security() instanceof Site.Domain domain) {
            rule = "Host(`" + domain.name() + "`) && (" + rule + ")";
        }
        router(lines, "nodes", rule, "headers, retry");
        // Go's client asks for gzip by itself, and decodes the response.
        lines.add(
                "    # Otherwise Traefik asks nodes for coded responses that the client did not ask for, and decodes them.");
        router(
                lines,
                "nodes-uncoded",
                "(" + rule + ") && !HeaderRegexp(`Accept-Encoding`, `.`)",
                "headers, uncoded, retry");
        if (site.routes().application().isPresent()) {
            lines.add("""
                        application:
                          entryPoints: [clients]
                          rule: "PathPrefix(`/`)"
                          priority: 1
                          service: application
                    """);
            tls(lines);
        }
        lines.add("""

                  middlewares:
                    headers:
                      headers:
                        customRequestHeaders:
                          # Traefik replaces X-Forwarded- headers of clients, but not this one.
                          Forwarded: ""
                    uncoded:
                      headers:
                        customRequestHeaders:
                          Accept-Encoding: identity
                    # Another node is tried only if the request could not be sent.
                    retry:
                      retry:
                        attempts: 3
                        initialInterval: 50ms
                """);
        services(lines);
        if (site.security() instanceof Site.Tls tls) {
            lines.add("""

                    tls:
                      stores:
                        default:
                          defaultCertificate:
                            certFile: %s
                            keyFile: %s
                      options:
                        default:
                          minVersion: VersionTLS12
                    """.formatted(tls.certificate(), tls.key()));
        }
        return lines.text();
    }

    private void router(Lines lines, String name, String rule, String middlewares) {
        lines.add("""
                    %s:
                      entryPoints: [clients]
                      rule: "%s"
                      middlewares: [%s]
                      service: nodes
                """.formatted(name, rule, middlewares));
        tls(lines);
    }

    private void tls(Lines lines) {
        switch (site.security()) {
            case Site.Plain plain -> {}
            case Site.Tls tls -> lines.add("      tls: {}");
            case Site.Domain domain -> lines.add("      tls:\n        certResolver: acme");
        }
    }

    private void services(Lines lines) {
        Site.Timing timing = site.timing();
        lines.add("""

                  services:
                    nodes:
                      loadBalancer:
                        sticky:
                          cookie:
                            name: %s
                            path: %s
                            httpOnly: true
                            secure: %s
                            sameSite: %s
                        # A draining node answers 503: it keeps its streams and receives no more requests. One failed check is enough.
                        healthCheck:
                          path: %s
                          interval: %s
                          unhealthyInterval: %s
                          timeout: 2s
                          status: 200
                        # A node that refuses connections is skipped at once, and not only after the next check.
                        passiveHealthCheck:
                          failureWindow: 1s
                          maxFailedAttempts: 1
                        serversTransport: nodes
                        responseForwarding:
                          # Each event is sent at once.
                          flushInterval: -1ms
                        servers:
                """.formatted(
                        StickyCookie.NAME,
                        site.cookiePath(),
                        site.secureCookie(),
                        site.sameSite().toLowerCase(java.util.Locale.ROOT),
                        site.healthPath(),
                        Site.Timing.text(timing.healthInterval()),
                        Site.Timing.text(timing.healthInterval())));
        for (URI node : site.nodes()) {
            lines.add("          - url: %s".formatted(node));
        }
        site.routes().application().ifPresent(url -> lines.add("""
                    application:
                      loadBalancer:
                        servers:
                          - url: %s
                """.formatted(url)));
        lines.add("""

                  serversTransports:
                    nodes:
                      forwardingTimeouts:
                        dialTimeout: 1s
                """);
    }
}
