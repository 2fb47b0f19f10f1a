package dev.carillon.page.signal;

import dev.carillon.base.Text;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** This node's copy of one shared signal. A version replaces only older ones. Thread-safe. */
final class SharedValue {
    /** Held while this node writes: only one write of a node is in flight, so that nodes compete and not threads. */
    final ReentrantLock writes = new ReentrantLock();

    private volatile Version version = new Version(null, 0);

    /** @param text null: the store has no value, and the revision is 0 */
    record Version(@Nullable String text, long revision) {
        int bytes() {
            return text == null ? 0 : Text.utf8Length(text);
        }
    }

    Version version() {
        return version;
    }

    /** Takes a newer version. Returns by how many bytes the value has grown; empty: the version is not newer. */
    synchronized OptionalInt apply(String text, long revision) {
        Version before = version;
        if (revision <= before.revision()) {
            return OptionalInt.empty();
        }
        Version next = new Version(text, revision);
        version = next;
        return OptionalInt.of(next.bytes() - before.bytes());
    }

    /** Drops a version that the store no longer has. Returns by how many bytes the value has grown; empty: another version came meanwhile. */
    synchronized OptionalInt drop(Version gone) {
        if (gone.revision() != version.revision() || gone.text() == null) {
            return OptionalInt.empty();
        }
        version = new Version(null, 0);
        return OptionalInt.of(-gone.bytes());
    }
}
