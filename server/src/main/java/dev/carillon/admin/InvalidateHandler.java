package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.cluster.AllNodes;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.http.JsonMembers;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /admin/authorizer/invalidate}: makes the nodes ask the authorizer again about a token ({@code {"token": …}} or {@code {"token_id": …}}), a user
 * ({@code {"user": …}}, with {@code "tenant"}), a tenant ({@code {"tenant": …}}) or all clients ({@code {"all": true}}).
 */
final class InvalidateHandler implements HttpHandler {
    static final String ROUTE = "/admin/authorizer/invalidate";

    private static final int MAX_BODY_BYTES = 32 * 1024;
    private static final Set<String> MEMBERS = Set.of("token", "token_id", "user", "tenant", "all");
    private static final Parameters NONE = Parameters.of(List.of(), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(InvalidateHandler.class);

    private final AllNodes nodes;
    private final UnaryOperator<String> digest;

    /** @param digest maps a token to the id that the nodes give it, so that tokens are not sent between nodes */
    InvalidateHandler(AllNodes nodes, UnaryOperator<String> digest) {
        this.nodes = nodes;
        this.digest = digest;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        NONE.check(exchange);
        Requests.body(exchange, MAX_BODY_BYTES, body -> {
            ControlMessage.Invalidate message = message(JsonMembers.of("body", body));
            Requests.then(exchange, () -> nodes.invalidate(message), answers -> answer(exchange, message, answers));
        });
    }

    private ControlMessage.Invalidate message(JsonMembers json) {
        json.requireOnly(MEMBERS);
        if (Stream.of("token", "token_id", "user", "all").filter(json::has).count() > 1) {
            throw json.invalid("must have only one of \"token\", \"token_id\", \"user\" and \"all\"");
        }
        Tenant tenant = RevokeHandler.tenant(json);
        if (json.has("user")) {
            return new ControlMessage.Invalidate(ControlMessage.Invalidate.Target.USER, tenant, json.required("user"));
        }
        if (json.has("token") || json.has("token_id") || json.has("all")) {
            if (json.has("tenant")) {
                throw json.invalid("tenant", "is for \"user\", or alone");
            }
            if (json.has("all")) {
                if (!json.isTrue("all")) {
                    throw json.invalid("all", "must be true");
                }
                return new ControlMessage.Invalidate(ControlMessage.Invalidate.Target.ALL, tenant, "");
            }
            String id = json.has("token") ? digest.apply(json.required("token")) : json.required("token_id");
            return new ControlMessage.Invalidate(ControlMessage.Invalidate.Target.TOKEN, tenant, id);
        }
        if (!json.has("tenant")) {
            throw json.invalid("must have \"token\", \"token_id\", \"user\", \"tenant\" or \"all\"");
        }
        return new ControlMessage.Invalidate(ControlMessage.Invalidate.Target.TENANT, tenant, "");
    }

    private static void answer(
            HttpServerExchange exchange, ControlMessage.Invalidate message, Answers<Integer> answers) {
        LOGGER.atInfo()
                .addKeyValue("target", message.target())
                .addKeyValue("tenant", message.tenant())
                .addKeyValue("name", message.name())
                .addKeyValue("missing", answers.missing().size())
                .log("an operator made answers of the authorizer invalid");
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        ArrayNode asked = body.putArray("nodes");
        answers.answered()
                .forEach(one -> asked.addObject().put("node", one.node().id()).put("tokens", one.value()));
        ClusterHealthHandler.putMissing(body, answers);
        ClusterHealthHandler.send(exchange, body);
    }
}
