package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.page.http.ActionForms;
import dev.carillon.page.journal.JournalForms;
import dev.carillon.page.revival.RevivalForms;
import dev.carillon.page.signal.SignalForms;
import dev.carillon.wire.WireForm;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every form of live pages that crosses nodes or outlives a process is read across neighbouring releases. A new form must be added here: ArchitectureTest finds it. */
class PageFormsTest {
    static List<WireForm> forms() {
        return Stream.of(JournalForms.all(), RevivalForms.all(), ActionForms.all(), SignalForms.all())
                .flatMap(List::stream)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("forms")
    void form_of_the_next_release_is_read_as_far_as_it_is_known(WireForm form) {
        assertThat(form.read().apply(form.next())).isEqualTo(form.read().apply(form.now()));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void form_of_the_release_before_is_read(WireForm form) {
        assertThat(form.read().apply(form.before())).isNotNull();
    }

    /** The classes that write forms. */
    static Set<String> names() {
        return forms().stream().map(form -> form.writer().getName()).collect(Collectors.toSet());
    }
}
