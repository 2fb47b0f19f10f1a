package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.template.TopicTemplate;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TemplateQuotaTest {
    @Test
    void address_uses_a_bounded_number_of_templates_and_releases_them() {
        TemplateQuota quota = new TemplateQuota();
        Runnable most = quota.acquire(1, templates(1, TemplateQuota.MAX_PER_ADDRESS));
        Runnable last = quota.acquire(1, templates(0, 1));

        assertThatThrownBy(() -> quota.acquire(1, templates(-1, 0)))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
        quota.acquire(2, templates(-1, 0)).run();
        quota.acquire(1, List.of()).run();
        last.run();
        quota.acquire(1, templates(-1, 0)).run();
        most.run();

        assertThat(quota.addresses()).isZero();
    }

    @Test
    void templates_that_subscribers_share_count_once_until_the_last_has_left() {
        TemplateQuota quota = new TemplateQuota();
        Runnable one = quota.acquire(1, templates(0, TemplateQuota.MAX_PER_ADDRESS));
        Runnable other = quota.acquire(1, templates(0, TemplateQuota.MAX_PER_ADDRESS));

        one.run();
        assertThatThrownBy(() -> quota.acquire(1, templates(-1, 0))).isInstanceOf(CarillonException.class);
        other.run();
        quota.acquire(1, templates(-1, 0)).run();

        assertThat(quota.addresses()).isZero();
    }

    @Test
    void long_templates_of_a_subscriber_count_as_several() {
        assertThat(new TopicQuery(List.of("*", "a{x}", "b")).templates())
                .extracting(TopicTemplate::text)
                .containsExactly("*", "a{x}");
        assertThat(TemplateQuota.weight(template("a{x}"))).isEqualTo(1);
        assertThat(TemplateQuota.weight(template("{x}" + "a".repeat(200)))).isEqualTo(4);
    }

    private static List<TopicTemplate> templates(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> template("https://share.test/" + i + "/{id}"))
                .toList();
    }

    private static TopicTemplate template(String text) {
        return TopicTemplate.parse(text).orElseThrow();
    }
}
