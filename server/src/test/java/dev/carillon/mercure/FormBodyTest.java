package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormBodyTest {
    private static FormBody form(String body) {
        return FormBody.parse(body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void fields_are_decoded_in_order() {
        FormBody form = form("&topic=a+b&topic=%C3%BC%26&%74opic=c=d&private&data=&&");

        assertThat(form.values("topic")).containsExactly("a b", "ü&", "c=d");
        assertThat(form.has("private")).isTrue();
        assertThat(form.has("data")).isTrue();
        assertThat(form.first("data")).isEmpty();
        assertThat(form.has("id")).isFalse();
        assertThat(form.values("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=%", "a=%4", "a=%4g", "%zz", "a=%ff", "a=%C3", "a=%C0%80"})
    void malformed_bodies_are_refused(String body) {
        assertThatThrownBy(() -> form(body))
                .isInstanceOf(CarillonException.class)
                .hasMessageStartingWith("body: ");
    }

    @Test
    void too_many_fields_are_refused() {
        assertThatThrownBy(() -> form(String.join("&", Collections.nCopies(10_001, "a"))))
                .isInstanceOf(CarillonException.class);
        assertThat(form(String.join("&", Collections.nCopies(10_000, "a"))).values("a"))
                .hasSize(10_000);
    }
}
