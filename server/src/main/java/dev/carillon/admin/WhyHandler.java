package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.autopsy.Explanation;
import dev.carillon.autopsy.Inquiry;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.cluster.ConnectionFilter;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.scope.Event;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.Map;

/**
 * {@code GET /admin/why?event=…&tenant=…&client=…&user=…}: who broadcast an event, when each node had it, and for each client, or those asked for, whether it received
 * the event and why not.
 */
public final class WhyHandler implements HttpHandler {
    static final String ROUTE = "/admin/why";

    private static final String EVENT = "event";
    private static final String TENANT = "tenant";
    private static final String CLIENT = "client";
    private static final String USER = "user";
    private static final Parameters PARAMETERS = Parameters.of(List.of(EVENT, TENANT, CLIENT, USER), Map.of());

    private final Inquiry inquiry;

    public WhyHandler(Inquiry inquiry) {
        this.inquiry = inquiry;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        Inquiry.Asked asked = asked(exchange);
        Requests.then(exchange, () -> inquiry.explain(asked), explanation -> answer(exchange, explanation));
    }

    private static Inquiry.Asked asked(HttpServerExchange exchange) {
        String id = Requests.parameter(exchange, EVENT).orElse("");
        if (id.isEmpty() || id.length() > Event.MAX_ID_BYTES) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    "parameter event: must be the id of an event, as its broadcast was answered");
        }
        ConnectionFilter client = new ConnectionFilter(
                tenant(exchange),
                Requests.parameter(exchange, USER).orElse(null),
                null,
                Requests.parameter(exchange, CLIENT).orElse(null),
                null,
                null);
        return new Inquiry.Asked(tenant(exchange), id, client.context(), client.user());
    }

    /** The tenant of a request; by default {@link Tenant#DEFAULT}. */
    static Tenant tenant(HttpServerExchange exchange) {
        String name = Requests.parameter(exchange, TENANT).orElse(null);
        try {
            return name == null ? Tenant.DEFAULT : Tenant.ofToken(name);
        } catch (CarillonException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "parameter tenant: " + e.getMessage());
        }
    }

    private static void answer(HttpServerExchange exchange, Explanation explanation) {
        ObjectNode body = explanation.json();
        body.put("registry", explanation.answers().current() ? "read" : "unavailable");
        ClusterHealthHandler.putMissing(body, explanation.answers());
        ClusterHealthHandler.send(exchange, body);
    }
}
