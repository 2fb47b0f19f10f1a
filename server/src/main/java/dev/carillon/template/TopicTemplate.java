package dev.carillon.template;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.carillon.base.Text;
import dev.carillon.scope.Scope;
import dev.carillon.template.TemplatePart.Literal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A URI Template (RFC 6570, levels 1 to 4) that selects topics: all topics to which it can expand, and the topic with its own text.
 *
 * <p>Every expression may expand to nothing. Values consist of unreserved characters, commas and {@code %XX}; with the operators {@code +} and {@code #}
 * also of reserved characters; after names or keys also of {@code =}. Matching ignores whether a repeated variable has one value, the names in
 * a query, and the length of a prefix modifier ({@code {x:3}}), because other hubs do so too. Non-ASCII literals match as they are and
 * percent-encoded.
 *
 * <p>Matching takes at most time in proportion to the product of the lengths of template and topic, divided by 64. Immutable, and equal by
 * text; equal templates share one instance while it is referenced.
 */
public final class TopicTemplate {
    /** Maximum length of a template, in characters. */
    public static final int MAX_LENGTH = 1024;

    /** Maximum number of shared instances; with more, equal templates may be compiled again. */
    private static final int MAX_SHARED = 100_000;

    private static final Cache<String, TopicTemplate> SHARED =
            Caffeine.newBuilder().weakValues().maximumSize(MAX_SHARED).build();

    /** Matches every topic; its text is {@code *}. */
    public static final TopicTemplate ANY = new TopicTemplate("*", List.of(), null);

    private final String text;
    /** Null: every topic matches. */
    private final @Nullable TemplateAutomaton automaton;

    private final String literalPrefix;
    private final int prefixUnits;
    private final String literalSuffix;
    private final int literalChars;

    private TopicTemplate(String text, List<TemplatePart> parts, @Nullable TemplateAutomaton automaton) {
        this.text = text;
        this.automaton = automaton;
        this.literalPrefix = prefix(parts);
        this.prefixUnits = TopicUnits.of(literalPrefix).count();
        this.literalSuffix = suffix(parts);
        this.literalChars = literalChars(parts);
    }

    /**
     * Parses a template. Empty if the text can only match an equal topic: it has no expression, is malformed, has more than {@value #MAX_LENGTH}
     * characters, or has literals that are longer than any topic.
     */
    public static Optional<TopicTemplate> parse(String text) {
        if (text.length() > MAX_LENGTH || text.indexOf('{') < 0) {
            return Optional.empty();
        }
        return Optional.ofNullable(SHARED.get(text, TopicTemplate::compile));
    }

    private static @Nullable TopicTemplate compile(String text) {
        List<TemplatePart> parts =
                Text.isWellFormed(text) ? TemplateGrammar.parse(text).orElse(List.of()) : List.of();
        if (parts.isEmpty() || literalBytes(parts) > Scope.MAX_NAME_BYTES) {
            return null;
        }
        return new TopicTemplate(text, parts, new TemplateAutomaton(withoutPrefix(prefix(parts), parts)));
    }

    public String text() {
        return text;
    }

    /** Text with which every matching topic begins: the leading ASCII characters before the first expression. */
    public String literalPrefix() {
        return literalPrefix;
    }

    public boolean matches(String topic) {
        return mayMatch(topic) && matches(topic, TopicUnits.of(topic));
    }

    /** A cheap test that is false for most topics that do not match. */
    boolean mayMatch(String topic) {
        return topic.length() >= literalChars && topic.startsWith(literalPrefix) && topic.endsWith(literalSuffix);
    }

    /**
     * Whether the template matches a topic for which {@link #mayMatch} is true.
     *
     * @param units units of the topic
     */
    boolean matches(String topic, TopicUnits units) {
        return automaton == null || automaton.matches(units, prefixUnits) || topic.equals(text);
    }

    /** Cost of matching, in steps for one unit of a topic: one for about 60 characters and variables of the template. */
    public int words() {
        return automaton == null ? 0 : automaton.words();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TopicTemplate that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    private static String prefix(List<TemplatePart> parts) {
        if (parts.isEmpty() || !(parts.getFirst() instanceof Literal(String literal))) {
            return "";
        }
        int end = 0;
        while (end < literal.length() && literal.charAt(end) < 0x80) {
            end++;
        }
        return literal.substring(0, end);
    }

    private static String suffix(List<TemplatePart> parts) {
        if (parts.isEmpty() || !(parts.getLast() instanceof Literal(String literal))) {
            return "";
        }
        int from = literal.length();
        while (from > 0 && literal.charAt(from - 1) < 0x80) {
            from--;
        }
        return literal.substring(from);
    }

    private static List<TemplatePart> withoutPrefix(String prefix, List<TemplatePart> parts) {
        if (prefix.isEmpty()) {
            return parts;
        }
        List<TemplatePart> rest = new ArrayList<>(parts);
        String literal = ((Literal) rest.removeFirst()).text();
        rest.addFirst(new Literal(literal.substring(prefix.length())));
        return rest;
    }

    private static int literalChars(List<TemplatePart> parts) {
        int chars = 0;
        for (TemplatePart part : parts) {
            chars += part instanceof Literal(String literal) ? literal.length() : 0;
        }
        return chars;
    }

    private static int literalBytes(List<TemplatePart> parts) {
        int bytes = 0;
        for (TemplatePart part : parts) {
            bytes += part instanceof Literal(String literal) ? Text.utf8Length(literal) : 0;
        }
        return bytes;
    }
}
