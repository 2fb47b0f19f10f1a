package dev.carillon.examples.pages;

import dev.carillon.jte.Templates;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A live poll: one vote for each browser, which it may change; everybody sees the bars grow. Its HTML is in the templates of {@code src/main/jte/poll}, which use
 * the public types of this class.
 */
public final class Poll {
    private static final Templates TEMPLATES = Templates.precompiled(Poll.class);

    private Poll() {}

    public enum Choice {
        NONE("No vote"),
        TOWER("The tower bell"),
        BICYCLE("A bicycle bell"),
        DOOR("The doorbell"),
        ALARM("The alarm clock");

        /** Without {@link #NONE}. */
        private static final List<Choice> OFFERED =
                Arrays.stream(values()).skip(1).toList();

        private final String label;

        Choice(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /** The votes for one choice. */
    public record Bar(String label, int votes, int percent) {}

    static void page(Page page) {
        page.title("Poll");
        Signal<Choice> choice = page.input("choice", Choice.NONE); // this tab's: the button that was clicked
        Signal<Choice> mine = page.shared(page.session(), "vote", Choice.NONE); // of all tabs of this browser
        Function<Choice, Signal<Integer>> votes = votes(page); // everybody's
        Action vote = page.action("vote", () -> {
            AtomicReference<Choice> before = new AtomicReference<>(Choice.NONE);
            mine.update(old -> {
                before.set(old);
                return choice.get();
            });
            if (before.get() != choice.get()) {
                votes.apply(before.get()).update(n -> n - 1);
                votes.apply(choice.get()).update(n -> n + 1);
            }
        });

        page.view(
                page.session(),
                "choices",
                TEMPLATES.view(
                        "poll/choices.jte", () -> Map.of("choices", Choice.OFFERED, "mine", mine.get(), "vote", vote)));
        page.view(Scope.route("/poll"), "bars", bars(votes)); // rendered once per node
        page.layout(
                views -> "<main><h1>Which bell is the best?</h1>" + views.view("choices") + views.view("bars")
                        + "<p>Vote in a second browser: it has a vote of its own. A second tab of this one has not.</p></main>");
    }

    /** The number of votes for each choice. */
    static Function<Choice, Signal<Integer>> votes(Page page) {
        Map<Choice, Signal<Integer>> votes = new EnumMap<>(Choice.class);
        for (Choice choice : Choice.values()) {
            votes.put(choice, page.shared(Scope.route("/poll"), "votes-" + choice, 0));
        }
        return choice -> Objects.requireNonNull(votes.get(choice));
    }

    static Supplier<String> bars(Function<Choice, Signal<Integer>> votes) {
        return TEMPLATES.view("poll/bars.jte", () -> {
            int sum = Choice.OFFERED.stream()
                    .mapToInt(choice -> votes.apply(choice).get())
                    .sum();
            return Map.of(
                    "bars",
                    Choice.OFFERED.stream()
                            .map(choice -> bar(choice, votes.apply(choice).get(), sum))
                            .toList());
        });
    }

    private static Bar bar(Choice choice, int votes, int sum) {
        return new Bar(choice.label(), votes, sum == 0 ? 0 : Math.round(100f * votes / sum));
    }
}
