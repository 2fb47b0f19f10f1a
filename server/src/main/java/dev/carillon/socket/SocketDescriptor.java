package dev.carillon.socket;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The system's number of a socket. It means this socket only as long as its channel is open, and may mean another client's after that: who
 * keeps it must have forgotten it before the channel is closed.
 */
public final class SocketDescriptor {
    public static final int NONE = -1;
    /** What the JVM must be started with. */
    static final String OPTION = "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED";

    private static final @Nullable MethodHandle NUMBER = find();

    private SocketDescriptor() {}

    /** Whether the JDK tells. */
    public static boolean known() {
        return NUMBER != null;
    }

    /** {@link #NONE} where the JDK does not tell. */
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
