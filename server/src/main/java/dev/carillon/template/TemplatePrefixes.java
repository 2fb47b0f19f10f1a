package dev.carillon.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * Different templates by their literal prefixes. A look-up asks once for each length that some prefix has, with a hash that grows
 * along the topic, and tries the templates found: templates with other prefixes cost it nothing. Any thread reads, one at a time changes.
 *
 * <p>What one look-up may cost is bounded: it tries templates of one prefix for each length, so of all lengths together the heaviest
 * prefixes weigh at most {@value #MAX_WORDS}. A template weighs as many words as its automaton has, 64 places in each.
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

    /** A topic of 1,000 characters that matches nothing early takes some 5 ms then. */
    static final int MAX_WORDS = 2_000;

    /** @param words of the templates */
    private record Alike(Set<TopicTemplate> templates, int words) {}

    private final Map<Prefix, Alike> templates = new ConcurrentHashMap<>();
    /** By length: how many prefixes have it. */
    private final AtomicIntegerArray lengths = new AtomicIntegerArray(TopicTemplate.MAX_LENGTH + 1);

    // Below: of the thread that changes.
    /** By length: how many of its prefixes have templates of so many words. */
    private final Map<Integer, TreeMap<Integer, Integer>> weights = new HashMap<>();
    /** Of the heaviest prefix of each length, together. */
    private int heaviest;

    /** False: look-ups would take too long, and nothing has changed. */
    boolean add(TopicTemplate template) {
        Prefix prefix = new Prefix(template.literalPrefix());
        Alike alike = templates.get(prefix);
        int before = alike == null ? 0 : alike.words();
        int after = before + template.words();
        if (heaviest + Math.max(0, after - heaviest(prefix.length())) > MAX_WORDS) {
            return false;
        }
        weigh(prefix.length(), before, after);
        if (alike == null) {
            lengths.incrementAndGet(prefix.length());
        }
        Set<TopicTemplate> same = alike == null ? ConcurrentHashMap.newKeySet() : alike.templates();
        same.add(template);
        templates.put(prefix, new Alike(same, after));
        return true;
    }

    void remove(TopicTemplate template) {
        Prefix prefix = new Prefix(template.literalPrefix());
        Alike alike = templates.get(prefix);
        if (alike == null || !alike.templates().remove(template)) {
            return;
        }
        int after = alike.words() - template.words();
        weigh(prefix.length(), alike.words(), after);
        if (alike.templates().isEmpty()) {
            templates.remove(prefix);
            lengths.decrementAndGet(prefix.length());
        } else {
            templates.put(prefix, new Alike(alike.templates(), after));
        }
    }

    private int heaviest(int length) {
        TreeMap<Integer, Integer> ofLength = weights.get(length);
        return ofLength == null ? 0 : ofLength.lastKey();
    }

    private void weigh(int length, int before, int after) {
        heaviest -= heaviest(length);
        TreeMap<Integer, Integer> ofLength = weights.computeIfAbsent(length, l -> new TreeMap<>());
        if (before > 0) {
            ofLength.computeIfPresent(before, (words, prefixes) -> prefixes == 1 ? null : prefixes - 1);
        }
        if (after > 0) {
            ofLength.merge(after, 1, Integer::sum);
        }
        if (ofLength.isEmpty()) {
            weights.remove(length);
        }
        heaviest += heaviest(length);
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
                Alike alike = templates.get(new Prefix(topic, length, hash));
                if (alike != null) {
                    candidates.addAll(alike.templates());
                }
            }
            hash = 31 * hash + (length < topic.length() ? topic.charAt(length) : 0);
        }
        return candidates;
    }
}
