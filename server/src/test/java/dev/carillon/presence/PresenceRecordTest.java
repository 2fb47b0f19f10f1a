package dev.carillon.presence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PresenceRecordTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\'',
            value = {
                "'{\"a\":1.50}', '{\"a\":1.50}'",
                "'\"text\"', '\"text\"'",
                "'Ann, the first', '\"Ann, the first\"'",
                "'{} {\"user\":\"bob\"}', '\"{} {\\\"user\\\":\\\"bob\\\"}\"'",
                "'', '\"\"'"
            })
    void data_of_a_user_is_always_json(String given, String written) {
        assertThat(PresenceRecord.jsonText(given)).isEqualTo(written);
    }
}
