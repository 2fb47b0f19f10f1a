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
 * A URI Template (RFC 6570, levels 1 to 4) as a selector of topics: those that it can expand to, and its own text.
 *
 * <p>Every expression may be empty. Values are unreserved characters, commas and {@code %XX}, with the operators {@code +} and
 * {@code #} reserved characters, too, and {@code =} where names or keys stand before values. Not compared: whether a variable
 * that is named twice has one value, whether names of a query are those of the variables, and how long a value with a prefix modifier
 * ({@code {x:3}}) is: it would refuse what other hubs let pass. Literals that are not ASCII match as they are and percent-encoded.
 *
 * <p>Matching takes time in proportion to the product of both lengths, divided by 64, at the most; no template makes it longer.
 * Immutable, compared by its text; one instance per text while somebody holds it.
 */
public final class TopicTemplate {
    public static final int MAX_LENGTH = 1024;

    /** How many are found again by their text; beyond it texts may be compiled more than once. */
    private static final int MAX_SHARED = 100_000;

    private static final Cache<String, TopicTemplate> SHARED =
            Caffeine.newBuilder().weakValues().maximumSize(MAX_SHARED).build();

    /** Every topic, written {@code *}. */
    public static final TopicTemplate ANY = new TopicTemplate("*", List.of(), null);

    private final String text;
    /** Null: everything matches. */
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
     * Empty where the text can be no more than equal to a topic: it has no expression, is malformed, or is longer than
     * {@value #MAX_LENGTH} characters or than any topic with its literals alone.
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
        return new TopicTemplate(text, parts, new TemplateAutomaton(behind(prefix(parts), parts)));
    }

    public String text() {
        return text;
    }

    /** What every topic that matches begins with: the ASCII characters before the first expression, or fewer. */
    public String literalPrefix() {
        return literalPrefix;
    }

    public boolean matches(String topic) {
        return mayMatch(topic) && matches(topic, TopicUnits.of(topic));
    }

    /** False for most topics that do not match, at the cost of comparing some characters. */
    boolean mayMatch(String topic) {
        return topic.length() >= literalChars && topic.startsWith(literalPrefix) && topic.endsWith(literalSuffix);
    }

    /** Of a topic that it {@linkplain #mayMatch may match}. */
    boolean matches(String topic, TopicUnits units) {
        return automaton == null || automaton.matches(units, prefixUnits) || topic.equals(text);
    }

    /** How many steps of a constant cost a unit of a topic takes: one for some 60 characters and variables. */
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

    private static List<TemplatePart> behind(String prefix, List<TemplatePart> parts) {
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
