package dev.carillon.transport;

import dev.carillon.base.ConfigException;
import dev.carillon.edge.ServerCertificate;
import dev.carillon.http.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that a node serves. It is reloaded when the time stamp or size of a file changes; while the files are unusable, the
 * previous certificate stays in use. Thread-safe.
 */
public final class CertificateReloader implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(CertificateReloader.class);
    public static final Duration INTERVAL = Duration.ofMinutes(1);

    private final TlsFiles files;
    private final InstantSource clock;
    private final Executor threads;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ServerCertificate first;
    /** Time stamps and sizes of the files when they were last read, usable or not. */
    private String readStamps;

    /**
     * Reads the files.
     *
     * @param threads run the watch of the files, which blocks
     * @throws ConfigException when the files are unusable; a certificate outside its validity is only logged
     */
    public CertificateReloader(TlsFiles files, InstantSource clock, Executor threads) {
        this.files = files;
        this.clock = clock;
        this.threads = threads;
        this.readStamps = stamps();
        this.first = ServerCertificate.read(files.certificate(), files.key(), ConfigException::new);
        warnIfNotValid(first);
    }

    public SSLContext context() {
        return first.context();
    }

    /** Starts to watch the files, on a thread of its own, as file systems may block. */
    public void watch(HttpServer server, Duration interval) {
        watch(server::replaceCertificate, interval);
    }

    void watch(Consumer<SSLContext> renewed, Duration interval) {
        threads.execute(() -> {
            try {
                while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                    check(renewed);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void check(Consumer<SSLContext> renewed) {
        String now = stamps();
        if (now.equals(readStamps)) {
            return;
        }
        try {
            ServerCertificate next = ServerCertificate.read(files.certificate(), files.key(), ConfigException::new);
            renewed.accept(next.context());
            LOGGER.atInfo()
                    .addKeyValue("file", files.certificate())
                    .addKeyValue("until", next.notAfter())
                    .log("the certificate was reloaded");
            warnIfNotValid(next);
        } catch (ConfigException e) {
            // Usually only one of the two files was replaced yet; their stamps then change once more.
            LOGGER.atWarn()
                    .log("the new certificate cannot be used; the previous one is still in use: {}", e.getMessage());
        }
        readStamps = now;
    }

    private void warnIfNotValid(ServerCertificate certificate) {
        if (!certificate.isValidAt(clock.instant())) {
            LOGGER.atWarn()
                    .addKeyValue("file", files.certificate())
                    .addKeyValue("from", certificate.notBefore())
                    .addKeyValue("until", certificate.notAfter())
                    .log("the certificate is not valid now: browsers will refuse it");
        }
    }

    private String stamps() {
        return stamp(files.certificate()) + " " + stamp(files.key());
    }

    private static String stamp(Path file) {
        try {
            return Files.getLastModifiedTime(file) + "/" + Files.size(file);
        } catch (IOException e) {
            return "none";
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
