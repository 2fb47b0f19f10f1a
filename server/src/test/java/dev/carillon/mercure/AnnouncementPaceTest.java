package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.template.TopicTemplate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnnouncementPaceTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong now = new AtomicLong();

    @Test
    void address_gets_its_burst_and_then_its_rate_while_others_are_announced() {
        AnnouncementPace pace = new AnnouncementPace(now::get, 1_000, 20);

        int burst = taken(pace, 1, 1_000);
        assertThat(burst).isEqualTo(20 * AnnouncementPace.BURST_SECONDS + 1);
        assertThat(pace.take(2, 1)).isTrue();
        now.set(5 * SECOND);
        assertThat(taken(pace, 1, 1_000)).isEqualTo(5 * 20);
    }

    @Test
    void subscriber_with_many_selectors_is_taken_and_paid_for_later() {
        AnnouncementPace pace = new AnnouncementPace(now::get, 1_000, 20);

        assertThat(pace.take(1, 1_000)).isTrue();
        now.set(39 * SECOND);
        assertThat(pace.take(1, 1)).isFalse();
        now.set(40 * SECOND);
        assertThat(pace.take(1, 1)).isTrue();
    }

    @Test
    void node_has_a_rate_of_its_own_whatever_the_number_of_addresses() {
        AnnouncementPace pace = new AnnouncementPace(now::get, 200, 20);

        long taken = IntStream.range(0, 5_000)
                .filter(address -> pace.take(address, 1))
                .count();

        assertThat(taken).isEqualTo(200 * AnnouncementPace.BURST_SECONDS + 1);
    }

    @Test
    void address_holds_a_bounded_number_of_templates_and_gives_them_back() {
        TemplateShare share = new TemplateShare();
        Runnable most = share.hold(1, templates(1, TemplateShare.MAX_OF_ADDRESS));
        Runnable last = share.hold(1, templates(0, 1));

        assertThatThrownBy(() -> share.hold(1, templates(-1, 0)))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
        share.hold(2, templates(-1, 0)).run();
        share.hold(1, List.of()).run();
        last.run();
        share.hold(1, templates(-1, 0)).run();
        most.run();

        assertThat(share.addresses()).isZero();
    }

    @Test
    void templates_that_subscribers_share_count_once_until_the_last_has_left() {
        TemplateShare share = new TemplateShare();
        Runnable one = share.hold(1, templates(0, TemplateShare.MAX_OF_ADDRESS));
        Runnable other = share.hold(1, templates(0, TemplateShare.MAX_OF_ADDRESS));

        one.run();
        assertThatThrownBy(() -> share.hold(1, templates(-1, 0))).isInstanceOf(CarillonException.class);
        other.run();
        share.hold(1, templates(-1, 0)).run();

        assertThat(share.addresses()).isZero();
    }

    @Test
    void long_templates_of_a_subscriber_count_as_several() {
        assertThat(new TopicQuery(List.of("*", "a{x}", "b")).templates())
                .extracting(TopicTemplate::text)
                .containsExactly("*", "a{x}");
        assertThat(TemplateShare.weight(template("a{x}"))).isEqualTo(1);
        assertThat(TemplateShare.weight(template("{x}" + "a".repeat(200)))).isEqualTo(4);
    }

    private static List<TopicTemplate> templates(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> template("https://share.test/" + i + "/{id}"))
                .toList();
    }

    private static TopicTemplate template(String text) {
        return TopicTemplate.parse(text).orElseThrow();
    }

    private static int taken(AnnouncementPace pace, long address, int tries) {
        return (int)
                IntStream.range(0, tries).filter(i -> pace.take(address, 1)).count();
    }
}
