package dev.carillon.broker.redis;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.StringJoiner;

/**
 * Broadcasts of one tenant that share one call of the append script. The server runs nothing else during a call, so a group is limited: a call
 * takes about 10 µs per event and scope, three times as much with an id, and 1 to 4 ms at most.
 */
record AppendGroup(List<PendingAppend> events) {
    static final int MAX_EVENTS = 64;
    /** Maximum size of several events; a single one may be larger. */
    static final int MAX_BYTES = 256 * 1024;
    /** Maximum cost of several events; a single one may cost more. Less than 256, as the script numbers the scopes by a byte. */
    static final int MAX_COST = 128;
    /** Cost per scope of an event with an id, whose positions are indexed, in relation to one without. */
    private static final int COST_WITH_ID = 3;

    private static final byte[][] RETAINED = {Text.utf8("0"), Text.utf8("1"), Text.utf8("2")};
    private static final byte[] NO_ID = {};

    /** Takes the next group from the waiting broadcasts, of which there must be one. */
    static AppendGroup next(Queue<PendingAppend> waiting) {
        List<PendingAppend> events = new ArrayList<>();
        int bytes = 0;
        int cost = 0;
        PendingAppend next = waiting.peek();
        while (next != null && events.size() < MAX_EVENTS) {
            bytes += next.bytes();
            cost += next.event.scopes().size() * (next.event.id() == null ? 1 : COST_WITH_ID);
            if (!events.isEmpty() && (bytes > MAX_BYTES || cost > MAX_COST)) {
                break;
            }
            events.add(next);
            waiting.remove();
            next = waiting.peek();
        }
        return new AppendGroup(events);
    }

    long bytes() {
        long sum = 0;
        for (PendingAppend event : events) {
            sum += event.bytes();
        }
        return sum;
    }

    /** Keys and arguments of the append script, which describes them. */
    record Call(List<String> keys, List<byte[]> arguments) {}

    /** @param settings the arguments that are the same for every group of the tenant */
    Call call(Tenant tenant, Keys keys, List<byte[]> settings) {
        Map<Scope, Integer> numbers = new HashMap<>();
        List<String> names = new ArrayList<>(8 + events.size());
        names.add(keys.meta(tenant));
        names.add(keys.log(tenant));
        names.add(keys.retained(tenant));
        names.add(keys.ids(tenant));
        List<byte[]> scopes = new ArrayList<>();
        for (PendingAppend event : events) {
            for (Scope scope : event.event.scopes()) {
                if (numbers.putIfAbsent(scope, numbers.size() + 1) == null) {
                    names.add(keys.last(tenant, scope));
                    names.add(keys.index(tenant, scope));
                    scopes.add(Text.utf8(scope.text()));
                }
            }
        }
        List<byte[]> arguments = new ArrayList<>(settings.size() + 1 + scopes.size() + 5 * events.size());
        arguments.addAll(settings);
        arguments.add(Text.utf8(Integer.toString(scopes.size())));
        arguments.addAll(scopes);
        for (PendingAppend event : events) {
            add(event, tenant, keys, numbers, names, arguments);
        }
        return new Call(names, arguments);
    }

    private static void add(
            PendingAppend append,
            Tenant tenant,
            Keys keys,
            Map<Scope, Integer> numbers,
            List<String> names,
            List<byte[]> arguments) {
        Event event = append.event;
        arguments.add(append.body);
        arguments.add(append.digest);
        arguments.add(RETAINED[event.clearsRetained() ? 2 : event.retain() ? 1 : 0]);
        byte[] own = new byte[event.scopes().size()];
        int i = 0;
        for (Scope scope : event.scopes()) {
            own[i++] = numbers.getOrDefault(scope, 0).byteValue();
        }
        arguments.add(own);
        if (append.fingerprint != null) {
            names.add(keys.repeat(tenant, append.fingerprint));
        }
        String id = event.id();
        if (id == null) {
            arguments.add(NO_ID);
            return;
        }
        List<String> ofId = new ArrayList<>(1 + own.length);
        ofId.add(keys.scopes(tenant, id));
        event.scopes().forEach(scope -> ofId.add(keys.positions(tenant, scope, id)));
        names.addAll(ofId);
        StringJoiner joined = new StringJoiner(" ");
        ofId.forEach(key -> joined.add(keys.withoutTenant(tenant, key)));
        arguments.add(Text.utf8(joined.toString()));
    }

    /**
     * The answer to the event with this number.
     *
     * @throws RedisCommandExecutionException for an error of the server that only concerns this event
     * @throws RuntimeException for a reply that the script does not give
     */
    static Appended answer(Event event, Idempotency by, ScriptReply reply, int number) {
        String status = reply.text(2 * number);
        return switch (status) {
            case "ok", "known" ->
                Appended.of(event, Position.parse(reply.text(2 * number + 1)), status.equals("known"));
            case "conflict" -> throw by.conflict(event);
            case "full" ->
                throw new OverloadedException(
                        "tenant " + event.tenant() + " has a retained event in " + Channel.MAX_RETAINED + " scopes");
            case "error" -> throw new RedisCommandExecutionException(reply.text(2 * number + 1));
            default -> throw new CarillonException(ErrorCode.INTERNAL, "the append script answered " + status);
        };
    }
}
