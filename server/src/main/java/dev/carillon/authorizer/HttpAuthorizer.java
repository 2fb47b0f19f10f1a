package dev.carillon.authorizer;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.BroadcastDecision;
import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.RandomIds;
import dev.carillon.jwt.RefusalLog;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Asks the application about clients over HTTP. Clients without a token are not asked about: the setting {@code anonymous} decides. Thread-safe. */
public final class HttpAuthorizer implements Authorizer, AutoCloseable {
    private static final int MAX_TOKEN_LENGTH = 4_096;

    private final QuestionClient client;
    private final Platform platform;
    private final boolean anonymous;
    private final RefusalLog refusals;

    /** @param anonymous whether clients without a token may connect */
    public HttpAuthorizer(AuthorizerConfig.Http config, boolean anonymous, MeterRegistry registry, Platform platform) {
        this.client = new QuestionClient(config, registry, platform);
        this.platform = platform;
        this.anonymous = anonymous;
        this.refusals = new RefusalLog("clients", registry, platform.nanoTime());
    }

    /** Whether the last request was answered. */
    public boolean isAvailable() {
        return client.isAvailable();
    }

    /** Whether a question about an open connection should be asked now, rather than a second later. */
    public boolean hasRoom() {
        return client.hasRoom();
    }

    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        if (token == null) {
            return anonymous
                    ? CompletableFuture.completedFuture(Grants.ANONYMOUS)
                    : refused(ErrorCode.TOKEN_MISSING, "a token is required: the request has none");
        }
        if (token.length() > MAX_TOKEN_LENGTH) {
            return refused(
                    ErrorCode.TOKEN_INVALID,
                    "the token must have at most " + MAX_TOKEN_LENGTH + " characters, but has " + token.length());
        }
        return refusals.watch(
                client.ask(Question.connect(id(), token), json -> AnswerReader.grants(json, TokenDigest.of(token))),
                () -> "");
    }

    private static CompletionStage<Grants> refused(ErrorCode code, String message) {
        return CompletableFuture.failedFuture(new RefusedException(code, message));
    }

    @Override
    public CompletionStage<Grants> recheck(String token, Grants before) {
        return client.ask(
                Question.recheck(id(), token, before), json -> AnswerReader.grants(json, TokenDigest.of(token)));
    }

    @Override
    public CompletionStage<Set<Scope>> mayRead(Grants grants, Set<Scope> scopes) {
        return client.ask(Question.read(id(), grants, scopes), json -> AnswerReader.readable(json, scopes));
    }

    @Override
    public CompletionStage<BroadcastDecision> mayBroadcast(Grants grants, Event event) {
        return client.ask(Question.broadcast(id(), grants, event), AnswerReader::broadcast);
    }

    private String id() {
        return RandomIds.uuid(platform.secureRandom()).toString();
    }

    @Override
    public void close() {
        client.close();
    }
}
