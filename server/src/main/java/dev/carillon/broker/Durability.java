package dev.carillon.broker;

/**
 * The failures that an acknowledged broadcast survives, with the current settings of the broker.
 *
 * @param level durability on a single server
 * @param replicas further servers that have an event before it is acknowledged
 * @param description one sentence for the operator that names the deciding setting
 */
public record Durability(Level level, int replicas, String description) {
    public enum Level {
        /** Lost when the broker's process ends. */
        PROCESS,
        /** Survives a restart of the process; a crash of the process or the machine loses the events since the last write. */
        PERIODIC,
        /** On disk before it is acknowledged. */
        EACH_WRITE
    }
}
