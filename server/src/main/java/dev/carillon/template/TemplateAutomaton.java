package dev.carillon.template;

import dev.carillon.template.TemplatePart.Expression;
import dev.carillon.template.TemplatePart.Literal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Says whether units of a topic can come from the parts of a template, in a time that no template can make long: at most units ×
 * positions / 64 steps. Immutable; any thread.
 *
 * <p>A nondeterministic automaton whose states are the places between the positions of the template, simulated with one bit for
 * each, all bits of a word at once. A position takes a unit in one of two ways: the state <em>steps</em> to the next one (a
 * literal, what an expression begins with, a separator) or <em>stays</em> (a value). Three masks tell the rest:
 *
 * <ul>
 *   <li><em>skippable</em> positions may be passed without a unit: values, as they may be empty, and what a whole expression
 *       begins with, as it may be missing. Bits are carried over a run of them by one addition.
 *   <li>values behind a first character are <em>guarded</em>: only a step leads there. What is carried goes over them, as it leaves out
 *       the whole expression, but does not stop there.
 *   <li><em>start</em>: where it can be before the first unit.
 * </ul>
 *
 * <p>Separators that values may have in them anyway, and those that an exploded variable repeats without end, need no position:
 * the value just stays there on them, too. So all edges lead forward, and one pass over the words closes them.
 */
final class TemplateAutomaton {
    private static final int NEVER = 0;
    /** Unreserved characters, the comma and {@code %XX} are in every value. */
    private static final int ALWAYS = 1;

    private static final int EQUALS = 1 << 1;
    private static final int RESERVED = 1 << 2;
    private static final int SLASH = 1 << 3;
    private static final int SEMICOLON = 1 << 4;
    private static final int AMPERSAND = 1 << 5;

    /** By its number, which values a kind of unit may be in: those that allow one of these. */
    private static final int[] KINDS = {
        NEVER, ALWAYS, RESERVED | EQUALS, RESERVED, RESERVED | SLASH, RESERVED | SEMICOLON, RESERVED | AMPERSAND
    };

    private static final byte[] KIND_OF = new byte[TopicUnits.COUNT];

    static {
        for (char c = 0; c < 0x80; c++) {
            if (TemplateGrammar.isLetterOrDigit(c) || "-._~,".indexOf(c) >= 0) {
                KIND_OF[c] = 1;
            } else if (":?#[]@!$'()*+".indexOf(c) >= 0) {
                KIND_OF[c] = 3;
            }
        }
        KIND_OF['='] = 2;
        KIND_OF['/'] = 4;
        KIND_OF[';'] = 5;
        KIND_OF['&'] = 6;
        Arrays.fill(KIND_OF, TopicUnits.PERCENT_ENCODED, TopicUnits.COUNT, (byte) 1);
    }

    /**
     * @param unit on which the state steps; {@link #NO_UNIT}: on none
     * @param otherwise another one
     * @param allowed on which kinds of units it stays
     */
    private record Place(int unit, int otherwise, int allowed, boolean skippable, boolean guarded) {}

    private static final int NO_UNIT = -1;

    private final int words;
    private final int end;
    private final long[] start;
    private final long[] skippable;
    private final long[] unguarded;
    /** Row by row: of the kinds of units. */
    private final long[] stays;
    /** The units that have a row in {@link #steps}, sorted. */
    private final short[] stepping;
    /** Row by row: an empty one, and one for each of {@link #stepping}. */
    private final long[] steps;

    TemplateAutomaton(List<TemplatePart> parts) {
        List<Place> places = new ArrayList<>();
        for (TemplatePart part : parts) {
            switch (part) {
                case Literal literal -> addLiteral(places, literal);
                case Expression expression -> addExpression(places, expression);
            }
        }
        end = places.size();
        words = end / 64 + 1;
        start = new long[words];
        skippable = new long[words];
        unguarded = new long[words];
        stays = new long[KINDS.length * words];
        stepping = stepping(places);
        steps = new long[(stepping.length + 1) * words];
        boolean reached = true;
        for (int i = 0; i < end; i++) {
            Place place = places.get(i);
            place(place, i);
            if (reached && (i == 0 || !place.guarded)) {
                set(start, 0, i);
            }
            reached &= place.skippable;
        }
        set(unguarded, 0, end);
        if (reached) {
            set(start, 0, end);
        }
    }

    /** Whether the topic from this unit on, to its end, can come from the parts. */
    boolean matches(TopicUnits topic, int from) {
        return words == 1 ? matchesInOneWord(topic, from) : matchesInWords(topic, from);
    }

    /** How many steps of a constant cost a unit of a topic takes. */
    int words() {
        return words;
    }

    private boolean matchesInOneWord(TopicUnits topic, int from) {
        long skip = skippable[0];
        long open = unguarded[0];
        long active = start[0];
        for (int i = from; i < topic.count() && active != 0; i++) {
            int unit = topic.at(i);
            long moved = active & stays[KIND_OF[unit]] | (active & steps[stepRow(unit)]) << 1;
            active = moved | (skip + (moved & skip) ^ skip) & open;
        }
        return (active >>> end & 1) != 0;
    }

    private boolean matchesInWords(TopicUnits topic, int from) {
        long[] active = start.clone();
        for (int i = from; i < topic.count(); i++) {
            int unit = topic.at(i);
            int stay = KIND_OF[unit] * words;
            int step = stepRow(unit) * words;
            long shifted = 0;
            long carried = 0;
            long any = 0;
            for (int w = 0; w < words; w++) {
                long stepped = active[w] & steps[step + w];
                long moved = active[w] & stays[stay + w] | stepped << 1 | shifted;
                shifted = stepped >>> 63;
                long skip = skippable[w];
                long sum = skip + (moved & skip);
                long all = sum + carried;
                // Both additions together overflow once at the most.
                carried = Long.compareUnsigned(sum, skip) < 0 || Long.compareUnsigned(all, sum) < 0 ? 1 : 0;
                active[w] = moved | (all ^ skip) & unguarded[w];
                any |= active[w];
            }
            if (any == 0) {
                return false;
            }
        }
        return (active[end / 64] >>> end & 1) != 0;
    }

    private int stepRow(int unit) {
        int found = Arrays.binarySearch(stepping, (short) unit);
        return found < 0 ? 0 : found + 1;
    }

    private void place(Place place, int at) {
        if (place.skippable) {
            set(skippable, 0, at);
        }
        if (!place.guarded) {
            set(unguarded, 0, at);
        }
        for (int kind = 0; kind < KINDS.length; kind++) {
            if ((KINDS[kind] & place.allowed) != 0) {
                set(stays, kind, at);
            }
        }
        if (place.unit != NO_UNIT) {
            set(steps, stepRow(place.unit), at);
        }
        if (place.otherwise != NO_UNIT) {
            set(steps, stepRow(place.otherwise), at);
        }
    }

    private void set(long[] rows, int row, int bit) {
        rows[row * words + bit / 64] |= 1L << bit;
    }

    private static void addLiteral(List<Place> places, Literal literal) {
        TopicUnits units = TopicUnits.of(literal.text());
        for (int i = 0; i < units.count(); i++) {
            int unit = units.at(i);
            // Expansion percent-encodes it (section 3.1); publishers often write it as it is.
            boolean encoded = unit >= 0x80 && unit < TopicUnits.PERCENT_ENCODED;
            places.add(new Place(unit, encoded ? TopicUnits.percentEncoded(unit) : NO_UNIT, NEVER, false, false));
        }
    }

    private static void addExpression(List<Place> places, Expression expression) {
        TemplatePart.Operator operator = expression.operator();
        boolean guarded = operator.first != '\0';
        if (guarded) {
            places.add(new Place(operator.first, NO_UNIT, NEVER, true, false));
        }
        int separator = KINDS[KIND_OF[operator.separator]];
        int allowed = ALWAYS
                | (expression.allowsEquals() ? EQUALS : NEVER)
                | (operator.reserved ? RESERVED : NEVER)
                | (expression.explode() ? separator & ~RESERVED : NEVER);
        int values = (allowed & separator) != 0 ? 1 : expression.variables();
        for (int i = 1; i <= values; i++) {
            places.add(new Place(i < values ? operator.separator : NO_UNIT, NO_UNIT, allowed, true, guarded));
        }
    }

    private static short[] stepping(List<Place> places) {
        boolean[] used = new boolean[TopicUnits.COUNT];
        int count = 0;
        for (Place place : places) {
            for (int unit : new int[] {place.unit, place.otherwise}) {
                if (unit != NO_UNIT && !used[unit]) {
                    used[unit] = true;
                    count++;
                }
            }
        }
        short[] stepping = new short[count];
        int next = 0;
        for (int unit = 0; unit < used.length; unit++) {
            if (used[unit]) {
                stepping[next++] = (short) unit;
            }
        }
        return stepping;
    }
}
