package dev.carillon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TlsFilesTest {
    @Test
    void invalid_path_is_refused_as_a_setting() {
        assertThatThrownBy(() -> TlsFiles.of(Optional.of("a\0b"), Optional.of("key")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("tls-certificate: a?b: must be the path of a file");
        assertThatThrownBy(() -> TlsFiles.of(Optional.of("certificate"), Optional.of("\0")))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("tls-key: ");
    }

    @Test
    void one_file_without_the_other_is_refused() {
        assertThatThrownBy(() -> TlsFiles.of(Optional.of("a.pem"), Optional.empty()))
                .hasMessage("tls-key: (none): must be given together with tls-certificate");
        assertThatThrownBy(() -> TlsFiles.of(Optional.empty(), Optional.of("a.pem")))
                .hasMessage("tls-certificate: (none): must be given together with tls-key");
        assertThat(TlsFiles.of(Optional.empty(), Optional.empty())).isEmpty();
    }
}
