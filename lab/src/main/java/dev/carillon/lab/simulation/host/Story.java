package dev.carillon.lab.simulation.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened, by time: a hash of it always, so that two runs can be compared, and the lines on request. */
public final class Story {
    private static final int MAX_LINES = 20_000;
    private static final long FNV_OFFSET = 0xcbf2_9ce4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01b3L;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Schedule schedule;
    private final boolean kept;
    private final List<String> lines = new ArrayList<>();
    private long hash = FNV_OFFSET;

    public Story(Schedule schedule, boolean kept) {
        this.schedule = schedule;
        this.kept = kept;
    }

    public void tell(String who, String what) {
        add(Long.toString(schedule.nanos()));
        add(who);
        add(what);
        if (kept && lines.size() < MAX_LINES) {
            lines.add(String.format(Locale.ROOT, "%9.3f s  %s: %s", schedule.nanos() / NANOS_PER_SECOND, who, what));
        }
    }

    private void add(String text) {
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        hash = (hash ^ '\n') * FNV_PRIME;
    }

    public long hash() {
        return hash;
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }
}
