package dev.carillon.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cost of matching hostile templates: a topic can be split in many ways, but its last character never matches. */
class TopicTemplateCostTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int TOPIC_CHARS = 250;
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
    void cost_of_a_hostile_template_is_linear_in_the_length_of_the_topic(String repeated) {
        TopicTemplate template = longest(repeated);
        String topic = "a/".repeat(TOPIC_CHARS / 2);
        assertThat(template.words()).isBetween(4, 17);
        assertThat(template.matches(topic + "\"")).isFalse();

        // Linear cost takes 4 times as long, quadratic cost 16 times.
        assertThat(ratio(() -> matchOften(template, topic + "\""), () -> matchOften(template, topic.repeat(4) + "\"")))
                .isLessThan(10);
    }

    @Test
    void cost_of_prefixes_with_colliding_hashes_hardly_depends_on_their_number() {
        List<TopicTemplate> some = prefixes(1 << 9);
        List<TopicTemplate> fourfold = prefixes(1 << 11);
        assertThat(ratio(() -> addAndFind(some), () -> addAndFind(fourfold))).isLessThan(10);
    }

    private static List<TopicTemplate> prefixes(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> IntStream.range(0, 11)
                        .mapToObj(bit -> (i >> bit & 1) == 0 ? "Aa" : "BB")
                        .collect(Collectors.joining("", "", "{x}")))
                .map(text -> TopicTemplate.parse(text).orElseThrow())
                .toList();
    }

    private static void addAndFind(List<TopicTemplate> templates) {
        TemplatePrefixes index = new TemplatePrefixes();
        templates.forEach(index::add);
        templates.forEach(template -> index.candidates(template.literalPrefix()));
    }

    private static void matchOften(TopicTemplate template, String topic) {
        for (int n = 0; n < MATCHES; n++) {
            template.matches(topic);
        }
    }

    /** CPU time of {@code other} divided by that of {@code one}: the minimum of 40 runs each, as other load can only slow down a run. */
    private static double ratio(Runnable one, Runnable other) {
        long least = Long.MAX_VALUE;
        long leastOfOther = Long.MAX_VALUE;
        for (int i = 0; i < 40; i++) {
            leastOfOther = Math.min(leastOfOther, nanos(other));
            least = Math.min(least, nanos(one));
        }
        return (double) leastOfOther / least;
    }

    private static long nanos(Runnable task) {
        long start = THREADS.getCurrentThreadCpuTime();
        task.run();
        return THREADS.getCurrentThreadCpuTime() - start;
    }

    private static TopicTemplate longest(String repeated) {
        String text = "{a}" + repeated.repeat((TopicTemplate.MAX_LENGTH - 6) / repeated.length()) + "{z}";
        return TopicTemplate.parse(text).orElseThrow();
    }
}
