package dev.carillon.proxy.files;

import dev.carillon.proxy.StickyCookie;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;

/** Configuration of Caddy, a Caddyfile. */
final class CaddyFile {
    /** Has a policy for new clients, and keeps WebSockets at a reload. */
    private static final String FALLBACK = "2.7";

    /** Counts failed checks. */
    private static final String HEALTH_FAILS = "2.8";

    private final Site site;
    private final Version version;
    private final Lines lines = new Lines();

    private CaddyFile(Site site, Version version) {
        this.site = site;
        this.version = version;
    }

    static List<ConfigFile> write(Site site, Version version) {
        CaddyFile file = new CaddyFile(site, version);
        file.lines.head(Product.CADDY, version);
        file.global();
        file.server();
        return List.of(new ConfigFile("Caddyfile", file.lines.text()));
    }

    private void global() {
        lines.add("\n{");
        if (site.security() instanceof Site.Domain && site.listen().port() != 443) {
            lines.add("    https_port %d".formatted(site.listen().port()));
        }
        lines.addIf(
                !site.listen().host().isEmpty(),
                "    default_bind %s".formatted(site.listen().host()));
        lines.add("""
                    # Errors, too, are logged without the query and the headers of a request, which may hold tokens.
                    log default {
                        output stderr
                %s    }
                    servers {
                        timeouts {
                            read_header 10s
                            idle 60s
                        }
                        max_header_size 32KB
                    }
                }
                """.formatted(redaction()));
    }

    private static String redaction() {
        return """
                        format filter {
                            wrap json
                            fields {
                                request>uri regexp \\?.* ""
                                request>headers delete
                                resp_headers delete
                                headers delete
                            }
                        }
                """;
    }

    private void server() {
        switch (site.security()) {
            case Site.Plain plain -> lines.add("\n:%d {".formatted(site.listen().port()));
            case Site.Tls tls -> {
                lines.add("\n:%d {".formatted(site.listen().port()));
                lines.add("    tls %s %s".formatted(tls.certificate(), tls.key()));
            }
            case Site.Domain domain -> lines.add("""

                        # Caddy obtains the certificate by itself, which needs ports 80 and 443 to be reachable from the internet, and serves
                        # HTTP/3 (UDP port 443) beside HTTP/2.
                        %s {
                        """.formatted(domain.name()));
        }
        lines.add("""
                    log {
                        output stdout
                %s    }
                    # Caddy 2.6 answers 502 to a body that exceeds max_size.
                    @large expression `{http.request.header.Content-Length} != "" && int({http.request.header.Content-Length}) > %2$d`
                    handle @large {
                        respond 413
                    }
                    request_body {
                        max_size %2$d
                    }
                """.formatted(redaction(), site.limits().maxBodyBytes()));
        cookie();
        files();
        nodes();
        unavailable();
        lines.add("}");
    }

    private void cookie() {
        lines.add("""

                    # The attributes of the sticky cookie, which depend on the version of Caddy otherwise. Not those of the empty one,
                    # by which a node with more clients than others expires the cookie.
                    header {
                        Set-Cookie "^(%1$s=[^;]+).*$" "$1%2$s"
                        defer
                    }
                """.formatted(StickyCookie.NAME, site.cookieAttributes()));
    }

    private void files() {
        for (Site.StaticFiles files : site.routes().files()) {
            lines.add("""

                        handle_path %s/* {
                            root * %s
                            # Only here: event streams are coded by the nodes.
                            encode gzip
                            file_server
                        }
                    """.formatted(files.path(), files.directory()));
        }
    }

    private void nodes() {
        List<String> only = site.routes().only();
        if (only.isEmpty()) {
            lines.add("\n    handle {");
        } else {
            lines.add("\n    @nodes path %s"
                    .formatted(
                            only.stream().map(path -> path + " " + path + "/*").collect(Collectors.joining(" "))));
            lines.add("    handle @nodes {");
        }
        reverseProxy();
        lines.add("    }");
        if (!only.isEmpty()) {
            lines.add("    handle {");
            lines.add(site.routes()
                    .application()
                    .map(url -> "        reverse_proxy " + url.getRawAuthority())
                    .orElse("        respond \"not found\" 404"));
            lines.add("    }");
        }
    }

    private void reverseProxy() {
        String nodes = site.nodes().stream().map(URI::getRawAuthority).collect(Collectors.joining(" "));
        Site.Timing timing = site.timing();
        lines.add("        reverse_proxy %s {".formatted(nodes));
        if (version.isAtLeast(FALLBACK)) {
            lines.add("""
                                # The cookie holds a hash of the address of a node.
                                lb_policy cookie %s {
                                    fallback least_conn
                                }
                    """.formatted(StickyCookie.NAME));
        } else {
            lines.add("""
                                # The cookie holds a hash of the address of a node. New clients go to a random one.
                                lb_policy cookie %s
                    """.formatted(StickyCookie.NAME));
        }
        lines.add("""
                            # A request that could not be sent goes to another node, or waits for one.
                            lb_try_duration 3s
                            lb_try_interval 50ms
                """);
        lines.add(version.isAtLeast(HEALTH_FAILS) ? """
                            # No request fulfils this: otherwise Caddy would also repeat a GET that was sent.
                            lb_retry_match method CARILLON-NONE
                """ : """
                            # Otherwise Caddy would also repeat a GET that was sent, or refuse a request at once for which no node is available
                            # at the moment. No node was chosen for it then.
                            lb_retry_match {
                                not {
                                    vars_regexp {http.reverse_proxy.upstream.address} :[0-9]+$
                                }
                            }
                """);
        lines.add("""
                            # A node that refused a connection is skipped until it may be back.
                            fail_duration 1s
                            # A draining node answers 503: it keeps its streams and receives no more requests.
                            health_uri %s
                            health_interval %s
                            health_timeout 2s
                            health_status 200
                """.formatted(site.healthPath(), Site.Timing.text(timing.healthInterval())));
        lines.addIf(
                version.isAtLeast(HEALTH_FAILS),
                "            health_fails %d\n            health_passes 1".formatted(timing.healthFall()));
        lines.add("""
                            # No "flush_interval -1": Caddy sends events at once by their type, and with it Caddy 2.6 keeps a stream from a node
                            # whose client has left.
                """);
        lines.addIf(version.isAtLeast(FALLBACK), """
                            # Otherwise "caddy reload" closes all WebSockets at once.
                            stream_close_delay 5m
                """);
        lines.add("""
                            # Nodes trust X-Forwarded- headers ("trusted-proxies"), which Caddy replaces; this one it would pass on.
                            header_up -Forwarded
                            header_up X-Forwarded-Port {http.request.local.port}
                            transport http {
                                dial_timeout 2s
                                # Silence after which a stream is closed. Nodes write to a quiet stream every "heartbeat" (15 s).
                                read_timeout %s
                                # Otherwise Caddy asks nodes for coded responses that the client did not ask for.
                                compression off
                                versions 1.1
                            }
                        }
                """.formatted(Site.Timing.text(timing.streamTimeout())));
    }

    private void unavailable() {
        lines.add("""

                    # A browser's EventSource never reconnects after an error status. So a stream that Caddy itself refuses is answered 200,
                    # with a delay that is random by the first digit of the request's id, and ends.
                    handle_errors {
                        map {http.request.uuid} {carillon_retry} {
                """);
        String digits = "0123456789abcdef";
        for (int step = 0; step < Unavailable.STEPS; step++) {
            lines.add("            ~^%s %d".formatted(digits.charAt(step), Unavailable.retryMillis(step)));
        }
        lines.add("""
                        }
                        @stream {
                            expression {http.error.status_code} in [502, 503, 504]
                            header Accept *text/event-stream*
                        }
                        handle @stream {
                            header Content-Type text/event-stream
                            header Cache-Control no-store
                            header Access-Control-Allow-Origin *
                            respond "retry: {carillon_retry}

                " 200
                        }
                        @unavailable expression {http.error.status_code} == 503
                        handle @unavailable {
                            header Content-Type application/problem+json
                            header Cache-Control no-store
                            header Retry-After 2
                            respond `%s` 503
                        }
                        handle {
                            respond "{http.error.status_text}" {http.error.status_code}
                        }
                    }
                """.formatted(Unavailable.PROBLEM));
    }
}
