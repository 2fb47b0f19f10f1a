package dev.carillon.scope;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates made to keep a matcher busy: many ways to read the same topic, none of which fits its end. */
class TopicTemplateCostTest {
    private static final int TOPIC = 250;
    private static final int MATCHES = 40;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{+a}{+b}",
                "{a}{b}",
                "{/x*}{/y*}",
                "{/x,y,z}{/u,v}",
                "{+a}a{+b}/",
                "{?x,y*}{&z}",
                "{;x,y}{a}/",
                "{a*}{.b*}a",
                "{+a}ü{+b}"
            })
    void a_hostile_template_costs_time_in_proportion_to_the_length_of_the_topic(String repeated) {
        TopicTemplate template = longest(repeated);
        String topic = "a/".repeat(TOPIC / 2);
        assertThat(template.words()).isBetween(4, 17);
        assertThat(template.matches(topic + "\"")).isFalse();

        nanos(template, topic.repeat(4) + "\"");
        long once = nanos(template, topic + "\"");
        long fourfold = nanos(template, topic.repeat(4) + "\"");

        // Four times the time where it is linear, sixteen times where it is quadratic.
        assertThat(fourfold).isLessThan(10 * once);
    }

    @Test
    void prefixes_made_to_have_one_hash_are_added_and_found_in_a_time_that_hardly_depends_on_the_others() {
        nanos(1 << 11);
        long once = nanos(1 << 9);
        long fourfold = nanos(1 << 11);

        assertThat(fourfold).isLessThan(10 * once);
    }

    private static long nanos(int prefixes) {
        List<TopicTemplate> templates = IntStream.range(0, prefixes)
                .mapToObj(i -> IntStream.range(0, 11)
                        .mapToObj(bit -> (i >> bit & 1) == 0 ? "Aa" : "BB")
                        .collect(Collectors.joining("", "", "{x}")))
                .map(text -> TopicTemplate.parse(text).orElseThrow())
                .toList();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 30; i++) {
            TemplatePrefixes index = new TemplatePrefixes();
            long start = System.nanoTime();
            templates.forEach(index::add);
            templates.forEach(template -> index.candidates(template.literalPrefix()));
            least = Math.min(least, System.nanoTime() - start);
        }
        return least;
    }

    private static TopicTemplate longest(String repeated) {
        String text = "{a}" + repeated.repeat((TopicTemplate.MAX_LENGTH - 6) / repeated.length()) + "{z}";
        return TopicTemplate.parse(text).orElseThrow();
    }

    /** The least of several measurements: what else the machine does only makes it more. */
    private static long nanos(TopicTemplate template, String topic) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 30; i++) {
            long start = System.nanoTime();
            for (int n = 0; n < MATCHES; n++) {
                template.matches(topic);
            }
            least = Math.min(least, System.nanoTime() - start);
        }
        return least;
    }
}
