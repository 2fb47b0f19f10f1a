package dev.carillon.fanout;

import java.util.ArrayList;
import java.util.List;

/** What came for a connection while it was opening. On the connection's I/O thread only. */
final class Early {
    private List<Frame> frames = List.of();
    private int bytes;

    /** False: it is full, nothing was added. It takes any one frame. */
    boolean add(Frame frame, FanOutConfig bounds) {
        if (!frames.isEmpty()
                && (bytes + frame.size() > bounds.outboxMaxBytes() || frames.size() >= bounds.outboxMaxEvents())) {
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

    /** How many of them are events, and not a word of the node's own. */
    int events() {
        return (int) frames.stream()
                .filter(frame -> frame.about().kind() != Frame.Kind.NOTICE)
                .count();
    }
}
