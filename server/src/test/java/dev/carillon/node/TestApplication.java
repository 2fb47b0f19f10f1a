package dev.carillon.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** An application that decides about clients, at a URL. It accepts only questions whose signature it can verify. */
final class TestApplication implements AutoCloseable {
    static final String KEY = "key of the authorizer in tests";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<JsonNode> questions = new CopyOnWriteArrayList<>();
    private volatile Function<JsonNode, String> answers;
    private volatile boolean down;

    /** @param answers maps a question to the JSON of the answer */
    TestApplication(Function<JsonNode, String> answers) {
        this.answers = answers;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/authorize", this::answer);
        server.start();
    }

    Map<String, String> settings(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "authorizer",
                "http://127.0.0.1:" + server.getAddress().getPort() + "/authorize",
                "authorizer-key",
                KEY,
                "authorizer-timeout",
                "30s"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return settings;
    }

    void answers(Function<JsonNode, String> value) {
        answers = value;
    }

    /** Whether it answers every question with an error. */
    void down(boolean value) {
        down = value;
    }

    List<JsonNode> questions() {
        return questions;
    }

    long count(String question) {
        return questions.stream()
                .filter(each -> each.path("question").asText().equals(question))
                .count();
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String signature = exchange.getRequestHeaders().getFirst("Carillon-Signature");
        String timestamp = signature.substring(2, signature.indexOf(','));
        int status = down ? 500 : signature.equals("t=" + timestamp + ",v1=" + sign(timestamp, body)) ? 200 : 403;
        byte[] answer = new byte[0];
        if (status == 200) {
            JsonNode question = JSON.readTree(body);
            questions.add(question);
            answer = answers.apply(question).getBytes(StandardCharsets.UTF_8);
        }
        exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private static String sign(String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update((timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
