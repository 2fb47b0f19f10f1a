package dev.carillon.fanout;

import dev.carillon.limits.MemoryBudget;
import java.util.ArrayList;
import java.util.List;

/**
 * Frames that arrived while a connection is opening or joins more scopes. On the connection's I/O thread only.
 *
 * <p>A frame that arrived by a membership which is not live yet is <em>tentative</em>: whether it is newer than what is read before is known when
 * the membership opens.
 */
final class PendingFrames {
    private record Pending(Frame frame, boolean tentative) {}

    private List<Pending> frames = List.of();
    private int bytes;

    /** False: it is full, nothing was added. It takes any one frame, where there is memory for one. */
    boolean add(Frame frame, boolean tentative, FanOutConfig bounds, MemoryBudget budget) {
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
        frames.add(new Pending(frame, tentative));
        bytes += frame.size();
        return true;
    }

    /** The frame that was added last is the connection's by a membership that is live, too. */
    void confirmLast(Frame frame) {
        int last = frames.size() - 1;
        if (last >= 0 && frames.get(last).frame() == frame) {
            frames.set(last, new Pending(frame, false));
        }
    }

    /** Those that are newer than where the memberships begin by which the tentative ones came. */
    List<Frame> newerThan(LiveFrom from) {
        List<Frame> newer = new ArrayList<>(frames.size());
        for (Pending pending : frames) {
            if (!pending.tentative()
                    || !pending.frame().about().kind().inLog()
                    || !from.covers(pending.frame().about())) {
                newer.add(pending.frame());
            }
        }
        return newer;
    }

    /** Those that are not tentative. */
    List<Frame> certain() {
        return frames.stream()
                .filter(pending -> !pending.tentative())
                .map(Pending::frame)
                .toList();
    }

    /** When no frame waits here any more; called once. */
    void release(MemoryBudget budget) {
        frames.forEach(pending -> pending.frame().leave(budget));
    }

    /** How many of them are events, and not notices of the node's own. */
    int events() {
        return (int) frames.stream()
                .filter(pending -> pending.frame().about().kind() != Frame.Kind.NOTICE)
                .count();
    }
}
