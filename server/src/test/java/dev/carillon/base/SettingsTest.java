package dev.carillon.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final Key COLOUR = Key.of("wall-colour", "NAME", "white", "Colour of the wall.");
    private static final Key WAIT = Key.of("wait", "DURATION", "10s", "How long.");
    private static final Key COUNT = Key.of("count", "N", null, "How many.");
    private static final Key WORD = Key.secret("word", "TEXT", "The word.");
    private static final Key OPEN = Key.flag("open", "Whether it is open.");
    private static final Key NAMES = Key.of("names", "NAME[,NAME...]", "", "Names.");
    private static final Key SOUND = Key.secret("sound", "TEXT", "The sound.").orBy("OTHER_SOUND");
    private static final List<Key> KEYS = List.of(COLOUR, WAIT, COUNT, WORD, OPEN, NAMES, SOUND);

    private static final Map<String, String> FLAG = Map.of("wall-colour", "by flag");
    private static final Map<String, String> VARIABLE = Map.of("CARILLON_WALL_COLOUR", "by variable");
    private static final Map<String, String> FILE = Map.of("wall-colour", "by file");

    @Test
    void a_flag_wins_over_a_variable_a_variable_over_the_file_the_file_over_the_fallback() {
        assertThat(colour(FLAG, VARIABLE, FILE)).isEqualTo("by flag");
        assertThat(colour(Map.of(), VARIABLE, FILE)).isEqualTo("by variable");
        assertThat(colour(Map.of(), Map.of(), FILE)).isEqualTo("by file");
        assertThat(colour(Map.of(), Map.of(), Map.of())).isEqualTo("white");
    }

    @Test
    void a_name_that_is_no_key_is_refused_from_every_source() {
        assertThatThrownBy(() -> colour(Map.of("wall-color", "x"), Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("wall-color: (not shown): is no key; see --help");
        assertThatThrownBy(() -> colour(Map.of(), Map.of(), Map.of("wall-color", "x")))
                .hasMessage("wall-color: (not shown): is no key; see --help");
        assertThatThrownBy(() -> colour(Map.of(), Map.of("CARILLON_WALL_COLOR", "x"), Map.of()))
                .hasMessage("CARILLON_WALL_COLOR: (not shown): is no variable of Carillon; see --help");
    }

    @Test
    void line_of_the_file_that_cannot_be_a_name_is_not_shown() {
        // As properties have it where a key in PEM is given without backslashes at the ends of its lines.
        assertThatThrownBy(() -> colour(Map.of(), Map.of(), Map.of("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", "")))
                .hasMessage("(hidden): (not shown): is no key; see --help");
    }

    @Test
    void secret_key_has_no_printable_value() {
        assertThat(new ConfigException(WORD, "hush", "must be longer")).hasMessage("word: (hidden): must be longer");
        assertThat(new ConfigException(COLOUR, "red", "must be blue")).hasMessage("wall-colour: red: must be blue");
    }

    @Test
    void variables_of_other_programs_are_no_mistake() {
        assertThat(colour(Map.of(), Map.of("CARILLON_KEPT", "x", "WALL_COLOUR", "x", "PATH", "x"), Map.of()))
                .isEqualTo("white");
    }

    @Test
    void an_alias_is_a_further_variable_of_its_key() {
        assertThat(sound(Map.of("OTHER_SOUND", "ding"))).isEqualTo("ding");
        assertThat(sound(Map.of("CARILLON_SOUND", "dong"))).isEqualTo("dong");
        assertThat(sound(Map.of("CARILLON_SOUND", "ding", "OTHER_SOUND", "ding")))
                .isEqualTo("ding");
        assertThat(sound(Map.of("CARILLON_SOUND", "dong", "OTHER_SOUND", ""))).isEqualTo("dong");
    }

    @Test
    void a_variable_and_an_alias_that_differ_are_an_error_that_names_both_and_shows_neither() {
        assertThatThrownBy(() -> sound(Map.of("CARILLON_SOUND", "dong", "OTHER_SOUND", "ding")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("CARILLON_SOUND: (not shown): must not differ from OTHER_SOUND: they are one setting");
    }

    @Test
    void a_value_that_must_be_given_is_named() {
        assertThatThrownBy(() -> of(Map.of()).required(COUNT)).hasMessage("count: (none): must be given");
        assertThatThrownBy(() -> of(Map.of("count", "")).required(COUNT)).hasMessage("count: (none): must be given");
    }

    @Test
    void a_whole_number_keeps_to_its_bounds() {
        assertThat(of(Map.of("count", "7")).integer(COUNT, 7, 7)).isEqualTo(7);
        for (String bad : List.of("6", "8", "seven", "7.0", "99999999999", " 7")) {
            assertThatThrownBy(() -> of(Map.of("count", bad)).integer(COUNT, 7, 7))
                    .hasMessage("count: " + bad + ": must be a whole number from 7 to 7");
        }
    }

    @Test
    void a_duration_has_a_unit_and_keeps_to_its_bounds() {
        Duration second = Duration.ofSeconds(1);
        Duration hour = Duration.ofHours(1);
        assertThat(of(Map.of("wait", "1500ms")).duration(WAIT, second, hour)).isEqualTo(Duration.ofMillis(1500));
        assertThat(of(Map.of("wait", "1h")).duration(WAIT, second, hour)).isEqualTo(hour);
        assertThat(of(Map.of()).duration(WAIT, second, hour)).isEqualTo(Duration.ofSeconds(10));
        for (String bad : List.of("10", "999ms", "61m", "-1s", "1d", "1 s", "s")) {
            assertThatThrownBy(() -> of(Map.of("wait", bad)).duration(WAIT, second, hour))
                    .hasMessage("wait: " + bad + ": must be a duration such as 500ms, 10s, 5m or 1h, from 1s to 1h");
        }
    }

    @Test
    void a_switch_is_true_or_false_and_nothing_else() {
        assertThat(of(Map.of("open", "true")).isSet(OPEN)).isTrue();
        assertThat(of(Map.of()).isSet(OPEN)).isFalse();
        assertThatThrownBy(() -> of(Map.of("open", "yes")).isSet(OPEN)).hasMessage("open: yes: must be true or false");
    }

    @Test
    void a_list_is_without_blanks_and_empty_values() {
        assertThat(of(Map.of("names", " a, b,,c ")).list(NAMES)).containsExactly("a", "b", "c");
        assertThat(of(Map.of()).list(NAMES)).isEmpty();
    }

    @Test
    void a_secret_is_never_shown() {
        assertThatThrownBy(() -> of(Map.of("word", "sesame")).integer(WORD, 0, 1))
                .hasMessageStartingWith("word: (hidden): ")
                .hasMessageNotContaining("sesame");
    }

    @Test
    void a_message_is_one_line_whatever_the_value() {
        assertThatThrownBy(() -> of(Map.of("count", "1\n2\u0007")).integer(COUNT, 0, 1))
                .hasMessage("count: 1?2?: must be a whole number from 0 to 1");
    }

    private static Settings of(Map<String, String> flags) {
        return Settings.of(KEYS, flags);
    }

    private static String sound(Map<String, String> variables) {
        return Settings.join(KEYS, Map.of(), variables, Map.of("sound", "by file"), List.of())
                .required(SOUND);
    }

    private static String colour(Map<String, String> flags, Map<String, String> variables, Map<String, String> file) {
        return Settings.join(KEYS, flags, variables, file, List.of("CARILLON_KEPT"))
                .required(COLOUR);
    }
}
