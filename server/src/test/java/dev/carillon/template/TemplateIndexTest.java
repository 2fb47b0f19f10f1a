package dev.carillon.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TemplateIndexTest {
    private static final Tenant ACME = new Tenant("acme");
    private static final Tenant OTHER = new Tenant("other");
    private static final TopicTemplate BOOKS = template("https://example.com/books/{id}");
    private static final TopicTemplate USERS = template("https://example.com/users/{id}");
    private static final TopicTemplate ALL = template("https://example.com/{+rest}");

    private final TemplateIndex index = new TemplateIndex();

    @Test
    void template_is_found_while_it_has_references() {
        index.add(ACME, BOOKS);
        index.add(ACME, BOOKS);
        index.remove(ACME, BOOKS);
        assertThat(matching("https://example.com/books/1")).containsExactly(BOOKS);

        index.remove(ACME, BOOKS);
        assertThat(matching("https://example.com/books/1")).isEmpty();
        assertThat(index.size()).isZero();

        index.remove(ACME, BOOKS);
        index.add(ACME, BOOKS);
        assertThat(matching("https://example.com/books/1")).containsExactly(BOOKS);
    }

    @Test
    void adding_and_removing_templates_invalidates_cached_results() {
        assertThat(matching("https://example.com/books/1")).isEmpty();
        index.add(ACME, USERS);
        assertThat(matching("https://example.com/books/1")).isEmpty();
        index.add(ACME, ALL);
        assertThat(matching("https://example.com/books/1")).containsExactly(ALL);
        index.add(ACME, BOOKS);
        assertThat(matching("https://example.com/books/1")).containsExactlyInAnyOrder(ALL, BOOKS);
        index.remove(ACME, ALL);
        assertThat(matching("https://example.com/books/1")).containsExactly(BOOKS);
        index.remove(ACME, BOOKS);
        index.remove(ACME, USERS);
        assertThat(matching("https://example.com/books/1")).isEmpty();
        index.add(ACME, ALL);
        assertThat(matching("https://example.com/books/1")).containsExactly(ALL);
    }

    @Test
    void look_up_finds_only_templates_of_its_tenant() {
        index.add(ACME, BOOKS);
        index.add(OTHER, ALL);

        assertThat(matching("https://example.com/books/1")).containsExactly(BOOKS);
        assertThat(index.matching(OTHER, List.of(Scope.topic("https://example.com/books/1"))))
                .containsExactly(ALL);
        assertThat(index.matching(Tenant.DEFAULT, List.of(Scope.topic("https://example.com/books/1"))))
                .isEmpty();
    }

    @Test
    void template_that_matches_several_topics_of_an_event_is_found_once() {
        Stream.of(BOOKS, USERS, ALL).forEach(template -> index.add(ACME, template));

        assertThat(matching("https://example.com/books/1", "https://example.com/books/2", "x"))
                .containsExactlyInAnyOrder(BOOKS, ALL);
        assertThat(matching("x", "https://example.com/users/1", "https://example.com/books/2"))
                .containsExactlyInAnyOrder(USERS, BOOKS, ALL);
    }

    @Test
    void templates_match_only_topics_and_any_matches_every_topic() {
        TopicTemplate paths = template("{/x}");
        index.add(ACME, paths);
        index.add(ACME, TopicTemplate.ANY);

        assertThat(index.matching(ACME, List.of(Scope.route("/a"), Scope.user("/a"), Scope.GLOBAL, Scope.SYSTEM)))
                .isEmpty();
        assertThat(matching("/a")).containsExactlyInAnyOrder(paths, TopicTemplate.ANY);
        assertThat(matching("ü")).containsExactly(TopicTemplate.ANY);
    }

    @Test
    void prefixes_with_colliding_hashes_are_distinguished() {
        assertThat("AaAa").hasSameHashCodeAs("BBBB");
        List<TopicTemplate> colliding = Stream.of("AaAa{x}", "BBBB{x}", "AaBB{x}", "BBAa{x}")
                .map(TemplateIndexTest::template)
                .toList();
        colliding.forEach(template -> index.add(ACME, template));

        assertThat(matching("BBAa1")).containsExactly(colliding.get(3));
        TemplatePrefixes prefixes = new TemplatePrefixes();
        colliding.forEach(prefixes::add);
        assertThat(prefixes.candidates("BBAa1")).containsExactly(colliding.get(3));
        index.remove(ACME, colliding.get(3));
        assertThat(matching("BBAa1")).isEmpty();
        assertThat(matching("AaAa1")).containsExactly(colliding.get(0));
    }

    @Test
    void templates_with_other_prefixes_are_not_tried() {
        TemplatePrefixes prefixes = new TemplatePrefixes();
        Stream.of(BOOKS, USERS, ALL).forEach(prefixes::add);
        assertThat(prefixes.candidates("https://example.com/books/1")).containsExactlyInAnyOrder(BOOKS, ALL);

        for (int i = 0; i < 2_000; i++) {
            prefixes.add(template("https://example.com/books/" + i + "/{x}"));
            prefixes.add(template("https://example.org/" + i + "{/x}"));
        }
        assertThat(prefixes.candidates("https://example.com/books/1")).containsExactlyInAnyOrder(BOOKS, ALL);
    }

    @Test
    void cost_of_a_look_up_is_bounded_for_any_set_of_prefixes() {
        TemplatePrefixes prefixes = new TemplatePrefixes();
        String topic = "a".repeat(TopicTemplate.MAX_LENGTH);
        Random random = new Random(3);
        List<TopicTemplate> added = new ArrayList<>();
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(4) == 0 && !added.isEmpty()) {
                prefixes.remove(added.remove(random.nextInt(added.size())));
            }
            TopicTemplate template = template(
                    topic.substring(0, random.nextInt(40)) + "{+v" + i + "}" + "{+a}{/b}".repeat(random.nextInt(30)));
            if (prefixes.add(template)) {
                added.add(template);
            } else {
                refused++;
            }
            if (i % 100 == 0) {
                assertThat(words(prefixes, topic)).isLessThanOrEqualTo(TemplatePrefixes.MAX_WORDS);
            }
        }
        assertThat(refused).isPositive();
        assertThat(words(prefixes, topic)).isBetween(TemplatePrefixes.MAX_WORDS - 4, TemplatePrefixes.MAX_WORDS);

        added.forEach(prefixes::remove);
        added.forEach(template -> assertThat(prefixes.add(template)).isTrue());
    }

    private static int words(TemplatePrefixes prefixes, String topic) {
        return prefixes.candidates(topic).stream()
                .mapToInt(TopicTemplate::words)
                .sum();
    }

    @Test
    void only_templates_with_a_common_prefix_count_towards_the_bound() {
        for (int i = 0; i < 3 * TemplatePrefixes.MAX_WORDS; i++) {
            index.add(ACME, template("https://example.com/users/" + i + "{/x}"));
        }
        for (int i = 0; i < TemplatePrefixes.MAX_WORDS - 10; i++) {
            index.add(ACME, template("https://example.com/{x}/" + i));
        }
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        index.add(ACME, template("https://example.com/{y}/" + i));
                    }
                })
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
        index.add(OTHER, template("https://example.com/{y}/1"));
        index.remove(ACME, template("https://example.com/{x}/1"));
        index.add(ACME, template("https://example.com/{y}/9"));
    }

    @Test
    void look_up_agrees_with_trying_every_template() {
        Random random = new Random(5);
        List<TopicTemplate> added = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            if (random.nextInt(3) == 0 && !added.isEmpty()) {
                index.remove(ACME, added.remove(random.nextInt(added.size())));
            } else {
                added.add(template(
                        text(random, "ab/") + "{" + "+/.".charAt(random.nextInt(3)) + "x}" + text(random, "ab")));
                index.add(ACME, added.getLast());
            }
            String topic = text(random, "ab/") + text(random, "ab/.");
            assertThat(matching("t" + topic, topic + "b", topic + "a"))
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(added.stream()
                            .distinct()
                            .filter(template -> Stream.of("t" + topic, topic + "b", topic + "a")
                                    .anyMatch(template::matches))
                            .toList());
        }
        assertThat(index.size()).isEqualTo((int) added.stream().distinct().count());
    }

    @Test
    void templates_beyond_the_maximum_are_refused_and_change_nothing() {
        IntStream.range(0, TemplateIndex.MAX_TEMPLATES)
                .forEach(i -> index.add(i % 2 == 0 ? ACME : OTHER, template("t" + i + "/{x}")));

        assertThatThrownBy(() -> index.add(ACME, BOOKS))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
        assertThat(matching("https://example.com/books/1")).isEmpty();

        index.add(ACME, template("t0/{x}"));
        index.remove(OTHER, template("t1/{x}"));
        index.add(ACME, BOOKS);
        assertThat(matching("https://example.com/books/1")).containsExactly(BOOKS);
        assertThat(index.size()).isEqualTo(TemplateIndex.MAX_TEMPLATES);
    }

    @Test
    void concurrent_adding_and_removing_loses_no_referenced_template() throws Exception {
        index.add(ACME, BOOKS);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> changes = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                TopicTemplate own = template("https://example.com/" + t + "/{x}");
                changes.add(threads.submit(() -> {
                    for (int i = 0; i < 5_000; i++) {
                        Stream.of(own, ALL, BOOKS).forEach(template -> index.add(ACME, template));
                        assertThat(matching(own.literalPrefix() + "1")).containsExactlyInAnyOrder(own, ALL);
                        Stream.of(own, BOOKS).forEach(template -> index.remove(ACME, template));
                        assertThat(matching(own.literalPrefix() + "1")).containsExactly(ALL);
                        index.remove(ACME, ALL);
                        assertThat(matching("https://example.com/books/1")).contains(BOOKS);
                    }
                }));
            }
            for (Future<?> change : changes) {
                change.get();
            }
        }
        assertThat(index.size()).isEqualTo(1);
        assertThat(matching("https://example.com/books/1")).containsExactly(BOOKS);
    }

    private List<TopicTemplate> matching(String... topics) {
        return index.matching(ACME, Stream.of(topics).map(Scope::topic).toList());
    }

    private static String text(Random random, String of) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(4); n > 0; n--) {
            text.append(of.charAt(random.nextInt(of.length())));
        }
        return text.toString();
    }

    private static TopicTemplate template(String text) {
        return TopicTemplate.parse(text).orElseThrow();
    }
}
