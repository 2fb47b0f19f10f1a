package dev.carillon.socket;

import dev.carillon.base.ConfigException;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How events get to sockets that keep up. What cannot be done is done the way before it. */
public enum SendMode {
    /** Each by its channel of the JDK. */
    CHANNEL,
    /** Each by a system call. */
    DIRECT,
    /** Many by one system call. */
    IO_URING;

    private static final boolean LINUX =
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux");
    private static final Logger LOGGER = LoggerFactory.getLogger(SendMode.class);

    /** @throws ConfigException for a word that is none */
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

    /** For the thread that calls it; empty: only by channels. */
    public Optional<Sends> open() {
        if (this == CHANNEL) {
            return Optional.empty();
        }
        if (!SocketDescriptor.known() || !LINUX) {
            LOGGER.info(
                    "events are sent by the channels of the JDK: direct sends need Linux and the JVM's option {}",
                    SocketDescriptor.OPTION);
            return Optional.empty();
        }
        if (this == IO_URING) {
            try {
                return Optional.of(new RingSends());
            } catch (UnsupportedOperationException e) {
                LOGGER.atWarn().addKeyValue("reason", e.getMessage()).log("no io_uring: events are sent directly");
            }
        }
        return Optional.of(new DirectSends());
    }
}
