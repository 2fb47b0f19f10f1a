package dev.carillon.broker;

/**
 * One life of a tenant's log. A new epoch opens when the log is created, lost data, was restored from an older copy, or (where the broker
 * cannot tell) whenever one of these may have happened.
 *
 * @param id increases from epoch to epoch
 * @param start the sequence after which the epoch's events begin
 * @param end the last sequence of the epoch; {@link Long#MAX_VALUE} while it is open. Positions of this epoch beyond it were lost
 */
public record Epoch(long id, long start, long end) {
    public boolean open() {
        return end == Long.MAX_VALUE;
    }
}
