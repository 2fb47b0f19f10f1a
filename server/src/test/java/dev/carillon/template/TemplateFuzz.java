package dev.carillon.template;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.CarillonException;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Jazzer target: two selectors and a topic. Single templates, a list of selectors and the index must agree on what matches; none may throw or be
 * slow.
 */
public final class TemplateFuzz {
    /** Limit of CPU time for one call. The longest template takes less than 1 ms, including Jazzer's instrumentation. */
    private static final long SLOW_NANOS = 50_000_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final TemplateIndex INDEX = new TemplateIndex();

    /** Pieces of selectors and topics. */
    private static final String[] PIECES = {
        "{x}",
        "{+x}",
        "{#x}",
        "{.x}",
        "{/x}",
        "{;x}",
        "{?x}",
        "{&x}",
        "{x*}",
        "{/x*}",
        "{?a,b*}",
        "{x:3}",
        "{+a,b,c}",
        "{;x,y*}",
        "{",
        "}",
        "{}",
        "{{",
        "*",
        "/",
        "?",
        "&",
        "=",
        ";",
        ".",
        ",",
        "#",
        ":",
        "%2F",
        "%",
        "%ff",
        "ü",
        "\ud83d\ude00",
        "\ud800",
        "\u0000",
        "a",
        "x=",
        "https://t.test/",
        "/.well-known/mercure/subscriptions/",
    };

    private TemplateFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        String first = text(data);
        String second = text(data);
        String topic = text(data);

        boolean byFirst = matches(first, topic);
        boolean bySecond = matches(second, topic);
        Scope scope;
        try {
            scope = Scope.topic(topic);
        } catch (CarillonException e) {
            // No event can have such a topic.
            return;
        }
        boolean bySelectors = quick(
                first + " or " + second + " on " + topic,
                () -> TopicSelectors.of(List.of(first, second)).matches(scope));
        require(
                bySelectors == (byFirst || bySecond),
                "the list of selectors differs: " + first + " and " + second + " on " + topic);
        requireIndexed(first, scope, byFirst);
    }

    private static boolean matches(String selector, String topic) {
        return quick(
                selector + " on " + topic,
                () -> TopicTemplate.parse(selector)
                        .map(template -> template.matches(topic))
                        .orElse(selector.equals("*") || selector.equals(topic)));
    }

    private static void requireIndexed(String selector, Scope scope, boolean matches) {
        TopicTemplate.parse(selector).ifPresent(template -> {
            INDEX.add(Tenant.DEFAULT, template);
            try {
                boolean found = INDEX.matching(Tenant.DEFAULT, List.of(scope)).contains(template);
                require(found == matches, "the index differs: " + selector + " on " + scope.name());
            } finally {
                INDEX.remove(Tenant.DEFAULT, template);
            }
            require(INDEX.size() == 0, "the index still holds " + selector);
        });
    }

    /** Runs the task and fails if it is slow in each of five attempts, as a busy machine can slow down one. */
    private static boolean quick(String name, BooleanSupplier task) {
        long least = Long.MAX_VALUE;
        boolean result = false;
        for (int i = 0; i < 5 && least > SLOW_NANOS; i++) {
            long start = THREADS.getCurrentThreadCpuTime();
            result = task.getAsBoolean();
            least = Math.min(least, THREADS.getCurrentThreadCpuTime() - start);
        }
        require(least <= SLOW_NANOS, "took " + least / 1_000_000 + " ms: " + name);
        return result;
    }

    /** Pieces in any order, some of them repeated up to 400 times, mixed with arbitrary text. */
    private static String text(FuzzedDataProvider data) {
        StringBuilder text = new StringBuilder();
        for (int n = data.consumeInt(0, 12); n > 0; n--) {
            String piece = data.consumeInt(0, 3) == 0 ? data.consumeString(12) : data.pickValue(PIECES);
            text.repeat(piece, data.consumeInt(0, 9) == 0 ? data.consumeInt(1, 400) : 1);
        }
        return text.toString();
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new AssertionError(message);
        }
    }
}
