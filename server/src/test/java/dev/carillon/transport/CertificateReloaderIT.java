package dev.carillon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.base.Platform;
import dev.carillon.edge.Networks;
import dev.carillon.http.Admission;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.HttpServer;
import dev.carillon.http.Limits;
import dev.carillon.http.Origins;
import dev.carillon.http.RequestLog;
import dev.carillon.http.SiteConfig;
import dev.carillon.secret.Secrets;
import dev.carillon.testkit.TestCertificate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Renewal of the certificate of a running server. */
class CertificateReloaderIT {
    private static final Duration INTERVAL = Duration.ofMillis(20);

    @TempDir
    private Path dir;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void watchLog() {
        log.start();
        logger().setLevel(Level.INFO);
        logger().addAppender(log);
    }

    @AfterEach
    void leaveLog() {
        logger().detachAppender(log);
        logger().setLevel(null);
    }

    @Test
    void new_connections_get_the_renewed_certificate_and_open_ones_stay() throws Exception {
        TestCertificate old = TestCertificate.make(dir, "old", "EC");
        TestCertificate renewed = TestCertificate.make(dir, "renewed", "RSA");
        TlsFiles served = copy(old, new TlsFiles(dir.resolve("c.pem"), dir.resolve("k.pem")));
        try (CertificateReloader certificate =
                        new CertificateReloader(served, InstantSource.system(), Thread::startVirtualThread);
                HttpServer server = serve(certificate);
                SSLSocket open = connect(old, server)) {
            certificate.watch(server, INTERVAL);
            assertThat(trusts(renewed, server)).isFalse();

            copy(renewed, served);

            await().until(() -> trusts(renewed, server));
            assertThat(trusts(old, server)).isFalse();
            open.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(open.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 404");
        }
    }

    @Test
    void mismatched_files_are_logged_once_and_change_nothing() throws Exception {
        TestCertificate old = TestCertificate.make(dir, "old", "EC");
        TestCertificate other = TestCertificate.make(dir, "other", "EC");
        TlsFiles served = copy(old, new TlsFiles(dir.resolve("c.pem"), dir.resolve("k.pem")));
        try (CertificateReloader certificate =
                        new CertificateReloader(served, InstantSource.system(), Thread::startVirtualThread);
                HttpServer server = serve(certificate)) {
            certificate.watch(server, INTERVAL);

            replace(other.key(), served.key());

            await().until(() -> lines("still in use").size() == 1);
            assertThat(trusts(old, server)).isTrue();
            replace(other.certificate(), served.certificate());
            await().until(() -> trusts(other, server));
            assertThat(lines("still in use")).hasSize(1);
            await().until(() -> lines("was reloaded").size() == 1);
        }
    }

    @Test
    void expired_certificate_is_served_with_a_warning() throws Exception {
        TestCertificate expired = TestCertificate.make(dir, "expired", "EC", -10, -5);

        try (CertificateReloader certificate = new CertificateReloader(
                new TlsFiles(expired.certificate(), expired.key()),
                InstantSource.system(),
                Thread::startVirtualThread)) {
            assertThat(certificate.context()).isNotNull();
        }

        assertThat(lines("is not valid now")).hasSize(1);
    }

    private List<String> lines(String part) {
        return List.copyOf(log.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.contains(part))
                .toList();
    }

    private static HttpServer serve(CertificateReloader certificate) {
        HttpConfig config = new HttpConfig(
                true,
                java.time.Duration.ofHours(1),
                new Secrets(List.of("a secret of the tests")),
                Networks.NONE,
                List.of(),
                false,
                false,
                SiteConfig.DEFAULT);
        return new HttpServer(
                new HttpServer.Listener(
                        "port",
                        "127.0.0.1",
                        0,
                        1,
                        certificate.context(),
                        false,
                        RequestLog.NONE,
                        InstantSource.system()),
                new Origins(config),
                config.trustedProxies(),
                Admission.unlimited(
                        new Limits(
                                0,
                                0,
                                0,
                                0,
                                Limits.TLS_HANDSHAKES,
                                0,
                                Limits.TIMEOUT_MAX,
                                Limits.TIMEOUT_MAX,
                                Limits.TIMEOUT_MAX,
                                Limits.STALL_TIMEOUT),
                        Platform.system()),
                Platform.system().threads(),
                routes -> {});
    }

    private static SSLSocket connect(TestCertificate trusted, HttpServer server) throws Exception {
        SSLSocket socket = (SSLSocket) trusted.client().getSocketFactory().createSocket("127.0.0.1", server.port());
        socket.startHandshake();
        return socket;
    }

    private static boolean trusts(TestCertificate trusted, HttpServer server) throws Exception {
        try (SSLSocket _ = connect(trusted, server)) {
            return true;
        } catch (SSLException e) {
            return false;
        }
    }

    private static TlsFiles copy(TestCertificate from, TlsFiles to) throws Exception {
        replace(from.certificate(), to.certificate());
        replace(from.key(), to.key());
        return to;
    }

    /** Atomically, as tools that renew certificates do. */
    private static void replace(Path from, Path to) throws Exception {
        Path beside = Files.copy(from, to.resolveSibling("beside"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(CertificateReloader.class);
    }
}
