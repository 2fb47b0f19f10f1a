package dev.carillon.cli;

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
 * How a command that serves until it is told to stop is told: the first of SIGINT, SIGTERM and SIGHUP ends it in order, the second at
 * once; and if that hangs, or there is a third, the process is gone.
 *
 * <p>A shutdown hook would not do: the JVM hears no second signal while hooks run.
 */
final class Shutdown {
    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");
    private static final Duration AT_ONCE = Duration.ofSeconds(5);

    private final Runnable inOrder;
    private final Runnable atOnce;
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * Listens for signals from now on.
     *
     * @param inOrder ends what runs, and returns when it has ended
     * @param atOnce the same without delay; may be called while the other runs, which it makes return
     */
    Shutdown(Runnable inOrder, Runnable atOnce) {
        this.inOrder = inOrder;
        this.atOnce = atOnce;
        SIGNALS.forEach(this::listen);
    }

    /** Ends it at once when the stream ends: whoever started it is gone, or wants it gone. */
    void whenEnds(InputStream in) {
        PipeReader.start("stop-with-stdin", () -> {
            try {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // As good as its end.
            }
            asked.incrementAndGet();
            hurry();
        });
    }

    /**
     * To be called when nothing runs any more; returns when what was begun here has been done.
     *
     * @return whether it was asked for
     */
    boolean wasAsked() throws InterruptedException {
        return asked.get() > 0 && ended.await(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void onSignal() {
        switch (asked.incrementAndGet()) {
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
                // Nobody does that.
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

    /** By reflection: the compiler warns of this class, where no annotation helps, though it is there to stay (JEP 260). */
    private void listen(String name) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Runnable heard = this::onSignal;
            MethodHandle run = MethodHandles.publicLookup()
                    .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                    .bindTo(heard);
            Object listener =
                    MethodHandleProxies.asInterfaceInstance(handler, MethodHandles.dropArguments(run, 0, signal));
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
        } catch (ReflectiveOperationException e) {
            throw CommandException.failed("this Java does not let signals be heard: " + e);
        }
    }
}
