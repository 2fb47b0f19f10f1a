package dev.carillon.template;

import dev.carillon.template.TemplatePart.Expression;
import dev.carillon.template.TemplatePart.Literal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Matches the units of a topic against the parts of a template. Immutable; any thread. Matching takes at most units × states / 64 steps,
 * whatever the template.
 *
 * <p>This is a nondeterministic automaton, simulated with one bit per state, so that one operation handles the 64 states of a word. The states
 * form a sequence, in the order of the template. On a unit, an active state <em>advances</em> to the next state (on a character of a literal, the
 * first character of an expression, or a separator), <em>loops</em> (on a character of a value), or does both. Three masks describe the rest:
 *
 * <ul>
 *   <li><em>Skippable</em> states have an epsilon transition to the next state. They are values, which may be empty, and the first character of an
 *       expression, as a whole expression may be missing. One addition carries the bits over a run of skippable states.
 *   <li><em>Guarded</em> states are the values after the first character of an expression. Only advancing activates them. Epsilon transitions
 *       pass over them, because they leave out the whole expression.
 *   <li><em>Initial</em> states are active before the first unit.
 * </ul>
 *
 * <p>A separator needs no state of its own if values may contain it, or if an exploded variable repeats it without limit: the state of the value
 * loops on it. Therefore no transition leads backwards, and one pass over the words computes the epsilon closure.
 */
final class TemplateAutomaton {
    private static final int NEVER = 0;
    /** Every value may contain unreserved characters, the comma and {@code %XX}. */
    private static final int ALWAYS = 1;

    private static final int EQUALS = 1 << 1;
    private static final int RESERVED = 1 << 2;
    private static final int SLASH = 1 << 3;
    private static final int SEMICOLON = 1 << 4;
    private static final int AMPERSAND = 1 << 5;

    /** For each class of units: the flags of which a value must allow at least one to contain such a unit. */
    private static final int[] CLASSES = {
        NEVER, ALWAYS, RESERVED | EQUALS, RESERVED, RESERVED | SLASH, RESERVED | SEMICOLON, RESERVED | AMPERSAND
    };

    private static final byte[] CLASS_OF = new byte[TopicUnits.COUNT];

    static {
        for (char c = 0; c < 0x80; c++) {
            if (TemplateGrammar.isLetterOrDigit(c) || "-._~,".indexOf(c) >= 0) {
                CLASS_OF[c] = 1;
            } else if (":?#[]@!$'()*+".indexOf(c) >= 0) {
                CLASS_OF[c] = 3;
            }
        }
        CLASS_OF['='] = 2;
        CLASS_OF['/'] = 4;
        CLASS_OF[';'] = 5;
        CLASS_OF['&'] = 6;
        Arrays.fill(CLASS_OF, TopicUnits.PERCENT_ENCODED, TopicUnits.COUNT, (byte) 1);
    }

    /**
     * @param unit unit on which the state advances; {@link #NO_UNIT}: none
     * @param alternative another unit on which the state advances; {@link #NO_UNIT}: none
     * @param allowed flags of the units on which the state loops
     */
    private record State(int unit, int alternative, int allowed, boolean skippable, boolean guarded) {}

    private static final int NO_UNIT = -1;

    private final int words;
    /** The accepting state, after all others. */
    private final int end;

    private final long[] initial;
    private final long[] skippable;
    private final long[] unguarded;
    /** States that loop: one row for each class of units. */
    private final long[] loops;
    /** Units that have a row in {@link #advances}, sorted. */
    private final short[] advanceUnits;
    /** States that advance: an empty row, and one row for each of {@link #advanceUnits}. */
    private final long[] advances;

    TemplateAutomaton(List<TemplatePart> parts) {
        List<State> states = new ArrayList<>();
        for (TemplatePart part : parts) {
            switch (part) {
                case Literal literal -> addLiteral(states, literal);
                case Expression expression -> addExpression(states, expression);
            }
        }
        end = states.size();
        words = end / 64 + 1;
        initial = new long[words];
        skippable = new long[words];
        unguarded = new long[words];
        loops = new long[CLASSES.length * words];
        advanceUnits = advanceUnits(states);
        advances = new long[(advanceUnits.length + 1) * words];
        boolean reached = true;
        for (int i = 0; i < end; i++) {
            State state = states.get(i);
            setMasks(state, i);
            if (reached && (i == 0 || !state.guarded)) {
                set(initial, 0, i);
            }
            reached &= state.skippable;
        }
        set(unguarded, 0, end);
        if (reached) {
            set(initial, 0, end);
        }
    }

    /** Whether the parts can expand to the units from {@code from} to the end of the topic. */
    boolean matches(TopicUnits topic, int from) {
        return words == 1 ? matchesInOneWord(topic, from) : matchesInWords(topic, from);
    }

    /** Number of words of the state set: the steps for one unit of a topic. */
    int words() {
        return words;
    }

    private boolean matchesInOneWord(TopicUnits topic, int from) {
        long skip = skippable[0];
        long open = unguarded[0];
        long active = initial[0];
        for (int i = from; i < topic.count() && active != 0; i++) {
            int unit = topic.at(i);
            long moved = active & loops[CLASS_OF[unit]] | (active & advances[advanceRow(unit)]) << 1;
            active = moved | (skip + (moved & skip) ^ skip) & open;
        }
        return (active >>> end & 1) != 0;
    }

    private boolean matchesInWords(TopicUnits topic, int from) {
        long[] active = initial.clone();
        for (int i = from; i < topic.count(); i++) {
            int unit = topic.at(i);
            int loop = CLASS_OF[unit] * words;
            int advance = advanceRow(unit) * words;
            long shifted = 0;
            long carried = 0;
            long any = 0;
            for (int w = 0; w < words; w++) {
                long advanced = active[w] & advances[advance + w];
                long moved = active[w] & loops[loop + w] | advanced << 1 | shifted;
                shifted = advanced >>> 63;
                long skip = skippable[w];
                long sum = skip + (moved & skip);
                long all = sum + carried;
                // The two additions together overflow at most once.
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

    private int advanceRow(int unit) {
        int found = Arrays.binarySearch(advanceUnits, (short) unit);
        return found < 0 ? 0 : found + 1;
    }

    private void setMasks(State state, int at) {
        if (state.skippable) {
            set(skippable, 0, at);
        }
        if (!state.guarded) {
            set(unguarded, 0, at);
        }
        for (int unitClass = 0; unitClass < CLASSES.length; unitClass++) {
            if ((CLASSES[unitClass] & state.allowed) != 0) {
                set(loops, unitClass, at);
            }
        }
        if (state.unit != NO_UNIT) {
            set(advances, advanceRow(state.unit), at);
        }
        if (state.alternative != NO_UNIT) {
            set(advances, advanceRow(state.alternative), at);
        }
    }

    private void set(long[] rows, int row, int bit) {
        rows[row * words + bit / 64] |= 1L << bit;
    }

    private static void addLiteral(List<State> states, Literal literal) {
        TopicUnits units = TopicUnits.of(literal.text());
        for (int i = 0; i < units.count(); i++) {
            int unit = units.at(i);
            // Expansion percent-encodes it (RFC 6570, section 3.1), but publishers often write the character itself.
            boolean encoded = unit >= 0x80 && unit < TopicUnits.PERCENT_ENCODED;
            states.add(new State(unit, encoded ? TopicUnits.percentEncoded(unit) : NO_UNIT, NEVER, false, false));
        }
    }

    private static void addExpression(List<State> states, Expression expression) {
        TemplatePart.Operator operator = expression.operator();
        boolean guarded = operator.first != '\0';
        if (guarded) {
            states.add(new State(operator.first, NO_UNIT, NEVER, true, false));
        }
        int separator = CLASSES[CLASS_OF[operator.separator]];
        int allowed = ALWAYS
                | (expression.allowsEquals() ? EQUALS : NEVER)
                | (operator.reserved ? RESERVED : NEVER)
                | (expression.explode() ? separator & ~RESERVED : NEVER);
        int values = (allowed & separator) != 0 ? 1 : expression.variables();
        for (int i = 1; i <= values; i++) {
            states.add(new State(i < values ? operator.separator : NO_UNIT, NO_UNIT, allowed, true, guarded));
        }
    }

    private static short[] advanceUnits(List<State> states) {
        boolean[] used = new boolean[TopicUnits.COUNT];
        int count = 0;
        for (State state : states) {
            for (int unit : new int[] {state.unit, state.alternative}) {
                if (unit != NO_UNIT && !used[unit]) {
                    used[unit] = true;
                    count++;
                }
            }
        }
        short[] units = new short[count];
        int next = 0;
        for (int unit = 0; unit < used.length; unit++) {
            if (used[unit]) {
                units[next++] = (short) unit;
            }
        }
        return units;
    }
}
