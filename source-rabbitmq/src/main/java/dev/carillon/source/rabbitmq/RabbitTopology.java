package dev.carillon.source.rabbitmq;

import dev.carillon.source.SourceAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which queue is read, and what is declared for it.
 *
 * @param queue null-free name; empty with {@link Kind#EPHEMERAL}
 * @param binding empty: messages reach the queue by other ways
 * @param deadLetters name of the queue for refused messages; empty: there is none
 */
record RabbitTopology(Kind kind, String queue, Optional<Binding> binding, Optional<String> deadLetters) {
    static final Set<String> PARAMETERS =
            Set.of("queue", "existing", "exchange", "exchange-type", "keys", "ephemeral", "dead-letter");

    private static final String EVERY_KEY = "#";

    /** Where the queue comes from. */
    enum Kind {
        /** A quorum queue that the source declares. */
        DECLARED,
        /** A queue that exists. */
        EXISTING,
        /** A queue that exists while a node reads it. */
        EPHEMERAL
    }

    /** The types of exchanges to which a queue can be bound. */
    enum ExchangeType {
        FANOUT,
        TOPIC,
        DIRECT
    }

    /** @param keys of the bindings, at least one; of a fanout exchange the empty one */
    record Binding(String exchange, ExchangeType type, List<String> keys) {}

    static RabbitTopology of(SourceAddress address) {
        boolean existing = address.flag("existing");
        boolean ephemeral = address.flag("ephemeral");
        Optional<String> queue = address.find("queue");
        Optional<Binding> binding = address.find("exchange").map(exchange -> binding(address, exchange));
        if (binding.isEmpty()
                && (address.find("keys").isPresent()
                        || address.find("exchange-type").isPresent())) {
            throw address.refused("parameters keys and exchange-type: need the parameter exchange");
        }
        if (ephemeral) {
            if (existing || queue.isPresent() || binding.isEmpty()) {
                throw address.refused(
                        "parameter ephemeral: needs an exchange, and no queue: the queue is declared with a name of its own");
            }
            return new RabbitTopology(Kind.EPHEMERAL, "", binding, address.find("dead-letter"));
        }
        String name = queue.orElseThrow(() -> address.refused("parameter queue: must be given"));
        if (existing && binding.isPresent()) {
            throw address.refused("parameter existing: an existing queue is not bound; remove exchange or existing");
        }
        return new RabbitTopology(
                existing ? Kind.EXISTING : Kind.DECLARED,
                name,
                binding,
                Optional.of(address.find("dead-letter").orElse(name + ".dead")));
    }

    /** A direct exchange has no pattern: a key such as # would match no message, without an error. */
    private static Binding binding(SourceAddress address, String exchange) {
        List<String> keys = address.list("keys");
        ExchangeType type = switch (address.required("exchange-type")) {
            case "fanout" -> ExchangeType.FANOUT;
            case "topic" -> ExchangeType.TOPIC;
            case "direct" -> ExchangeType.DIRECT;
            default -> throw address.refused("parameter exchange-type: must be fanout, topic or direct");
        };
        return switch (type) {
            case FANOUT -> {
                if (!keys.isEmpty()) {
                    throw address.refused("parameter keys: a fanout exchange ignores keys; remove it");
                }
                yield new Binding(exchange, type, List.of(""));
            }
            case TOPIC -> new Binding(exchange, type, keys.isEmpty() ? List.of(EVERY_KEY) : keys);
            case DIRECT -> {
                if (keys.isEmpty() || keys.stream().anyMatch(key -> key.equals("#") || key.equals("*"))) {
                    throw address.refused(
                            "parameter keys: a direct exchange needs the exact routing keys, such as keys=created;paid; patterns match nothing there");
                }
                yield new Binding(exchange, type, keys);
            }
        };
    }
}
