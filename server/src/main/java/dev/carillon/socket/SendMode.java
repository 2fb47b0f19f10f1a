package dev.carillon.socket;

import dev.carillon.base.ConfigException;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How events are written to sockets that keep up. A mode that is not available falls back to the one before it. */
public enum SendMode {
    /** Through each socket's JDK channel. */
    CHANNEL,
    /** One system call per socket. */
    DIRECT,
    /** One system call for many sockets. */
    IO_URING;

    private static final boolean LINUX =
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux");
    private static final Logger LOGGER = LoggerFactory.getLogger(SendMode.class);

    /** @throws ConfigException for an unknown word */
    public static SendMode parse(String key, String word) {
        for (SendMode mode : values()) {
            if (mode.word().equals(word)) {
                return mode;
            }
        }
        throw new ConfigException(key, word, "must be direct, io-uring or channel");
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Loads what sends need on the calling thread: on that of the first stream, an I/O thread, other connections would wait for it. */
    public void prepare() {
        if (this != CHANNEL && SocketDescriptor.known() && LINUX) {
            SystemCalls.load();
        }
    }

    /** Creates a sender for the calling thread; empty: use channels. */
    public Optional<BulkSender> open() {
        if (this == CHANNEL) {
            return Optional.empty();
        }
        if (!SocketDescriptor.known() || !LINUX) {
            LOGGER.info(
                    "events are sent through JDK channels: direct sends need Linux and the JVM option {}",
                    SocketDescriptor.OPTION);
            return Optional.empty();
        }
        if (this == IO_URING) {
            try {
                return Optional.of(new IoUringSender());
            } catch (UnsupportedOperationException e) {
                LOGGER.atWarn()
                        .addKeyValue("reason", e.getMessage())
                        .log("io_uring is not available: events are sent by one system call per socket");
            }
        }
        return Optional.of(new DirectSender());
    }
}
