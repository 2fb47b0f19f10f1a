package dev.carillon.cli.reload;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.ProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JVM's provider of channels, with access to the sockets that listen: XNIO opens them itself, and has no option for sharing a port.
 *
 * <p>Linux lets two sockets listen on the same address if both have {@code SO_REUSEPORT} when the second one is bound. A process sets the option
 * only when it is about to be replaced, so that a port that is in use by mistake remains an error. Thread-safe.
 */
public final class ListenSockets extends SelectorProvider {
    private static final String PROPERTY = "java.nio.channels.spi.SelectorProvider";

    /** Guarded by itself. */
    private static final List<WeakReference<ServerSocketChannel>> OPENED = new ArrayList<>();

    private static final Logger LOGGER = LoggerFactory.getLogger(ListenSockets.class);

    private static volatile boolean shared;

    private final SelectorProvider jdk;

    /**
     * Called by the JDK.
     *
     * @throws ReflectiveOperationException if this JVM has no such provider
     */
    public ListenSockets() throws ReflectiveOperationException {
        Object found = Class.forName("sun.nio.ch.DefaultSelectorProvider")
                .getMethod("get")
                .invoke(null);
        jdk = (SelectorProvider) Objects.requireNonNull(found);
    }

    /**
     * Makes this class the JVM's provider; has no effect once a channel has been opened, or in a JVM that was started without access to its own
     * provider.
     */
    public static void install() {
        try {
            SelectorProvider _ = new ListenSockets();
            System.setProperty(PROPERTY, ListenSockets.class.getName());
        } catch (ReflectiveOperationException e) {
            LOGGER.atDebug().log("ports cannot be shared: {}", e.toString());
        }
    }

    /** Whether this class is the JVM's provider. */
    static boolean isInstalled() {
        return SelectorProvider.provider() instanceof ListenSockets;
    }

    /** Sockets that are bound from now on may share their port with those of the process that this one replaces. */
    static void shareNext() {
        shared = true;
    }

    /** Lets the replacement of this process bind its sockets to the same ports. */
    static void shareOpen() throws IOException {
        for (ServerSocketChannel channel : open()) {
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        }
    }

    /** The sockets that listen. */
    static List<ServerSocketChannel> open() {
        synchronized (OPENED) {
            OPENED.removeIf(reference -> {
                ServerSocketChannel channel = reference.get();
                return channel == null || !channel.isOpen();
            });
            return OPENED.stream()
                    .map(WeakReference::get)
                    .filter(Objects::nonNull)
                    .toList();
        }
    }

    private static ServerSocketChannel opened(ServerSocketChannel channel) throws IOException {
        if (shared) {
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        }
        synchronized (OPENED) {
            OPENED.removeIf(reference -> reference.get() == null);
            OPENED.add(new WeakReference<>(channel));
        }
        return channel;
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return opened(jdk.openServerSocketChannel());
    }

    /** A socket in the file system has no port to share. */
    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        return jdk.openServerSocketChannel(family);
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        return jdk.openDatagramChannel();
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        return jdk.openDatagramChannel(family);
    }

    @Override
    public Pipe openPipe() throws IOException {
        return jdk.openPipe();
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        return jdk.openSelector();
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        return jdk.openSocketChannel();
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        return jdk.openSocketChannel(family);
    }

    @Override
    public @Nullable Channel inheritedChannel() throws IOException {
        return jdk.inheritedChannel();
    }
}
