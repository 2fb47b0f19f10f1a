package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.base.Platform;
import dev.carillon.cli.token.TokenCheck;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.RefusalLog;
import dev.carillon.jwt.RequiredClaims;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** What a node answers and logs to each of many wrong tokens, and what {@code token --check} says: the table of docs/errors.md. */
class WrongTokensIT {
    private static final Path PAGE = Path.of("../docs/errors.md");
    private static final String BEGIN = "<!-- tokens, written by WrongTokensIT with -Dcarillon.errors.write=true -->\n";
    private static final String END = "<!-- end of tokens -->";

    /** By the clock of the node and of the command. */
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private static final String KEY = TestCluster.KEY;
    private static final String OTHER_KEY = "another key of the tests, of more than 32 bytes";
    private static final String HS256 = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    private static final String GRANTS = "{\"broadcast\":[\"topic:orders\"],\"read\":[\"topic:orders\"]}";
    private static final RequiredClaims AUDIENCE = new RequiredClaims(Optional.empty(), Optional.of("shop"));

    /** @param header the whole value of the header Authorization; null: the token is the parameter */
    private record Wrong(
            String title,
            String token,
            @org.jspecify.annotations.Nullable String header) {
        static Wrong of(String title, String token) {
            return new Wrong(title, token, "Bearer " + token);
        }

        static Wrong claims(String title, String claims) {
            return of(title, WrongTokensIT.token(HS256, claims, KEY, "HmacSHA256"));
        }

        static Wrong grants(String title, String grants) {
            return claims(title, WrongTokensIT.claims(NOW.getEpochSecond() + 600, grants));
        }
    }

    private static List<Wrong> wrong() {
        long now = NOW.getEpochSecond();
        String valid = claims(now + 600, GRANTS);
        String token = token(HS256, valid, KEY, "HmacSHA256");
        return List.of(
                new Wrong("none", "", null),
                Wrong.of("garbage: `hello`", "hello"),
                Wrong.of("two parts", token.substring(0, token.lastIndexOf('.'))),
                Wrong.of("cut off at the end", token.substring(0, token.length() - 5)),
                Wrong.of("three parts that are no JSON", "aaaa.bbbb.cccc"),
                new Wrong("with a line break inside", token.substring(0, 30) + "\n" + token.substring(30), null),
                Wrong.of("more than 16,384 characters", "x".repeat(12_300) + "." + "y".repeat(4_100) + ".z"),
                new Wrong("`Bearer` twice", "Bearer " + token, "Bearer Bearer " + token),
                new Wrong("another scheme: `Basic`", token, "Basic " + token),
                Wrong.of("signed with another key", token(HS256, valid, OTHER_KEY, "HmacSHA256")),
                Wrong.of(
                        "signed with the key and the line break of its file",
                        token(HS256, valid, KEY + "\n", "HmacSHA256")),
                Wrong.of(
                        "signed with the key in Base64",
                        token(
                                HS256,
                                valid,
                                Base64.getEncoder().encodeToString(KEY.getBytes(StandardCharsets.UTF_8)),
                                "HmacSHA256")),
                Wrong.of("signed with HS512", token("{\"alg\":\"HS512\"}", valid, KEY.repeat(2), "HmacSHA512")),
                Wrong.of(
                        "`alg` is `none`",
                        token("{\"alg\":\"none\"}", valid, KEY, "HmacSHA256").replaceAll("[^.]*$", "")),
                Wrong.of(
                        "`alg` is `RS256`, signed with the key",
                        token("{\"alg\":\"RS256\"}", valid, KEY, "HmacSHA256")),
                Wrong.of(
                        "with the header `crit`",
                        token("{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", valid, KEY, "HmacSHA256")),
                Wrong.claims("expired ten minutes ago", claims(now - 600, GRANTS)),
                Wrong.claims(
                        "valid in two hours (`nbf`)",
                        claims(now + 9_000, GRANTS).replace("{\"sub\"", "{\"nbf\":" + (now + 7_200) + ",\"sub\"")),
                Wrong.claims("`exp` is a text", valid.replace("" + (now + 600), "\"" + (now + 600) + "\"")),
                Wrong.claims("`exp` is beyond the range", valid.replace("" + (now + 600), "9007199254740992")),
                Wrong.claims("`nbf` is negative", valid.replace("{\"sub\"", "{\"nbf\":-1,\"sub\"")),
                Wrong.claims("no audience, where the nodes require `shop`", valid.replace("\"aud\":\"shop\",", "")),
                Wrong.claims("another audience", valid.replace("\"shop\"", "\"bank\"")),
                Wrong.grants("the claim `carillon` is a list", "[]"),
                Wrong.grants("`broadcast` is a text", "{\"broadcast\":\"topic:orders\"}"),
                Wrong.grants("`broadcast` has a number", "{\"broadcast\":[7]}"),
                Wrong.grants("a kind of scope that does not exist", "{\"broadcast\":[\"room:7\"]}"),
                Wrong.grants("a scope without a name", "{\"broadcast\":[\"topic:\"]}"),
                Wrong.grants("a route without `/`", "{\"broadcast\":[\"route:board\"]}"),
                Wrong.grants("the tenant has a blank", "{\"tenant\":\"a b\"}"),
                Wrong.claims("the user has a control character", valid.replace("\"ann\"", "\"a\\u0007\"")),
                Wrong.claims(
                        "grants outside of the claim `carillon`",
                        valid.replace("\"carillon\":" + GRANTS, GRANTS.substring(1, GRANTS.length() - 1))),
                Wrong.grants("no grant for this scope", "{\"broadcast\":[\"topic:news\"]}"));
    }

    private static String claims(long exp, String grants) {
        return "{\"sub\":\"ann\",\"aud\":\"shop\",\"exp\":" + exp + ",\"carillon\":" + grants + "}";
    }

    private static String token(String header, String claims, String key, String algorithm) {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        String text = base64.encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), algorithm));
            return text + "." + base64.encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void each_wrong_token_is_refused_and_explained_as_the_page_says_and_is_in_no_answer_and_no_log() throws Exception {
        AtomicLong ahead = new AtomicLong();
        Platform platform = Platform.system()
                .clock(() -> NOW)
                // Each reason is logged once in 10 s.
                .nanoTime(() -> System.nanoTime() + ahead.get());
        List<String> rows = new ArrayList<>();
        Logger logger = (Logger) LoggerFactory.getLogger(RefusalLog.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        try (Node node = Node.builder(TestCluster.config(
                                "n1", "memory://wrong-tokens", Map.of("jwt-audience", "shop", "anonymous", "false")))
                        .platform(platform)
                        .start();
                HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> accepted = http.send(
                    request(node, Wrong.claims("", claims(NOW.getEpochSecond() + 600, GRANTS))),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(200);
            for (Wrong wrong : wrong()) {
                ahead.addAndGet(11_000_000_000L);
                lines.list.clear();
                rows.add(row(
                        wrong, http.send(request(node, wrong), HttpResponse.BodyHandlers.ofString()), lines, platform));
            }
        } finally {
            logger.detachAppender(lines);
            logger.setLevel(null);
        }
        assertPage(rows);
    }

    private static HttpRequest request(Node node, Wrong wrong) {
        String query = wrong.header == null && !wrong.token.isEmpty()
                ? "?authorization=" + URLEncoder.encode(wrong.token, StandardCharsets.UTF_8)
                : "";
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.port() + "/broadcast" + query))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"topic:orders\",\"data\":\"x\"}"));
        if (wrong.header != null) {
            request.header("Authorization", wrong.header);
        }
        return request.build();
    }

    private static String row(
            Wrong wrong, HttpResponse<String> answer, ListAppender<ILoggingEvent> lines, Platform platform)
            throws Exception {
        JsonNode problem = new ObjectMapper().readTree(answer.body());
        String detail = problem.path("detail").asText();
        String code = problem.path("code").asText();
        List<String> logged = List.copyOf(lines.list).stream()
                .map(line -> line.getKeyValuePairs().stream()
                        .map(KeyValuePair::toString)
                        .collect(Collectors.joining(" ", line.getFormattedMessage() + " ", "")))
                .toList();
        TokenCheck.Result check =
                TokenCheck.of(wrong.token, JwtConfig.of("HS256", KEY, false).requiring(AUDIENCE), "HS256", platform);
        String printed = String.join("\n", check.lines());
        for (String text : List.of(answer.body(), answer.headers().toString(), logged.toString())) {
            assertThat(text).as(wrong.title).doesNotContain(KEY, OTHER_KEY);
            for (String part : wrong.token.split("[.\n ]", -1)) {
                assertThat(part.length() > 6 && text.contains(part))
                        .as(wrong.title + " in " + text)
                        .isFalse();
            }
        }
        assertThat(printed).doesNotContain(KEY, OTHER_KEY);
        assertThat(answer.statusCode()).as(wrong.title + answer.body()).isBetween(400, 499);
        String notes = check.lines().stream()
                .filter(line -> line.startsWith("note") || line.startsWith("verdict"))
                // The verdict is that of the node.
                .filter(line -> !line.endsWith("refused, " + code + ": " + detail))
                .map(line -> line.replaceFirst("\\S+ +", ""))
                .collect(Collectors.joining("; "));
        String hints = logged.stream()
                .map(line -> line.replaceFirst(
                                "token refused presenter=\"clients\" reason=\"" + java.util.regex.Pattern.quote(detail)
                                        + "\" ?",
                                "")
                        .replaceFirst(" ?suppressed=\"\\d+\"", ""))
                .map(line -> line.isEmpty() ? "the reason" : "the reason, " + line)
                .collect(Collectors.joining("; "));
        return "| " + wrong.title + " | " + answer.statusCode() + " `" + code + "`: " + detail + " | "
                + (hints.isEmpty() ? "nothing" : hints) + " | " + (notes.isEmpty() ? "the same" : notes) + " |";
    }

    private static void assertPage(List<String> rows) throws Exception {
        String table = "| token | the node answers | it logs `token refused` with | `token --check` adds |\n"
                + "| --- | --- | --- | --- |\n" + String.join("\n", rows) + "\n";
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        assertThat(begin).isBetween(BEGIN.length(), end);
        if (Boolean.getBoolean("carillon.errors.write")) {
            Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(table);
        }
    }
}
