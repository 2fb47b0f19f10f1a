package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Request;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Refuses actions that a page of another site sends (OWASP, Cross-Site Request Forgery Prevention: verifying the origin). */
record OriginCheck(List<String> trusted) {
    /** @throws CarillonException {@code origin-refused} */
    void check(Request request) {
        Optional<String> origin = request.header("Origin");
        if (origin.isPresent()) {
            String given = origin.get().toLowerCase(Locale.ROOT);
            if (!given.equals(request.siteOrigin().toLowerCase(Locale.ROOT)) && !trusted.contains(origin.get())) {
                throw new CarillonException(
                        ErrorCode.ORIGIN_REFUSED, "actions are accepted only from pages of this site");
            }
            return;
        }
        if (!trusted.isEmpty()) {
            throw new CarillonException(ErrorCode.ORIGIN_REFUSED, "actions need the header Origin");
        }
        // Browsers that omit the origin still say where the request comes from (Fetch Metadata Request Headers).
        String site = request.header("Sec-Fetch-Site").orElse("none");
        if (!site.equals("same-origin") && !site.equals("none")) {
            throw new CarillonException(ErrorCode.ORIGIN_REFUSED, "actions are accepted only from pages of this site");
        }
    }
}
