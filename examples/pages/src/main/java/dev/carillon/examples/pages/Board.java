package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A board whose notes everybody can add, move, edit and remove. A button sends the number of its note as an input. */
final class Board {
    private static final List<String> COLUMNS = List.of("Ideas", "In progress", "Done");
    /** With their longest texts these fit into a signal, which has 16 KiB. */
    private static final int MAX_NOTES = 30;

    private static final int MAX_CHARS = 120;

    private static final SignalType<List<Note>> NOTES = Rows.of(
            3,
            note -> List.of(note.id(), note.column(), note.text()),
            fields -> new Note(Integer.parseInt(fields.get(0)), Integer.parseInt(fields.get(1)), fields.get(2)));

    private static final List<Note> FIRST = List.of(
            new Note(1, 0, "Open this board in a second window"),
            new Note(2, 1, "Move this note to the right"),
            new Note(3, 2, "Write a page in Java"));

    private Board() {}

    record Note(int id, int column, String text) {
        Note moved(int by) {
            return new Note(id, Math.clamp(column + by, 0, COLUMNS.size() - 1), text);
        }

        Note rewritten(String newText) {
            return new Note(id, column, newText);
        }
    }

    static void page(Page page) {
        page.title("Board");
        Signal<List<Note>> notes = notes(page);
        Signal<String> text = page.input("text", "", SignalType.text(MAX_CHARS)); // this tab's, as the next two
        Signal<Integer> note = page.input("note", 0); // which one a button means
        Signal<Integer> edited = page.signal("edited", 0); // 0: a new one
        Buttons buttons = new Buttons(
                page.action("left", () -> notes.update(all -> with(all, note.get(), -1))),
                page.action("right", () -> notes.update(all -> with(all, note.get(), 1))),
                page.action(
                        "edit",
                        () -> notes.get().stream()
                                .filter(one -> one.id() == note.get())
                                .forEach(one -> {
                                    edited.set(one.id());
                                    text.set(one.text());
                                })),
                page.action(
                        "remove",
                        () -> notes.update(all -> all.stream()
                                .filter(one -> one.id() != note.get())
                                .toList())));
        Action save = page.action("save", () -> {
            if (!text.get().isBlank()) {
                notes.update(all -> saved(all, edited.get(), text.get()));
            }
            edited.set(0);
            text.set("");
        });

        // The first button of the page is that of the Enter key, so this is above the board.
        page.view("editor", () -> {
            String label = edited.get() == 0 ? "New note" : "Text of the note";
            return "<label class=\"wide\">" + label + " <input autocomplete=\"off\" maxlength=\"" + MAX_CHARS + "\" "
                    + Page.field(text) + "></label>" + save.button(edited.get() == 0 ? "Add" : "Save");
        });
        page.view(page.route(), "board", () -> html(notes.get(), buttons));
        page.layout(
                views -> "<main class=\"broad\"><h1>Board</h1>" + views.view("editor") + views.view("board")
                        + "<p>Two people who move notes at the same time lose nothing: each change is made to the newest board.</p></main>");
    }

    static Signal<List<Note>> notes(Page page) {
        return page.shared(Scope.route("/board"), "notes", FIRST, NOTES);
    }

    private static List<Note> with(List<Note> all, int id, int by) {
        return all.stream().map(note -> note.id() == id ? note.moved(by) : note).toList();
    }

    /** A note that was removed meanwhile is written anew. */
    private static List<Note> saved(List<Note> all, int id, String text) {
        if (all.stream().anyMatch(note -> note.id() == id)) {
            return all.stream()
                    .map(note -> note.id() == id ? note.rewritten(text) : note)
                    .toList();
        }
        int next = all.stream().mapToInt(Note::id).max().orElse(0) + 1;
        return Stream.concat(all.stream(), Stream.of(new Note(next, 0, text)))
                .skip(Math.max(0, all.size() + 1 - MAX_NOTES))
                .toList();
    }

    private record Buttons(Action left, Action right, Action edit, Action remove) {
        String html(Note note) {
            return "<span class=\"tools\">" + button(left, note, "←", "Move left", note.column() == 0)
                    + button(right, note, "→", "Move right", note.column() == COLUMNS.size() - 1)
                    + button(edit, note, "✎", "Edit", false) + button(remove, note, "×", "Remove", false) + "</span>";
        }

        private static String button(Action action, Note note, String sign, String label, boolean disabled) {
            return "<button " + action.attributes() + " name=\"note\" value=\"" + note.id() + "\" aria-label=\"" + label
                    + ": " + Html.escape(note.text()) + "\"" + (disabled ? " disabled" : "") + ">" + sign + "</button>";
        }
    }

    private static String html(List<Note> notes, Buttons buttons) {
        StringBuilder html = new StringBuilder("<div class=\"columns\">");
        for (int i = 0; i < COLUMNS.size(); i++) {
            int column = i;
            html.append("<section><h2>").append(COLUMNS.get(i)).append("</h2><ul>");
            html.append(notes.stream()
                    .filter(note -> note.column() == column)
                    .map(note -> "<li id=\"note-" + note.id() + "\">" + Html.escape(note.text()) + buttons.html(note)
                            + "</li>")
                    .collect(Collectors.joining()));
            html.append("</ul></section>");
        }
        return html.append("</div>").toString();
    }

    /** The board in small, for the list of the examples. */
    static String picture(List<Note> notes) {
        StringBuilder svg = new StringBuilder("<svg class=\"small-board\" viewBox=\"0 0 92 40\" aria-hidden=\"true\">");
        for (int column = 0; column < COLUMNS.size(); column++) {
            int x = 1 + 31 * column;
            svg.append("<rect class=\"column\" x=\"%d\" width=\"28\" height=\"40\" rx=\"2\"/>".formatted(x));
            int at = column;
            long shown = Math.min(
                    6, notes.stream().filter(note -> note.column() == at).count());
            for (int i = 0; i < shown; i++) {
                svg.append("<rect x=\"%d\" y=\"%d\" width=\"24\" height=\"4\" rx=\"1\"/>".formatted(x + 2, 3 + 6 * i));
            }
        }
        return svg.append("</svg>").toString();
    }
}
