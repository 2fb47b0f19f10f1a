package dev.carillon.process;

/**
 * Starts platform threads that read a pipe or the standard input. A virtual thread pins its carrier while it reads a pipe or a file. JDK 25
 * compensates with an additional carrier, but that one ends after 30 s of idleness; then, with as many such readers as processors, no virtual
 * thread of the process runs any more.
 */
public final class PipeReader {
    private PipeReader() {}

    public static Thread start(String name, Runnable task) {
        return Thread.ofPlatform().daemon().name(name).start(task);
    }
}
