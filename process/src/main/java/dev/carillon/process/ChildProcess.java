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
 * A child process; the only class that starts one.
 *
 * <p>Its outputs are read from the start, each on a thread of its own, line by line and as UTF-8; the last {@value Output#MAX_KEPT} characters of
 * each are kept. It is ended through the process that was started, never by a name, and does not outlive a process that ends in order or by
 * SIGTERM: a shutdown hook closes the inputs of those that {@linkplain Builder#endsWithInput() end with them}, waits {@value #ASKED_SECONDS} s for
 * them together, and kills those that are left, also when they are stopped, and all others at once.
 *
 * <p>No hook runs when this process is killed ({@code kill -9}, or for want of memory): then only those end that end with their input, as soon
 * as they see that; all others, and those that are stopped or do not read their input, are left behind with the processes that they started.
 */
public final class ChildProcess implements AutoCloseable {
    /** Longer than the 5 s after which our own commands end themselves. */
    private static final int ASKED_SECONDS = 8;

    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);
    /** For the last lines, which are there when the process has ended, unless a child of its own holds its output open. */
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

    /** Path of a program of the JDK that runs this process, as in {@code java}. */
    public static String jdk(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    /**
     * Sends a signal, as in {@code STOP}, and returns when it was sent.
     *
     * @return whether the process took it
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

    /** A command line and what the process is given; for one start each. */
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

        /** Where it runs; by default where this process does. */
        public Builder directory(Path path) {
            directory = path;
            return this;
        }

        /** @param change of its variables, which begin as those of this process */
        public Builder environment(Consumer<Map<String, String>> change) {
            environment = change;
            return this;
        }

        /** Its errors go to its output, in order. */
        public Builder merged() {
            merged = true;
            return this;
        }

        /** @param consumer takes each line of its output, on one thread; what it throws ends the reading */
        public Builder onOutput(Consumer<String> consumer) {
            onOutput = consumer;
            return this;
        }

        /** The same for its errors. */
        public Builder onError(Consumer<String> consumer) {
            onError = consumer;
            return this;
        }

        /** It ends in order when its standard input does, and is asked so when this process ends; then it has {@value #ASKED_SECONDS} s. */
        public Builder endsWithInput() {
            endsWithInput = true;
            return this;
        }

        /** @throws IOException when the program cannot be run */
        public ChildProcess start() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(merged);
            if (directory != null) {
                builder.directory(directory.toFile());
            }
            environment.accept(builder.environment());
            ChildProcess started;
            // The hook sees each process that was started, or none is started after it.
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
         * Runs it without input until it ends.
         *
         * @throws IllegalStateException when it takes longer; it was ended then
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
     * What a program that has ended leaves.
     *
     * @param out the end of its output
     * @param err the end of its errors; empty where they went to its output
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

    /** The processes that it started, and theirs. */
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
            // It has ended.
        }
    }

    /** The end of its output so far. */
    public String out() {
        return out.text();
    }

    /** The end of its errors so far; empty where they go to its output. */
    public String err() {
        return err.equals(out) ? "" : err.text();
    }

    /** The end of its output, and that of its errors after it. */
    public String text() {
        return out() + err();
    }

    /** Whether all it printed was read: it has ended, or closed its outputs. */
    public boolean outputEnded() {
        return readers.stream().noneMatch(Thread::isAlive);
    }

    /** Waits for its end, however long that takes, and for all it printed. */
    public int awaitExit() throws InterruptedException {
        int status = process.waitFor();
        awaitOutput();
        return status;
    }

    /** The same for so long at most; empty: it still runs. */
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

    /** Calls this with its status, on a virtual thread, once it has ended and all it printed was read. */
    public void onExit(IntConsumer then) {
        Thread.ofVirtual().name("exit-" + pid()).start(() -> {
            try {
                then.accept(awaitExit());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Sends a signal to it, as in {@code STOP}. */
    public boolean signal(String signal) {
        return signal(handle(), signal);
    }

    /** SIGTERM. What it prints until it ends is read: {@link Process#destroy} would close its outputs here. */
    public void terminate() {
        boolean _ = handle().destroy();
    }

    /** SIGKILL. What it has printed is read. */
    public void kill() {
        boolean _ = handle().destroyForcibly();
    }

    /** Kills it and the processes that it started, and waits for its end. */
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
        List<ProcessHandle> below = descendants();
        kill();
        below.forEach(ProcessHandle::destroyForcibly);
    }

    private void forget() {
        synchronized (LOCK) {
            RUNNING.remove(this);
        }
    }

    /** Whether this process ends, so that its children do. */
    static boolean isEnding() {
        return ending;
    }

    private static void endAll() {
        List<ChildProcess> all;
        synchronized (LOCK) {
            ending = true;
            all = List.copyOf(RUNNING);
        }
        List<ChildProcess> asked = new ArrayList<>();
        for (ChildProcess child : all) {
            if (child.endsWithInput) {
                asked.add(child);
                // What waits to be written may block for ever, where the child is stopped.
                Thread _ = Thread.ofVirtual().name("end-input").start(child::closeInput);
            } else {
                child.killTree();
            }
        }
        long end = System.nanoTime() + Duration.ofSeconds(ASKED_SECONDS).toNanos();
        for (ChildProcess child : asked) {
            try {
                boolean _ = child.process.waitFor(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            } catch (InterruptedException e) {
                // The rest is not waited for.
                end = System.nanoTime();
            }
        }
        asked.stream().filter(ChildProcess::isAlive).forEach(ChildProcess::killTree);
    }
}
