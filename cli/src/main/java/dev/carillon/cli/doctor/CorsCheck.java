package dev.carillon.cli.doctor;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Whether pages of another origin may use the cluster: the check {@code cors}. */
final class CorsCheck implements Check {
    private static final String CORS = "cors";
    private static final String ALLOW_ORIGIN = "Access-Control-Allow-Origin";
    private static final String HEADERS = "authorization,content-type";

    @Override
    public List<String> names() {
        return List.of(CORS);
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        found.accept(finding(probe));
    }

    private static Finding finding(Probe probe) throws ProbeException, InterruptedException {
        Target target = probe.target();
        if (target.origin().isEmpty()) {
            return Finding.skip(
                    CORS,
                    "no origin is given",
                    "give --origin https://… of the pages if it is another than that of the cluster");
        }
        String origin = target.origin().get();
        if (origin.equals(target.origin(target.url().getScheme()))) {
            return Finding.ok(CORS, "pages of " + origin + " are of the same origin, and need no permission");
        }
        Answer simple = probe.get("/position?scope=global", Map.of("Origin", origin));
        Optional<Finding> wrong = refusal(origin, simple, "a request");
        if (wrong.isPresent()) {
            return wrong.get();
        }
        Answer preflight = probe.send(
                "OPTIONS",
                "/broadcast",
                Map.of(
                        "Origin",
                        origin,
                        "Access-Control-Request-Method",
                        "POST",
                        "Access-Control-Request-Headers",
                        HEADERS),
                "");
        return refusal(origin, preflight, "a preflight request")
                .or(() -> preflight(preflight))
                .orElseGet(
                        () -> Finding.ok(CORS, "pages of " + origin + " may use the cluster, with cookies and tokens"));
    }

    private static Optional<Finding> refusal(String origin, Answer answer, String what) {
        List<String> allowed = answer.headers().allValues(ALLOW_ORIGIN);
        if (allowed.size() > 1) {
            return Optional.of(Finding.fail(
                    CORS,
                    "the answer to " + what + " has " + ALLOW_ORIGIN + " " + allowed.size()
                            + " times, which browsers refuse",
                    "remove it from the proxy: the nodes send it"));
        }
        if (allowed.isEmpty() || !allowed.getFirst().equals(origin)) {
            return Optional.of(Finding.fail(
                    CORS,
                    "pages of " + origin + " may not read the answer to " + what
                            + (allowed.isEmpty() ? "" : ": " + ALLOW_ORIGIN + " has another value"),
                    "add " + origin + " to cors-origins of every node"));
        }
        return answer.header("Access-Control-Allow-Credentials").equals("true")
                ? Optional.empty()
                : Optional.of(Finding.fail(
                        CORS,
                        "pages of " + origin + " may send no cookies with " + what,
                        "let the proxy pass Access-Control-Allow-Credentials on"));
    }

    private static Optional<Finding> preflight(Answer answer) {
        boolean complete = answer.status() / 100 == 2
                && has(answer, "Access-Control-Allow-Methods", "post")
                && Arrays.stream(HEADERS.split(",", -1))
                        .allMatch(name -> has(answer, "Access-Control-Allow-Headers", name));
        return complete
                ? Optional.empty()
                : Optional.of(Finding.fail(
                        CORS,
                        "a preflight request is answered " + answer.status()
                                + " and does not permit a POST with a token",
                        "let the proxy pass OPTIONS to the nodes"));
    }

    private static boolean has(Answer answer, String header, String name) {
        return Arrays.stream(answer.header(header).toLowerCase(Locale.ROOT).split(",", 100))
                .anyMatch(each -> each.strip().equals(name) || each.strip().equals("*"));
    }
}
