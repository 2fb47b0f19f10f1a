package dev.carillon.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final Key<String> COLOUR = Key.text("wall-colour", "NAME", "white", "Colour of the wall.");
    private static final Key<Duration> WAIT =
            Key.duration("wait", "10s", Duration.ofSeconds(1), Duration.ofHours(1), "Time to wait.");
    private static final Key<Integer> COUNT = Key.integer("count", "N", 7, 7, 7, "Number of walls.");
    private static final Key<String> WORD = Key.secret("word", "TEXT", "The password.");
    private static final Key<Integer> PIN =
            Key.integer("pin", "N", 0, 0, 1, "The PIN.").hidden();
    private static final Key<Boolean> OPEN = Key.flag("open", "Whether the door is open.");
    private static final Key<Boolean> LIGHT = Key.onOff("light", null, "The light.");
    private static final Key<String> SIDE = Key.choice("side", "SIDE", "left", "The side.", "left", "right", "both");
    private static final Key<String> ID =
            Key.matching("id", "ID", null, "[a-z]+", "must be letters", "Id of the wall.");
    private static final Key<Path> FILE_NAME = Key.file("file-name", "A file.");
    private static final Key<List<String>> NAMES = Key.list("names", "NAME", "Names.");
    private static final Key<String> SOUND =
            Key.secret("sound", "TEXT", "The sound.").alias("OTHER_SOUND");
    private static final List<Key<?>> KEYS =
            List.of(COLOUR, WAIT, COUNT, WORD, PIN, OPEN, LIGHT, SIDE, ID, FILE_NAME, NAMES, SOUND);

    private static final Map<String, String> FLAG = Map.of("wall-colour", "by flag");
    private static final Map<String, String> VARIABLE = Map.of("CARILLON_WALL_COLOUR", "by variable");
    private static final Map<String, String> FILE = Map.of("wall-colour", "by file");

    @Test
    void flag_overrides_variable_and_variable_overrides_file_and_file_overrides_default() {
        assertThat(colour(FLAG, VARIABLE, FILE)).isEqualTo("by flag");
        assertThat(colour(Map.of(), VARIABLE, FILE)).isEqualTo("by variable");
        assertThat(colour(Map.of(), Map.of(), FILE)).isEqualTo("by file");
        assertThat(colour(Map.of(), Map.of(), Map.of())).isEqualTo("white");
    }

    @Test
    void unknown_name_is_refused_from_every_source() {
        assertThatThrownBy(() -> colour(Map.of("wall-color", "x"), Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("wall-color: (not shown): is not a setting; see --help");
        assertThatThrownBy(() -> colour(Map.of(), Map.of(), Map.of("wall-color", "x")))
                .hasMessage("wall-color: (not shown): is not a setting; see --help");
        assertThatThrownBy(() -> colour(Map.of(), Map.of("CARILLON_WALL_COLOR", "x"), Map.of()))
                .hasMessage("CARILLON_WALL_COLOR: (not shown): is not a variable of Carillon; see --help");
    }

    @Test
    void line_of_the_file_that_cannot_be_a_name_is_not_shown() {
        // A key in PEM without backslashes at the ends of its lines is read as several properties.
        assertThatThrownBy(() -> colour(Map.of(), Map.of(), Map.of("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", "")))
                .hasMessage("(hidden): (not shown): is not a setting; see --help");
    }

    @Test
    void message_hides_the_value_of_a_secret_key() {
        assertThat(new ConfigException(WORD, "hush", "must be longer")).hasMessage("word: (hidden): must be longer");
        assertThat(new ConfigException(COLOUR, "red", "must be blue")).hasMessage("wall-colour: red: must be blue");
        assertThatThrownBy(() -> of(Map.of("pin", "1234")).get(PIN))
                .hasMessageStartingWith("pin: (hidden): ")
                .hasMessageNotContaining("1234");
    }

    @Test
    void variables_of_other_programs_are_accepted() {
        assertThat(colour(Map.of(), Map.of("CARILLON_KEPT", "x", "WALL_COLOUR", "x", "PATH", "x"), Map.of()))
                .isEqualTo("white");
    }

    @Test
    void alias_is_a_further_variable_of_its_key() {
        assertThat(sound(Map.of("OTHER_SOUND", "ding"))).isEqualTo("ding");
        assertThat(sound(Map.of("CARILLON_SOUND", "dong"))).isEqualTo("dong");
        assertThat(sound(Map.of("CARILLON_SOUND", "ding", "OTHER_SOUND", "ding")))
                .isEqualTo("ding");
        assertThat(sound(Map.of("CARILLON_SOUND", "dong", "OTHER_SOUND", ""))).isEqualTo("dong");
    }

    @Test
    void variable_and_alias_with_different_values_are_an_error_that_shows_no_value() {
        assertThatThrownBy(() -> sound(Map.of("CARILLON_SOUND", "dong", "OTHER_SOUND", "ding")))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "CARILLON_SOUND: (not shown): must not differ from OTHER_SOUND: both name the same setting");
    }

    @Test
    void missing_value_is_an_error_of_get_and_empty_for_find() {
        assertThatThrownBy(() -> of(Map.of()).get(ID)).hasMessage("id: (none): must be given");
        assertThatThrownBy(() -> of(Map.of("id", "")).get(ID)).hasMessage("id: (none): must be given");
        assertThat(of(Map.of()).find(ID)).isEmpty();
        assertThat(of(Map.of("id", "north")).find(ID)).contains("north");
    }

    @Test
    void whole_number_outside_its_bounds_is_refused() {
        assertThat(of(Map.of("count", "7")).get(COUNT)).isEqualTo(7);
        for (String bad : List.of("6", "8", "seven", "7.0", "99999999999", " 7")) {
            assertThatThrownBy(() -> of(Map.of("count", bad)).get(COUNT))
                    .hasMessage("count: " + bad + ": must be a whole number from 7 to 7");
        }
    }

    @Test
    void duration_without_unit_or_outside_its_bounds_is_refused() {
        assertThat(of(Map.of("wait", "1500ms")).get(WAIT)).isEqualTo(Duration.ofMillis(1500));
        assertThat(of(Map.of("wait", "1h")).get(WAIT)).isEqualTo(Duration.ofHours(1));
        assertThat(of(Map.of()).get(WAIT)).isEqualTo(Duration.ofSeconds(10));
        for (String bad : List.of("10", "999ms", "61m", "-1s", "1d", "1 s", "s")) {
            assertThatThrownBy(() -> of(Map.of("wait", bad)).get(WAIT))
                    .hasMessage("wait: " + bad + ": must be a duration such as 500ms, 10s, 5m or 1h, from 1s to 1h");
        }
    }

    @Test
    void flag_is_true_or_false() {
        assertThat(of(Map.of("open", "true")).get(OPEN)).isTrue();
        assertThat(of(Map.of()).get(OPEN)).isFalse();
        assertThatThrownBy(() -> of(Map.of("open", "yes")).get(OPEN)).hasMessage("open: yes: must be true or false");
    }

    @Test
    void choice_is_one_of_its_words() {
        assertThat(of(Map.of("side", "both")).get(SIDE)).isEqualTo("both");
        assertThat(of(Map.of("light", "off")).get(LIGHT)).isFalse();
        assertThatThrownBy(() -> of(Map.of("side", "top")).get(SIDE))
                .hasMessage("side: top: must be left, right or both");
        assertThatThrownBy(() -> of(Map.of("light", "dim")).get(LIGHT)).hasMessage("light: dim: must be on or off");
    }

    @Test
    void text_that_does_not_match_its_pattern_is_refused_with_the_rule() {
        assertThatThrownBy(() -> of(Map.of("id", "7")).get(ID)).hasMessage("id: 7: must be letters");
    }

    @Test
    void text_that_is_not_a_path_is_refused() {
        assertThat(of(Map.of("file-name", "a/b")).get(FILE_NAME)).isEqualTo(Path.of("a/b"));
        assertThatThrownBy(() -> of(Map.of("file-name", "a\0b")).get(FILE_NAME))
                .hasMessage("file-name: a?b: must be the path of a file");
    }

    @Test
    void list_has_no_blanks_and_no_empty_values() {
        assertThat(of(Map.of("names", " a, b,,c ")).get(NAMES)).containsExactly("a", "b", "c");
        assertThat(of(Map.of()).get(NAMES)).isEmpty();
        assertThat(NAMES.placeholder()).isEqualTo("NAME[,NAME...]");
    }

    @Test
    void message_is_one_line_for_every_value() {
        assertThatThrownBy(() -> of(Map.of("count", "1\n2\u0007")).get(COUNT))
                .hasMessage("count: 1?2?: must be a whole number from 7 to 7");
    }

    private static Settings of(Map<String, String> flags) {
        return Settings.of(KEYS, flags);
    }

    private static String sound(Map<String, String> variables) {
        return Settings.join(KEYS, Map.of(), variables, Map.of("sound", "by file"), List.of())
                .get(SOUND);
    }

    private static String colour(Map<String, String> flags, Map<String, String> variables, Map<String, String> file) {
        return Settings.join(KEYS, flags, variables, file, List.of("CARILLON_KEPT"))
                .get(COLOUR);
    }
}
