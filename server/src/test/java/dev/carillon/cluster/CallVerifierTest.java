package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.secret.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallVerifierTest {
    private static final String SECRET = "a secret of the tests";
    private static final CallSigner.NodeIdentity CALLER = new CallSigner.NodeIdentity("n1", 11);
    private static final CallSigner.NodeIdentity SELF = new CallSigner.NodeIdentity("n2", 22);
    private static final byte[] BODY = Text.utf8("{}");
    private static final String PATH = "/_cluster/control";
    private static final int MAX_NONCES = 3;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private Instant callers = Instant.ofEpochSecond(1_000_000);
    private Instant here = callers;
    private Duration setBack = Duration.ZERO;
    private final CallVerifier verifier = verifier(SECRET);
    private final CallSigner signer = signer(SECRET);

    private CallVerifier verifier(String... secrets) {
        return new CallVerifier(
                new Secrets(List.of(secrets)),
                SELF,
                () -> here.minus(setBack),
                () -> Duration.ofMillis(here.toEpochMilli()).toNanos(),
                metrics,
                MAX_NONCES);
    }

    private CallSigner signer(String... secrets) {
        return new CallSigner(new Secrets(List.of(secrets)), CALLER, () -> callers, new SecureRandom());
    }

    private String signed() {
        return signer.sign(SELF, "POST", PATH, BODY);
    }

    private CallVerifier.Accepted accept(String header) {
        return verifier.accept("POST", PATH, List.of(header));
    }

    private void assertRefused(ErrorCode code, String reason, Runnable call) {
        CarillonException refused = catchThrowableOfType(CarillonException.class, call::run);
        assertThat(refused.code()).isEqualTo(code);
        assertThat(metrics.counter("carillon.cluster.calls.refused", "reason", reason)
                        .count())
                .isEqualTo(1);
    }

    @Test
    void call_is_accepted_once() {
        String header = signed();

        CallVerifier.Accepted call = accept(header);

        assertThat(call.caller()).isEqualTo("n1");
        assertThatCode(() -> call.verifyBody(BODY)).doesNotThrowAnyException();
        assertRefused(ErrorCode.CALL_REFUSED, "replayed", () -> accept(header));
    }

    @Test
    void two_calls_with_equal_content_are_both_accepted() {
        accept(signed());

        assertThatCode(() -> accept(signed())).doesNotThrowAnyException();
    }

    @Test
    void different_body_is_refused() {
        CallVerifier.Accepted call = accept(signed());

        assertRefused(ErrorCode.CALL_REFUSED, "body", () -> call.verifyBody(Text.utf8("{ }")));
    }

    @Test
    void different_method_or_path_is_refused() {
        String header = signed();

        assertRefused(ErrorCode.CALL_REFUSED, "signature", () -> verifier.accept("PUT", PATH, List.of(header)));
        assertThat(catchThrowableOfType(
                                CarillonException.class, () -> verifier.accept("POST", PATH + "?a", List.of(header)))
                        .code())
                .isEqualTo(ErrorCode.CALL_REFUSED);
    }

    /** Each field separately: the signature covers every one of them. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void changed_field_is_refused(int field) {
        String[] fields = signed().split(" ");
        char first = fields[field].charAt(0);
        fields[field] = (first == '1' ? '2' : '1') + fields[field].substring(1);

        assertRefused(ErrorCode.CALL_REFUSED, "signature", () -> accept(String.join(" ", fields)));
    }

    @Test
    void call_for_another_node_is_refused() {
        String header = signer.sign(new CallSigner.NodeIdentity("n3", SELF.generation()), "POST", PATH, BODY);

        assertRefused(ErrorCode.WRONG_NODE, "wrong-node", () -> accept(header));
    }

    @Test
    void call_for_another_generation_of_this_node_is_refused() {
        String header = signer.sign(new CallSigner.NodeIdentity(SELF.id(), SELF.generation() - 1), "POST", PATH, BODY);

        assertRefused(ErrorCode.WRONG_NODE, "wrong-generation", () -> accept(header));
    }

    @ParameterizedTest
    @ValueSource(longs = {-30_000, 30_000})
    void call_at_the_edge_of_the_window_is_accepted(long millis) {
        callers = here.plusMillis(millis);

        assertThatCode(() -> accept(signed())).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(longs = {-30_001, 30_001})
    void call_outside_of_the_window_is_refused(long millis) {
        callers = here.plusMillis(millis);

        assertRefused(ErrorCode.CALL_REFUSED, "stale", () -> accept(signed()));
    }

    @Test
    void call_ahead_of_time_is_remembered_while_it_is_in_the_window() {
        callers = here.plusSeconds(30);
        String header = signed();
        accept(header);
        here = here.plusSeconds(60);

        assertRefused(ErrorCode.CALL_REFUSED, "replayed", () -> accept(header));
    }

    @Test
    void forgotten_call_is_not_accepted_again_when_the_clock_is_set_back() {
        String forgotten = signed();
        accept(forgotten);
        callers = callers.plusSeconds(62);
        here = callers;
        accept(signed());
        // Set by hand: the monotonic clock continues.
        setBack = Duration.ofSeconds(62);

        assertRefused(ErrorCode.CALL_REFUSED, "stale", () -> accept(forgotten));

        callers = callers.minusSeconds(61);
        assertThatCode(() -> accept(signed())).doesNotThrowAnyException();
    }

    @Test
    void full_nonce_store_refuses_new_calls_and_forgets_none() {
        String first = signed();
        accept(first);
        accept(signed());
        accept(signed());

        assertRefused(ErrorCode.OVERLOADED, "overloaded", () -> accept(signed()));
        assertRefused(ErrorCode.CALL_REFUSED, "replayed", () -> accept(first));
        here = here.plusSeconds(62);
        callers = here;
        assertThatCode(() -> accept(signed())).doesNotThrowAnyException();
    }

    @Test
    void call_without_a_signature_is_refused() {
        assertRefused(ErrorCode.CALL_REFUSED, "unsigned", () -> verifier.accept("POST", PATH, List.of()));
    }

    @Test
    void repeated_headers_other_versions_and_other_forms_are_refused() {
        List<List<String>> bad = List.of(
                List.of(signed(), signed()),
                List.of(signed().replaceFirst("1", "2")),
                List.of(signed() + " "),
                List.of(signed() + "\n"),
                List.of(""));

        bad.forEach(headers -> assertThat(
                        catchThrowableOfType(CarillonException.class, () -> verifier.accept("POST", PATH, headers))
                                .code())
                .isEqualTo(ErrorCode.CALL_REFUSED));
        assertThat(metrics.counter("carillon.cluster.calls.refused", "reason", "malformed")
                        .count())
                .isEqualTo(bad.size());
    }

    @Test
    void first_secret_signs_and_all_verify() {
        CallVerifier replacing = verifier("the next secret of the tests", SECRET);

        assertThatCode(() -> replacing.accept("POST", PATH, List.of(signed()))).doesNotThrowAnyException();
        String next = signer("the next secret of the tests", SECRET).sign(SELF, "POST", PATH, BODY);
        assertRefused(ErrorCode.CALL_REFUSED, "signature", () -> accept(next));
    }

    @Test
    void signature_of_another_purpose_is_refused() {
        CallHeader header = CallHeader.parse(signed()).orElseThrow().header();
        String cookies = new Secrets(List.of(SECRET)).sign("session", header.signed("POST", PATH));

        assertRefused(ErrorCode.CALL_REFUSED, "signature", () -> accept(header.text(cookies)));
    }

    @Test
    void node_without_a_secret_says_so() {
        CallVerifier alone =
                new CallVerifier(Secrets.random(new SecureRandom()), SELF, () -> here, System::nanoTime, metrics);

        assertThat(catchThrowableOfType(CarillonException.class, () -> alone.accept("POST", PATH, List.of(signed()))))
                .hasMessageContaining("started without a secret")
                .hasMessageContaining("set secret");
    }
}
