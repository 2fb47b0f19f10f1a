package dev.carillon.scope;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * Different templates by their literal prefixes. A look-up asks once for each length that some prefix has, with a hash that grows
 * along the topic, and tries the templates found: templates with other prefixes cost it nothing. Any thread reads, one at a time changes.
 */
final class TemplatePrefixes {
    /** The beginning of a text, with the hash of that beginning as {@link String#hashCode} has it. */
    private record Prefix(String text, int length, int hash) implements Comparable<Prefix> {
        Prefix(String text) {
            this(text, text.length(), text.hashCode());
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Prefix that && length == that.length && text.regionMatches(0, that.text, 0, length);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        /** An order keeps look-ups short among prefixes that were made to have one hash. */
        @Override
        public int compareTo(Prefix that) {
            for (int i = 0; i < Math.min(length, that.length); i++) {
                if (text.charAt(i) != that.text.charAt(i)) {
                    return Character.compare(text.charAt(i), that.text.charAt(i));
                }
            }
            return Integer.compare(length, that.length);
        }
    }

    private final Map<Prefix, Set<TopicTemplate>> templates = new ConcurrentHashMap<>();
    /** By length: how many prefixes have it. */
    private final AtomicIntegerArray lengths = new AtomicIntegerArray(TopicTemplate.MAX_LENGTH + 1);

    void add(TopicTemplate template) {
        Prefix prefix = new Prefix(template.literalPrefix());
        Set<TopicTemplate> alike = templates.get(prefix);
        if (alike == null) {
            alike = ConcurrentHashMap.newKeySet();
            templates.put(prefix, alike);
            lengths.incrementAndGet(prefix.length());
        }
        alike.add(template);
    }

    void remove(TopicTemplate template) {
        Prefix prefix = new Prefix(template.literalPrefix());
        Set<TopicTemplate> alike = templates.get(prefix);
        if (alike != null && alike.remove(template) && alike.isEmpty()) {
            templates.remove(prefix);
            lengths.decrementAndGet(prefix.length());
        }
    }

    List<TopicTemplate> matching(String topic) {
        TopicUnits units = null;
        List<TopicTemplate> matching = new ArrayList<>();
        for (TopicTemplate template : candidates(topic)) {
            if (template.mayMatch(topic)) {
                units = units == null ? TopicUnits.of(topic) : units;
                if (template.matches(topic, units)) {
                    matching.add(template);
                }
            }
        }
        return List.copyOf(matching);
    }

    /** Those whose prefix the topic has. */
    List<TopicTemplate> candidates(String topic) {
        List<TopicTemplate> candidates = new ArrayList<>();
        int hash = 0;
        for (int length = 0; length <= Math.min(topic.length(), TopicTemplate.MAX_LENGTH); length++) {
            if (lengths.get(length) > 0) {
                Set<TopicTemplate> alike = templates.get(new Prefix(topic, length, hash));
                if (alike != null) {
                    candidates.addAll(alike);
                }
            }
            hash = 31 * hash + (length < topic.length() ? topic.charAt(length) : 0);
        }
        return candidates;
    }
}
