package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventApi;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The workload of a run at the Mercure hub. Each user has a topic with private updates. Subscribers select topics by name, by template, or all
 * topics; most tokens grant the private updates of one user, some those of all users, the others none. The topics that each selector matches are
 * listed here, independent of the tested code.
 */
final class HubWorkload implements Workload {
    private static final String SITE = "https://faults.test/";
    private static final String NEWS = SITE + "news";
    private static final String QUIET = SITE + "quiet";
    private static final String FILM = SITE + "films/1";
    private static final int BOOKS = 5;
    /** Prime, so that a subscriber's grant is independent of its link, speed and other selections. */
    static final int USERS = 19;

    @Override
    public EventApi api(int broadcaster) {
        return EventApi.MERCURE;
    }

    @Override
    public List<List<EventSequence>> sequences() {
        List<List<EventSequence>> sequences = new ArrayList<>();
        int number = 0;
        for (int i = 0; i < BROADCASTERS; i++) {
            List<EventSequence> own = new ArrayList<>();
            own.add(new EventSequence(number++, TENANT, List.of(NEWS), false));
            own.add(new EventSequence(number++, TENANT, List.of(book(i)), false));
            own.add(new EventSequence(number++, TENANT, List.of(FILM, book(4)), false));
            own.add(new EventSequence(number++, TENANT, List.of(user(i)), false));
            // Delivered to subscribers of the book with a grant for the user.
            own.add(new EventSequence(number++, TENANT, List.of(book(i), user(i)), true));
            for (int user = i; user < USERS; user += BROADCASTERS) {
                own.add(new EventSequence(number++, TENANT, List.of(user(user)), true));
            }
            if (i == 0) {
                own.add(new EventSequence(number++, OTHER_TENANT, List.of(NEWS), false));
                own.add(new EventSequence(number++, OTHER_TENANT, List.of(user(0)), true));
            }
            sequences.add(own);
        }
        return sequences;
    }

    @Override
    public EventSequence quiet(int number) {
        return new EventSequence(number, TENANT, List.of(QUIET), false);
    }

    /** Selectors, and the topics of the run that they match. */
    private record Selection(List<String> selectors, Set<String> topics) {
        static final Selection ALL = new Selection(List.of("*"), all());
        static final Selection NONE = new Selection(List.of(), Set.of());

        private static Set<String> all() {
            Set<String> topics = new TreeSet<>(List.of(NEWS, QUIET, FILM));
            topics.addAll(books());
            topics.addAll(users());
            return topics;
        }
    }

    /** Topics that a subscriber subscribes to. */
    private static Selection subscribed(int subscriber) {
        if (subscriber % 11 == 5) {
            return Selection.ALL;
        }
        List<String> selectors = new ArrayList<>(List.of(NEWS));
        Set<String> topics = new TreeSet<>(selectors);
        if (subscriber % 4 < 2) {
            selectors.add(SITE + "books/{id}");
            topics.addAll(books());
        } else {
            selectors.add(book(subscriber % BOOKS));
            topics.add(book(subscriber % BOOKS));
        }
        if (subscriber % 2 == 0) {
            // The topics of all users, of which the token grants some.
            selectors.add(SITE + "users/{name}");
            topics.addAll(users());
        } else {
            selectors.add(user(subscriber % USERS));
            topics.add(user(subscriber % USERS));
        }
        if (subscriber % 3 == 0) {
            selectors.add(QUIET);
            topics.add(QUIET);
        }
        return new Selection(selectors, topics);
    }

    /** Topics whose private updates a subscriber's token grants. */
    private static Selection granted(int subscriber) {
        String user = user(subscriber % USERS);
        return switch (subscriber % 7) {
            case 0, 1 -> Selection.NONE;
            case 2 -> new Selection(List.of(SITE + "users/{name}"), users());
            // Must not match u12, although it begins with u1.
            case 3, 4 -> new Selection(List.of(user + "{/part}"), Set.of(user));
            default -> new Selection(List.of(SITE + "else/{x}", user), Set.of(user));
        };
    }

    private static String book(int number) {
        return SITE + "books/" + number;
    }

    private static String user(int number) {
        return SITE + "users/u" + number;
    }

    private static Set<String> books() {
        return new TreeSet<>(
                IntStream.range(0, BOOKS).mapToObj(HubWorkload::book).toList());
    }

    private static Set<String> users() {
        return new TreeSet<>(
                IntStream.range(0, USERS).mapToObj(HubWorkload::user).toList());
    }

    @Override
    public List<Subscriber> subscribers(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Subscriber(
                        Workload.tenant(i), subscribed(i).topics(), granted(i).topics()))
                .toList();
    }

    List<String> selectors(int subscriber) {
        return subscribed(subscriber).selectors();
    }

    List<String> grants(int subscriber) {
        return granted(subscriber).selectors();
    }

    @Override
    public String target(int subscriber) {
        return EventApi.subscription(selectors(subscriber));
    }

    @Override
    public Optional<String> token(FaultCluster cluster, int subscriber) {
        boolean anonymous =
                Workload.tenant(subscriber).equals(TENANT) && grants(subscriber).isEmpty();
        return anonymous
                ? Optional.empty()
                : Optional.of(cluster.hubToken(Workload.tenant(subscriber), List.of(), grants(subscriber)));
    }

    @Override
    public String broadcasterToken(FaultCluster cluster, String tenant) {
        return cluster.hubToken(tenant, List.of("*"), List.of());
    }
}
