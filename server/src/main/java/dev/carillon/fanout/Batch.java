package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.scope.Position;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Frames that are written in one piece, and their bytes in each format, put together when the first connection of that format comes. On
 * one I/O thread only.
 *
 * <p>More than one frame only where all are of one list, follow each other, and are for everybody in it: a connection may be in
 * another list too, and what it gets there must not come out of order.
 */
final class Batch {
    private static final int MAX_FRAMES = 64;
    /** Larger frames go alone, in a buffer of their own. */
    private static final int MAX_BYTES = 64 * 1024;

    private final @Nullable Frame[] frames = new Frame[MAX_FRAMES];
    private int count;
    private int bytes;
    private boolean forAll;

    /** Sockets take direct buffers as they are; a heap buffer would be copied for each connection. */
    private final @Nullable ByteBuffer[] buffers;

    private final @Nullable ByteBuffer[] views;

    Batch(int formats) {
        buffers = new ByteBuffer[formats];
        views = new ByteBuffer[formats];
    }

    /** Empties it and begins anew with this one. */
    void begin(Frame frame) {
        clear();
        frames[0] = frame;
        count = 1;
        bytes = frame.size();
        forAll = isForAll(frame);
    }

    /** Takes one more if it may be written together with what is there. */
    boolean join(Frame next) {
        if (!forAll
                || !isForAll(next)
                || next.about().keys().size() != 1
                || count == MAX_FRAMES
                || bytes + next.size() > MAX_BYTES
                || !next.about().keys().equals(first().about().keys())) {
            return false;
        }
        frames[count++] = next;
        bytes += next.size();
        return true;
    }

    void clear() {
        for (int i = 0; i < count; i++) {
            frames[i] = null;
        }
        for (int i = 0; i < views.length; i++) {
            views[i] = null;
        }
        count = 0;
    }

    private static boolean isForAll(Frame frame) {
        return frame.about().kind() == Frame.Kind.EVENT && !frame.about().restricted();
    }

    int count() {
        return count;
    }

    Frame frame(int i) {
        return Objects.requireNonNull(frames[i]);
    }

    Frame first() {
        return frame(0);
    }

    Frame last() {
        return frame(count - 1);
    }

    /** Whether every frame is an event of the log that everybody may have who is in its list. */
    boolean isForAll() {
        return forAll;
    }

    boolean isInSideLog() {
        return first().about().inSideLog();
    }

    Interest key(int i) {
        return first().about().keys().get(i);
    }

    int keyCount() {
        return first().about().keys().size();
    }

    Position lastAt() {
        return last().about().at();
    }

    /** All of it, to be read from the beginning; the same buffer at each call. */
    ByteBuffer bytes(int format) {
        ByteBuffer view = views[format];
        if (view == null) {
            view = put(format);
            views[format] = view;
        }
        return view.rewind();
    }

    private ByteBuffer put(int format) {
        int total = 0;
        for (int i = 0; i < count; i++) {
            total += frame(i).bytes(format).length;
        }
        if (count == 1 && total > MAX_BYTES) {
            return ByteBuffer.wrap(first().bytes(format)).asReadOnlyBuffer();
        }
        ByteBuffer buffer = buffers[format];
        if (buffer == null || buffer.capacity() < total) {
            buffer = ByteBuffer.allocateDirect(Math.max(MAX_BYTES, total));
            buffers[format] = buffer;
        }
        buffer.clear();
        for (int i = 0; i < count; i++) {
            buffer.put(frame(i).bytes(format));
        }
        return buffer.flip();
    }
}
