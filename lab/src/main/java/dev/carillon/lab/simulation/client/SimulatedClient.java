package dev.carillon.lab.simulation.client;

import dev.carillon.broker.Interest;
import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.fleet.EventParser;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.host.Story;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client with one event stream: it connects by the proxy to a node, resumes after its last event, and reconnects when the stream ends. What it receives
 * goes to the ledger.
 */
public final class SimulatedClient {
    /** The world around a client. */
    public record Surroundings(
            Schedule schedule,
            Story story,
            Ledger ledger,
            SplittableRandom random,
            Supplier<Optional<ServingNode>> proxy) {}

    private static final long NANOS_PER_MILLI = 1_000_000;
    /** Then the client gives up and tries another node. */
    private static final long OPEN_TIMEOUT_NANOS = 5_000_000_000L;

    private static final long MAX_CONNECT_NANOS = 10_000_000;
    private static final int RETRY_MILLIS = 500;
    private static final int MIN_WINDOW = 600;
    private static final int MAX_WINDOW = 4_000;
    private static final String OPENED = "carillon.open";

    /** One attempt, and the stream that came of it. */
    private final class Stream implements SimulatedPipe.Reader {
        private final SimulatedPipe pipe;
        private final boolean isNew;
        private boolean opened;

        Stream(ServingNode node) {
            isNew = parser.lastId().isEmpty();
            int window = around.random().nextInt(MIN_WINDOW, MAX_WINDOW);
            pipe = new SimulatedPipe(node.ioThread(), around.schedule(), around.random(), window, this);
        }

        @Override
        public void read(ByteBuffer bytes) {
            if (stream == this) {
                parser.feed(bytes);
            }
        }

        @Override
        public void ended() {
            if (stream == this) {
                end("its stream has ended", 0);
            }
        }
    }

    private final int number;
    private final List<Interest> interests;
    private final Surroundings around;
    private final EventParser parser = new EventParser(this::event);
    private final Map<String, Integer> highest = new HashMap<>();
    private @Nullable Stream stream;
    private boolean slow;
    /** Rises with each change, so that an older timer does nothing. */
    private int life;

    public SimulatedClient(int number, List<Interest> interests, Surroundings around) {
        this.number = number;
        this.interests = interests;
        this.around = around;
    }

    private String name() {
        return "client " + number;
    }

    public boolean isOpen() {
        Stream now = stream;
        return now != null && now.opened;
    }

    /** The highest number that it has received of a sequence. */
    public int highest(int sequence) {
        return highest.getOrDefault(Integer.toString(sequence), 0);
    }

    public void connect() {
        int current = ++life;
        Optional<ServingNode> chosen = around.proxy().get();
        if (chosen.isEmpty()) {
            around.schedule().after(RETRY_MILLIS * NANOS_PER_MILLI, () -> {
                if (life == current) {
                    connect();
                }
            });
            return;
        }
        ServingNode node = chosen.get();
        Stream opening = new Stream(node);
        stream = opening;
        opening.pipe.reading(!slow);
        String lastId = parser.lastId();
        around.story()
                .tell(
                        name(),
                        "connects to " + node.host().name() + (lastId.isEmpty() ? "" : " after " + shown(lastId)));
        around.schedule()
                .after(
                        around.random().nextLong(MAX_CONNECT_NANOS),
                        () -> node.ioThread().execute(() -> node.open(opening.pipe, interests, lastId, number)));
        around.schedule().after(OPEN_TIMEOUT_NANOS, () -> {
            if (life == current && !opening.opened && !slow) {
                end("gives up", 0);
            }
        });
    }

    private static String shown(String id) {
        return id.startsWith("cursor:") ? "a cursor" : id;
    }

    /** The stream is over; the client connects again after its delay, or after a longer absence. */
    private void end(String why, long awayMillis) {
        Stream ended = stream;
        stream = null;
        if (ended != null) {
            ended.pipe.disconnect();
            if (ended.opened) {
                around.ledger().closed(number, around.schedule().nanos());
            }
        }
        parser.reset();
        around.story().tell(name(), why);
        int current = ++life;
        int retry = parser.retryMillis() < 0 ? RETRY_MILLIS : parser.retryMillis();
        long delay =
                Math.max(awayMillis, retry) * NANOS_PER_MILLI + around.random().nextLong(NANOS_PER_MILLI);
        around.schedule().after(delay, () -> {
            if (life == current) {
                connect();
            }
        });
    }

    /** It leaves, or its connection breaks. */
    public void leave(String why, long awayMillis) {
        if (life > 0) {
            end(why, awayMillis);
        }
    }

    public void slow(boolean value) {
        slow = value;
        Stream now = stream;
        if (now != null) {
            now.pipe.reading(!value);
        }
    }

    private void event(StreamEvent event) {
        Stream now = stream;
        if (now == null) {
            return;
        }
        long nanos = around.schedule().nanos();
        if (event.type().equals(OPENED) && !now.opened) {
            now.opened = true;
            around.ledger().opened(number, nanos);
            if (now.isNew) {
                around.ledger().positioned(number, nanos);
            }
        }
        String[] parts = event.data().split(" ", 3);
        if (event.type().equals(Ledger.TYPE)) {
            highest.merge(parts[0], Integer.parseInt(parts[1]), Math::max);
        }
        around.story().tell(name(), "receives " + described(event));
        around.ledger().event(number, event, nanos);
    }

    private static String described(StreamEvent event) {
        return event.type().equals(Ledger.TYPE) ? event.id() : event.type() + " " + event.data();
    }
}
