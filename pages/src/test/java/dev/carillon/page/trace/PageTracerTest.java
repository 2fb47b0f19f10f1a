package dev.carillon.page.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.carillon.extension.Development;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTracerTest {
    private final AtomicLong nanos = new AtomicLong();
    private final PageTracer tracer = new PageTracer(() -> nanos.addAndGet(1_000));

    private void act(String name, Runnable run) {
        tracer.run(new PageTrace.Subject("action", name, "0123456789abcdef", "/shop"), run);
    }

    private Map<String, Object> last() {
        return tracer.after(0).getLast();
    }

    private static void write(String signal, String value) {
        PageTrace trace = PageTrace.current();
        if (trace != null) {
            trace.wrote(signal, signal, value);
        }
    }

    @Test
    void last_200_traces_are_kept() {
        List<Integer> told = new ArrayList<>();
        tracer.onTrace(trace -> told.add(1));
        for (int i = 1; i <= 250; i++) {
            act("a" + i, () -> {});
        }

        assertThat(told).hasSize(250);
        assertThat(tracer.last()).isEqualTo(250);
        assertThat(tracer.after(0)).hasSize(200);
        assertThat(tracer.after(249))
                .singleElement()
                .satisfies(
                        trace -> assertThat(trace).containsEntry("name", "a250").containsEntry("context", "01234567"));
    }

    @Test
    void trace_has_log_failure_and_writes_and_ends_with_the_code() {
        assertThatIllegalStateException()
                .isThrownBy(() -> act("fail", () -> {
                    Development.logged(() -> "WARN not enough");
                    write("count", "7");
                    IllegalStateException failure = new IllegalStateException("no");
                    PageTrace.failed(failure);
                    throw failure;
                }));

        assertThat(last()).containsEntry("log", List.of("WARN not enough"));
        assertThat(last()).containsEntry("writes", Map.of("count", "7"));
        assertThat(last().get("failure")).asString().contains("no");
        assertThat(PageTrace.current()).isNull();
        Development.logged(() -> {
            throw new AssertionError("no code is traced");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"password", "newPassword", "api_key", "access-token", "clientSecret", "pin", "card-number", "otp"
            })
    void values_of_secret_names_are_not_recorded(String name) {
        act("sign-in", () -> {
            PageTrace.input(Map.of(name, "hunter2", "user", "ann"));
            write(name, "hunter2");
        });

        assertThat(last().toString()).contains("(hidden)", "ann").doesNotContain("hunter2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pinned", "count", "passenger", "spin", "keyword"})
    void other_values_are_recorded(String name) {
        act("save", () -> write(name, "seven"));

        assertThat(last()).containsEntry("writes", Map.of(name, "seven"));
    }

    @Test
    void changes_that_show_nothing_leave_no_trace() {
        tracer.run(new PageTrace.Subject(PageTrace.CHANGE, "count", "", ""), () -> {});

        assertThat(tracer.after(0)).isEmpty();
    }

    @Test
    void what_another_node_has_sent_belongs_to_the_action_that_wrote_the_signal_also_if_it_ends_later() {
        act("other", () -> write("price", "1"));
        act("add", () -> write("count", "1"));
        long seen = tracer.last();

        tracer.elsewhere(List.of("count"), "n2", 3, 180);
        tracer.elsewhere(List.of("count"), "n2", 3, 181);

        assertThat(tracer.after(seen))
                .singleElement()
                .satisfies(trace -> assertThat(trace)
                        .containsEntry("name", "add")
                        .containsEntry("elsewhere", List.of(Map.of("node", "n2", "recipients", 3, "bytes", 180))));
        act("again", () -> write("count", "2"));
        assertThat(last()).containsEntry("elsewhere", List.of(Map.of("node", "n2", "recipients", 3, "bytes", 181)));
    }
}
