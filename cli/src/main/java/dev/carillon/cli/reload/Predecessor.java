package dev.carillon.cli.reload;

import dev.carillon.cli.base.Variables;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process that this one replaces. */
public final class Predecessor {
    static final String READY = "ready";

    private static final Logger LOGGER = LoggerFactory.getLogger(Predecessor.class);

    private final String socket;

    private Predecessor(String socket) {
        this.socket = socket;
    }

    /** Empty if this process replaces none. Otherwise its sockets share their ports with those of the other. Call it before a port is opened. */
    public static Optional<Predecessor> of(Map<String, String> variables) {
        String socket = variables.getOrDefault(Variables.REPLACES, "");
        if (socket.isEmpty()) {
            return Optional.empty();
        }
        ListenSockets.shareNext();
        return Optional.of(new Predecessor(socket));
    }

    /**
     * Takes over all new connections, and lets the other process drain. Call it when this one serves.
     *
     * @return whether this process may continue; false if the system refuses to direct connections to it: then the other process continues, and
     *     both would receive connections
     */
    public boolean takeOver() {
        try {
            for (ServerSocketChannel channel : ListenSockets.open()) {
                // The other process has bound its socket before: index 0.
                LinuxCalls.directTo(channel, 1);
            }
        } catch (IOException e) {
            LOGGER.atError()
                    .addKeyValue("reason", e.getMessage())
                    .log("this process cannot take over the ports of the process that it replaces, and ends");
            return false;
        }
        try (SocketChannel other = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            other.write(ByteBuffer.wrap(READY.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            LOGGER.atError()
                    .addKeyValue("reason", e.getMessage())
                    .log("the process that this one replaces cannot be notified: it has probably ended");
        }
        return true;
    }
}
