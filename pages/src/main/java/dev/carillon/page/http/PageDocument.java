package dev.carillon.page.http;

import dev.carillon.base.RandomIds;
import dev.carillon.extension.Response;
import dev.carillon.page.Html;
import dev.carillon.page.Shell;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.dev.DevBar;
import dev.carillon.page.markup.FormFields;
import dev.carillon.page.markup.PageMarkup;
import dev.carillon.page.markup.PageProtocol;
import dev.carillon.page.markup.TurboMarkup;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.signal.BrowserFields;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The HTML documents of an application: pages, and errors for browsers without JavaScript. */
final class PageDocument {
    static final String CONTEXT_FIELD = FormFields.CONTEXT;
    static final String PAGE_FIELD = FormFields.PAGE;
    static final String ID_FIELD = FormFields.ID;

    private static final int NONCE_BYTES = 16;

    private final PageProtocol standard;
    private final SecureRandom random;
    private final DocumentTemplate template;
    private final RequestServices services;
    private final String base;
    private final @Nullable DevBar devBar;
    /** Without the sources of scripts and the nonce. */
    private final String policy;

    /**
     * The documents of an application.
     *
     * @param standard protocol of what is no live page
     * @param base prefix of all URLs of the application
     * @param devBar null: the node is not in development mode
     */
    PageDocument(
            PageProtocol standard,
            DocumentTemplate template,
            RequestServices services,
            String base,
            @Nullable DevBar devBar) {
        this.devBar = devBar;
        this.standard = standard;
        this.random = services.node().platform().secureRandom();
        this.template = template;
        this.services = services;
        this.base = base;
        String frames = String.join(" ", services.node().frameAncestors());
        String targets = String.join(" ", services.redirects().origins());
        this.policy = "; img-src 'self' data:; object-src 'none'; form-action 'self'"
                + (targets.isEmpty() ? "" : " " + targets) + "; base-uri 'none'; frame-ancestors "
                + (frames.isEmpty() ? "'none'" : "'self' " + frames);
    }

    Response page(PageContext context) {
        String nonce = nonce();
        PageProtocol protocol = context.page().protocol();
        String content = context.body();
        String body = protocol.markup()
                        .body(new PageMarkup.Loaded(
                                base + PageRoutes.ACTIONS,
                                base + PageRoutes.STREAM + "?context=" + context.id(),
                                context.id(),
                                context.path(),
                                RandomIds.uuid(random).toString(),
                                BrowserFields.patch(context.parts().inputs())))
                + content;
        String document = document(
                protocol, context.parts().title(), nonce, context.parts().head(), body);
        return secured(Response.html(document), protocol, nonce);
    }

    /** The headers of a page. */
    Response head(PageProtocol protocol) {
        return secured(Response.html(""), protocol, nonce());
    }

    /** @param back where the user continues */
    Response error(int status, String message, String back) {
        String nonce = nonce();
        String body = "<main><p role=\"alert\">" + Html.escape(message) + "</p><p><a href=\"" + Html.escape(back)
                + "\">Back to the page</a></p></main>";
        return secured(status, document(standard, "Error", nonce, "", body), nonce);
    }

    /** A page without a context, of the application. */
    Response plain(int status, String title, String body) {
        String nonce = nonce();
        return secured(status, document(standard, title, nonce, "", body), nonce);
    }

    /** A page that the script of live pages does not show in place of another one, but loads by itself. */
    Response loadedAlone() {
        String nonce = nonce();
        return secured(200, document(standard, "", nonce, TurboMarkup.LOADED_ALONE, ""), nonce);
    }

    private Response secured(int status, String document, String nonce) {
        return secured(
                Response.of(status, "text/html; charset=utf-8", document.getBytes(StandardCharsets.UTF_8)),
                standard,
                nonce);
    }

    private String document(PageProtocol protocol, String title, String nonce, String pageHead, String body) {
        String loader = protocol.markup()
                .head(base + PageRoutes.FILES + PageScripts.scripts().name(protocol));
        String bar = devBar == null ? "" : devBar.head();
        String head = "<title>" + Html.escape(title) + "</title><meta name=\"csp-nonce\" content=\"" + nonce + "\">"
                // Without an icon browsers ask for /favicon.ico.
                + "<link rel=\"icon\" href=\"data:,\">"
                // The dev bar extends Turbo, and sees what Datastar requests.
                + (protocol.renderer().keepsSignals() ? bar + loader : loader + bar)
                + template.head().apply(services.links()) + pageHead;
        return template.shell()
                .apply(new Shell(
                        Html.escape(title), head, body + template.foot().apply(services.links())));
    }

    /** Allows resources of this site only, and no inline script: injected markup does not run. */
    private Response secured(Response response, PageProtocol protocol, String nonce) {
        String scripts = Stream.concat(Stream.of("'self'"), protocol.markup().scriptSources().stream())
                .collect(Collectors.joining(" "));
        return response.header("Cache-Control", "no-store")
                .header("Referrer-Policy", "same-origin")
                .header("X-Content-Type-Options", "nosniff")
                .header(
                        "Content-Security-Policy",
                        "default-src 'self'; script-src " + scripts + policy + "; style-src 'self' 'nonce-" + nonce
                                + "'");
    }

    private String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
