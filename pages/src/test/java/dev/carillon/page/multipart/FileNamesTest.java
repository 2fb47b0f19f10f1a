package dev.carillon.page.multipart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileNamesTest {
    @ParameterizedTest
    @CsvSource(textBlock = """
            photo.png, photo.png
            Été 2026.jpg, Été 2026.jpg
            ../../etc/passwd, passwd
            C:\\temp\\a.txt, a.txt
            .htaccess, htaccess
            ..., file
            '', file
            '  ', file
            a/, file
            a.txt., a.txt
            con.txt, _con.txt
            LPT1, _LPT1
            a<b>c?.txt, a_b_c_.txt
            """)
    void name_is_made_safe(String given, String safe) {
        assertThat(FileNames.safe(given)).isEqualTo(safe);
    }

    @Test
    void characters_that_hide_what_a_name_is_are_replaced() {
        assertThat(FileNames.safe("invoice\u202Efdp.exe")).isEqualTo("invoice_fdp.exe");
        assertThat(FileNames.safe("a\u0000b\r\nc")).isEqualTo("a_b_c");
        assertThat(FileNames.safe("e\u0301.txt")).isEqualTo("\u00e9.txt");
    }

    @Test
    void long_name_keeps_its_extension() {
        String safe = FileNames.safe("x".repeat(300) + ".jpeg");

        assertThat(safe).hasSize(100).endsWith("x.jpeg");
        assertThat(FileNames.safe("\uD83D\uDE00".repeat(200)))
                .hasSizeLessThanOrEqualTo(100)
                .matches("(\uD83D\uDE00)+");
    }
}
