package dev.carillon.transport;

import dev.carillon.socket.SocketDescriptor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.conduits.StreamSinkConduit;

/** Access to the sockets below XNIO's conduits. */
final class XnioSockets {
    private static final Logger LOGGER = LoggerFactory.getLogger(XnioSockets.class);
    private static final @Nullable VarHandle CHANNEL = find();

    private XnioSockets() {}

    /** The file descriptor of the socket that the conduit writes to; {@link SocketDescriptor#NONE} for any other conduit. */
    static int descriptor(StreamSinkConduit conduit) {
        return CHANNEL != null && CHANNEL.coordinateTypes().getFirst().isInstance(conduit)
                ? SocketDescriptor.of((SocketChannel) CHANNEL.get(conduit))
                : SocketDescriptor.NONE;
    }

    private static @Nullable VarHandle find() {
        try {
            Class<?> type = Class.forName("org.xnio.nio.NioSocketConduit");
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findVarHandle(type, "socketChannel", SocketChannel.class);
        } catch (ReflectiveOperationException e) {
            LOGGER.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("unknown version of XNIO: events are sent by channels only");
            return null;
        }
    }
}
