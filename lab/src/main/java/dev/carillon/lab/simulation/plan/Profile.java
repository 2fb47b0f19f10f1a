package dev.carillon.lab.simulation.plan;

import dev.carillon.lab.simulation.plan.Fault.Kind;
import java.util.List;

/** The faults that one run combines. Some do not go together, as nodes do not promise to detect both at once: see {@code docs/model.md}. */
public enum Profile {
    /** Everything but lost data. */
    NETWORK(10_000, true),
    /** The broker loses data, too. */
    DATA(10_000, false),
    /** The log keeps few events. */
    TRIM(12, false),
    /** Live events are lost and no driver notices. No client leaves: a client that leaves before heads are compared is a known limit. */
    SILENT_LOSS(10_000, true),
    /** As {@link #SILENT_LOSS}, and the broker loses data. */
    SILENT_LOSS_AND_DATA(10_000, false),
    /** Live pages on nodes with membership and leases; no events are broadcast to clients, and the broker loses no data. */
    PAGES(10_000, false);

    private static final List<Kind> NETWORK_KINDS = List.of(
            Kind.LINK_CUT,
            Kind.ANSWERS_LOST,
            Kind.LINK_SLOW,
            Kind.LOSS_REPORTED,
            Kind.BROKER_RESTARTED,
            Kind.NODE_CRASHED,
            Kind.NODE_STOPPED,
            Kind.NODE_PAUSED,
            Kind.CLOCK_MOVED,
            Kind.CLIENT_CUT,
            Kind.CLIENT_AWAY,
            Kind.CLIENT_SLOW);
    private static final List<Kind> DATA_KINDS = List.of(
            Kind.LINK_CUT,
            Kind.LOSS_REPORTED,
            Kind.BROKER_RESTARTED,
            Kind.BROKER_EMPTIED,
            Kind.BROKER_RESTORED,
            Kind.NODE_CRASHED,
            Kind.NODE_PAUSED,
            Kind.CLIENT_CUT,
            Kind.CLIENT_AWAY,
            Kind.CLIENT_SLOW);
    private static final List<Kind> TRIM_KINDS = List.of(
            Kind.LINK_CUT,
            Kind.ANSWERS_LOST,
            Kind.LINK_SLOW,
            Kind.LOSS_REPORTED,
            Kind.BROKER_RESTARTED,
            Kind.NODE_CRASHED,
            Kind.CLIENT_CUT,
            Kind.CLIENT_AWAY,
            Kind.CLIENT_SLOW);
    private static final List<Kind> SILENT_KINDS = List.of(Kind.LOST, Kind.LINK_SLOW, Kind.CLOCK_MOVED);
    private static final List<Kind> SILENT_DATA_KINDS = List.of(
            Kind.LOST, Kind.LOST, Kind.BROKER_EMPTIED, Kind.BROKER_EMPTIED, Kind.BROKER_RESTORED, Kind.LINK_SLOW);
    private static final List<Kind> PAGE_KINDS = List.of(
            Kind.LINK_CUT,
            Kind.ANSWERS_LOST,
            Kind.LINK_SLOW,
            Kind.BROKER_RESTARTED,
            Kind.NODE_CRASHED,
            Kind.NODE_CRASHED,
            Kind.NODE_STOPPED,
            Kind.NODE_PAUSED,
            Kind.NODE_PAUSED,
            Kind.CLOCK_MOVED,
            Kind.CALLS_LOST);

    private final int logEvents;
    private final boolean retains;

    Profile(int logEvents, boolean retains) {
        this.logEvents = logEvents;
        this.retains = retains;
    }

    public List<Kind> kinds() {
        return switch (this) {
            case NETWORK -> NETWORK_KINDS;
            case DATA -> DATA_KINDS;
            case TRIM -> TRIM_KINDS;
            case SILENT_LOSS -> SILENT_KINDS;
            case SILENT_LOSS_AND_DATA -> SILENT_DATA_KINDS;
            case PAGES -> PAGE_KINDS;
        };
    }

    /** Number of events that the log keeps. */
    public int logEvents() {
        return logEvents;
    }

    /** Whether some events are retained: a client whose position was lost receives them again, so not where positions are lost. */
    public boolean retains() {
        return retains;
    }
}
