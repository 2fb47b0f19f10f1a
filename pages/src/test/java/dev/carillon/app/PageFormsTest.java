package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.broker.Store;
import dev.carillon.page.http.ActionForms;
import dev.carillon.page.journal.JournalForms;
import dev.carillon.page.revival.RevivalForms;
import dev.carillon.wire.WireForm;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every form of live pages that crosses nodes or outlives a process is read across neighbouring releases. A new form must be added here. */
class PageFormsTest {
    /** Its values are text of the application. */
    private static final String SHARED_SIGNALS = "dev.carillon.page.signal.SharedState";

    static List<WireForm> forms() {
        return Stream.of(JournalForms.all(), RevivalForms.all(), ActionForms.all())
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

    @Test
    void classes_that_write_to_the_store_or_call_other_nodes_are_those_of_the_forms() {
        Set<String> writers = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.carillon.app", "dev.carillon.page").stream()
                        .filter(PageFormsTest::writes)
                        .map(type -> type.getName().replaceAll("\\$.*", ""))
                        .collect(Collectors.toCollection(TreeSet::new));

        Set<String> known =
                forms().stream().map(form -> form.writer().getName()).collect(Collectors.toCollection(TreeSet::new));
        known.add(SHARED_SIGNALS);
        assertThat(known).containsAll(writers);
        assertThat(writers).contains(SHARED_SIGNALS).hasSize(5);
    }

    private static boolean writes(JavaClass type) {
        return type.getConstructorCallsFromSelf().stream()
                        .anyMatch(call -> call.getTargetOwner().isEquivalentTo(Store.Key.class))
                || type.getMethodCallsFromSelf().stream()
                        .anyMatch(call -> Set.of("onCall", "onStreamedCall")
                                .contains(call.getTarget().getName()));
    }
}
