package dev.carillon.authorizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.AuthorizerUnavailableException;
import dev.carillon.auth.Grants;
import dev.carillon.auth.Lease;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LeasingAuthorizerTest {
    private static final Scope A = Scope.topic("a");

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger questions = new AtomicInteger();
    private final AtomicInteger withdrawals = new AtomicInteger();
    private final AtomicBoolean room = new AtomicBoolean(true);
    private @Nullable CompletionStage<Grants> answer = CompletableFuture.completedFuture(user("ann"));
    private CompletionStage<Set<Scope>> readable = CompletableFuture.completedFuture(Set.of(A));
    private final AtomicInteger reads = new AtomicInteger();

    private final LeasingAuthorizer authorizer = new LeasingAuthorizer(
            new Authorizer() {
                @Override
                @SuppressWarnings("NullAway") // An application's code may return anything.
                public CompletionStage<Grants> authorize(@Nullable String token) {
                    questions.incrementAndGet();
                    return answer;
                }

                @Override
                public CompletionStage<Set<Scope>> mayRead(Grants client, Set<Scope> scopes) {
                    reads.incrementAndGet();
                    return readable;
                }

                @Override
                public CompletionStage<Grants> recheck(String token, Grants before) {
                    return authorize(token);
                }
            },
            new AuthorizerConfig(null, Duration.ofSeconds(60), true, Duration.ofSeconds(600)),
            room::get,
            grants -> grants,
            withdrawals::incrementAndGet,
            Platform.system().nanoTime(nanos::get));

    private static Grants user(String name) {
        return new Grants(Tenant.DEFAULT, name, List.of(), List.of(), null);
    }

    private Lease open(String token) {
        return Objects.requireNonNull(
                authorizer.authorize(token).toCompletableFuture().join().lease());
    }

    private static <T> CompletableFuture<T> unavailableAnswer() {
        return CompletableFuture.failedFuture(new AuthorizerUnavailableException("down"));
    }

    private void pass(int seconds) {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    }

    private void unavailable() {
        answer = unavailableAnswer();
    }

    @Test
    void answers_about_a_bounded_number_of_tokens_are_kept() {
        for (int i = 0; i < LeasingAuthorizer.MAX_TOKENS + 500; i++) {
            authorizer.authorize("token " + i);
        }
        assertThat(authorizer.size()).isEqualTo(LeasingAuthorizer.MAX_TOKENS);
        assertThat(authorizer.invalidate(new Invalidation.All())).isEqualTo(LeasingAuthorizer.MAX_TOKENS);
    }

    @Test
    void an_answer_that_was_on_its_way_at_an_invalidation_is_asked_for_again() {
        CompletableFuture<Grants> late = new CompletableFuture<>();
        answer = late;
        CompletionStage<Grants> waiting = authorizer.authorize("a");
        authorizer.invalidate(new Invalidation.OfUser(Tenant.DEFAULT, "ann"));
        late.complete(user("ann"));
        answer = CompletableFuture.completedFuture(user("ann"));

        Lease lease =
                Objects.requireNonNull(waiting.toCompletableFuture().join().lease());
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);

        assertThat(questions).hasValue(2);
        assertThat(lease.round()).isEqualTo(2);
    }

    @Test
    void an_invalidation_ends_the_pause_after_a_question_that_was_not_answered() {
        Lease lease = open("a");
        unavailable();
        pass(60);
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        assertThat(questions).hasValue(2);

        authorizer.invalidate(new Invalidation.All());

        assertThat(lease.check()).isEqualTo(Lease.State.UNAVAILABLE);
        assertThat(questions).hasValue(3);
    }

    @Test
    void a_decision_about_a_scope_from_before_an_invalidation_does_not_replace_an_unavailable_authorizer() {
        Lease lease = open("a");
        assertThat(lease.mayRead(Set.of(A)).toCompletableFuture()).isCompletedWithValue(Set.of(A));
        readable = unavailableAnswer();
        pass(61);
        assertThat(lease.mayRead(Set.of(A)).toCompletableFuture())
                .as("only too old")
                .isCompletedWithValue(Set.of(A));

        authorizer.invalidate(new Invalidation.All());
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        assertThat(lease.round()).as("the token was asked about again").isEqualTo(2);

        assertThat(lease.mayRead(Set.of(A)).toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void the_decision_of_the_later_question_about_a_scope_is_kept() {
        Lease lease = open("a");
        CompletableFuture<Set<Scope>> slow = new CompletableFuture<>();
        readable = slow;
        CompletionStage<Set<Scope>> first = lease.mayRead(Set.of(A, Scope.topic("b")));
        pass(1);
        readable = CompletableFuture.completedFuture(Set.of());
        assertThat(lease.mayRead(Set.of(A)).toCompletableFuture()).isCompletedWithValue(Set.of());

        slow.complete(Set.of(A));

        assertThat(first.toCompletableFuture()).isCompletedWithValue(Set.of(A));
        assertThat(lease.mayRead(Set.of(A)).toCompletableFuture()).isCompletedWithValue(Set.of());
    }

    @Test
    void questions_about_the_same_scopes_at_the_same_time_cost_one() {
        Lease lease = open("a");
        CompletableFuture<Set<Scope>> slow = new CompletableFuture<>();
        readable = slow;
        CompletionStage<Set<Scope>> one = lease.mayRead(Set.of(A));
        CompletionStage<Set<Scope>> two = lease.mayRead(Set.of(A));
        assertThat(reads).hasValue(1);
        authorizer.invalidate(new Invalidation.All());
        CompletionStage<Set<Scope>> later = lease.mayRead(Set.of(A));
        assertThat(reads).as("an invalidation needs another answer").hasValue(2);

        slow.complete(Set.of(A));

        assertThat(List.of(one, two, later))
                .allSatisfy(stage -> assertThat(stage.toCompletableFuture()).isCompletedWithValue(Set.of(A)));
    }

    @Test
    void an_invalid_answer_is_asked_about_within_two_seconds_although_there_is_no_room() {
        Lease lease = open("a");
        room.set(false);
        pass(60);
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        pass(60);
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        assertThat(questions).as("an old answer leaves the room to others").hasValue(1);

        authorizer.invalidate(new Invalidation.All());
        unavailable();
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        assertThat(questions).hasValue(1);
        pass(1);

        assertThat(lease.check()).isEqualTo(Lease.State.UNAVAILABLE);
        assertThat(questions).hasValue(2);
    }

    @Test
    void a_refusal_of_an_earlier_question_does_not_end_a_later_answer() {
        Lease lease = open("a");
        CompletableFuture<Grants> slow = new CompletableFuture<>();
        answer = slow;
        pass(60);
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        pass(1);
        answer = CompletableFuture.completedFuture(user("ann"));
        assertThat(open("a")).isSameAs(lease);

        slow.completeExceptionally(new RefusedException(ErrorCode.TOKEN_INVALID, "no"));

        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        assertThat(withdrawals).hasValue(0);
    }

    @Test
    void an_authorizer_that_answers_null_is_unavailable_and_asked_again() {
        Lease lease = open("a");
        answer = null;
        pass(60);
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        assertThat(authorizer.authorize("b").toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingRootCause()
                .isInstanceOf(AuthorizerUnavailableException.class);
        answer = CompletableFuture.completedStage(null);
        assertThat(authorizer.authorize("b").toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingRootCause()
                .isInstanceOf(AuthorizerUnavailableException.class);
        answer = CompletableFuture.completedFuture(user("ann"));
        pass(5);

        assertThat(lease.check()).isEqualTo(Lease.State.VALID);

        assertThat(lease.round()).isEqualTo(2);
        assertThat(open("b").round()).isEqualTo(1);
    }

    @Test
    void an_invalidation_of_another_user_costs_no_question() {
        Lease lease = open("a");
        authorizer.invalidate(new Invalidation.OfUser(Tenant.DEFAULT, "bob"));
        authorizer.invalidate(new Invalidation.OfTenant(Tenant.ofToken("acme")));
        assertThat(lease.check()).isEqualTo(Lease.State.VALID);
        open("a");
        assertThat(questions).hasValue(1);
    }

    @Test
    void a_token_that_becomes_another_users_withdraws_the_old_ones_connections() {
        Lease lease = open("a");
        answer = CompletableFuture.completedFuture(user("bob"));
        pass(60);
        assertThat(lease.check()).isEqualTo(Lease.State.WITHDRAWN);
        assertThat(withdrawals).hasValue(1);
        assertThat(open("a").grants().user()).isEqualTo("bob");
    }

    @Test
    void answers_that_are_too_old_do_not_replace_an_unavailable_authorizer() {
        Lease lease = open("a");
        unavailable();
        pass(659);
        assertThat(authorizer.authorize("b").toCompletableFuture()).isCompletedExceptionally();
        pass(2);
        assertThat(authorizer.authorize("a").toCompletableFuture()).isCompletedExceptionally();
        // The last question fails, too.
        lease.check();
        assertThat(lease.check()).isEqualTo(Lease.State.UNAVAILABLE);
    }

    @Test
    void decisions_about_scopes_that_are_not_answered_any_more_end_although_the_token_is_answered() {
        Lease lease = open("a");
        lease.mayRead(Set.of(A));
        readable = unavailableAnswer();

        for (int second = 0; second < 600; second += 5) {
            pass(5);
            lease.mayRead(Set.of(A, Scope.topic("b")));
            assertThat(lease.check()).as("after %d s", second).isEqualTo(Lease.State.VALID);
        }
        pass(5);
        lease.mayRead(Set.of(A, Scope.topic("b")));

        assertThat(lease.check()).isEqualTo(Lease.State.UNAVAILABLE);
        assertThat(withdrawals.get()).isPositive();
    }

    @Test
    void one_answer_about_scopes_between_others_that_are_missing_keeps_a_lease() {
        Lease lease = open("a");
        for (int second = 0; second < 1_200; second += 5) {
            readable = second == 500 ? CompletableFuture.completedFuture(Set.of(A)) : unavailableAnswer();
            pass(5);
            lease.mayRead(Set.of(A, Scope.topic("b" + second)));
            if (second < 1_000) {
                assertThat(lease.check()).as("after %d s", second).isEqualTo(Lease.State.VALID);
            }
        }
        assertThat(lease.check()).isEqualTo(Lease.State.UNAVAILABLE);
    }
}
