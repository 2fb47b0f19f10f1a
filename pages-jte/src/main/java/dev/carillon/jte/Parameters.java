package dev.carillon.jte;

import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The parameters of one rendering. One without a default is read by {@link #get}, which fails if it is missing. Immutable. */
final class Parameters extends AbstractMap<String, @Nullable Object> {
    private final String template;
    private final Map<String, ?> given;

    /** A parameter is missing. */
    static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1;

        Missing(String message) {
            super(message);
        }
    }

    Parameters(String template, Map<String, ?> given) {
        this.template = template;
        this.given = given;
    }

    @Override
    public @Nullable Object get(@Nullable Object name) {
        if (!given.containsKey(name)) {
            throw new Missing("template " + template + ": parameter \"" + name + "\" is missing");
        }
        return given.get(name);
    }

    @Override
    public @Nullable Object getOrDefault(@Nullable Object name, @Nullable Object other) {
        return given.containsKey(name) ? given.get(name) : other;
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
        return given.containsKey(name);
    }

    @Override
    public Set<Entry<String, @Nullable Object>> entrySet() {
        return given.entrySet().stream()
                .map(entry -> new SimpleImmutableEntry<String, @Nullable Object>(entry.getKey(), entry.getValue()))
                .collect(Collectors.toUnmodifiableSet());
    }
}
