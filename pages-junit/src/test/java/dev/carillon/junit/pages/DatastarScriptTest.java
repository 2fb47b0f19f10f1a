package dev.carillon.junit.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;

class DatastarScriptTest {
    private final Document document = Jsoup.parse("<input data-bind=\"name\"><input data-bind:step>"
            + "<input type=\"checkbox\" data-bind=\"cart.open\"><input data-bind=\"own\" value=\"mine\">");
    private final DatastarSignals signals = new DatastarSignals(
            document,
            "{\"carillon\":{\"page\":\"/\"},\"cart\":{\"open\":true},\"name\":\"Ann\",\"step\":2,\"_menu\":1}");

    private String sent() {
        signals.read();
        return signals.sent();
    }

    @Test
    void fields_have_the_values_of_signals_and_give_them_back_with_their_type() {
        signals.bind();
        assertThat(TabForm.inputs(document))
                .extracting(TabForm::name)
                .containsExactly("name", "step", "cart.open", "own");
        assertThat(TabForm.inputs(document)).extracting(TabForm::value).containsExactly("Ann", "2", "on", "mine");

        TabForm.fill(TabForm.inputs(document).get(1), "4.5");
        TabForm.fill(TabForm.inputs(document).get(2), "false");

        assertThat(sent())
                .isEqualTo("{\"carillon\":{\"page\":\"/\"},\"cart\":{\"open\":false},\"name\":\"Ann\",\"step\":4.5,"
                        + "\"own\":\"mine\"}");
        TabForm.fill(TabForm.inputs(document).get(1), "");
        assertThat(sent()).contains("\"step\":0");
        TabForm.fill(TabForm.inputs(document).get(1), "many");
        assertThat(sent()).contains("\"step\":null");
    }

    @Test
    void events_of_an_answer_are_patches() {
        List<TabPatch> patches = DatastarEvents.patches("""
                event: datastar-patch-elements
                data: elements <div id="a">1 <b>2</b>
                data: elements 3</div><div id="b"></div>

                event: datastar-patch-elements
                data: selector [id="list"]
                data: mode append
                data: elements <li>x</li>

                event: datastar-patch-signals
                data: signals {"step":1}

                event: datastar-patch-elements
                data: selector body
                data: mode append
                data: elements <div hidden carillon-task="visit" url="/a?b=1&amp;c=2"></div>

                """);

        assertThat(patches)
                .containsExactly(
                        new TabPatch("update", "a", "1 <b>2</b>\n3"),
                        new TabPatch("update", "b", ""),
                        new TabPatch("append", "list", "<li>x</li>"),
                        new TabPatch("carillon-signals", "", "{\"step\":1}"),
                        new TabPatch("visit", "/a?b=1&c=2", ""));
    }
}
