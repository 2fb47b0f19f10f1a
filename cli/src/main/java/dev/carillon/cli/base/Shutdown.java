package dev.carillon.cli.base;

import dev.carillon.process.PipeReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stops a running command on signals: the first SIGINT, SIGTERM or SIGHUP stops it in order, the second at once. If that hangs, or a third signal
 * arrives, the process halts. A command may give SIGHUP another meaning.
 *
 * <p>A shutdown hook cannot do this, because the JVM ignores further signals while hooks run.
 */
public final class Shutdown {
    private static final List<String> SIGNALS = List.of("INT", "TERM");
    private static final String HANG_UP = "HUP";
    private static final Duration AT_ONCE = Duration.ofSeconds(5);

    private final Runnable inOrder;
    private final Runnable atOnce;
    private final AtomicInteger requests = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * Handles signals from now on.
     *
     * @param inOrder stops the command in order, and returns when it has stopped
     * @param atOnce stops the command at once; may run while the other runs, which then returns
     */
    public Shutdown(Runnable inOrder, Runnable atOnce) {
        this.inOrder = inOrder;
        this.atOnce = atOnce;
        SIGNALS.forEach(name -> listen(name, this::onSignal));
        onHangUp(this::onSignal);
    }

    /** Gives SIGHUP another meaning than to stop. */
    public void onHangUp(Runnable action) {
        listen(HANG_UP, action);
    }

    /** Stops the command at once when the stream ends, which happens when the parent process ends. */
    public void whenEnds(InputStream in) {
        PipeReader.start("stop-with-stdin", () -> {
            try {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // Treated as the end of the stream.
            }
            requests.incrementAndGet();
            hurry();
        });
    }

    /**
     * Must be called when the command has ended; returns when the stop that was begun here is complete.
     *
     * @return whether a stop was requested
     */
    public boolean wasRequested() throws InterruptedException {
        return requests.get() > 0 && ended.await(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void onSignal() {
        switch (requests.incrementAndGet()) {
            case 1 -> end("stop", inOrder);
            case 2 -> hurry();
            default -> Runtime.getRuntime().halt(ExitCode.FAILED);
        }
    }

    private void hurry() {
        Thread.ofPlatform().daemon().name("halt").start(() -> {
            try {
                Thread.sleep(AT_ONCE);
            } catch (InterruptedException e) {
                // This thread is never interrupted.
            }
            Runtime.getRuntime().halt(ExitCode.FAILED);
        });
        end("stop-at-once", atOnce);
    }

    private void end(String name, Runnable how) {
        Thread.ofPlatform().name(name).start(() -> {
            how.run();
            ended.countDown();
        });
    }

    /**
     * Registers a signal handler. By reflection, because the compiler warns about this class in a form that no annotation suppresses, although
     * JEP 260 keeps it.
     */
    private static void listen(String name, Runnable onSignal) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle run = MethodHandles.publicLookup()
                    .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                    .bindTo(onSignal);
            Object listener =
                    MethodHandleProxies.asInterfaceInstance(handler, MethodHandles.dropArguments(run, 0, signal));
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
        } catch (ReflectiveOperationException e) {
            throw CommandException.failed("this JVM does not support signal handlers: " + e);
        }
    }
}
