package dev.carillon.lab.simulation.broker;

import dev.carillon.broker.Store;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The store as a node reaches it by its link: requests and answers take their time, fail with the connection, and may be lost. */
final class StoreLink implements Store {
    /** Sends a request. */
    @FunctionalInterface
    interface Caller {
        <T> CompletableFuture<T> call(Supplier<T> request);
    }

    private static final String JOURNAL = "page-journal";
    private static final String LEASE = "lease";
    private static final String BEGUN = "begun";
    /** Names of lines of a journal. */
    private static final Set<String> ACTIONS = Set.of("ended", "unknown", BEGUN);

    private final Caller link;
    private final SimulatedStore store;
    private final Defect defect;

    StoreLink(Caller link, SimulatedStore store, Defect defect) {
        this.link = link;
        this.store = store;
        this.defect = defect;
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return link.call(() -> store.get(key).map(this::known));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        byte[] bytes = value.clone();
        boolean blind = key.kind().equals(JOURNAL) && defect == Defect.JOURNAL_NOT_FENCED
                || key.kind().equals(LEASE) && defect == Defect.LEASE_NOT_FENCED;
        if (key.kind().equals(JOURNAL)
                && defect == Defect.EFFECT_NOT_CLAIMED
                && text(bytes).contains("\n" + BEGUN + "\t")) {
            return CompletableFuture.completedFuture(Optional.of(expectedRevision));
        }
        CompletableFuture<Optional<Long>> answer =
                link.call(() -> store.put(key, bytes, blind ? ANY : expectedRevision, ttl));
        return key.kind().equals(JOURNAL) && defect == Defect.ANSWER_BEFORE_JOURNAL && expectedRevision != ABSENT
                ? CompletableFuture.completedFuture(Optional.of(expectedRevision))
                : answer;
    }

    private Entry known(Entry entry) {
        if (defect != Defect.IDS_NOT_RESTORED || !entry.key().kind().equals(JOURNAL)) {
            return entry;
        }
        String text = text(entry.value())
                .lines()
                .filter(line -> !ACTIONS.contains(line.substring(0, Math.max(0, line.indexOf('\t')))))
                .collect(Collectors.joining("\n", "", "\n"));
        return new Entry(entry.key(), text.getBytes(StandardCharsets.UTF_8), entry.revision());
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        return link.call(() -> store.remove(key, expectedRevision));
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        return link.call(() -> store.list(tenant, kind));
    }

    /** Nothing that is simulated depends on changes that it does not read. */
    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
        return link.call(() -> () -> {});
    }
}
