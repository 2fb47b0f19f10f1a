package dev.carillon.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DatastarTest {
    private final Datastar datastar = new Datastar();

    @Test
    void contents_that_follow_each_other_are_one_event() {
        assertThat(datastar.events(List.of(
                        new Patch.Content("a", "one"),
                        new Patch.Resent("b.c", "<p>\r\ntwo</p>"),
                        new Patch.Remove("d.e"),
                        new Patch.Content("f", "three"))))
                .containsExactly(
                        new PatchEvent(
                                "datastar-patch-elements",
                                "elements <div id=\"a\">one</div>\nelements <div id=\"b.c\"><p>\nelements two</p></div>"),
                        new PatchEvent("datastar-patch-elements", "selector [id=\"d.e\"]\nmode remove"),
                        new PatchEvent("datastar-patch-elements", "elements <div id=\"f\">three</div>"));
    }

    @Test
    void signals_have_their_types_and_those_of_components_are_nested() {
        Patch.Signals signals = new Patch.Signals(
                Map.of("cart.count", "3", "cart.open", "true", "name", "1", "rate", "1.5E10"),
                Set.of("cart.count", "cart.open", "rate"));

        assertThat(datastar.events(List.of(signals)))
                .containsExactly(new PatchEvent(
                        "datastar-patch-signals",
                        "signals {\"cart\":{\"count\":3,\"open\":true},\"name\":\"1\",\"rate\":1.5E+10}"));
        assertThatThrownBy(() -> SignalsJson.write(new Patch.Signals(Map.of("cart", "x", "cart.count", "3"), Set.of())))
                .hasMessageContaining("cannot have the same name");
    }

    @Test
    void scripts_reloads_and_redirects_are_elements_with_an_expression() {
        assertThat(datastar.answer(List.of(new Patch.Script("confetti", "[\"a\\\"<b&\"]"))))
                .startsWith("event: datastar-patch-elements\ndata: selector body\ndata: mode append\n"
                        + "data: elements <div hidden carillon-task=\"script\" arguments=\"[&quot;a\\&quot;&lt;b&amp;&quot;]\""
                        + " name=\"confetti\" data-init=\"")
                .endsWith("\n\n");
        assertThat(datastar.answer(List.of(new Patch.Reload()))).contains("carillon-task=\"reload\"");
        assertThat(datastar.redirect("/a?b=1&c=\"")).contains(" url=\"/a?b=1&amp;c=&quot;\" ");
    }

    @Test
    void overhead_covers_what_is_added() {
        List<Patch> all = List.of(
                new Patch.Content("a", "x\n".repeat(1_000)),
                new Patch.Append("a", "\r".repeat(1_000)),
                new Patch.Prepend("a", "\n".repeat(1_000)),
                new Patch.News("{\"" + "\"".repeat(1_000)),
                new Patch.Script("s", "[\"" + "\\\"".repeat(1_000) + "\"]"),
                new Patch.Reload());
        for (Patch patch : all) {
            int content = switch (patch) {
                case Patch.Content(String _, String html) -> html.length();
                case Patch.Append(String _, String html) -> html.length();
                case Patch.Prepend(String _, String html) -> html.length();
                case Patch.News(String json) -> json.length();
                case Patch.Script(String _, String arguments) -> arguments.length();
                default -> 0;
            };
            int added = datastar.events(List.of(patch)).getFirst().data().length() - content;
            assertThat(datastar.overhead(patch)).isGreaterThan(added);
        }
    }
}
