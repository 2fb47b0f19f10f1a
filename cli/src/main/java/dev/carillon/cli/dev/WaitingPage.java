package dev.carillon.cli.dev;

import dev.carillon.extension.Development;
import dev.carillon.extension.Development.Problem;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Response;
import dev.carillon.page.Html;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Answers every page with the problems of the first build, until one succeeds; browsers ask again every second. */
final class WaitingPage implements Extension {
    @Override
    public AutoCloseable start(ExtensionContext node) {
        node.get("/", request -> answer(node));
        node.notFound("", request -> answer(node));
        return () -> {};
    }

    private static Response answer(ExtensionContext node) {
        List<Problem> problems = node.development().map(Development::problems).orElse(List.of());
        String list = problems.stream()
                .map(problem -> "<li><b>" + Html.escape(place(problem)) + "</b><pre>" + Html.escape(problem.message())
                        + "\n" + Html.escape(problem.source()) + "</pre></li>")
                .collect(Collectors.joining());
        String page = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Not built</title>"
                + "<meta http-equiv=\"refresh\" content=\"1\"></head><body><main><h1>The application is not built</h1><ul>"
                + list + "</ul></main></body></html>";
        return Response.of(500, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8))
                .header("Cache-Control", "no-store")
                .header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }

    static String place(Problem problem) {
        return problem.file() + (problem.line() == 0 ? "" : ":" + problem.line());
    }
}
