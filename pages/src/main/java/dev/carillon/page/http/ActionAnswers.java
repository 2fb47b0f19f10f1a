package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.Cookie;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.page.Html;
import dev.carillon.page.markup.PageMarkup;
import dev.carillon.page.markup.PageProtocols;
import dev.carillon.page.request.Redirects;
import dev.carillon.patch.Patch;
import dev.carillon.patch.PatchRenderer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Answers to actions, in the form that the client accepts: patches for the script of the page, a redirect or a page for a browser without
 * JavaScript, and a problem document for everything else.
 */
final class ActionAnswers {
    private final PageProtocols protocols;
    private final PageDocument documents;
    private final Redirects redirects;
    private final String base;

    /** @param base prefix of all URLs of the application */
    ActionAnswers(PageProtocols protocols, PageDocument documents, Redirects redirects, String base) {
        this.redirects = redirects;
        this.protocols = protocols;
        this.documents = documents;
        this.base = base;
    }

    /** The action has ended; with a script its changes are on the stream. */
    Response done(Request request, ActionOutcome outcome, String context) {
        String target = outcome.redirect();
        return with(target == null ? stays(request, outcome, context) : redirect(request, target), outcome);
    }

    /** With the cookies and the session of an outcome. */
    Response with(Response response, ActionOutcome outcome) {
        Response next = response;
        for (Cookie cookie : outcome.cookies()) {
            next = next.cookie(cookie);
        }
        BrowserSession session = outcome.session();
        return session == null ? next : next.session(session);
    }

    /** Leads the browser to a URL. The script of Turbo follows redirects by itself, but only within this site. */
    Response redirect(Request request, String target) {
        PatchRenderer renderer = forScript(request);
        String answer = renderer == null ? null : renderer.redirect(target);
        if (renderer != null && answer != null) {
            return answer(200, renderer, answer);
        }
        boolean leaves = renderer != null && redirects.isForeign(target);
        return Response.seeOther(
                leaves ? base + PageRoutes.LEAVE + "?to=" + URLEncoder.encode(target, StandardCharsets.UTF_8) : target);
    }

    private Response stays(Request request, ActionOutcome outcome, String context) {
        PatchRenderer renderer = forScript(request);
        if (renderer != null) {
            // Removes the message of an earlier refusal.
            Patch noMessage = new Patch.Content(PageMarkup.MESSAGE, "");
            Patch.Signals signals = outcome.signals();
            List<Patch> patches = signals == null ? List.of(noMessage) : List.of(noMessage, signals);
            return answer(200, renderer, renderer.answer(patches));
        }
        return accepts(request, "text/html")
                ? Response.seeOther(base + encoded(outcome.path()) + "?context=" + context)
                : Response.noContent();
    }

    private static Response answer(int status, PatchRenderer renderer, String patches) {
        return Response.of(status, renderer.mediaType() + "; charset=utf-8", patches.getBytes(StandardCharsets.UTF_8));
    }

    /** The path with its segments percent-encoded, as it is known decoded. */
    private static String encoded(String path) {
        return Arrays.stream(path.split("/", -1))
                .map(segment ->
                        URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/"));
    }

    Response refused(Request request, CarillonException e, String start) {
        int status = status(e.code());
        String message = e.getMessage() == null ? e.code().code() : e.getMessage();
        Response response;
        PatchRenderer renderer = forScript(request);
        if (renderer != null) {
            boolean ended = e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.CONTEXT_REFUSED;
            Patch patch = ended
                    ? new Patch.Reload()
                    : new Patch.Content(PageMarkup.MESSAGE, "<p>" + Html.escape(message) + "</p>");
            response = answer(status, renderer, renderer.answer(List.of(patch)));
        } else if (accepts(request, "text/html")) {
            response = documents.error(
                    status,
                    message,
                    request.header("Referer").filter(r -> isOwn(request, r)).orElse(start));
        } else {
            throw e;
        }
        boolean again = status == 429 || status == 503;
        return again ? response.header("Retry-After", "1") : response;
    }

    /** Whether the script of a page has sent the request. */
    boolean isForScript(Request request) {
        return forScript(request) != null;
    }

    private @Nullable PatchRenderer forScript(Request request) {
        return protocols.accepted(request.header("Accept").orElse(""));
    }

    private static boolean isOwn(Request request, String referer) {
        return referer.startsWith(request.siteOrigin() + "/");
    }

    static boolean accepts(Request request, String type) {
        return request.header("Accept").orElse("").contains(type);
    }

    static int status(ErrorCode code) {
        return switch (code) {
            case INVALID_REQUEST, INVALID_EVENT, INVALID_SCOPE, INVALID_CURSOR -> 400;
            case TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED -> 401;
            case NOT_GRANTED, CONTEXT_REFUSED, ORIGIN_REFUSED -> 403;
            case NOT_FOUND -> 404;
            case METHOD_NOT_ALLOWED -> 405;
            case OUTCOME_UNKNOWN -> 409;
            case WRONG_NODE -> 421;
            case TOO_LARGE -> 413;
            case UNSUPPORTED_MEDIA_TYPE -> 415;
            case TOO_MANY_REQUESTS, RATE_LIMITED -> 429;
            case INTERNAL -> 500;
            case NODE_UNREACHABLE, CALL_REFUSED -> 502;
            case ACTION_TIMEOUT -> 504;
            default -> 503;
        };
    }
}
