package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlMessageTest {
    @Test
    void message_survives_encoding_and_decoding() {
        ControlMessage.Disconnect message = new ControlMessage.Disconnect(new Tenant("acme"), "AAAA_-09");

        assertThat(ControlMessage.read(message.bytes())).isEqualTo(message);
    }

    @Test
    void call_of_an_extension_survives_encoding_and_is_bounded() {
        ControlMessage.CallExtension call = new ControlMessage.CallExtension("pages/shop", "a=1\nb=\u00e9\"");

        assertThat(ControlMessage.read(call.bytes())).isEqualTo(call);
        assertThat(call.toString()).doesNotContain("a=1");
        assertThatThrownBy(() -> new ControlMessage.CallExtension("Pages", "")).hasMessageContaining("lower-case");
        assertThatThrownBy(() -> new ControlMessage.CallExtension("pages", "x".repeat(20 * 1024 + 1)))
                .hasMessageContaining("20480 bytes");
        assertThat(new ControlMessage.CallExtension("pages", "\"".repeat(20 * 1024)).bytes())
                .hasSizeLessThan(ControlMessage.MAX_BYTES);
    }

    @Test
    void unknown_fields_are_ignored() {
        assertThat(ControlMessage.read(Text.utf8(
                        "{\"version\":1,\"type\":\"disconnect\",\"tenant\":\"acme\",\"context\":\"A\",\"why\":[1]}")))
                .isEqualTo(new ControlMessage.Disconnect(new Tenant("acme"), "A"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"version\":1,\"type\":\"dance\"}",
                "{\"version\":2,\"type\":\"disconnect\",\"tenant\":\"acme\",\"context\":\"A\"}"
            })
    void unknown_types_and_versions_are_refused_as_unknown(String text) {
        assertThat(code(text)).isEqualTo(ErrorCode.UNKNOWN_MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "[]",
                "1",
                "{}",
                "{\"version\":\"1\",\"type\":\"disconnect\"}",
                "{\"version\":1,\"type\":7}",
                "{\"version\":1,\"type\":\"disconnect\"}",
                "{\"version\":1,\"type\":\"disconnect\",\"tenant\":\"_system\",\"context\":\"A\"}",
                "{\"version\":1,\"type\":\"disconnect\",\"tenant\":\"acme\",\"context\":\"\"}",
                "{\"version\":1,\"type\":\"disconnect\",\"tenant\":\"acme\",\"context\":\"a b\"}"
            })
    void malformed_message_is_refused(String text) {
        assertThat(code(text)).isEqualTo(ErrorCode.INVALID_REQUEST);
    }

    @Test
    void logs_of_the_cluster_have_no_contexts() {
        assertThatThrownBy(() -> new ControlMessage.Disconnect(Tenant.SYSTEM, "A"))
                .isInstanceOf(CarillonException.class);
    }

    private static ErrorCode code(String text) {
        return catchThrowableOfType(CarillonException.class, () -> ControlMessage.read(Text.utf8(text)))
                .code();
    }
}
