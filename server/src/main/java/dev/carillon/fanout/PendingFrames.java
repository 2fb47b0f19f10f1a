package dev.carillon.fanout;

import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Position;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frames that arrive while a connection is opening or joins more scopes. Bounded like an outbox. Confined to the connection's I/O thread.
 *
 * <p>A frame that arrives by a pending membership is <em>tentative</em>: only when the membership opens is it known whether the frame is newer than the
 * events that were read from the log.
 */
final class PendingFrames {
    private record Pending(Frame frame, boolean tentative) {}

    private List<Pending> frames = List.of();
    private int bytes;

    /** Adds a frame; false: full or over the memory budget, nothing was added. An empty buffer accepts a frame of any size. */
    boolean add(Frame frame, boolean tentative, FanOutConfig bounds, MemoryBudget budget) {
        if (!frames.isEmpty()
                && (bytes + frame.size() > bounds.outboxMaxBytes() || frames.size() >= bounds.outboxMaxEvents())) {
            return false;
        }
        if (!frame.retain(budget)) {
            frame.release(budget);
            return false;
        }
        if (frames.isEmpty()) {
            frames = new ArrayList<>(4);
        }
        frames.add(new Pending(frame, tentative));
        bytes += frame.size();
        return true;
    }

    /** Makes the frame that was added last certain: a live membership receives it too. */
    void confirmLast(Frame frame) {
        int last = frames.size() - 1;
        if (last >= 0 && frames.get(last).frame() == frame) {
            frames.set(last, new Pending(frame, false));
        }
    }

    /** All certain frames, and the tentative ones that are newer than the given start. */
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

    /** The frames that are not tentative. */
    List<Frame> certain() {
        return frames.stream()
                .filter(pending -> !pending.tentative())
                .map(Pending::frame)
                .toList();
    }

    /** Position of the first frame of the tenant's log; null: none. */
    @Nullable
    Position firstInLog() {
        for (Pending pending : frames) {
            if (pending.frame().about().isInTenantLog()) {
                return pending.frame().about().at();
            }
        }
        return null;
    }

    /** Returns the memory of all frames to the budget; called once, after the last use. */
    void release(MemoryBudget budget) {
        frames.forEach(pending -> pending.frame().release(budget));
    }

    /** Number of frames that are events, not notices of the node. */
    int events() {
        return (int) frames.stream()
                .filter(pending -> pending.frame().about().kind() != Frame.Kind.NOTICE)
                .count();
    }
}
