package dev.carillon.broker;

/**
 * What an acknowledged broadcast survives, as the broker is set up now.
 *
 * @param level of a single server
 * @param replicas that have an event before it is acknowledged, besides the server that took it
 * @param description one sentence for the operator, naming the setting that decides
 */
public record Durability(Level level, int replicas, String description) {
    public enum Level {
        /** Gone when the broker's process ends. */
        PROCESS,
        /** Survives the end of the process; a crash of it or of the machine loses what came since the last write. */
        PERIODIC,
        /** On disk before it is acknowledged. */
        EACH_WRITE
    }
}
