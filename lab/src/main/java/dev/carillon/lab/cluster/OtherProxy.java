package dev.carillon.lab.cluster;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A proxy of another project, as installed on this machine. */
public interface OtherProxy {
    /** Short, for a title or the head of a column. */
    String name();

    /**
     * Writes its configuration.
     *
     * @param port where it listens, at 127.0.0.1
     * @param directory empty; also the working directory of the program
     * @return the command that runs it in the foreground
     */
    List<String> command(List<URI> nodes, int port, Path directory);

    /** Whether its clients use TLS. */
    default boolean tls() {
        return false;
    }

    /** Environment variables for the program. */
    default Map<String, String> variables() {
        return Map.of();
    }
}
