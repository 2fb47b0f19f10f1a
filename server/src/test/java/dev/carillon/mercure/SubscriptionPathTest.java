package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionPathTest {
    private static final String ROOT = "/.well-known/mercure/subscriptions";

    @Test
    void the_id_of_a_subscription_is_encoded_as_the_protocol_shows_it() {
        assertThat(new SubscriptionPath.One("https://example.com/{id}", "urn:uuid:bb3d").text())
                .isEqualTo(ROOT + "/https%3A%2F%2Fexample.com%2F%7Bid%7D/urn%3Auuid%3Abb3d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "*", "https://example.com/{id}?a=b&c#d", "a b+c", "ü€😀", "100%", ".-_~", "\n"})
    void encoded_topics_are_decoded_unchanged(String topic) {
        String one = new SubscriptionPath.One(topic, "urn:uuid:1").text();
        assertThat(one).matches("[A-Za-z0-9/%._~-]+");
        assertThat(SubscriptionPath.parse(one)).isEqualTo(new SubscriptionPath.One(topic, "urn:uuid:1"));
        assertThat(SubscriptionPath.parse(new SubscriptionPath.OfTopic(topic).text()))
                .isEqualTo(new SubscriptionPath.OfTopic(topic));
    }

    @Test
    void other_encodings_of_the_same_name_are_accepted() {
        assertThat(SubscriptionPath.parse(ROOT + "/https:%2f%2fa/x+y"))
                .isEqualTo(new SubscriptionPath.One("https://a", "x+y"));
        assertThat(SubscriptionPath.parse(ROOT)).isEqualTo(new SubscriptionPath.All());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "//", "//x", "/a/", "/a/b/c", "x", "/a/b/"})
    void an_unknown_path_is_not_found(String rest) {
        assertRefused(ROOT + rest, ErrorCode.NOT_FOUND);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"%", "%4", "%4x", "%x4", "%ff", "%c3", "%ED%A0%80", "a%2", "ü", "\u0141", "\u0661%\u0661\u0661"})
    void malformed_encoding_is_refused(String name) {
        assertRefused(ROOT + "/" + name, ErrorCode.INVALID_REQUEST);
        assertRefused(ROOT + "/a/" + name, ErrorCode.INVALID_REQUEST);
    }

    private static void assertRefused(String path, ErrorCode code) {
        assertThatThrownBy(() -> SubscriptionPath.parse(path))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
