package dev.carillon.page.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.page.signal.Rendering;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.scope.Scope;
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
}
