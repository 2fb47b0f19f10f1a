package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A spreadsheet that everybody edits. Each cell is a block, so a change sends only the cells that show something else. */
final class Sheet {
    private static final String COLUMNS = "ABCDE";
    private static final String ROWS = "12345678";
    private static final int MAX_CHARS = 60;

    private static final SignalType<List<Cell>> LINES =
            Rows.of(2, cell -> List.of(cell.name(), cell.content()), fields -> new Cell(fields.get(0), fields.get(1)));
    private static final SignalType<Map<String, String>> CELLS =
            SignalType.of("must be cells", cells -> LINES.write(list(cells)), text -> map(LINES.read(text)));

    private static final List<Cell> FIRST = List.of(
            new Cell("A1", "Bells"),
            new Cell("B1", "Number"),
            new Cell("C1", "Price"),
            new Cell("D1", "Sum"),
            new Cell("A2", "Large"),
            new Cell("B2", "2"),
            new Cell("C2", "1200"),
            new Cell("D2", "=B2*C2"),
            new Cell("A3", "Small"),
            new Cell("B3", "21"),
            new Cell("C3", "90"),
            new Cell("D3", "=B3*C3"),
            new Cell("A4", "Together"),
            new Cell("B4", "=SUM(B2:B3)"),
            new Cell("D4", "=SUM(D2:D3)"));

    private Sheet() {}

    private record Cell(String name, String content) {}

    static boolean isCell(String name) {
        return name.length() == 2 && COLUMNS.indexOf(name.charAt(0)) >= 0 && ROWS.indexOf(name.charAt(1)) >= 0;
    }

    static void page(Page page) {
        page.title("Spreadsheet");
        Signal<Map<String, String>> cells = cells(page);
        Signal<String> chosen = page.input("cell", "A1", SignalType.text(2)); // this tab's, as the next one
        Signal<String> content = page.input("content", "Bells", SignalType.text(MAX_CHARS));
        Action choose = page.action("choose", () -> {
            String name = isCell(chosen.get()) ? chosen.get() : "A1";
            chosen.set(name);
            content.set(cells.get().getOrDefault(name, ""));
        });
        Action save = page.action("save", () -> {
            if (isCell(chosen.get())) {
                cells.update(all -> with(all, chosen.get(), content.get()));
            }
        });

        page.view(
                "edit",
                () -> "<label class=\"wide\">Cell " + chosen.text() + " <input autocomplete=\"off\" maxlength=\""
                        + MAX_CHARS + "\" " + Page.field(content) + "></label>" + save.button("Save"));
        page.view(page.route(), "sheet", () -> html(page, cells.get(), choose));
        page.layout(
                views -> "<main class=\"broad\"><h1>Spreadsheet</h1>" + views.view("edit") + views.view("sheet")
                        + "<p>Choose a cell, type a number, a text or a formula such as <code>=B2*C2</code> or <code>=SUM(B2:B3)</code>. Everybody edits the same sheet.</p></main>");
    }

    static Signal<Map<String, String>> cells(Page page) {
        return page.shared(Scope.route("/sheet"), "cells", map(FIRST), CELLS);
    }

    private static Map<String, String> map(List<Cell> cells) {
        return cells.stream()
                .collect(Collectors.toMap(Cell::name, Cell::content, (first, second) -> second, TreeMap::new));
    }

    private static List<Cell> list(Map<String, String> cells) {
        return cells.entrySet().stream()
                .map(cell -> new Cell(cell.getKey(), cell.getValue()))
                .toList();
    }

    private static Map<String, String> with(Map<String, String> all, String name, String content) {
        Map<String, String> next = new TreeMap<>(all);
        if (content.isBlank()) {
            next.remove(name);
        } else {
            next.put(name, content);
        }
        return next;
    }

    private static String html(Page page, Map<String, String> cells, Action choose) {
        String head = COLUMNS.chars()
                .mapToObj(column -> "<th scope=\"col\">" + (char) column + "</th>")
                .collect(Collectors.joining());
        String rows = ROWS.chars()
                .mapToObj(row -> "<tr><th scope=\"row\">" + (char) row + "</th>"
                        + COLUMNS.chars()
                                .mapToObj(column ->
                                        "<td>" + cell(page, cells, "" + (char) column + (char) row, choose) + "</td>")
                                .collect(Collectors.joining())
                        + "</tr>")
                .collect(Collectors.joining());
        return "<div class=\"sheet\" tabindex=\"0\" role=\"region\" aria-label=\"Cells\"><table><thead><tr><td></td>"
                + head + "</tr></thead><tbody>" + rows + "</tbody></table></div>";
    }

    private static String cell(Page page, Map<String, String> cells, String name, Action choose) {
        return page.block(name, () -> {
            String value = Formula.value(cells, name);
            return "<button " + choose.attributes() + " name=\"cell\" value=\"" + name + "\" aria-label=\"" + name
                    + ": " + Html.escape(value) + "\">" + Html.escape(value) + "</button>";
        });
    }
}
