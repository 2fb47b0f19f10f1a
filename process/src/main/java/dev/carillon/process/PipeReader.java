package dev.carillon.process;

/**
 * Starts threads that wait for what a process or the standard input says. Not virtual ones: those keep a carrier while they read a pipe or a
 * file. JDK 25 adds a carrier for the time, which ends when it was idle for 30 s; with as many such readers as there are processors,
 * no virtual thread of the whole process runs from then on.
 */
public final class PipeReader {
    private PipeReader() {}

    public static Thread start(String name, Runnable reading) {
        return Thread.ofPlatform().daemon().name(name).start(reading);
    }
}
