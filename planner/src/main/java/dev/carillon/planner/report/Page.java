package dev.carillon.planner.report;

import java.util.ArrayList;
import java.util.List;

/** A self-contained HTML page without scripts or external resources, for light and dark, wide and narrow screens. */
final class Page {
    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1c1917; --paper: #fff; --dim: #d6d3d1; --soft: #f5f5f4;
              --c0: #2563eb; --c1: #c2410c; --c2: #6d28d9; }
            @media (prefers-color-scheme: dark) { :root { --ink: #e7e5e4; --paper: #1c1917; --dim: #44403c; --soft: #292524;
              --c0: #60a5fa; --c1: #fb923c; --c2: #c4b5fd; } }
            * { box-sizing: border-box; }
            body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
              max-width: 1000px; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
            h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 1rem 0; }
            dt { font-weight: 600; } dd { margin: 0; }
            dl.first { background: var(--soft); padding: 1rem; border-radius: .5rem; }
            .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 1rem; }
            svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: var(--ink); }
            .title { font-size: 14px; font-weight: 600; } .grid { stroke: var(--dim); }
            .line0, .line1, .line2 { fill: none; stroke-width: 2; }
            .line0 { stroke: var(--c0); } .line1 { stroke: var(--c1); } .line2 { stroke: var(--c2); }
            pre { background: var(--soft); padding: 1rem; border-radius: .5rem; overflow-x: auto; font-size: 13px; overflow-wrap: normal; }
            @media (max-width: 520px) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
            """;

    private final List<String> html = new ArrayList<>();

    Page(String title) {
        html.add("<!DOCTYPE html>\n<html lang='en'>\n<meta charset='utf-8'>");
        html.add("<meta name='viewport' content='width=device-width, initial-scale=1'>");
        html.add("<title>Carillon: " + Chart.escaped(title) + "</title>\n<style>\n" + STYLE + "</style>");
        html.add("<h1>" + Chart.escaped(title) + "</h1>");
    }

    Page heading(String text) {
        html.add("<h2>" + Chart.escaped(text) + "</h2>");
        return this;
    }

    Page paragraph(String text) {
        html.add("<p>" + Chart.escaped(text) + "</p>");
        return this;
    }

    Page facts(List<PlanText.Line> lines, boolean first) {
        html.add(first ? "<dl class='first'>" : "<dl>");
        lines.forEach(line ->
                html.add("<dt>" + Chart.escaped(line.name()) + "</dt><dd>" + Chart.escaped(line.text()) + "</dd>"));
        html.add("</dl>");
        return this;
    }

    Page charts(List<Chart> charts) {
        html.add("<div class='plots'>");
        charts.forEach(chart -> html.add("<div>" + chart.svg() + "</div>"));
        html.add("</div>");
        return this;
    }

    Page preformatted(String text) {
        html.add("<pre>" + Chart.escaped(text) + "</pre>");
        return this;
    }

    String html() {
        return String.join("\n", html) + "\n</html>\n";
    }
}
