package dev.carillon.extension;

/**
 * A new session for a browser, which gets it by {@link Response#session}.
 *
 * @param handle its public name
 * @param setCookie value of the header {@code Set-Cookie}; a secret of the browser
 */
public record BrowserSession(String handle, String setCookie) {
    @Override
    public String toString() {
        return "BrowserSession[" + handle + "]";
    }
}
