import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** Broadcasts an event: java Broadcast.java topic:orders order '{"id":7}'. The token is in CARILLON_TOKEN. */
class Broadcast {
    private static final int ATTEMPTS = 8;
    private static final List<Integer> TEMPORARY = List.of(0, 429, 502, 503, 504);

    public static void main(String[] args) throws InterruptedException {
        if (args.length != 3) {
            fail("usage: Broadcast SCOPE TYPE DATA");
        }
        String url = Objects.requireNonNullElse(System.getenv("CARILLON_URL"), "http://127.0.0.1:8080");
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.replaceFirst("/$", "") + "/broadcast"))
                .timeout(Duration.ofSeconds(10))
                .header("Authorization", "Bearer " + Objects.requireNonNullElse(System.getenv("CARILLON_TOKEN"), ""))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString()) // the same in every attempt: delivered once
                .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":" + quoted(args[0]) + ",\"type\":" + quoted(args[1])
                        + ",\"data\":" + quoted(args[2]) + "}"))
                .build();
        HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
        for (int attempt = 0; ; attempt++) {
            int status = 0;
            double retryAfter = 0;
            String answer;
            try {
                HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
                status = response.statusCode();
                answer = response.body();
                String after = response.headers().firstValue("Retry-After").orElse("");
                retryAfter = after.matches("\\d{1,6}") ? Integer.parseInt(after) : 0;
            } catch (IOException e) {
                answer = "no answer: " + e;
            }
            if (status == 200) {
                System.out.println(answer);
                return;
            }
            if (!TEMPORARY.contains(status) || attempt == ATTEMPTS - 1) {
                fail("not broadcast: " + status + " " + answer);
            }
            double backOff = (0.5 + Math.random() / 2) * Math.min(10, 0.25 * Math.pow(2, attempt));
            Thread.sleep((long) (1000 * Math.max(retryAfter, backOff)));
        }
    }

    /** As a JSON string. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            quoted.append(c < ' ' || c == '"' || c == '\\' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
        }
        return quoted.append('"').toString();
    }

    private static void fail(String message) {
        System.err.println(message);
        System.exit(1);
    }
}
