package dev.carillon.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broadcast.Broadcaster;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The code of docs/testing.md. */
class TestingPageIT {
    private static final Path SOURCE = Path.of("src/test/java/dev/carillon/junit/TestingPageIT.java");

    @RegisterExtension
    static final CarillonNode carillon = CarillonNode.inMemory().build();

    /** The tested class of the page. */
    record Orders(Broadcaster broadcaster) {
        void send(int order, String user) {
            broadcaster.broadcast(Event.to(Scope.topic("orders"), Scope.user(user))
                    .type("sent")
                    .json("{\"order\":" + order + "}")
                    .build());
        }
    }

    private final Orders orders = new Orders(carillon.broadcaster());

    @Test
    void customer_is_informed_when_an_order_is_sent() throws Exception {
        orders.send(7, "ann");

        carillon.broadcasts()
                .expect(Scope.user("ann"))
                .type("sent")
                .json("{\"order\":7}")
                .once();
        carillon.broadcasts().expect(Scope.user("bob")).never();
    }

    @Test
    void token_ends() {
        String token = carillon.token()
                .user("ann")
                .topics("orders/*")
                .expiresIn(Duration.ofMinutes(5))
                .build();
        URI events = carillon.url().resolve("/events?topic=orders/7&authorization=" + token);
        try (SseClient client = SseClient.open(events.getPort(), events.getPath() + "?" + events.getQuery())) {
            client.opened();
            carillon.clock().advance(Duration.ofMinutes(6));
            await().until(client::hasEnded);
        }
    }

    @Test
    void code_of_the_page_is_that_of_tests() throws IOException {
        String source = words(Files.readString(SOURCE)
                + Files.readString(SOURCE.resolveSibling("LifeIT.java"))
                + Files.readString(SOURCE.resolveSibling("CarillonNodeIT.java")));

        // That of live pages is the code of another module.
        String page =
                Files.readString(Path.of("../docs/testing.md")).replaceAll("(?s)\n## Live pages\n.*?\n## ", "\n## ");
        List<String> blocks = Pattern.compile("(?s)```java\\n(.*?)```")
                .matcher(page)
                .results()
                .map(block -> words(block.group(1)))
                .toList();

        assertThat(blocks).isNotEmpty().allSatisfy(block -> assertThat(source).contains(block));
    }

    /** Without what the format of the source adds: indentation and line breaks. */
    private static String words(String code) {
        return code.replaceAll("\\s+", "");
    }
}
