package dev.carillon.authorizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Grants;
import dev.carillon.auth.TokenIdentity;
import dev.carillon.base.Text;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.Locale;
import java.util.Set;

/** A question to the application: a JSON object with {@code version}, {@code id}, {@code question} and the members of the question. */
record Question(Kind kind, ObjectNode json) {
    static final int VERSION = 1;

    enum Kind {
        CONNECT,
        RECHECK,
        READ,
        BROADCAST;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param id the same when the question is repeated */
    static Question connect(String id, String token) {
        return new Question(Kind.CONNECT, of(id, Kind.CONNECT).put("token", token));
    }

    static Question recheck(String id, String token, Grants before) {
        return new Question(Kind.RECHECK, client(of(id, Kind.RECHECK), before).put("token", token));
    }

    static Question read(String id, Grants client, Set<Scope> scopes) {
        ObjectNode json = client(of(id, Kind.READ), client);
        ArrayNode list = json.putArray("scopes");
        scopes.stream().map(Scope::text).sorted().forEach(list::add);
        return new Question(Kind.READ, json);
    }

    /** Without the data of the event. */
    static Question broadcast(String id, Grants client, Event event) {
        ObjectNode json = client(of(id, Kind.BROADCAST), client);
        ObjectNode about = json.putObject("event");
        ArrayNode scopes = about.putArray("scopes");
        event.scopes().forEach(scope -> scopes.add(scope.text()));
        if (event.id() != null) {
            about.put("id", event.id());
        }
        if (event.type() != null) {
            about.put("type", event.type());
        }
        if (event.key() != null) {
            about.put("key", event.key());
        }
        about.put("private", event.isPrivate());
        about.put("retain", event.retain());
        return new Question(Kind.BROADCAST, json);
    }

    private static ObjectNode of(String id, Kind kind) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("version", VERSION)
                .put("id", id)
                .put("question", kind.text());
    }

    private static ObjectNode client(ObjectNode json, Grants client) {
        json.put("tenant", client.tenant().name());
        if (client.user() != null) {
            json.put("user", client.user());
        }
        TokenIdentity token = client.token();
        if (token != null && token.id() != null) {
            json.put("token_id", token.id());
        }
        return json;
    }

    byte[] bytes() {
        return Text.utf8(json.toString());
    }

    /** Does not show the token. */
    @Override
    public String toString() {
        return "Question[" + kind + "]";
    }
}
