package dev.carillon.examples.lightshow;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Request;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.Response;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;

/**
 * {@code GET /lightshow/phones}: {@code {"total":5,"nodes":[{"node":"n1","phones":3},…]}}, for clients with a grant to broadcast to the groups.
 * The stage also uses it to check its token at the start.
 */
final class PhonesHandler implements RequestHandler {
    /** The same as in {@code groups.js}. */
    static final List<String> TOPICS = List.of(
            "lightshow/everyone",
            "lightshow/contributors",
            "lightshow/years/1",
            "lightshow/years/5",
            "lightshow/years/10",
            "lightshow/years/20");

    private final PhoneCounts counts;

    PhonesHandler(PhoneCounts counts) {
        this.counts = counts;
    }

    @Override
    public Response handle(Request request) throws Exception {
        check(request.grants());
        return Response.json(json(counts.list().toCompletableFuture().get()).toString());
    }

    private static void check(Grants grants) {
        if (!grants.tenant().equals(Tenant.DEFAULT)) {
            throw new CarillonException(
                    ErrorCode.NOT_GRANTED,
                    "the light show is in the tenant default, the token is for " + grants.tenant());
        }
        for (String topic : TOPICS) {
            Scope scope = Scope.topic(topic);
            if (!grants.mayBroadcast(scope)) {
                throw new CarillonException(
                        ErrorCode.NOT_GRANTED, "the token has no grant to broadcast to " + scope.text());
            }
        }
    }

    private static ObjectNode json(List<PhoneCounts.Count> counts) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("total", counts.stream().mapToInt(PhoneCounts.Count::phones).sum());
        ArrayNode nodes = json.putArray("nodes");
        counts.forEach(count -> nodes.addObject().put("node", count.node()).put("phones", count.phones()));
        return json;
    }
}
