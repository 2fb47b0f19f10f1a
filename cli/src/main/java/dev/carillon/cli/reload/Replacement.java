package dev.carillon.cli.reload;

import dev.carillon.cli.base.Variables;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process that was started to replace this one, and waits on a socket of this one until it serves. */
final class Replacement implements AutoCloseable {
    /** The broker may be slow, and the Java runtime start cold. */
    private static final long START_SECONDS = 120;

    private final Path folder;
    private final ServerSocketChannel socket;
    private final Process process;

    private Replacement(Path folder, ServerSocketChannel socket, Process process) {
        this.folder = folder;
        this.socket = socket;
        this.process = process;
    }

    /** Starts the command with the environment and the standard streams of this process. */
    static Replacement start(List<String> command) throws IOException {
        // Only this user can read the folder.
        Path folder = Files.createTempDirectory("carillon-reload-");
        Path path = folder.resolve("ready");
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.bind(UnixDomainSocketAddress.of(path));
            Process process = ChildProcess.of(command)
                    .environment(variables -> variables.put(Variables.REPLACES, path.toString()))
                    .startSuccessor();
            return new Replacement(folder, socket, process);
        } catch (IOException | RuntimeException e) {
            socket.close();
            delete(folder);
            throw e;
        }
    }

    long pid() {
        return process.pid();
    }

    /**
     * Waits until the process serves.
     *
     * @throws IOException with the reason, when it ended instead, or took longer than {@value #START_SECONDS} s
     */
    void awaitReady() throws IOException, InterruptedException {
        CompletableFuture<String> said = new CompletableFuture<>();
        Thread.ofVirtual().name("reload-accept").start(() -> {
            try (SocketChannel other = socket.accept()) {
                ByteBuffer text = ByteBuffer.allocate(Predecessor.READY.length());
                while (text.hasRemaining() && other.read(text) >= 0) {
                    // Reads on.
                }
                said.complete(new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII));
            } catch (ClosedChannelException e) {
                said.complete("");
            } catch (IOException e) {
                said.completeExceptionally(e);
            }
        });
        CompletableFuture<String> ended =
                process.onExit().thenApply(process -> "it ended with status " + process.exitValue());
        try {
            Object first = CompletableFuture.anyOf(said, ended).get(START_SECONDS, TimeUnit.SECONDS);
            if (!Predecessor.READY.equals(first)) {
                throw new IOException(String.valueOf(first));
            }
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw new IOException("it did not serve within " + START_SECONDS + " s", e);
        }
    }

    /** Ends the process; it has not replaced this one. */
    void stop() {
        process.destroy();
    }

    @Override
    public void close() throws IOException {
        socket.close();
        delete(folder);
    }

    private static void delete(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve("ready"));
        Files.deleteIfExists(folder);
    }
}
