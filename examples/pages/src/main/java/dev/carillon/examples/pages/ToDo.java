package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A to-do list: all tabs of a browser share the list, each tab has its own filter. */
final class ToDo {
    /** With their longest texts these fit into a signal, which has 16 KiB. */
    private static final int MAX_TASKS = 40;

    private static final int MAX_CHARS = 100;

    private static final SignalType<List<Task>> TASKS = Rows.of(
            3,
            task -> List.of(task.id(), task.done(), task.text()),
            fields -> new Task(Integer.parseInt(fields.get(0)), Boolean.parseBoolean(fields.get(1)), fields.get(2)));

    private ToDo() {}

    enum Filter {
        ALL("All"),
        OPEN("Open"),
        DONE("Done");

        private final String label;

        Filter(String label) {
            this.label = label;
        }

        boolean shows(Task task) {
            return this == ALL || task.done() == (this == DONE);
        }
    }

    record Task(int id, boolean done, String text) {
        Task toggled() {
            return new Task(id, !done, text);
        }
    }

    static void page(Page page) {
        page.title("To-do list");
        Signal<List<Task>> tasks = tasks(page); // of all tabs of this browser
        Signal<String> text = page.input("text", "", SignalType.text(MAX_CHARS)); // this tab's, as the next two
        Signal<Integer> task = page.input("task", 0); // which one a button means
        Signal<Filter> filter = page.input("filter", Filter.ALL);
        Action add = page.action("add", () -> {
            if (!text.get().isBlank()) {
                tasks.update(all -> added(all, text.get()));
            }
            text.set("");
        });
        Action toggle = page.action(
                "toggle",
                () -> tasks.update(all -> all.stream()
                        .map(one -> one.id() == task.get() ? one.toggled() : one)
                        .toList()));
        Action show = page.action("show", () -> {});
        Action clear = page.action(
                "clear",
                () -> tasks.update(
                        all -> all.stream().filter(one -> !one.done()).toList()));

        page.view(
                "add",
                () -> "<label class=\"wide\">New task <input autocomplete=\"off\" maxlength=\"" + MAX_CHARS + "\" "
                        + Page.field(text) + "></label>" + add.button("Add"));
        page.view(
                "tasks",
                () -> tasks.get().stream()
                        .filter(filter.get()::shows)
                        .map(one -> "<li><button " + toggle.attributes() + " name=\"task\" value=\"" + one.id()
                                + "\" role=\"checkbox\" aria-checked=\"" + one.done() + "\">" + Html.escape(one.text())
                                + "</button></li>")
                        .collect(Collectors.joining("", "<ul class=\"tasks\">", "</ul>")));
        page.view("filters", () -> {
            String filters = Arrays.stream(Filter.values())
                    .map(one -> "<button " + show.attributes() + " name=\"filter\" value=\"" + one
                            + "\" aria-pressed=\"" + (one == filter.get()) + "\">" + one.label + "</button>")
                    .collect(Collectors.joining());
            return "<p role=\"status\">" + summary(tasks.get()) + "</p>" + filters + clear.button("Remove done");
        });
        page.layout(
                views -> "<main><h1>To-do list</h1>" + views.view("add") + views.view("tasks") + views.view("filters")
                        + "<p>A second tab of this browser shows the same list, with a filter of its own. Another browser has another list.</p></main>");
    }

    static Signal<List<Task>> tasks(Page page) {
        return page.shared(page.session(), "tasks", List.of(), TASKS);
    }

    static String summary(List<Task> tasks) {
        long open = tasks.stream().filter(task -> !task.done()).count();
        return tasks.isEmpty() ? "Nothing to do" : open + " of " + tasks.size() + " open";
    }

    private static List<Task> added(List<Task> all, String text) {
        int next = all.stream().mapToInt(Task::id).max().orElse(0) + 1;
        return Stream.concat(all.stream(), Stream.of(new Task(next, false, text)))
                .skip(Math.max(0, all.size() + 1 - MAX_TASKS))
                .toList();
    }
}
