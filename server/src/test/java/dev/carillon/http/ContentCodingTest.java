package dev.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentCodingTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip|true",
                "GZIP|true",
                "gzip, deflate, br, zstd|true",
                "br;q=1.0, gzip;q=0.8|true",
                "deflate, gzip ; q=0.001|true",
                "gzip;q=0|false",
                "gzip;q=0.000|false",
                "br|false",
                "identity|false",
                "*|false",
                "x-gzip|false",
                "gzip;q=nonsense|false",
                "''|false",
            })
    void gzip_is_used_only_if_the_client_names_it(String header, boolean accepted) {
        assertThat(ContentCoding.acceptsGzip(header)).isEqualTo(accepted);
    }
}
