package dev.carillon.proxy.files;

import dev.carillon.proxy.ProxyConfigException;
import dev.carillon.proxy.StickyCookie;
import java.net.URI;
import java.util.List;

/** Configuration of nginx. Versions before 1.29.6 have no sticky cookie, which is made of maps then. */
final class NginxFile {
    private static final String HTTP2_DIRECTIVE = "1.25.1";
    private static final String STICKY = "1.29.6";
    /** The share of one delay. */
    private static final String STEP = 100.0 / Unavailable.STEPS + "%";

    private final Site site;
    private final boolean sticky;
    private final boolean http2Directive;
    private final Lines lines = new Lines();

    private NginxFile(Site site, Version version) {
        this.site = site;
        this.sticky = version.isAtLeast(STICKY);
        this.http2Directive = version.isAtLeast(HTTP2_DIRECTIVE);
    }

    static List<ConfigFile> write(Site site, Version version) {
        NginxFile file = new NginxFile(site, version);
        file.lines.head(Product.NGINX, version);
        file.main();
        file.logs();
        file.answers();
        if (file.sticky) {
            file.upstream();
        } else {
            file.maps();
        }
        file.server();
        file.lines.add("}");
        return List.of(new ConfigFile("nginx.conf", file.lines.text()));
    }

    private void main() {
        // A stream has a connection to its client and one to a node.
        int connections = 2 * site.limits().maxConnections();
        lines.add("""

                worker_processes auto;
                # A stream needs two connections, and as many file descriptors.
                worker_rlimit_nofile %2$d;
                # Less severe lines name the whole address of a request, whose query may hold a token.
                error_log stderr crit;

                events {
                    worker_connections %1$d;
                }

                http {
                """.formatted(connections, connections + 100));
    }

    private void logs() {
        lines.add("""
                    # The path without the query, which may hold a token.
                    map $request_uri $carillon_path {
                        "~^([^?]*)" $1;
                    }
                    log_format carillon '$remote_addr [$time_iso8601] "$request_method $carillon_path $server_protocol" '
                                        '$status $body_bytes_sent $request_time $upstream_addr $upstream_status';
                    access_log /dev/stdout carillon;
                """);
    }

    private void answers() {
        lines.add("""

                    # A browser's EventSource never reconnects after an error status. So a stream that nginx itself refuses is
                    # answered 200, with a random delay, and ends. Other requests get 503, or 502 if a node may have processed them.
                    map $upstream_bytes_sent $carillon_failure {
                        default @carillon_failed;
                        "~^[0, :-]*$" @carillon_unavailable;
                    }
                    map $http_accept $carillon_refusal {
                        default $carillon_failure;
                        "~*text/event-stream" @carillon_stream;
                    }
                    split_clients $request_id $carillon_retry {
                """);
        for (int step = 0; step < Unavailable.STEPS; step++) {
            lines.add("        %s %d;"
                    .formatted(step < Unavailable.STEPS - 1 ? STEP : "*", Unavailable.retryMillis(step)));
        }
        lines.add("""
                    }

                    # WebSockets need both headers; other requests use connections to nodes again.
                    map $http_upgrade $carillon_connection {
                        default upgrade;
                        "" "";
                    }
                """);
    }

    private void upstream() {
        lines.add("""

                    upstream nodes {
                        zone nodes 128k;
                        least_conn;
                """);
        String attributes = "httponly samesite=" + (site.cookie().embedding() ? "none" : "lax")
                + (site.secureCookie() ? " secure" : "");
        // nginx copies the path as it is, and has no parameter for Partitioned.
        lines.add("        sticky cookie %s \"path=/%s\" %s;"
                .formatted(StickyCookie.NAME, site.cookie().embedding() ? "; Partitioned" : "", attributes));
        site.nodes().forEach(node -> lines.add("        server %s max_fails=0;".formatted(node.getRawAuthority())));
        lines.add("""
                        keepalive 32;
                    }
                """);
    }

    private void maps() {
        site.nodes().forEach(NginxFile::checkLiteral);
        lines.add("""

                    # The sticky cookie. nginx before 1.29.6 has none, so maps choose the group of servers by the cookie of the request,
                    # and make the cookie of the response from the address of the server that answered.
                    map $cookie_%s $carillon_nodes {
                        default nodes;
                """.formatted(StickyCookie.NAME));
        int number = 1;
        for (URI node : site.nodes()) {
            lines.add("        %s node%d;".formatted(value(node), number++));
        }
        lines.add("""
                    }
                    map $upstream_addr $carillon_node {
                        default "";
                """);
        for (URI node : site.nodes()) {
            lines.add("        \"~(^|[ ,])%s$\" %s;"
                    .formatted(node.getRawAuthority().replaceAll("([.\\[\\]])", "\\\\$1"), value(node)));
        }
        lines.add("""
                    }
                    map "$cookie_%1$s:$carillon_node" $carillon_cookie {
                        default "%1$s=$carillon_node%2$s";
                        "~:$" "";
                        "~^(?<own>[^:]*):\\k<own>$" "";
                    }
                """.formatted(StickyCookie.NAME, site.cookieAttributes()));
        lines.add("""

                    # "max_fails=0", as nginx takes a stream that a node ends for a failure of the node. A node that refuses connections is
                    # skipped all the same.
                    upstream nodes {
                        zone nodes 128k;
                        least_conn;
                """);
        site.nodes().forEach(node -> lines.add("        server %s max_fails=0;".formatted(node.getRawAuthority())));
        lines.add("""
                        keepalive 32;
                    }
                """);
        number = 1;
        for (URI own : site.nodes()) {
            lines.add("    upstream node%1$d {".formatted(number));
            lines.add("        zone node%1$d 128k;".formatted(number++));
            lines.add("        server %s max_fails=0;".formatted(own.getRawAuthority()));
            site.nodes().stream()
                    .filter(node -> !node.equals(own))
                    .forEach(node ->
                            lines.add("        server %s max_fails=0 backup;".formatted(node.getRawAuthority())));
            lines.add("        keepalive 32;\n    }");
        }
    }

    private static String value(URI node) {
        return "\"" + StickyCookie.valueOf(node.toString()) + "\"";
    }

    private static void checkLiteral(URI node) {
        String host = node.getHost();
        if (!host.startsWith("[") && !host.matches("\\d{1,3}(\\.\\d{1,3}){3}")) {
            throw new ProxyConfigException(
                    "node",
                    node,
                    "must have an IP address, by which nginx before " + STICKY
                            + " finds the node of a response: or give --proxy-version " + STICKY);
        }
    }

    private void server() {
        String silence = Site.Timing.text(site.timing().streamTimeout());
        lines.add("\n    server {");
        listen();
        lines.add("""

                        client_max_body_size %2$d;
                        client_header_timeout 10s;
                        large_client_header_buffers 4 32k;
                        keepalive_timeout 60s;
                        # Nodes get the path as the client sent it.
                        merge_slashes off;

                        # Events are sent at once. Nodes say so for each stream by X-Accel-Buffering; this holds for everything.
                        proxy_buffering off;
                        proxy_request_buffering off;
                        proxy_http_version 1.1;
                        proxy_connect_timeout 1s;
                        # Silence after which a stream is closed. Nodes write to a quiet stream every "heartbeat" (15 s).
                        proxy_read_timeout %1$s;
                        proxy_send_timeout %1$s;
                        send_timeout %1$s;
                        # Another node is tried if the request could not be sent. nginx also repeats a GET that was sent; it does not
                        # repeat a POST, as there is no "non_idempotent".
                        proxy_next_upstream error timeout;

                        proxy_set_header Host $http_host;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $carillon_connection;
                        # Nodes trust these headers ("trusted-proxies"), so those of the client are replaced.
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Forwarded-Host $http_host;
                        proxy_set_header X-Forwarded-Port $server_port;
                        proxy_set_header Forwarded "";

                        error_page 502 503 504 = $carillon_refusal;
                """.formatted(silence, site.limits().maxBodyBytes()));
        locations();
        refusals();
        lines.add("    }");
    }

    private void listen() {
        String address = (site.listen().host().isEmpty() ? "" : site.listen().host() + ":")
                + site.listen().port();
        switch (site.security()) {
            case Site.Plain plain -> lines.add("        listen %s backlog=4096;".formatted(address));
            case Site.Tls tls -> {
                lines.add("        listen %s ssl%s backlog=4096;".formatted(address, http2Directive ? "" : " http2"));
                lines.addIf(http2Directive, "        http2 on;");
                lines.add("        ssl_certificate %s;".formatted(tls.certificate()));
                lines.add("        ssl_certificate_key %s;".formatted(tls.key()));
                lines.add("        ssl_protocols TLSv1.2 TLSv1.3;");
            }
            case Site.Domain domain ->
                throw new ProxyConfigException(
                        "domain",
                        domain.name(),
                        "nginx needs a certificate: give tls-certificate, or use caddy or traefik");
        }
    }

    private void locations() {
        for (Site.StaticFiles files : site.routes().files()) {
            lines.add("""

                            location ^~ %1$s/ {
                                alias %2$s/;
                                types {
                                    text/html html;
                                    text/css css;
                                    text/javascript js mjs;
                                    text/plain txt;
                                    application/json json map;
                                    application/wasm wasm;
                                    image/svg+xml svg;
                                    image/png png;
                                    image/jpeg jpg jpeg;
                                    image/webp webp;
                                    image/x-icon ico;
                                    font/woff2 woff2;
                                }
                                gzip on;
                                gzip_types text/css text/javascript text/plain application/json application/wasm image/svg+xml;
                            }
                    """.formatted(files.path(), files.directory()));
        }
        List<String> only = site.routes().only();
        if (only.isEmpty()) {
            nodes("/");
        } else {
            for (String path : only) {
                nodes("= " + path);
                nodes("^~ " + path + "/");
            }
            lines.add("\n        location / {");
            lines.add(site.routes()
                    .application()
                    .map(url -> "            proxy_pass http://" + url.getRawAuthority() + ";")
                    .orElse("            return 404;"));
            lines.add("        }");
        }
    }

    private void nodes(String location) {
        lines.add("\n        location %s {".formatted(location));
        lines.add("            proxy_pass http://%s;".formatted(sticky ? "nodes" : "$carillon_nodes"));
        lines.addIf(!sticky, "            add_header Set-Cookie $carillon_cookie always;");
        lines.add("        }");
    }

    private void refusals() {
        lines.add("""

                        location @carillon_stream {
                            default_type text/event-stream;
                            add_header Cache-Control no-store always;
                            add_header Access-Control-Allow-Origin * always;
                            return 200 "retry: $carillon_retry\\n\\n";
                        }
                        location @carillon_unavailable {
                            default_type application/problem+json;
                            add_header Cache-Control no-store always;
                            add_header Retry-After 2 always;
                            return 503 '%s';
                        }
                        location @carillon_failed {
                            default_type application/problem+json;
                            add_header Cache-Control no-store always;
                            return 502 '%s';
                        }
                """.formatted(Unavailable.PROBLEM, Unavailable.FAILED));
    }
}
