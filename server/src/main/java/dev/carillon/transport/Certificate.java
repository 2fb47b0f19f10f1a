package dev.carillon.transport;

import dev.carillon.base.ConfigException;
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
 * The certificate that a node serves, read again when its files have another time stamp or size. Files that cannot be used leave it
 * as it is, and are tried again. Thread-safe.
 */
public final class Certificate implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Certificate.class);
    public static final Duration CHECK = Duration.ofMinutes(1);

    private final TlsFiles files;
    private final InstantSource clock;
    private final Executor threads;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Tls first;
    /** What the files were when they were read last, whether they could be used or not. */
    private String seen;

    /**
     * @param threads runs what looks after the files, which may block
     * @throws ConfigException where the files cannot be used; a certificate that is not valid now is a warning
     */
    public Certificate(TlsFiles files, InstantSource clock, Executor threads) {
        this.files = files;
        this.clock = clock;
        this.threads = threads;
        this.seen = stamps();
        this.first = Tls.read(files);
        warnOfTime(first);
    }

    public SSLContext context() {
        return first.context();
    }

    /** Begins to look after the files, on a thread of its own, as a file system may hang. */
    public void follow(HttpServer server, Duration every) {
        follow(server::certificate, every);
    }

    void follow(Consumer<SSLContext> renewed, Duration every) {
        threads.execute(() -> {
            try {
                while (!closed.await(every.toMillis(), TimeUnit.MILLISECONDS)) {
                    check(renewed);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void check(Consumer<SSLContext> renewed) {
        String now = stamps();
        if (now.equals(seen)) {
            return;
        }
        try {
            Tls next = Tls.read(files);
            renewed.accept(next.context());
            LOGGER.atInfo()
                    .addKeyValue("file", files.certificate())
                    .addKeyValue("until", next.notAfter())
                    .log("the certificate was renewed");
            warnOfTime(next);
        } catch (ConfigException e) {
            // Often one file was written and the other is yet to come: then their stamps change once more.
            LOGGER.atWarn().log("the certificate stays as it was: {}", e.getMessage());
        }
        seen = now;
    }

    private void warnOfTime(Tls tls) {
        if (!tls.isValidAt(clock.instant())) {
            LOGGER.atWarn()
                    .addKeyValue("file", files.certificate())
                    .addKeyValue("from", tls.notBefore())
                    .addKeyValue("until", tls.notAfter())
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
