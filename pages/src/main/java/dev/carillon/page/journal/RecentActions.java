package dev.carillon.page.journal;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The actions of one context, by keys that their senders choose, so that none runs twice. An action that is sent again gets the answer of the first: while that
 * runs, and as long as the answer is one of the last {@value #MAX_ANSWERS}; later only that it has ended, for the last {@value #MAX_ENDED}. Thread-safe; waits only
 * for an action that runs.
 */
public final class RecentActions {
    static final int MAX_ENDED = 64;
    static final int MAX_ANSWERS = 8;
    static final int MAX_UNKNOWN = 8;
    /** Requests that wait for the same action. */
    static final int MAX_SAME = 16;
    /** An answer with large cookies is not kept. */
    static final int MAX_ANSWER_CHARS = 4 * 1024;

    // Below: guarded by this.
    private final Map<String, Entry> running = new HashMap<>();
    private final Map<String, CompletableFuture<String>> answers = new LinkedHashMap<>();
    private final Set<String> ended = new LinkedHashSet<>();
    private final Set<String> unknown = new LinkedHashSet<>();

    private static final class Entry {
        final CompletableFuture<String> answer = new CompletableFuture<>();
        int same;
        boolean admitted;
    }

    /** The actions of the owner before. */
    public synchronized void restore(JournalEntry.Actions before) {
        before.ended().forEach(key -> add(ended, key, MAX_ENDED));
        before.unknown().forEach(key -> add(unknown, key, MAX_UNKNOWN));
    }

    public synchronized JournalEntry.Actions known() {
        return ended.isEmpty() && unknown.isEmpty()
                ? JournalEntry.Actions.NONE
                : new JournalEntry.Actions(List.copyOf(ended), List.copyOf(unknown));
    }

    /**
     * Runs an action, or answers as it did.
     *
     * @param action calls {@link #admitted} before it begins, {@link #ended} when it has run, and {@link #left} at last
     * @param answer of the action, when it has succeeded
     * @param save saves what an earlier run could not
     * @return null: it has ended, and its answer is not known any more
     * @throws CarillonException {@code outcome-unknown}, {@code too-many-requests}, and as the action
     */
    public @Nullable String run(String key, Runnable action, Supplier<String> answer, Runnable save) {
        Entry mine = new Entry();
        CompletableFuture<String> earlier;
        synchronized (this) {
            earlier = earlier(key);
            if (earlier == null) {
                if (ended.contains(key)) {
                    earlier = CompletableFuture.completedFuture(null);
                } else if (unknown.contains(key)) {
                    throw new CarillonException(
                            ErrorCode.OUTCOME_UNKNOWN,
                            "it is not known whether the action took effect, as its node has failed; the page shows the present state");
                } else {
                    running.put(key, mine);
                }
            }
        }
        if (earlier == null) {
            return first(key, mine, action, answer);
        }
        try {
            @Nullable String same = earlier.join();
            save.run();
            return same;
        } catch (CompletionException e) {
            save.run();
            throw e.getCause() instanceof CarillonException known ? ended(known) : e;
        }
    }

    /** The action does not run again, so its sender must not send it again. */
    private static CarillonException ended(CarillonException failure) {
        return switch (failure.code()) {
            case BROKER_UNAVAILABLE, OVERLOADED ->
                new CarillonException(ErrorCode.INTERNAL, "the action failed: " + failure.getMessage(), failure);
            default -> failure;
        };
    }

    private synchronized @Nullable CompletableFuture<String> earlier(String key) {
        Entry entry = running.get(key);
        if (entry == null) {
            return answers.get(key);
        }
        if (++entry.same > MAX_SAME) {
            throw new CarillonException(ErrorCode.TOO_MANY_REQUESTS, "the action was sent too often");
        }
        return entry.answer;
    }

    private String first(String key, Entry mine, Runnable action, Supplier<String> answer) {
        try {
            action.run();
            String text = answer.get();
            mine.answer.complete(text);
            return text;
        } catch (UnsavedException e) {
            Throwable failure = e.failure();
            if (failure == null) {
                mine.answer.complete(answer.get());
            } else {
                mine.answer.completeExceptionally(failure);
            }
            throw e;
        } catch (RuntimeException e) {
            mine.answer.completeExceptionally(e);
            throw e;
        } finally {
            synchronized (this) {
                if (!mine.admitted) {
                    running.remove(key, mine);
                }
            }
        }
    }

    /** The action will run, or is refused by {@link #left} without {@link #ended}. */
    public synchronized void admitted(String key) {
        Entry entry = running.get(key);
        if (entry != null) {
            entry.admitted = true;
        }
    }

    /** The code of the action has run. */
    public synchronized void ended(String key) {
        add(ended, key, MAX_ENDED);
    }

    /** Nothing of the action runs any more. Its caller may have been answered before, at the time limit. */
    public synchronized void left(String key) {
        Entry entry = running.remove(key);
        if (entry == null || !ended.contains(key)) {
            return;
        }
        answers.put(key, entry.answer);
        if (answers.size() > MAX_ANSWERS) {
            answers.remove(answers.keySet().iterator().next());
        }
        var _ = entry.answer.whenComplete((text, e) -> {
            if (text != null && text.length() > MAX_ANSWER_CHARS) {
                drop(key, entry);
            }
        });
    }

    private synchronized void drop(String key, Entry entry) {
        answers.remove(key, entry.answer);
    }

    private static void add(Collection<String> keys, String key, int max) {
        keys.add(key);
        if (keys.size() > max) {
            keys.remove(keys.iterator().next());
        }
    }
}
