package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A live poll: one vote for each browser, which it may change; everybody sees the bars grow. */
final class Poll {
    private Poll() {}

    enum Choice {
        NONE("No vote"),
        TOWER("The tower bell"),
        BICYCLE("A bicycle bell"),
        DOOR("The doorbell"),
        ALARM("The alarm clock");

        private final String label;

        Choice(String label) {
            this.label = label;
        }
    }

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
                () -> Arrays.stream(Choice.values())
                        .skip(1)
                        .map(one -> "<button " + vote.attributes() + " name=\"choice\" value=\"" + one
                                + "\" aria-pressed=\"" + (mine.get() == one) + "\">" + one.label + "</button>")
                        .collect(Collectors.joining()));
        page.view(Scope.route("/poll"), "bars", () -> bars(votes)); // rendered once per node
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

    static String bars(Function<Choice, Signal<Integer>> votes) {
        int sum = Arrays.stream(Choice.values())
                .skip(1)
                .mapToInt(choice -> votes.apply(choice).get())
                .sum();
        return Arrays.stream(Choice.values())
                .skip(1)
                .map(choice -> bar(choice, votes.apply(choice).get(), sum))
                .collect(Collectors.joining("", "<ul class=\"bars\">", "</ul>"));
    }

    private static String bar(Choice choice, int votes, int sum) {
        int percent = sum == 0 ? 0 : Math.round(100f * votes / sum);
        return "<li><span>" + choice.label + "</span><b>" + votes + "</b><svg aria-hidden=\"true\"><rect width=\""
                + percent + "%\" height=\"100%\" rx=\"4\"/></svg></li>";
    }
}
