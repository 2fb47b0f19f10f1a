package dev.carillon.cli;

/**
 * Starts threads that wait for what a process or the standard input says. Not virtual ones: those keep a carrier while they read a pipe or a
 * file. JDK 25 adds a carrier for the time, which ends when it was idle for 30 s; with as many such readers as there are processors,
 * no virtual thread of the whole process runs from then on.
 */
final class PipeReader {
    private PipeReader() {}

    static Thread start(String name, Runnable reading) {
        return Thread.ofPlatform().daemon().name(name).start(reading);
    }
}
