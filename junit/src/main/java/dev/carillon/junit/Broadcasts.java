package dev.carillon.junit;

import dev.carillon.scope.Scope;
import java.util.List;

/** What was broadcast in a test, by any way, and assertions on it. Thread-safe. */
public final class Broadcasts {
    private final Recording recording;

    Broadcasts(Recording recording) {
        this.recording = recording;
    }

    /** Begins an assertion on broadcasts of which this is one of the scopes. */
    public Expectation expect(Scope scope) {
        return Expectation.of(recording, scope);
    }

    /** Begins an assertion on broadcasts to any scope. */
    public Expectation expectAny() {
        return Expectation.of(recording);
    }

    /** All so far, in the order of the log; at most the last 10,000. */
    public List<RecordedBroadcast> all() {
        return recording.all();
    }

    /** Forgets them. JUnit does that before each test. */
    public void clear() {
        recording.clear();
    }
}
