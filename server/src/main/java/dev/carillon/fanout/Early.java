package dev.carillon.fanout;

import dev.carillon.limits.MemoryBudget;
import java.util.ArrayList;
import java.util.List;

/** What came for a connection while it was opening. On the connection's I/O thread only. */
final class Early {
    private List<Frame> frames = List.of();
    private int bytes;

    /** False: it is full, nothing was added. It takes any one frame, where there is memory for one. */
    boolean add(Frame frame, FanOutConfig bounds, MemoryBudget budget) {
        if (!frames.isEmpty()
                && (bytes + frame.size() > bounds.outboxMaxBytes() || frames.size() >= bounds.outboxMaxEvents())) {
            return false;
        }
        if (!frame.await(budget)) {
            frame.leave(budget);
            return false;
        }
        if (frames.isEmpty()) {
            frames = new ArrayList<>(4);
        }
        frames.add(frame);
        bytes += frame.size();
        return true;
    }

    List<Frame> frames() {
        return frames;
    }

    /** When nothing of it waits here any more; called once. */
    void release(MemoryBudget budget) {
        frames.forEach(frame -> frame.leave(budget));
    }

    /** How many of them are events, and not a word of the node's own. */
    int events() {
        return (int) frames.stream()
                .filter(frame -> frame.about().kind() != Frame.Kind.NOTICE)
                .count();
    }
}
