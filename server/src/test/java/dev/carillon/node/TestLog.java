package dev.carillon.node;

import dev.carillon.base.ProcessLog;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The log of the process of the tests, which has one logger. It changes nothing. */
public final class TestLog implements ProcessLog {
    private final Map<String, String> levels = new ConcurrentHashMap<>(Map.of(ROOT, "info"));

    @Override
    public Optional<String> level(String logger) {
        return Optional.ofNullable(levels.get(logger));
    }

    @Override
    public boolean level(String logger, String level) {
        return levels.replace(logger, level) != null;
    }

    @Override
    public long droppedLines() {
        return 0;
    }
}
