package dev.carillon.socket;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Reads the file descriptor of a socket channel. After the channel is closed the number may refer to another client's socket, so that a cached
 * descriptor must be discarded before the channel is closed.
 */
public final class SocketDescriptor {
    public static final int NONE = -1;
    /** The JVM option that makes descriptors readable. */
    static final String OPTION = "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED";

    private static final @Nullable MethodHandle NUMBER = find();

    private SocketDescriptor() {}

    /** Whether descriptors can be read. */
    public static boolean known() {
        return NUMBER != null;
    }

    /** The descriptor, or {@link #NONE} if it cannot be read. */
    public static int of(SocketChannel channel) {
        if (NUMBER == null) {
            return NONE;
        }
        try {
            return (int) NUMBER.invokeExact(channel);
        } catch (Throwable e) {
            return NONE;
        }
    }

    private static @Nullable MethodHandle find() {
        try {
            Class<?> type = Class.forName("sun.nio.ch.SelChImpl");
            return MethodHandles.lookup()
                    .findVirtual(type, "getFDVal", MethodType.methodType(int.class))
                    .asType(MethodType.methodType(int.class, SocketChannel.class));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
