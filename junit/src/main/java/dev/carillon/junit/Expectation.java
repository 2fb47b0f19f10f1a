package dev.carillon.junit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An assertion on broadcasts: first the properties, then how many there are. It fails with an {@link AssertionError} that lists what was broadcast instead.
 * Immutable: each property returns a copy.
 */
public final class Expectation {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int MAX_LISTED = 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param mismatch why a broadcast does not have the property; for one that does not */
    private record Property(String text, Predicate<RecordedBroadcast> test, String mismatch) {}

    private final Recording recording;
    private final List<Property> properties;
    private final Duration limit;

    private Expectation(Recording recording, List<Property> properties, Duration limit) {
        this.recording = recording;
        this.properties = properties;
        this.limit = limit;
    }

    static Expectation of(Recording recording) {
        return new Expectation(recording, List.of(), LIMIT);
    }

    static Expectation of(Recording recording, Scope scope) {
        return of(recording).with("to " + scope.text(), broadcast -> broadcast.isTo(scope), "another scope");
    }

    /** @param type {@code message}: without a type */
    public Expectation type(String type) {
        return with("of type \"" + type + "\"", broadcast -> broadcast.type().equals(type), "another type");
    }

    /** The data are this text. */
    public Expectation data(String text) {
        return with(
                "with data " + RecordedBroadcast.quoted(text),
                broadcast -> broadcast.event().data().equals(text),
                "other data");
    }

    /**
     * The data are this JSON value; blanks and the order of members do not matter.
     *
     * @throws IllegalArgumentException it is no JSON value
     */
    public Expectation json(String value) {
        JsonNode expected = parse(value);
        if (expected == null) {
            throw new IllegalArgumentException("json: must be a JSON value, not " + RecordedBroadcast.quoted(value));
        }
        return with(
                "with JSON " + expected,
                broadcast -> expected.equals(parse(broadcast.event().data())),
                "other data");
    }

    /** The id was given by the broadcaster. */
    public Expectation id(String id) {
        return with("with id \"" + id + "\"", broadcast -> broadcast.id().equals(id), "another id");
    }

    /** The tenant; without this, any. */
    public Expectation tenant(String name) {
        return with(
                "of tenant " + name,
                broadcast -> broadcast.event().tenant().name().equals(name),
                "another tenant");
    }

    /**
     * Any other property.
     *
     * @param description for messages, such as {@code that is private}
     */
    public Expectation where(String description, Predicate<Event> test) {
        return with(description, broadcast -> test.test(broadcast.event()), "not one " + description);
    }

    /** How long the assertion waits, by the clock of the machine; default 5 s. */
    public Expectation within(Duration time) {
        return new Expectation(recording, properties, time);
    }

    /** Waits for one such broadcast. Fails if there is none in time, or more than one then. */
    public RecordedBroadcast once() throws InterruptedException {
        return times(1).getFirst();
    }

    /** Waits for a number of such broadcasts, and returns them in the order of the log. Fails if there are fewer in time, or more then. */
    public List<RecordedBroadcast> times(int number) throws InterruptedException {
        List<RecordedBroadcast> found =
                matching(recording.await(limit, all -> matching(all).size() >= number));
        if (found.size() != number) {
            throw failure(number + " " + (number == 1 ? "broadcast" : "broadcasts"), found.size());
        }
        return found;
    }

    /** There was no such broadcast until now. Call it after an effect that shows that the tested code is done; it does not wait. */
    public void never() {
        int found = matching(recording.all()).size();
        if (found > 0) {
            throw failure("no broadcast", found);
        }
    }

    private Expectation with(String text, Predicate<RecordedBroadcast> test, String mismatch) {
        List<Property> more = new ArrayList<>(properties);
        more.add(new Property(text, test, mismatch));
        return new Expectation(recording, List.copyOf(more), limit);
    }

    private List<RecordedBroadcast> matching(List<RecordedBroadcast> all) {
        return all.stream().filter(each -> mismatch(each) == null).toList();
    }

    /** Why a broadcast is not meant; null: it is. */
    private @Nullable String mismatch(RecordedBroadcast broadcast) {
        return properties.stream()
                .filter(property -> !property.test.test(broadcast))
                .map(Property::mismatch)
                .findFirst()
                .orElse(null);
    }

    private AssertionError failure(String expected, int found) {
        List<RecordedBroadcast> all = recording.all();
        StringBuilder text = new StringBuilder("expected ").append(expected);
        properties.forEach(property -> text.append(' ').append(property.text));
        text.append(expected.startsWith("no ") ? "" : " within " + limit.toMillis() + " ms")
                .append(", but there ")
                .append(found == 1 ? "was one" : found == 0 ? "was none" : "were " + found)
                .append(all.isEmpty() ? ". Nothing was broadcast." : ". Broadcast were:");
        int first = Math.max(0, all.size() - MAX_LISTED);
        long earlier = first + recording.dropped();
        if (earlier > 0) {
            text.append("\n  … ").append(earlier).append(" earlier ones");
        }
        for (RecordedBroadcast each : all.subList(first, all.size())) {
            text.append("\n  - ").append(each).append(" (");
            text.append(Objects.requireNonNullElse(mismatch(each), "matches")).append(')');
        }
        return new AssertionError(text.toString());
    }

    private static @Nullable JsonNode parse(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            return node == null || node.isMissingNode() ? null : node;
        } catch (JsonProcessingException e) {
            return null;
        }
    }
}
