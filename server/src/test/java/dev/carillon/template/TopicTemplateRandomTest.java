package dev.carillon.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Compares the automaton with a slow reference matcher on random templates and topics. */
class TopicTemplateRandomTest {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final String[] LITERALS = {
        "a", "b", "/", ";", "?", "&", "=", ".", ",", ":", "#", "%41", "ü", "🔔", "4"
    };
    private static final String[] VALUES = {"a", "b", "4", ".", ",", "=", "%41", "%2f", "/", ";", "&", "?", ":", "#"};
    private static final String NOISE = "ab4./;?&=,:#%ü\"1~@^";
    private static final String RESERVED = ":/?#[]@!$&'()*+,;=";

    /**
     * A literal of one character, or an expression.
     *
     * @param operator the expression's operator; NUL: none; a space: the piece is a literal
     */
    private record Piece(String text, char operator, int variables, boolean explode) {
        boolean literal() {
            return operator == ' ';
        }

        String first() {
            return operator == 0 || operator == '+' ? "" : String.valueOf(operator);
        }

        char separator() {
            return switch (operator) {
                case 0, '+', '#' -> ',';
                case '?' -> '&';
                default -> operator;
            };
        }

        /** Length of the value's unit at the index: 1, or 3 for {@code %XX}; 0: the value cannot contain it. */
        int valueLength(String topic, int at) {
            char c = topic.charAt(at);
            if (topic.substring(at).matches("(?s)%[0-9A-Fa-f]{2}.*")) {
                return 3;
            }
            boolean reserved = operator == '+' || operator == '#';
            boolean equals = explode || ";?&".indexOf(operator) >= 0;
            return c < 0x80 && Character.isLetterOrDigit(c)
                            || "-._~,".indexOf(c) >= 0
                            || reserved && RESERVED.indexOf(c) >= 0
                            || equals && c == '='
                    ? 1
                    : 0;
        }
    }

    /**
     * Reference matcher with backtracking.
     *
     * @param failed points from which no match was found
     */
    private record ReferenceMatcher(List<Piece> pieces, String topic, BitSet failed) {
        static boolean matches(List<Piece> pieces, String topic) {
            return new ReferenceMatcher(pieces, topic, new BitSet()).rest(0, 0);
        }

        private boolean rest(int piece, int at) {
            if (piece == pieces.size()) {
                return at == topic.length();
            }
            if (failed.get(key(piece, 0, at))) {
                return false;
            }
            Piece next = pieces.get(piece);
            boolean found;
            if (next.literal()) {
                String encoded = URLEncoder.encode(next.text(), StandardCharsets.UTF_8);
                found = topic.startsWith(next.text(), at)
                                && rest(piece + 1, at + next.text().length())
                        || next.text().charAt(0) > 0x7f
                                && topic.startsWith(encoded, at)
                                && rest(piece + 1, at + encoded.length());
            } else {
                found = rest(piece + 1, at)
                        || topic.startsWith(next.first(), at)
                                && value(
                                        piece,
                                        next.variables(),
                                        at + next.first().length());
            }
            failed.set(key(piece, 0, at), !found);
            return found;
        }

        /** @param left number of variables left in the expression, including the current one */
        private boolean value(int piece, int left, int at) {
            if (failed.get(key(piece, left, at))) {
                return false;
            }
            Piece expression = pieces.get(piece);
            boolean found = rest(piece + 1, at);
            if (!found && at < topic.length()) {
                int length = expression.valueLength(topic, at);
                found = length > 0 && value(piece, left, at + length)
                        || topic.charAt(at) == expression.separator()
                                && (left > 1 || expression.explode())
                                && value(piece, Math.max(left - 1, 1), at + 1);
            }
            failed.set(key(piece, left, at), !found);
            return found;
        }

        private int key(int piece, int left, int at) {
            return (piece * 4 + left) * (topic.length() + 1) + at;
        }
    }

    @RepeatedTest(4)
    void automaton_agrees_with_the_reference_matcher_on_small_templates(RepetitionInfo repetition) {
        compare(new Random(repetition.getCurrentRepetition()), FULL ? 5_000 : 1_500, 5);
    }

    @RepeatedTest(4)
    void automaton_agrees_with_the_reference_matcher_on_templates_of_several_words(RepetitionInfo repetition) {
        compare(new Random(100 + repetition.getCurrentRepetition()), FULL ? 1_000 : 200, 120);
    }

    private static void compare(Random random, int rounds, int maxPieces) {
        int matched = 0;
        int compared = 0;
        for (int i = 0; i < rounds; i++) {
            List<Piece> pieces = pieces(random, 1 + random.nextInt(maxPieces));
            StringBuilder text = new StringBuilder();
            pieces.forEach(piece -> text.append(piece.text()));
            TopicTemplate template = TopicTemplate.parse(text.toString()).orElse(null);
            if (template == null) {
                assertThat(pieces.stream().allMatch(Piece::literal) || text.length() > TopicTemplate.MAX_LENGTH)
                        .as(text.toString())
                        .isTrue();
                continue;
            }
            for (int topics = 0; topics < 4; topics++) {
                String topic = topic(random, pieces, topics > 0);
                boolean expected = ReferenceMatcher.matches(pieces, topic);
                assertThat(template.matches(topic)).as("%s of %s", topic, text).isEqualTo(expected);
                assertThat(!expected || topic.startsWith(template.literalPrefix()))
                        .isTrue();
                matched += expected ? 1 : 0;
                compared++;
            }
        }
        assertThat(matched).isBetween(compared / 5, compared * 4 / 5);
    }

    private static List<Piece> pieces(Random random, int count) {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (random.nextInt(5) < 2) {
                pieces.add(new Piece(pick(random, LITERALS), ' ', 0, false));
                continue;
            }
            char operator = "\0+#./;?&".charAt(random.nextInt(8));
            int variables = 1 + random.nextInt(3);
            int exploded = random.nextInt(3) == 0 ? random.nextInt(variables) : -1;
            StringBuilder text = new StringBuilder("{").append(operator == 0 ? "" : String.valueOf(operator));
            for (int v = 0; v < variables; v++) {
                text.append(v > 0 ? "," : "").append((char) ('x' + v)).append(v == exploded ? "*" : "");
            }
            pieces.add(new Piece(text.append('}').toString(), operator, variables, exploded >= 0));
        }
        return pieces;
    }

    /** An expansion of the template; with up to two random changes if {@code damaged}. */
    private static String topic(Random random, List<Piece> pieces, boolean damaged) {
        StringBuilder topic = new StringBuilder();
        for (Piece piece : pieces) {
            if (piece.literal()) {
                boolean encoded = piece.text().charAt(0) > 0x7f && random.nextBoolean();
                topic.append(encoded ? URLEncoder.encode(piece.text(), StandardCharsets.UTF_8) : piece.text());
            } else if (random.nextInt(3) > 0) {
                topic.append(piece.first());
                for (int v = random.nextInt(piece.variables() + (piece.explode() ? 3 : 0)); v >= 0; v--) {
                    for (int n = random.nextInt(3); n > 0; n--) {
                        String value = pick(random, VALUES);
                        topic.append(piece.valueLength(value, 0) > 0 ? value : "a");
                    }
                    topic.append(v > 0 ? String.valueOf(piece.separator()) : "");
                }
            }
        }
        for (int n = damaged ? 1 + random.nextInt(2) : 0; n > 0; n--) {
            int at = random.nextInt(topic.length() + 1);
            int end = Math.min(topic.length(), at + random.nextInt(2));
            topic.replace(at, end, random.nextInt(3) == 0 ? "" : "" + NOISE.charAt(random.nextInt(NOISE.length())));
        }
        return topic.toString();
    }

    private static String pick(Random random, String[] from) {
        return from[random.nextInt(from.length)];
    }
}
