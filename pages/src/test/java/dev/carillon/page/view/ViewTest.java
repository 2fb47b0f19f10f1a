package dev.carillon.page.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.page.signal.Rendering;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.scope.Scope;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ViewTest {
    private static final SignalKey OLD = new SignalKey(Scope.GLOBAL, "old");
    private static final SignalKey NEW = new SignalKey(Scope.GLOBAL, "new");

    private final View view = new View("view", Scope.GLOBAL);

    private boolean render(SignalKey read, String html) {
        return view.render(
                () -> {
                    Rendering.reading(read);
                    return html;
                },
                key -> {});
    }

    @Test
    void view_that_fails_keeps_its_content_and_depends_on_what_it_read_before_and_now() {
        assertThat(render(OLD, "<b>1</b>")).isTrue();

        assertThatThrownBy(() -> render(NEW, "\ud800")).hasMessageContaining("view \"view\" must be well-formed");

        assertThat(view.content().html()).isEqualTo("<b>1</b>");
        assertThat(view.reads()).containsExactlyInAnyOrder(OLD, NEW);
        assertThat(render(NEW, "<b>2</b>")).isTrue();
        assertThat(view.reads()).containsExactly(NEW);
    }

    private static String blocks(View of, String... names) {
        boolean _ = of.render(
                () -> Stream.of(names)
                        .map(name -> Rendering.block("", name, () -> ""))
                        .collect(Collectors.joining()),
                key -> {});
        return of.content().html();
    }

    @Test
    void blocks_of_one_name_in_two_views_have_ids_of_their_own() {
        assertThat(blocks(view, "note-1")).isEqualTo("<div id=\"view.note-1\"></div>");
        assertThat(blocks(new View("other", Scope.GLOBAL), "note-1")).isEqualTo("<div id=\"other.note-1\"></div>");
        assertThatThrownBy(() -> blocks(view, "a", "a")).hasMessage("view \"view\" has two blocks \"view.a\"");
    }

    @Test
    void block_of_a_component_has_its_name_once() {
        View of = new View("left.rows", Scope.GLOBAL);
        boolean _ = of.render(() -> Rendering.block("left.", "row", () -> "1"), key -> {});

        assertThat(of.content().html()).isEqualTo("<div id=\"left.rows.row\">1</div>");
    }
}
