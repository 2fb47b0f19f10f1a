package dev.carillon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Text;
import dev.carillon.broker.Idempotency;
import dev.carillon.cli.base.BearerToken;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.ServerUrl;
import dev.carillon.cli.base.Variables;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.scope.Scope;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code broadcast}: broadcasts an event. */
@Command(
        name = "broadcast",
        description = "Broadcasts an event and prints its id.",
        sortOptions = false,
        footer = {
            "",
            "Example: the token in CARILLON_TOKEN, the data from standard input",
            "  date | ./carillon broadcast --url http://127.0.0.1:8080 --scope route:/board --type tick"
        })
final class BroadcastCommand implements Callable<Integer> {
    private static final String URL_DEFAULT = "http://127.0.0.1:8080";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

    private final Console console;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description =
                    "URL of a node or of the proxy. Default: " + URL_DEFAULT + ". Variable: " + Variables.URL + ".")
    private @Nullable String url;

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "Token with a grant for the scopes. Variable: " + Variables.TOKEN + ".")
    private @Nullable String token;

    @Option(
            names = "--scope",
            paramLabel = "SCOPE",
            required = true,
            description =
                    "Audience of the event: global, system, or tab:, session:, user:, route: or topic: followed by a name; "
                            + "may be repeated.")
    private List<String> scopes = List.of();

    @Option(names = "--type", paramLabel = "TYPE", description = "Type of the event.")
    private @Nullable String type;

    @Option(
            names = "--data",
            paramLabel = "TEXT",
            description = "Data of the event. Default: standard input, without the last line break.")
    private @Nullable String data;

    @Option(
            names = "--id",
            paramLabel = "ID",
            description =
                    "Id of the event. A repetition with the same id and scopes within 10 minutes is not delivered again.")
    private @Nullable String id;

    @Option(
            names = "--idempotency-key",
            paramLabel = "KEY",
            description =
                    "Idempotency key, 1 to 255 printable ASCII characters. A repetition with the same key within 10 minutes is not delivered again.")
    private @Nullable String idempotencyKey;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "Key of the event: with the policy latest a newer event replaces a waiting one with the same key.")
    private @Nullable String key;

    @Option(names = "--private", description = "Deliver only to clients with a grant to read.")
    private boolean isPrivate;

    @Option(
            names = "--retain",
            description =
                    "Retain as the current event of the scopes, for clients that join later; empty data clears it.")
    private boolean retain;

    private BroadcastCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new BroadcastCommand(console));
    }

    @Override
    public Integer call() {
        String server = url != null ? url : console.variables().getOrDefault(Variables.URL, URL_DEFAULT);
        URI target = ServerUrl.of(server, "/broadcast", URL_DEFAULT);
        mustBeScopes();
        HttpRequest.Builder request = HttpRequest.newBuilder(target)
                .timeout(ANSWER_TIMEOUT)
                .header("Authorization", "Bearer " + token())
                .header("Content-Type", "application/json");
        if (idempotencyKey != null) {
            request.header("Idempotency-Key", checkedIdempotencyKey(idempotencyKey));
        }
        request.POST(HttpRequest.BodyPublishers.ofString(body().toString()));
        console.out().println(send(request.build()));
        return ExitCode.OK;
    }

    private String token() {
        return BearerToken.checked(token != null ? token : console.variables().get(Variables.TOKEN));
    }

    private static String checkedIdempotencyKey(String given) {
        if (!Idempotency.isKey(given)) {
            throw new ConfigException("idempotency-key", Text.printable(given, 100), Idempotency.RULE);
        }
        return given;
    }

    private void mustBeScopes() {
        try {
            scopes.forEach(Scope::parse);
        } catch (CarillonException e) {
            throw CommandException.misused(String.valueOf(e.getMessage()));
        }
    }

    private ObjectNode body() {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        if (scopes.size() == 1) {
            body.put("scope", scopes.getFirst());
        } else {
            scopes.forEach(body.putArray("scopes")::add);
        }
        if (type != null) {
            body.put("type", type);
        }
        if (id != null) {
            body.put("id", id);
        }
        if (key != null) {
            body.put("key", key);
        }
        if (isPrivate) {
            body.put("private", true);
        }
        if (retain) {
            body.put("retain", true);
        }
        return body.put("data", data != null ? data : standardInput());
    }

    private String standardInput() {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(console.in().readAllBytes()))
                    .toString();
            return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (CharacterCodingException e) {
            throw new ConfigException("data", "(standard input)", "must be text in UTF-8");
        } catch (IOException e) {
            throw CommandException.failed("standard input cannot be read: " + e.getMessage());
        }
    }

    /** Sends the request and returns the id of the event. */
    private static String send(HttpRequest request) {
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(VerifiedTls.context())
                .connectTimeout(CONNECT_TIMEOUT)
                .build()) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            JsonNode answer = json(response.body());
            if (response.statusCode() == 200 && answer.path("id").isTextual()) {
                return answer.path("id").asText();
            }
            throw CommandException.failed(refusal(request.uri(), response.statusCode(), answer));
        } catch (ConnectException e) {
            throw CommandException.failed("cannot connect to " + request.uri()
                    + ": start a node (./carillon up), or set --url to the address of one");
        } catch (HttpTimeoutException e) {
            throw CommandException.failed(request.uri() + " did not answer in time: the event may have been broadcast; "
                    + "to repeat it safely, use --id or --idempotency-key");
        } catch (IOException e) {
            throw CommandException.failed(request.uri() + " failed: " + e + "; is it a Carillon node?");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    private static JsonNode json(String body) {
        try {
            return new ObjectMapper().readTree(body);
        } catch (JsonProcessingException e) {
            return JsonNodeFactory.instance.missingNode();
        }
    }

    /** The message for a problem+json answer (RFC 9457). */
    private static String refusal(URI uri, int status, JsonNode problem) {
        if (!problem.path("code").isTextual()) {
            return uri + " answered " + status + ": is it a Carillon node?";
        }
        String detail = problem.path("detail").asText(problem.path("title").asText(""));
        return problem.path("code").asText() + ": " + detail + " (status " + status + ")";
    }
}
