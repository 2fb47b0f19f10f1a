package dev.carillon.cli.reload;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;

/** System calls of Linux that the JDK has no equivalent for. */
@SuppressWarnings("restricted") // The commands start the JVM with native access.
final class LinuxCalls {
    private static final int SOL_SOCKET = 1;
    /** Attaches a classic BPF program that chooses the socket of a new connection; socket(7). */
    private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    /** {@code BPF_RET | BPF_K}: return a constant. */
    private static final short RETURN_CONSTANT = 0x06;
    /** Size of {@code struct sock_filter}, one instruction. */
    private static final int INSTRUCTION_BYTES = 8;
    /** Size of {@code struct sock_fprog}: number of instructions, padding, pointer. */
    private static final int PROGRAM_BYTES = 16;

    private static final int AF_UNIX = 1;
    /** {@code SOCK_DGRAM | SOCK_CLOEXEC}. */
    private static final int DATAGRAM = 2 | 0x80000;

    private static final int MSG_NOSIGNAL = 0x4000;
    /** Size of {@code sun_path}. */
    private static final int PATH_BYTES = 108;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle SETSOCKOPT =
            handle("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SOCKET =
            handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SENDTO = handle(
            "sendto", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private LinuxCalls() {}

    /**
     * Directs all new connections of an address to one of the sockets that share it. Connections that wait at another socket stay there.
     *
     * @param any one of the sockets
     * @param index of the socket to choose, in the order in which they were bound
     */
    static void directTo(ServerSocketChannel any, int index) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instruction = arena.allocate(INSTRUCTION_BYTES, 8);
            instruction.set(JAVA_SHORT, 0, RETURN_CONSTANT);
            instruction.set(JAVA_INT, 4, index);
            MemorySegment program = arena.allocate(PROGRAM_BYTES, 8);
            program.set(JAVA_SHORT, 0, (short) 1);
            program.set(ADDRESS, 8, instruction);
            int result = (int) SETSOCKOPT.invokeExact(
                    descriptor(any), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, PROGRAM_BYTES);
            if (result != 0) {
                throw new IOException("the system refuses to direct connections to one socket");
            }
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Sends one datagram to a Unix socket.
     *
     * @param address path, or a name of the abstract namespace, which begins with {@code @}
     */
    static void sendTo(String address, String message) throws IOException {
        byte[] path = address.getBytes(StandardCharsets.UTF_8);
        if (path.length >= PATH_BYTES) {
            throw new IOException("the address of the socket is too long");
        }
        if (path[0] == '@') {
            path[0] = 0;
        }
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        int socket = -1;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sockaddr = arena.allocate(2 + PATH_BYTES, 8);
            sockaddr.set(JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(path, 0, sockaddr, JAVA_BYTE, 2, path.length);
            MemorySegment body = arena.allocate(text.length);
            MemorySegment.copy(text, 0, body, JAVA_BYTE, 0, text.length);
            socket = (int) SOCKET.invokeExact(AF_UNIX, DATAGRAM, 0);
            long sent = (long)
                    SENDTO.invokeExact(socket, body, (long) text.length, MSG_NOSIGNAL, sockaddr, 2 + path.length);
            if (sent != text.length) {
                throw new IOException("the message could not be sent");
            }
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            close(socket);
        }
    }

    private static void close(int descriptor) {
        try {
            int _ = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int descriptor(ServerSocketChannel channel) throws IOException {
        try {
            Class<?> type = Class.forName("sun.nio.ch.SelChImpl");
            return (int) MethodHandles.lookup()
                    .findVirtual(type, "getFDVal", MethodType.methodType(int.class))
                    .invoke(channel);
        } catch (Throwable e) {
            throw new IOException("the descriptor of a socket cannot be read", e);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
    }

    /** A method handle throws only if it is called with wrong types. */
    private static IllegalStateException unexpected(Throwable e) {
        return new IllegalStateException("a native call failed", e);
    }
}
