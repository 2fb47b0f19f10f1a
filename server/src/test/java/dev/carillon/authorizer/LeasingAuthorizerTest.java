package dev.carillon.authorizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.AuthorizerUnavailableException;
import dev.carillon.auth.Grants;
import dev.carillon.auth.Lease;
import dev.carillon.base.Platform;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LeasingAuthorizerTest {
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger questions = new AtomicInteger();
    private final AtomicInteger withdrawals = new AtomicInteger();
    private CompletableFuture<Grants> answer = CompletableFuture.completedFuture(user("ann"));

    private final LeasingAuthorizer authorizer = new LeasingAuthorizer(
            new Authorizer() {
                @Override
                public CompletionStage<Grants> authorize(@Nullable String token) {
                    questions.incrementAndGet();
                    return answer;
                }

                @Override
                public CompletionStage<Grants> recheck(String token, Grants before) {
                    return authorize(token);
                }
            },
            new AuthorizerConfig(null, Duration.ofSeconds(60), true, Duration.ofSeconds(600)),
            () -> true,
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

    private void pass(int seconds) {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    }

    private void unavailable() {
        answer = CompletableFuture.failedFuture(new AuthorizerUnavailableException("down"));
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
}
