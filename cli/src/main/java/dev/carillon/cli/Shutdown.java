package dev.carillon.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** How a command that serves until it is told to stop is told. */
final class Shutdown {
    private Shutdown() {}

    /**
     * Runs {@code close} when the process is asked to end, by Ctrl-C, SIGTERM or {@link System#exit}, and then ends it: with
     * status 0, as this is how it is meant to end.
     */
    static void onSignal(Runnable close) {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    close.run();
                    Runtime.getRuntime().halt(Main.OK);
                }));
    }

    /** Ends the process when the stream ends: whoever started it is gone. */
    @SuppressWarnings("SystemExitOutsideMain") // Nobody is left to whom to return.
    static void whenEnds(InputStream in) {
        Thread.ofVirtual().name("stop-with-stdin").start(() -> {
            try {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // As good as its end.
            }
            System.exit(Main.OK);
        });
    }
}
