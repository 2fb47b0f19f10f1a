package dev.carillon.source.intake;

import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceMessage;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceProvider;
import dev.carillon.source.SourceSession;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** A source in memory, which records what becomes of its messages. */
public final class TestSource implements SourceProvider, Source, SourceSession {
    final List<Long> acknowledged = new ArrayList<>();
    final Map<Long, String> dead = new LinkedHashMap<>();
    boolean hasDeadLetters = true;

    public TestSource() {}

    static SourceConfig config(String query) {
        return new TestSource().configOf(query);
    }

    SourceConfig configOf(String query) {
        return SourceConfig.of(SourceAddress.parse("test://user:secret-word@host/x?" + query), this);
    }

    static SourceMessage message(long number, String id, String body) {
        return new SourceMessage(number, id, "orders", Map.of(), body.getBytes(StandardCharsets.UTF_8), null, false);
    }

    @Override
    public List<String> schemes() {
        return List.of("test");
    }

    @Override
    public Set<String> secureSchemes() {
        return Set.of();
    }

    @Override
    public Set<String> parameters() {
        return Set.of("queue");
    }

    @Override
    public Source source(SourceAddress address) {
        return this;
    }

    @Override
    public String name() {
        return "queue";
    }

    @Override
    public boolean hasDeadLetters() {
        return hasDeadLetters;
    }

    @Override
    public SourceSession open(SourceOptions options) {
        return this;
    }

    @Override
    public List<SourceMessage> receive(int max, Duration wait) {
        LockSupport.parkNanos(wait.toNanos());
        return List.of();
    }

    @Override
    public void acknowledge(List<SourceMessage> messages) {
        messages.forEach(message -> acknowledged.add(message.number()));
    }

    @Override
    public void deadLetter(SourceMessage message, String reason) {
        dead.put(message.number(), reason);
    }

    @Override
    public OptionalLong pending() {
        return OptionalLong.empty();
    }

    @Override
    public void close() {}
}
