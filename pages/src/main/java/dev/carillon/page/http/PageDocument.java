package dev.carillon.page.http;

import dev.carillon.extension.Response;
import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.context.PageContext;
import dev.carillon.patch.PatchRenderer;
import java.security.SecureRandom;
import java.util.Base64;

/** The HTML documents of an application: pages, and errors for browsers without JavaScript. */
final class PageDocument {
    /** Id of the element that shows why an action was refused. */
    static final String MESSAGE = "carillon-message";

    private static final int NONCE_BYTES = 16;

    private final PatchRenderer renderer;
    private final SecureRandom random;
    private final String head;
    private final String base;

    PageDocument(PatchRenderer renderer, SecureRandom random, String head, String base) {
        this.renderer = renderer;
        this.random = random;
        this.head = head;
        this.base = base;
    }

    Response page(PageContext context) {
        String nonce = nonce();
        String body = "<form id=\"" + Action.FORM + "\" method=\"post\" action=\"" + base + PageRoutes.ACTIONS
                + "\"><input type=\"hidden\" name=\"" + PageRoutes.CONTEXT_FIELD + "\" value=\"" + context.id()
                + "\"></form><div id=\"" + MESSAGE + "\" role=\"alert\"></div>"
                + renderer.stream(base + PageRoutes.STREAM + "?context=" + context.id()) + context.body();
        return secured(Response.html(document(context.title(), nonce, body)), nonce);
    }

    /** @param back where the user continues */
    Response error(int status, String message, String back) {
        String nonce = nonce();
        String body = "<main><p role=\"alert\">" + Html.escape(message) + "</p><p><a href=\"" + Html.escape(back)
                + "\">Back to the page</a></p></main>";
        byte[] bytes = Response.html(document("Error", nonce, body)).body();
        return secured(Response.of(status, "text/html; charset=utf-8", bytes), nonce);
    }

    private String document(String title, String nonce, String body) {
        return "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>"
                + Html.escape(title) + "</title><meta name=\"csp-nonce\" content=\"" + nonce + "\">"
                // Without an icon browsers ask for /favicon.ico.
                + "<link rel=\"icon\" href=\"data:,\">" + renderer.head(base + PageRoutes.script()) + head
                + "</head><body>" + body + "</body></html>";
    }

    /** Allows resources of this site only, and no inline script: injected markup does not run. */
    private static Response secured(Response response, String nonce) {
        return response.header("Cache-Control", "no-store")
                .header("Referrer-Policy", "same-origin")
                .header("X-Content-Type-Options", "nosniff")
                .header(
                        "Content-Security-Policy",
                        "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-" + nonce
                                + "'; img-src 'self' data:; object-src 'none'; form-action 'self'; base-uri 'none'; "
                                + "frame-ancestors 'none'");
    }

    private String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
