package dev.carillon.jwt;

import dev.carillon.base.ConfigException;
import dev.carillon.base.PrintableUrl;
import dev.carillon.edge.LiteralAddress;
import io.jsonwebtoken.Jwts;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Verification of tokens with public keys that are fetched from the issuer's URL (JWK Set, RFC 7517). Immutable.
 *
 * @param url URL of the JWK Set: HTTPS, or HTTP with a loopback address
 * @param algorithms names of the accepted algorithms (RFC 7518, section 3.1), whatever a key or a token names
 * @param required claims that tokens must have
 */
public record JwksConfig(URI url, Set<String> algorithms, RequiredClaims required) implements VerifierConfig {
    /** Names of all algorithms that can be accepted. */
    public static final List<String> ALGORITHMS =
            List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA");

    public JwksConfig {
        algorithms = Set.copyOf(algorithms);
    }

    /** A copy with other required claims. */
    public JwksConfig requiring(RequiredClaims claims) {
        return new JwksConfig(url, algorithms, claims);
    }

    /**
     * Reads the values of two settings.
     *
     * @param names names of the settings, for errors
     * @param algorithms names of the accepted algorithms; empty: {@link #ALGORITHMS}
     * @throws ConfigException if the URL or an algorithm breaks its rule
     */
    public static JwksConfig of(JwtConfig.Names names, String url, Collection<String> algorithms) {
        for (String algorithm : algorithms) {
            if (!ALGORITHMS.contains(algorithm) || !Jwts.SIG.get().containsKey(algorithm)) {
                throw new ConfigException(
                        names.algorithm(),
                        algorithm,
                        "must be one of " + String.join(", ", ALGORITHMS) + " with a JWKS");
            }
        }
        return new JwksConfig(
                checkedUrl(names.key(), url, "https://issuer.example.com/jwks.json"),
                new TreeSet<>(algorithms.isEmpty() ? ALGORITHMS : algorithms),
                RequiredClaims.NONE);
    }

    /**
     * Reads a URL to which secrets or keys may be entrusted.
     *
     * @param name name of the setting, for errors
     * @param example of a valid value, for errors
     * @throws ConfigException unless it is HTTPS, or HTTP with a loopback address, without user, password and fragment
     */
    public static URI checkedUrl(String name, String url, String example) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw refused(name, url, example);
        }
        if (uri.getRawUserInfo() != null || url.contains("@")) {
            throw new ConfigException(name, "(hidden)", "must be a URL without user and password");
        }
        String host = uri.getHost();
        if (host == null || uri.getRawFragment() != null) {
            throw refused(name, url, example);
        }
        if (!"https".equalsIgnoreCase(uri.getScheme())
                && !("http".equalsIgnoreCase(uri.getScheme()) && isLoopback(host))) {
            throw refused(name, url, example);
        }
        return uri;
    }

    private static ConfigException refused(String name, String url, String example) {
        return new ConfigException(
                name,
                PrintableUrl.of(url),
                "must be a URL such as " + example + "; http is allowed only for localhost and loopback addresses");
    }

    private static boolean isLoopback(String host) {
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        boolean brackets = host.startsWith("[") && host.endsWith("]");
        return LiteralAddress.parse(brackets ? host.substring(1, host.length() - 1) : host)
                .filter(literal -> literal.address().isLoopbackAddress())
                .isPresent();
    }
}
