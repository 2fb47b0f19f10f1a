package dev.carillon.transport;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TlsFilesTest {
    @Test
    void name_that_no_file_can_have_is_refused_as_a_setting() {
        assertThatThrownBy(() -> TlsFiles.of(Optional.of("a\0b"), Optional.of("key")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("tls-certificate: a?b: must be the path of a file");
        assertThatThrownBy(() -> TlsFiles.of(Optional.of("certificate"), Optional.of("\0")))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("tls-key: ");
    }
}
