package dev.carillon.authorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.carillon.auth.AuthorizerUnavailableException;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestAuthority;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The setting {@code authorizer-ca}. */
class QuestionTlsIT {
    private static final byte[] ANSWER = Text.utf8("{\"allow\":true}");
    private final AtomicInteger questions = new AtomicInteger();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void only_a_server_of_the_named_authority_is_asked() throws Exception {
        TestAuthority.Identity identity = new TestAuthority(dir).selfSigned("alone", "dns:localhost,ip:127.0.0.1");
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(identity.server()));
        server.createContext("/", exchange -> {
            questions.incrementAndGet();
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, ANSWER.length);
            exchange.getResponseBody().write(ANSWER);
            exchange.close();
        });
        server.start();
        URI url = URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/");
        try {
            assertThat(ask(url, identity.certificate())).isTrue();
            assertThat(questions).hasValue(1);
            assertThatThrownBy(() -> ask(url, null)).hasCauseInstanceOf(AuthorizerUnavailableException.class);
            assertThat(questions).hasValue(1);
        } finally {
            server.stop(0);
        }
    }

    private static boolean ask(URI url, @Nullable Path ca) {
        try (QuestionClient client = new QuestionClient(
                new AuthorizerConfig.Http(url, "key of the tests, long", ca, Patience.LIMIT),
                new SimpleMeterRegistry(),
                Platform.system())) {
            return client.ask(Question.connect("a", "t"), json -> json.isTrue("allow"))
                    .toCompletableFuture()
                    .join();
        }
    }
}
