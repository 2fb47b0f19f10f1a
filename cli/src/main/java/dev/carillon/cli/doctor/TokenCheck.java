package dev.carillon.cli.doctor;

import dev.carillon.cli.token.TokenTimes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Whether a node lets the client in: the check {@code token}. */
final class TokenCheck implements Check {
    private static final String TOKEN = "token";
    private static final Duration SOON = Duration.ofMinutes(1);
    /** Of {@code nbf}. */
    private static final Duration TOLERATED = Duration.ofSeconds(60);

    private final HealthCheck health;
    private boolean admitted;

    /** @param health knows the server's clock */
    TokenCheck(HealthCheck health) {
        this.health = health;
    }

    /** Whether streams can be opened. */
    boolean isAdmitted() {
        return admitted;
    }

    @Override
    public List<String> names() {
        return List.of(TOKEN);
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        Answer answer = probe.get("/position?scope=global", Map.of());
        admitted = answer.status() == 200 && answer.json().path("cursor").isTextual();
        Optional<String> token = probe.target().token();
        if (token.isEmpty()) {
            found.accept(
                    admitted
                            ? Finding.ok(TOKEN, "none is given, and anonymous clients are let in")
                            : answer.code().equals("token-missing")
                                    ? Finding.skip(
                                            TOKEN,
                                            "the nodes want a token",
                                            "give one by CARILLON_TOKEN or --token to check streams too")
                                    : unlike(answer));
            return;
        }
        TokenTimes times = TokenTimes.of(token.get());
        Instant now = probe.platform().clock().instant().plus(health.ahead());
        found.accept(judged(times, now, answer));
    }

    private Finding judged(TokenTimes times, Instant now, Answer answer) {
        Optional<Finding> wrong = times(times, now);
        String mistakes = String.join("; ", times.mistakes());
        if (wrong.isPresent() && (admitted || wrong.get().status() == Finding.Status.FAIL)) {
            Finding finding = wrong.get();
            return admitted && finding.status() == Finding.Status.FAIL
                    ? Finding.warn(
                            TOKEN,
                            "accepted, although by the server's header Date " + finding.message(),
                            finding.advice())
                    : finding;
        }
        if (!admitted) {
            Finding other = unlike(answer);
            return mistakes.isEmpty() ? other : new Finding(TOKEN, other.status(), other.message(), mistakes);
        }
        return mistakes.isEmpty()
                ? Finding.ok(
                        TOKEN,
                        "accepted"
                                + times.expires()
                                        .map(end -> ", expires in "
                                                + Duration.between(now, end).toMinutes() + " minutes")
                                        .orElse("; it is no JWT, so the application decides about it"))
                : Finding.warn(TOKEN, "accepted, but " + mistakes, "./carillon token --check explains it");
    }

    /** What is wrong with the times by the clock of the server. */
    private static Optional<Finding> times(TokenTimes times, Instant now) {
        Optional<Finding> end = times.expires().flatMap(at -> {
            Duration left = Duration.between(now, at);
            if (left.isNegative() || left.isZero()) {
                return Optional.of(Finding.fail(
                        TOKEN,
                        "it has expired " + left.abs().toSeconds() + " s ago, at " + at,
                        "get a new token; a page renews it before (carillon.js: the callback token)"));
            }
            return left.compareTo(SOON) < 0
                    ? Optional.of(Finding.warn(
                            TOKEN,
                            "it expires in " + left.toSeconds() + " s",
                            "let tokens last some minutes at least: a stream ends with its token"))
                    : Optional.empty();
        });
        return end.or(() -> times.notBefore()
                .filter(begin -> begin.isAfter(now.plus(TOLERATED)))
                .map(begin -> Finding.fail(
                        TOKEN,
                        "it is not valid before " + begin + ", in "
                                + Duration.between(now, begin).toSeconds() + " s",
                        "set nbf to the time of its making, and synchronise the clocks")));
    }

    /** What an answer says that does not let the client in. */
    private static Finding unlike(Answer answer) {
        return switch (answer.status()) {
            case 401, 403 -> refused(answer);
            case 429 ->
                Finding.skip(
                        TOKEN,
                        "/position is answered " + answer.said(),
                        "a limit of this address is reached: run it again later, and see docs/limits.md");
            default ->
                Finding.fail(
                        TOKEN,
                        "/position is answered " + answer.said()
                                + (answer.status() == 200 ? ", which is not Carillon's answer" : "")
                                + ": whether the client is let in is not known",
                        answer.code().isEmpty()
                                ? "check that the proxy passes /position to the nodes"
                                : "see the errors in docs/application.md");
        };
    }

    private static Finding refused(Answer answer) {
        return Finding.fail(
                TOKEN,
                "refused: " + answer.said(),
                switch (answer.code()) {
                    case "token-invalid" -> "./carillon token --check with the key of the nodes explains it";
                    case "token-expired" -> "get a new token";
                    case "token-revoked" -> "have the user sign in again";
                    case "" -> "check that the proxy passes /position to the nodes";
                    default -> "see the errors in docs/application.md";
                });
    }
}
