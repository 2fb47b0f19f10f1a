package dev.carillon.page.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.page.PageRenderer;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.markup.PageProtocol;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PageFinderTest {
    private static final PageProtocol PROTOCOL = PageProtocol.of(PageRenderer.turbo(), "");

    private final PageFinder pages =
            new PageFinder(Stream.of("/{a}", "/", "/rooms/{id}", "/rooms/new", "/{a}/new", "/rooms/{id}/x.y")
                    .map(pattern -> new PageDefinition(pattern, page -> {}, List.of(), PROTOCOL))
                    .toList());

    private String find(String path) {
        PageDefinition page = pages.find(path);
        return page == null ? "none" : page.pattern();
    }

    @Test
    void literal_segments_come_before_parameters() {
        assertThat(find("/")).isEqualTo("/");
        assertThat(find("/rooms")).isEqualTo("/{a}");
        assertThat(find("/rooms/new")).isEqualTo("/rooms/new");
        assertThat(find("/rooms/7")).isEqualTo("/rooms/{id}");
        assertThat(find("/other/new")).isEqualTo("/{a}/new");
        assertThat(find("/rooms/7/x.y")).isEqualTo("/rooms/{id}/x.y");
    }

    @Test
    void other_paths_have_no_page() {
        for (String path : List.of("", "rooms", "/rooms/", "//", "/a/b", "/rooms/7/xzy", "/rooms/7/8/9")) {
            assertThat(find(path)).as(path).isEqualTo("none");
        }
    }
}
