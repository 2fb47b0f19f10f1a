import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Prints the events of a topic, one after the other: java Listen.java orders. The token, if one is needed, is in CARILLON_TOKEN. */
class Listen {
    /** In milliseconds; a node sends a comment line every 15 s. */
    private static final int SILENCE =
            (int) (3_000 * Double.parseDouble(Objects.requireNonNullElse(System.getenv("HEARTBEAT"), "15")));

    private static String lastId = "";
    private static double retry; // this and others in seconds
    private static double retryAfter;
    private static int failures;

    public static void main(String[] args) throws InterruptedException {
        if (args.length != 1) {
            fail("usage: Listen TOPIC");
        }
        String base = Objects.requireNonNullElse(System.getenv("CARILLON_URL"), "http://127.0.0.1:8080");
        URI uri = URI.create(base.replaceFirst("/$", "") + "/events?topic=" + URLEncoder.encode(args[0], StandardCharsets.UTF_8));
        while (true) {
            retryAfter = 0;
            String reason;
            try {
                reason = open(uri);
            } catch (SocketTimeoutException e) {
                reason = "no byte for " + SILENCE / 1000 + " s";
            } catch (IOException e) {
                reason = e.toString();
            }
            double backOff = (0.5 + Math.random() / 2) * Math.min(30, 0.5 * Math.pow(2, failures));
            double delay = Math.max(Math.max(retry, retryAfter), backOff);
            failures = Math.min(failures + 1, 10);
            System.err.printf("%s; again in %.1f s%n", reason, delay);
            Thread.sleep((long) (1000 * delay));
        }
    }

    /** Opens a stream and reads it to its end; the reason of the end. */
    private static String open(URI uri) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        try {
            connection.setConnectTimeout(SILENCE);
            connection.setReadTimeout(SILENCE);
            connection.setInstanceFollowRedirects(false);
            connection.setRequestProperty("Accept", "text/event-stream");
            String token = System.getenv("CARILLON_TOKEN");
            if (token != null && !token.isEmpty()) {
                connection.setRequestProperty("Authorization", "Bearer " + token);
            }
            if (!lastId.isEmpty()) { // UTF-8 in a header
                byte[] id = lastId.getBytes(StandardCharsets.UTF_8);
                connection.setRequestProperty("Last-Event-ID", new String(id, StandardCharsets.ISO_8859_1));
            }
            int status = connection.getResponseCode();
            if (status == 200) {
                read(connection.getInputStream());
                return "the stream ended";
            }
            String after = Objects.requireNonNullElse(connection.getHeaderField("Retry-After"), "");
            retryAfter = after.matches("\\d{1,6}") ? Integer.parseInt(after) : 0;
            InputStream body = connection.getErrorStream();
            String reason = status + (body == null ? "" : " " + new String(body.readAllBytes(), StandardCharsets.UTF_8));
            if (status < 500 && status != 429) {
                fail("refused: " + reason);
            }
            return reason;
        } finally {
            connection.disconnect();
        }
    }

    /** Reads events until the stream ends; an event counts when its blank line has arrived. */
    private static void read(InputStream body) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        String type = "", id = lastId, line;
        StringBuilder data = new StringBuilder();
        while ((line = lines.readLine()) != null) {
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1).replaceFirst("^ ", "");
            if (line.isEmpty()) {
                lastId = id;
                if (!data.isEmpty()) {
                    onEvent(type.isEmpty() ? "message" : type, data.substring(1));
                }
                type = "";
                data.setLength(0);
            } else if (field.equals("event")) {
                type = value;
            } else if (field.equals("data")) {
                data.append('\n').append(value);
            } else if (field.equals("id")) {
                id = value;
            } else if (field.equals("retry") && value.matches("\\d{1,9}")) {
                retry = Integer.parseInt(value) / 1000.0;
            }
        }
    }

    private static void onEvent(String type, String data) {
        if (type.equals("carillon.open")) {
            failures = 0;
        } else if (type.equals("carillon.gap")) {
            System.err.println("events are missing, load the state again: " + data);
        } else if (!type.startsWith("carillon.")) {
            System.out.println(type + " " + data);
        }
    }

    private static void fail(String message) {
        System.err.println(message);
        System.exit(1);
    }
}
