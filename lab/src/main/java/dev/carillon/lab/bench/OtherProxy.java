package dev.carillon.lab.bench;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** A proxy of another project, which {@link ProxyBench} measures in the same run. */
public interface OtherProxy {
    /** Short, for the head of a column. */
    String name();

    /**
     * Writes its configuration.
     *
     * @param node the only node
     * @param port where it listens, at 127.0.0.1
     * @param directory empty; also the working directory of the program
     * @return the command that runs it in the foreground
     */
    List<String> command(URI node, int port, Path directory);
}
