package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.TestCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor} at proxies that are wrong, each in its own way. */
@Tag("full")
@Tag("nginx")
class DoctorProxyIT extends DoctorFixture {
    private static final String REPLACED =
            "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; "
                    + "proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header Connection $upgrade;";
    private static final String UPGRADE = REPLACED + " proxy_set_header Upgrade $http_upgrade;";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    /** It compresses streams itself, and without a flush after each event. */
    @Test
    void buffering_proxy_fails() {
        Node node = node("buffered", Map.of());
        int port = nginx("location / { proxy_pass http://127.0.0.1:" + node.port() + "; " + UPGRADE
                + " proxy_set_header Accept-Encoding ''; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
                + " gzip on; gzip_proxied any; gzip_types text/event-stream; }");

        CommandRun run = doctor("http://127.0.0.1:" + port, TestCluster.token(), "--timeout", "2");

        assertThat(line(run, "stream"))
                .startsWith("fail /events was not answered within 2000 ms")
                .contains("proxy_buffering off");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void proxy_that_passes_parts_on_but_cuts_silence_and_upgrades_fails_for_these() {
        Node node = node("cut", Map.of());
        int port = nginx("location / { proxy_pass http://127.0.0.1:" + node.port() + "; " + REPLACED
                + " proxy_buffering off; proxy_read_timeout 2s; }");

        CommandRun run = doctor("http://127.0.0.1:" + port, TestCluster.token(), "--idle", "6");

        assertThat(line(run, "buffering")).startsWith("ok a broadcast had reached all 5 streams");
        assertThat(line(run, "idle")).containsPattern("^fail a quiet stream ended after [1-9]");
        assertThat(line(run, "websocket")).startsWith("fail the upgrade is refused with status 400");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void nodes_of_two_clusters_behind_one_address_fail() throws Exception {
        Node one = node("one", Map.of());
        Node two = node("two", Map.of());
        StickyProxy proxy = own(StickyProxy.start(ProxyConfig.of(List.of(
                        URI.create("http://127.0.0.1:" + one.port()), URI.create("http://127.0.0.1:" + two.port())))
                .withListen(new ProxyConfig.Listen("127.0.0.1", 0))));
        String url = "http://127.0.0.1:" + proxy.port();

        CommandRun with = doctor(url, TestCluster.token(), "--timeout", "2");
        CommandRun without = doctor(url, "");

        assertThat(line(with, "nodes"))
                .startsWith("fail the nodes n-one, n-two belong to different clusters: a broadcast did not reach");
        assertThat(line(without, "nodes"))
                .startsWith("fail the nodes n-one, n-two belong to different clusters: their logs");
        assertThat(with.status()).isEqualTo(1);
        assertThat(without.status()).isEqualTo(1);
    }

    @Test
    void nodes_without_a_sticky_cookie_are_a_warning() {
        TestCluster cluster = own(new TestCluster("memory://no-cookie", 2, Map.of()));
        int port = nginx(
                "location / { proxy_pass http://nodes; " + UPGRADE + " proxy_buffering off; }",
                "upstream nodes { server 127.0.0.1:" + cluster.node(0).port() + "; server 127.0.0.1:"
                        + cluster.node(1).port() + "; }");

        CommandRun run = doctor("http://127.0.0.1:" + port, TestCluster.token());

        assertThat(line(run, "sticky")).startsWith("warn no cookie keeps a browser at one of the nodes");
        assertThat(line(run, "nodes")).endsWith("belong to one cluster");
        assertThat(failed(run)).isEmpty();
    }

    @Test
    void certificate_and_what_the_nodes_know_of_the_scheme() throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "site", "EC", -1, 10);
        Node unaware = node("unaware", Map.of());
        Node aware = node("aware", Map.of("trusted-proxies", "127.0.0.1", "secure-cookie", "true"));
        String url = "https://localhost:" + tls(certificate, unaware);

        CommandRun untrusted = doctor(url, TestCluster.token());
        CommandRun run = doctor(
                url, TestCluster.token(), "--ca", certificate.certificate().toString());
        CommandRun well = doctor(
                "https://localhost:" + tls(certificate, aware),
                TestCluster.token(),
                "--ca",
                certificate.certificate().toString());

        assertThat(line(untrusted, "tls")).startsWith("fail clients refuse the certificate");
        assertThat(untrusted.out().lines()).hasSize(2);
        assertThat(line(run, "tls")).startsWith("warn TLSv1.").contains(", the certificate is valid until", "(9 days)");
        assertThat(line(run, "http2")).startsWith("ok offered");
        assertThat(line(run, "stream")).startsWith("ok opened over HTTP/2");
        assertThat(line(run, "cookies"))
                .startsWith("warn carillon_session is not Secure")
                .contains("secure-cookie");
        assertThat(line(run, "forwarded")).startsWith("fail a WebSocket of a page at https://localhost");
        assertThat(line(well, "forwarded")).startsWith("ok ");
        assertThat(line(well, "cookies")).startsWith("ok __Host-carillon_session: Secure, HttpOnly");
        assertThat(failed(well)).isEmpty();
    }

    @Test
    void proxy_that_adds_its_own_cors_header_fails() {
        Node node = node("doubled", Map.of("cors-origins", "https://app.example"));
        int port = nginx("location / { proxy_pass http://127.0.0.1:" + node.port()
                + "; add_header Access-Control-Allow-Origin https://app.example always; }");

        assertThat(line(doctor("http://127.0.0.1:" + port, "", "--origin", "https://app.example"), "cors"))
                .startsWith("fail the answer to a request has Access-Control-Allow-Origin 2 times");
    }

    private int tls(TestCertificate certificate, Node node) {
        return nginx(
                "location / { proxy_pass http://127.0.0.1:" + node.port() + "; " + UPGRADE + " proxy_buffering off; }",
                "",
                " ssl http2",
                "ssl_certificate " + certificate.certificate() + "; ssl_certificate_key " + certificate.key() + ";");
    }

    private int nginx(String location, String... more) {
        int port = ServerProcess.freePort();
        String listen = more.length > 1 ? more[1] : "";
        String server = more.length > 2 ? more[2] : "";
        try {
            Path home = Files.createDirectory(dir.resolve("nginx" + port));
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.writeString(
                    home.resolve("nginx.conf"),
                    "worker_processes 1; events { worker_connections 200; }\nhttp { access_log off;\n"
                            + "map $http_upgrade $upgrade { default upgrade; '' ''; }\n"
                            + (more.length > 0 ? more[0] : "") + "\nserver { listen 127.0.0.1:" + port + listen + "; "
                            + server + "\n" + location + " }\n}\n");
            ChildProcess process = own(ChildProcess.of(
                            Objects.requireNonNullElse(System.getenv("NGINX_SERVER"), "/usr/sbin/nginx"),
                            "-e",
                            "stderr",
                            "-p",
                            home.toString(),
                            "-c",
                            "nginx.conf",
                            "-g",
                            "daemon off; pid nginx.pid;")
                    .directory(home)
                    .merged()
                    .start());
            Awaitility.await().until(() -> {
                assertThat(process.isAlive()).as(process.text()).isTrue();
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    return socket.isConnected();
                } catch (IOException e) {
                    return false;
                }
            });
            return port;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
