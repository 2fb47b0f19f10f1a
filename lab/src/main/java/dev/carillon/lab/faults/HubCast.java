package dev.carillon.lab.faults;

import dev.carillon.lab.account.Face;
import dev.carillon.lab.account.Lane;
import dev.carillon.lab.account.Subscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Who takes part in a run at the hub. Each user has a topic with private updates. Subscribers ask for topics by name, by template, or for
 * everything; a token lets most of them have the private updates of one user, a few those of all, and the others have none. What each of
 * these selectors stands for is written down here, and not asked of the code that is tested.
 */
final class HubCast implements FaultCast {
    private static final String SITE = "https://faults.test/";
    private static final String NEWS = SITE + "news";
    private static final String QUIET = SITE + "quiet";
    private static final String FILM = SITE + "films/1";
    private static final int BOOKS = 5;
    /** A prime number: how a subscriber comes and reads does not depend on whose updates it may have. */
    static final int USERS = 19;

    @Override
    public List<List<Lane>> lanes() {
        List<List<Lane>> lanes = new ArrayList<>();
        int number = 0;
        for (int i = 0; i < BROADCASTERS; i++) {
            List<Lane> of = new ArrayList<>();
            of.add(new Lane(number++, TENANT, List.of(NEWS), false));
            of.add(new Lane(number++, TENANT, List.of(book(i)), false));
            of.add(new Lane(number++, TENANT, List.of(FILM, book(4)), false));
            of.add(new Lane(number++, TENANT, List.of(user(i)), false));
            // Who asks for the book, and may have what is the user's, is to have it.
            of.add(new Lane(number++, TENANT, List.of(book(i), user(i)), true));
            for (int user = i; user < USERS; user += BROADCASTERS) {
                of.add(new Lane(number++, TENANT, List.of(user(user)), true));
            }
            if (i == 0) {
                of.add(new Lane(number++, OTHER_TENANT, List.of(NEWS), false));
                of.add(new Lane(number++, OTHER_TENANT, List.of(user(0)), true));
            }
            lanes.add(of);
        }
        return lanes;
    }

    @Override
    public Lane quiet(int number) {
        return new Lane(number, TENANT, List.of(QUIET), false);
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

    /** What a subscriber asks for. */
    private static Selection asked(int subscriber) {
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
            // Those of everybody, of which a token lets it have some.
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

    /** Whose private updates its token lets it have. */
    private static Selection granted(int subscriber) {
        String own = user(subscriber % USERS);
        return switch (subscriber % 7) {
            case 0, 1 -> Selection.NONE;
            case 2 -> new Selection(List.of(SITE + "users/{name}"), users());
            // Not those of u12, though they begin as those of u1 do.
            case 3, 4 -> new Selection(List.of(own + "{/part}"), Set.of(own));
            default -> new Selection(List.of(SITE + "else/{x}", own), Set.of(own));
        };
    }

    private static String book(int number) {
        return SITE + "books/" + number;
    }

    private static String user(int number) {
        return SITE + "users/u" + number;
    }

    private static Set<String> books() {
        return new TreeSet<>(IntStream.range(0, BOOKS).mapToObj(HubCast::book).toList());
    }

    private static Set<String> users() {
        return new TreeSet<>(IntStream.range(0, USERS).mapToObj(HubCast::user).toList());
    }

    @Override
    public List<Subscriber> subscribers(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Subscriber(
                        FaultCast.tenant(i), asked(i).topics(), granted(i).topics()))
                .toList();
    }

    List<String> selectors(int subscriber) {
        return asked(subscriber).selectors();
    }

    List<String> grants(int subscriber) {
        return granted(subscriber).selectors();
    }

    @Override
    public String target(int subscriber) {
        return Face.subscription(selectors(subscriber));
    }

    @Override
    public Optional<String> token(FaultCluster cluster, int subscriber) {
        boolean anonymous = FaultCast.tenant(subscriber).equals(TENANT)
                && grants(subscriber).isEmpty();
        return anonymous
                ? Optional.empty()
                : Optional.of(cluster.hubToken(FaultCast.tenant(subscriber), List.of(), grants(subscriber)));
    }

    @Override
    public String broadcasterToken(FaultCluster cluster, String tenant) {
        return cluster.hubToken(tenant, List.of("*"), List.of());
    }
}
