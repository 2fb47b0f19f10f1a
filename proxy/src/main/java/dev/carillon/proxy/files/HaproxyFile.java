package dev.carillon.proxy.files;

import dev.carillon.proxy.ProxyConfigException;
import dev.carillon.proxy.StickyCookie;
import java.net.URI;
import java.util.List;

/** Configuration of HAProxy. */
final class HaproxyFile {
    private final Site site;
    private final Lines lines = new Lines();

    private HaproxyFile(Site site) {
        this.site = site;
    }

    static List<ConfigFile> write(Site site, Version version) {
        if (!site.routes().files().isEmpty()) {
            throw new ProxyConfigException(
                    "static",
                    site.routes().files().getFirst().path(),
                    "HAProxy serves no directories: use caddy or nginx");
        }
        HaproxyFile file = new HaproxyFile(site);
        file.lines.head(Product.HAPROXY, version);
        file.global();
        file.defaults();
        file.frontend();
        file.backend("nodes", false);
        file.backend("streams", true);
        site.routes().application().ifPresent(file::application);
        return List.of(new ConfigFile("haproxy.cfg", file.lines.text()));
    }

    private void global() {
        lines.add("""

                global
                    log stdout format raw local0 info
                    # A stream needs two file descriptors. HAProxy does not start if "ulimit -n" allows fewer.
                    maxconn %d
                    # Heads of requests of up to 32 KiB, as at the nodes.
                    tune.bufsize 33792
                """.formatted(site.limits().maxConnections()));
        if (site.security() instanceof Site.Tls) {
            lines.add("""
                        ssl-default-bind-options ssl-min-ver TLSv1.2
                        # The key of FILE.crt may be in FILE.key.
                        ssl-load-extra-del-ext
                        ssl-load-extra-files key
                    """);
        }
    }

    private void defaults() {
        String silence = Site.Timing.text(site.timing().streamTimeout());
        lines.add("""

                defaults
                    mode http
                    log global
                    # The path without the query, which may hold a token; no header is logged.
                    log-format "%%ci:%%cp [%%tr] %%ft %%b/%%s %%TR/%%Tw/%%Tc/%%Tr/%%Ta %%ST %%B %%ts %%ac/%%fc/%%bc/%%sc/%%rc \\"%%HM %%HP %%HV\\""
                    timeout connect 1s
                    timeout http-request 10s
                    timeout http-keep-alive 60s
                    # Silence after which a stream is closed. Nodes write to a quiet stream every "heartbeat" (15 s). A stream
                    # needs both: "timeout tunnel" is for WebSockets only.
                    timeout client %1$s
                    timeout server %1$s
                    timeout tunnel %1$s
                    # Otherwise HAProxy holds each event back for up to 200 ms, to send it with the next.
                    option http-no-delay
                    # A request is sent to another node only if it could not be sent to the first: a node may have processed a
                    # request that was sent. Without redispatch, a cookie would point to a dead node until that is back.
                    retry-on conn-failure
                    retries 2
                    option redispatch 1
                """.formatted(silence));
    }

    private void frontend() {
        String address = (site.listen().host().isEmpty() ? "" : site.listen().host()) + ":"
                + site.listen().port();
        lines.add("\nfrontend clients");
        switch (site.security()) {
            case Site.Plain plain -> lines.add("    bind %s".formatted(address));
            case Site.Tls tls ->
                lines.add("    bind %s ssl crt %s alpn h2,http/1.1".formatted(address, certificate(tls)));
            case Site.Domain domain ->
                throw new ProxyConfigException(
                        "domain",
                        domain.name(),
                        "HAProxy needs a certificate: give tls-certificate, or use caddy or traefik");
        }
        lines.add("""
                    # Nodes trust these headers ("trusted-proxies"), so those of the client are replaced.
                    http-request del-header Forwarded
                    http-request set-header X-Forwarded-For %%[src]
                    http-request set-header X-Forwarded-Proto %s
                    http-request set-header X-Forwarded-Host %%[req.hdr(host)]
                    http-request set-header X-Forwarded-Port %%[dst_port]
                    http-request deny deny_status 413 if { req.hdr_val(content-length) gt %d }
                """.formatted(
                site.security().isPlain() ? "http" : "https", site.limits().maxBodyBytes()));
        List<String> only = site.routes().only();
        if (!only.isEmpty()) {
            lines.add("    acl for_nodes path %s".formatted(String.join(" ", only)));
            lines.add("    acl for_nodes path_beg %s"
                    .formatted(String.join(
                            " ", only.stream().map(path -> path + "/").toList())));
            if (site.routes().application().isEmpty()) {
                lines.add(
                        "    http-request return status 404 content-type text/plain string \"not found\\n\" unless for_nodes");
            }
        }
        String condition = only.isEmpty() ? "" : " for_nodes";
        lines.add("""
                    # Streams have a backend of their own, for their error pages.
                    acl is_stream req.hdr(accept) -m sub -i text/event-stream
                    use_backend streams if is_stream%1$s
                """.formatted(condition));
        if (site.routes().application().isPresent()) {
            lines.add("    use_backend nodes if for_nodes");
            lines.add("    default_backend application");
        } else {
            lines.add("    default_backend nodes");
        }
    }

    private static String certificate(Site.Tls tls) {
        boolean same = tls.key().equals(tls.certificate());
        boolean beside = tls.certificate().endsWith(".crt")
                && tls.key().equals(tls.certificate().replaceFirst("\\.crt$", ".key"));
        if (!same && !beside) {
            throw new ProxyConfigException(
                    "tls-key",
                    tls.key(),
                    "must, for HAProxy, be the file of the certificate, or FILE.key if that is FILE.crt");
        }
        return tls.certificate();
    }

    private void backend(String name, boolean streams) {
        lines.add("\nbackend %s".formatted(name));
        if (streams) {
            lines.add("""
                        # A browser's EventSource never reconnects after an error status. So a stream that HAProxy itself refuses is
                        # answered 200, with a random delay, and ends.
                        http-response set-var(txn.answered) bool(true)
                        http-after-response set-status 200 unless { var(txn.answered) -m bool }
                    """);
            for (int status : new int[] {502, 503, 504}) {
                lines.add(
                        "    http-error status %d content-type text/event-stream hdr Cache-Control no-store hdr Access-Control-Allow-Origin * lf-string \"retry: %%[rand(2000),add(1000)]\\n\\n\""
                                .formatted(status));
            }
        } else {
            lines.add(
                    "    http-error status 503 content-type application/problem+json hdr Cache-Control no-store hdr Retry-After 2 string '%s'"
                            .formatted(Unavailable.PROBLEM));
        }
        lines.add("    balance leastconn");
        lines.add("""
                    # "preserve", and not "indirect": a node that has more clients than others sees the cookie, and expires it.
                """);
        lines.add("    cookie %s insert preserve nocache httponly%s attr SameSite=%s%s"
                .formatted(
                        StickyCookie.NAME,
                        site.secureCookie() ? " secure" : "",
                        site.sameSite(),
                        site.cookie().embedding() ? " attr Partitioned" : ""));
        if (!streams) {
            Site.Timing timing = site.timing();
            lines.add("""
                        # A draining node answers 503: it keeps its streams and receives no more requests. (Not with
                        # "on-marked-down shutdown-sessions", which would end all its streams at once.)
                        option httpchk
                        http-check send meth GET uri %s ver HTTP/1.1 hdr Host carillon
                        http-check expect status 200
                        timeout check 2s
                        default-server inter %s fall %d rise 1
                    """.formatted(site.healthPath(), Site.Timing.text(timing.healthInterval()), timing.healthFall()));
        }
        int number = 1;
        for (URI node : site.nodes()) {
            lines.add("    server n%1$d %2$s %3$s cookie %4$s"
                    .formatted(
                            number,
                            node.getRawAuthority(),
                            streams ? "track nodes/n" + number : "check",
                            StickyCookie.valueOf(node.toString())));
            number++;
        }
    }

    private void application(URI url) {
        lines.add("""

                backend application
                    server application %s
                """.formatted(url.getRawAuthority()));
    }
}
