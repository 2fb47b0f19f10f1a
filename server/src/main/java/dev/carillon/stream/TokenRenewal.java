package dev.carillon.stream;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.FanOut;
import dev.carillon.revocation.Revocations;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.concurrent.CompletionStage;

/** Replaces the token of open streams of this node. Thread-safe; never blocks. */
public final class TokenRenewal implements Renewal {
    private final Authorizer authorizer;
    private final Revocations revocations;
    private final FanOut fanOut;

    TokenRenewal(Authorizer authorizer, Revocations revocations, FanOut fanOut) {
        this.authorizer = authorizer;
        this.revocations = revocations;
        this.fanOut = fanOut;
    }

    @Override
    public CompletionStage<Integer> renew(Tenant tenant, String context, String session, String token) {
        return authorizer.authorize(token).thenCompose(grants -> {
            if (!grants.tenant().equals(tenant)) {
                throw new CarillonException(ErrorCode.TOKEN_INVALID, "the token is of another tenant");
            }
            return renew(grants, context, session);
        });
    }

    /** Renews connections of this node with verified grants. */
    CompletionStage<Integer> renew(Grants grants, String context, String session) {
        revocations.check(grants, session);
        return fanOut.renew(Interest.in(grants.tenant(), Scope.tab(context)), session, grants);
    }
}
