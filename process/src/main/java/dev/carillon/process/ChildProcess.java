package dev.carillon.process;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A child process; the only class that starts one. A {@linkplain Builder#startSuccessor() successor} is started here, too, but not ended.
 *
 * <p>Its outputs are read from the start, each on a thread of its own, as lines of UTF-8; the last {@value Output#MAX_KEPT} characters of each are
 * kept. Children do not outlive a process that exits normally or by SIGTERM: a shutdown hook closes the input of children that {@linkplain
 * Builder#endsWithInput() end with their input}, waits {@value #STOP_SECONDS} s for all of them together, and kills those that still run, even if
 * they are stopped (SIGSTOP). It kills all other children immediately.
 *
 * <p>No hook runs if this process is killed ({@code kill -9}, or by the kernel when memory is exhausted). Then only children that end with their
 * input exit, as soon as they read its end; all others are left running, with their descendants.
 */
public final class ChildProcess implements AutoCloseable {
    /** Longer than the 5 s after which Carillon's commands exit by themselves. */
    private static final int STOP_SECONDS = 8;

    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);
    /** Limit for reading the last lines after the exit, as a descendant may hold the output open. */
    private static final Duration OUTPUT_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(60);

    private static final Object LOCK = new Object();
    /** Guarded by LOCK. */
    private static final Set<ChildProcess> RUNNING = new HashSet<>();

    private static volatile boolean ending;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(ChildProcess::endAll, "end-children"));
    }

    private final Process process;
    private final Output out;
    private final Output err;
    private final List<Thread> readers = new ArrayList<>();
    private final boolean endsWithInput;

    private ChildProcess(Process process, Builder builder) {
        this.process = process;
        this.endsWithInput = builder.endsWithInput;
        this.out = new Output(builder.onOutput);
        this.err = builder.merged ? out : new Output(builder.onError);
        String name = Path.of(builder.command.getFirst()).getFileName() + "-" + process.pid();
        readers.add(PipeReader.start("output-" + name, () -> out.read(process.inputReader(StandardCharsets.UTF_8))));
        if (!builder.merged) {
            readers.add(
                    PipeReader.start("errors-" + name, () -> err.read(process.errorReader(StandardCharsets.UTF_8))));
        }
    }

    public static Builder of(String... command) {
        return of(List.of(command));
    }

    /** @param command a program and its arguments */
    public static Builder of(List<String> command) {
        return new Builder(command);
    }

    /** Path of a program, such as {@code java}, of the JDK that runs this process. */
    public static String jdk(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    /**
     * Sends a signal such as {@code STOP}; blocks until it is sent.
     *
     * @return whether the process received it
     */
    public static boolean signal(ProcessHandle process, String signal) {
        try {
            return process.isAlive()
                    && of("kill", "-" + signal, Long.toString(process.pid()))
                                    .run(SIGNAL_TIMEOUT)
                                    .status()
                            == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A command line with its environment; for one start. */
    public static final class Builder {
        private final List<String> command;
        private @Nullable Path directory;
        private Consumer<Map<String, String>> environment = variables -> {};
        private boolean merged;
        private boolean endsWithInput;
        private Consumer<String> onOutput = line -> {};
        private Consumer<String> onError = line -> {};

        private Builder(List<String> command) {
            this.command = List.copyOf(command);
        }

        /** Sets the working directory; by default that of this process. */
        public Builder directory(Path path) {
            directory = path;
            return this;
        }

        /** @param change changes the environment variables, which are initially those of this process */
        public Builder environment(Consumer<Map<String, String>> change) {
            environment = change;
            return this;
        }

        /** Merges standard error into standard output. */
        public Builder merged() {
            merged = true;
            return this;
        }

        /** @param consumer receives each line of standard output, on one thread; an exception ends the reading */
        public Builder onOutput(Consumer<String> consumer) {
            onOutput = consumer;
            return this;
        }

        /** @param consumer receives each line of standard error, as with {@link #onOutput} */
        public Builder onError(Consumer<String> consumer) {
            onError = consumer;
            return this;
        }

        /** Declares that the process exits when its standard input ends; when this process exits, it has {@value #STOP_SECONDS} s to do so. */
        public Builder endsWithInput() {
            endsWithInput = true;
            return this;
        }

        /** @throws IOException if the program cannot be run */
        public ChildProcess start() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(merged);
            if (directory != null) {
                builder.directory(directory.toFile());
            }
            environment.accept(builder.environment());
            ChildProcess started;
            // No process may start that the shutdown hook does not see.
            synchronized (LOCK) {
                if (ending) {
                    throw new IOException("this process is ending");
                }
                started = new ChildProcess(builder.start(), this);
                RUNNING.add(started);
            }
            var _ = started.process.onExit().thenRun(started::forget);
            return started;
        }

        /**
         * Starts a process that replaces this one: it has the standard streams of this one, and outlives it.
         *
         * @throws IOException if the program cannot be run
         */
        public Process startSuccessor() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
            if (directory != null) {
                builder.directory(directory.toFile());
            }
            environment.accept(builder.environment());
            return builder.start();
        }

        /**
         * Runs it without input until it exits.
         *
         * @throws IllegalStateException if it takes longer; it has been killed then
         */
        public Ended run(Duration limit) throws IOException, InterruptedException {
            try (ChildProcess child = start()) {
                child.closeInput();
                OptionalInt status = child.awaitExit(limit);
                if (status.isEmpty()) {
                    throw new IllegalStateException(
                            command.getFirst() + " did not end within " + limit.toSeconds() + " s: " + child.text());
                }
                return new Ended(status.getAsInt(), child.out(), child.err());
            }
        }
    }

    /**
     * Result of a program that has exited.
     *
     * @param out end of its standard output
     * @param err end of its standard error; empty if merged
     */
    public record Ended(int status, String out, String err) {}

    public long pid() {
        return process.pid();
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its child processes and their descendants. */
    public List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** Its standard input. */
    public OutputStream input() {
        return process.getOutputStream();
    }

    public void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // The process has exited.
        }
    }

    /** End of the standard output so far. */
    public String out() {
        return out.text();
    }

    /** End of the standard error so far; empty if merged. */
    public String err() {
        return err.equals(out) ? "" : err.text();
    }

    /** End of the standard output, followed by that of the standard error. */
    public String text() {
        return out() + err();
    }

    /** Whether both outputs have ended and were read completely. */
    public boolean outputEnded() {
        return readers.stream().noneMatch(Thread::isAlive);
    }

    /** Blocks until it exits and its output is read. */
    public int awaitExit() throws InterruptedException {
        int status = process.waitFor();
        awaitOutput();
        return status;
    }

    /** As {@link #awaitExit()}, up to a limit; empty if it still runs. */
    public OptionalInt awaitExit(Duration limit) throws InterruptedException {
        return process.waitFor(limit) ? OptionalInt.of(awaitExit()) : OptionalInt.empty();
    }

    private void awaitOutput() throws InterruptedException {
        for (Thread reader : readers) {
            if (!reader.equals(Thread.currentThread())) {
                boolean _ = reader.join(OUTPUT_TIMEOUT);
            }
        }
    }

    /** Calls an action with the exit status, on a virtual thread, after it has exited and its output is read. */
    public void onExit(IntConsumer action) {
        Thread.ofVirtual().name("exit-" + pid()).start(() -> {
            try {
                action.accept(awaitExit());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Sends a signal such as {@code STOP}; returns whether the process received it. */
    public boolean signal(String signal) {
        return signal(handle(), signal);
    }

    /** Sends SIGTERM. Unlike {@link Process#destroy}, keeps reading its output until it exits. */
    public void terminate() {
        boolean _ = handle().destroy();
    }

    /** Sends SIGKILL. Its output so far is read. */
    public void kill() {
        boolean _ = handle().destroyForcibly();
    }

    /** Kills it and its descendants, and waits for its exit. */
    @Override
    public void close() {
        killTree();
        try {
            boolean _ = process.waitFor(END_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void killTree() {
        List<ProcessHandle> descendants = descendants();
        kill();
        descendants.forEach(ProcessHandle::destroyForcibly);
    }

    private void forget() {
        synchronized (LOCK) {
            RUNNING.remove(this);
        }
    }

    /** Whether this process is exiting. */
    static boolean isEnding() {
        return ending;
    }

    private static void endAll() {
        List<ChildProcess> all;
        synchronized (LOCK) {
            ending = true;
            all = List.copyOf(RUNNING);
        }
        List<ChildProcess> stopping = new ArrayList<>();
        for (ChildProcess child : all) {
            if (child.endsWithInput) {
                stopping.add(child);
                // Closing may block forever on unwritten input of a stopped child.
                Thread _ = Thread.ofVirtual().name("end-input").start(child::closeInput);
            } else {
                child.killTree();
            }
        }
        long end = System.nanoTime() + Duration.ofSeconds(STOP_SECONDS).toNanos();
        for (ChildProcess child : stopping) {
            try {
                boolean _ = child.process.waitFor(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            } catch (InterruptedException e) {
                // Kill the others without waiting.
                end = System.nanoTime();
            }
        }
        stopping.stream().filter(ChildProcess::isAlive).forEach(ChildProcess::killTree);
    }
}
