package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.scope.Position;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Frames that are written to a socket together. Their bytes in a wire format are assembled for the first connection that uses it.
 * Confined to one I/O thread.
 *
 * <p>A batch holds more than one frame only if all of them are consecutive, belong to the same single list, and are for every member of it. A
 * connection may also be a member of another list, whose events must not be delivered out of order.
 */
final class Batch {
    private static final int MAX_FRAMES = 64;
    /** A larger frame is a batch of its own, in a separate buffer. */
    private static final int MAX_BYTES = 64 * 1024;

    private final @Nullable Frame[] frames = new Frame[MAX_FRAMES];
    private int count;
    private int bytes;
    private boolean forAllMembers;

    /** Direct, as the JDK would copy a heap buffer for each write. */
    private final @Nullable ByteBuffer[] buffers;

    private final @Nullable ByteBuffer[] views;

    Batch(int formats) {
        buffers = new ByteBuffer[formats];
        views = new ByteBuffer[formats];
    }

    /** Clears the batch and adds the frame. */
    void begin(Frame frame) {
        clear();
        frames[0] = frame;
        count = 1;
        bytes = frame.size();
        forAllMembers = isForAllMembers(frame);
    }

    /** Adds a frame if it may be written together with those in the batch; false: it may not. */
    boolean join(Frame next) {
        if (!forAllMembers
                || !isForAllMembers(next)
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

    private static boolean isForAllMembers(Frame frame) {
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

    /** Whether every frame is a logged event that every member of its list may read. */
    boolean isForAllMembers() {
        return forAllMembers;
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

    /** The bytes of the whole batch, positioned at the start; every call returns the same buffer. */
    ByteBuffer bytes(int format) {
        ByteBuffer view = views[format];
        if (view == null) {
            view = assemble(format);
            views[format] = view;
        }
        return view.rewind();
    }

    private ByteBuffer assemble(int format) {
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
