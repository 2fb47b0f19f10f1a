package dev.carillon.page.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SignalsBodyTest {
    private static final String IDENTITY = "\"carillon\":{\"context\":\"c1\",\"page\":\"/a b\",\"more\":1}";

    private static Map<String, String> read(String json, String query) {
        return SignalsBody.read(json.getBytes(StandardCharsets.UTF_8), query);
    }

    private static ActionCall call(Map<String, String> fields) {
        return new ActionCall(new ClientIdentity(new Tenant("acme"), "s", null), "/a", "c1", "add", fields, Map.of());
    }

    @Test
    void signals_are_fields_without_those_that_only_the_browser_knows() {
        Map<String, String> fields =
                read("{" + IDENTITY + ",\"step\":1,\"cart\":{\"open\":true,\"_menu\":1},\"_mine\":{\"x\":2}}", "");

        assertThat(fields).containsEntry("_context", "c1").containsEntry("_page", "/a b");
        assertThat(fields).doesNotContainKeys("cart._menu", "_mine.x", "_id", "_pressed");
        assertThat(call(fields).inputs())
                .containsOnlyKeys("step", "cart.open")
                .containsEntry("step", "1")
                .containsEntry("cart.open", "true");
    }

    @Test
    void query_has_the_id_of_the_action_and_what_its_button_sends() {
        Map<String, String> fields = read("{" + IDENTITY + ",\"cell\":\"A1\"}", "_id=i1&cell=B%202&_context=other");

        assertThat(fields)
                .containsEntry("cell", "B 2")
                .containsEntry("_id", "i1")
                .containsEntry("_context", "c1");
        assertThat(call(fields).pressed()).containsExactly("cell");
        assertThat(call(fields).isRepeatable()).isTrue();
        assertThat(call(fields).key(() -> "none")).isEqualTo("i1.add");
    }

    @Test
    void too_many_signals_are_refused() {
        String many = IntStream.range(0, 100).mapToObj(i -> "\"s" + i + "\":1").collect(Collectors.joining(","));

        assertThatThrownBy(() -> read("{" + IDENTITY + "," + many + "}", ""))
                .isInstanceOf(CarillonException.class)
                .hasMessageContaining("at most 100 signals");
    }

    @Test
    void other_bodies_are_refused() {
        assertThatThrownBy(() -> read("c1", ""))
                .isInstanceOf(CarillonException.class)
                .hasMessageContaining("signals: must be a JSON object");
    }
}
