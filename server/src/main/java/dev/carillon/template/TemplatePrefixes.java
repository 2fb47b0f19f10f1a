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
 * Templates of one tenant by literal prefix. A look-up reads one map entry for each length that a prefix has, with a rolling hash of the topic, and
 * tries the templates of these entries. Templates with other prefixes cost it nothing. Any number of threads may read; only one at a time may
 * change it.
 *
 * <p>The cost of a look-up is bounded. A template costs the number of words of its automaton, with 64 states each. As a look-up finds at most one
 * prefix of each length, it costs at most the most expensive prefix of every length; their sum is at most {@value #MAX_WORDS} words.
 */
final class TemplatePrefixes {
    /** The first characters of a text, and their {@link String#hashCode}. */
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

        /** The map sorts colliding keys by this order, so that prefixes chosen to have the same hash do not make look-ups slow. */
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

    /** At this bound, a topic of 1,000 characters takes about 5 ms in the worst case. */
    static final int MAX_WORDS = 2_000;

    /**
     * The templates with the same prefix.
     *
     * @param words sum of the words of the templates
     */
    private record Group(Set<TopicTemplate> templates, int words) {}

    private final Map<Prefix, Group> groups = new ConcurrentHashMap<>();
    /** Number of prefixes of each length. */
    private final AtomicIntegerArray prefixCounts = new AtomicIntegerArray(TopicTemplate.MAX_LENGTH + 1);

    // The fields below are used by the changing thread only.
    /** For each prefix length: the numbers of words of its groups, each with the number of groups that have it. */
    private final Map<Integer, TreeMap<Integer, Integer>> groupWords = new HashMap<>();
    /** Sum over all prefix lengths of the words of the largest group: the maximum cost of a look-up. */
    private int maxLookupWords;

    /** Adds a template; false: look-ups would become too expensive, nothing was changed. */
    boolean add(TopicTemplate template) {
        Prefix prefix = new Prefix(template.literalPrefix());
        Group group = groups.get(prefix);
        int before = group == null ? 0 : group.words();
        int after = before + template.words();
        if (maxLookupWords + Math.max(0, after - maxWords(prefix.length())) > MAX_WORDS) {
            return false;
        }
        updateWords(prefix.length(), before, after);
        if (group == null) {
            prefixCounts.incrementAndGet(prefix.length());
        }
        Set<TopicTemplate> members = group == null ? ConcurrentHashMap.newKeySet() : group.templates();
        members.add(template);
        groups.put(prefix, new Group(members, after));
        return true;
    }

    void remove(TopicTemplate template) {
        Prefix prefix = new Prefix(template.literalPrefix());
        Group group = groups.get(prefix);
        if (group == null || !group.templates().remove(template)) {
            return;
        }
        int after = group.words() - template.words();
        updateWords(prefix.length(), group.words(), after);
        if (group.templates().isEmpty()) {
            groups.remove(prefix);
            prefixCounts.decrementAndGet(prefix.length());
        } else {
            groups.put(prefix, new Group(group.templates(), after));
        }
    }

    /** Words of the largest group whose prefix has the length. */
    private int maxWords(int length) {
        TreeMap<Integer, Integer> ofLength = groupWords.get(length);
        return ofLength == null ? 0 : ofLength.lastKey();
    }

    /**
     * Updates the cost of look-ups after one group changed.
     *
     * @param before words of the group before; 0: it did not exist
     * @param after words of the group now; 0: it was removed
     */
    private void updateWords(int length, int before, int after) {
        maxLookupWords -= maxWords(length);
        TreeMap<Integer, Integer> ofLength = groupWords.computeIfAbsent(length, _ -> new TreeMap<>());
        if (before > 0) {
            ofLength.computeIfPresent(before, (_, count) -> count == 1 ? null : count - 1);
        }
        if (after > 0) {
            ofLength.merge(after, 1, Integer::sum);
        }
        if (ofLength.isEmpty()) {
            groupWords.remove(length);
        }
        maxLookupWords += maxWords(length);
    }

    /** The templates that match the topic. */
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

    /** The templates with whose prefix the topic begins. */
    List<TopicTemplate> candidates(String topic) {
        List<TopicTemplate> candidates = new ArrayList<>();
        int hash = 0;
        for (int length = 0; length <= Math.min(topic.length(), TopicTemplate.MAX_LENGTH); length++) {
            if (prefixCounts.get(length) > 0) {
                Group group = groups.get(new Prefix(topic, length, hash));
                if (group != null) {
                    candidates.addAll(group.templates());
                }
            }
            hash = 31 * hash + (length < topic.length() ? topic.charAt(length) : 0);
        }
        return candidates;
    }
}
