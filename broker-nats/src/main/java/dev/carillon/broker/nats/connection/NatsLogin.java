package dev.carillon.broker.nats.connection;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.NatsOptions;
import dev.carillon.edge.VerifiedTls;
import io.nats.client.AuthHandler;
import io.nats.client.NKey;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Logs in: with the user and password or the token of the address, or with a file that has a seed, which never leaves the process. Files are read
 * at each connect, so that a replaced one is used from then on.
 */
final class NatsLogin {
    private static final String CREDENTIALS = "nats-credentials-file";
    private static final String NKEY = "nats-nkey-file";
    private static final String AUTHORITIES = "nats-ca-file";
    private static final Pattern SEED = Pattern.compile("\\bS[A-Z]{1,2}[A-Z2-7]{50,120}\\b");
    private static final Pattern JWT = Pattern.compile("\\beyJ[A-Za-z0-9_.-]+");

    private final NatsAddress address;
    private final NatsOptions options;

    NatsLogin(NatsAddress address, NatsOptions options) {
        this.address = address;
        this.options = options;
    }

    /** @throws ConfigException for a file that cannot be used; its message contains nothing of the file */
    void check() {
        options.credentials().ifPresent(file -> {
            refuseWithSecret(CREDENTIALS, file);
            AuthHandler _ = credentials(file);
        });
        options.nkey().ifPresent(file -> {
            refuseWithSecret(NKEY, file);
            AuthHandler _ = nkey(file);
        });
        options.authorities().ifPresent(file -> {
            if (!address.tls()) {
                throw new ConfigException(AUTHORITIES, file, "needs an address that begins with tls://");
            }
            try {
                var _ = VerifiedTls.trusting(file);
            } catch (IllegalArgumentException e) {
                throw new ConfigException(AUTHORITIES, file, "must be a PEM file with certificates");
            }
        });
    }

    private void refuseWithSecret(String key, Path file) {
        if (address.secret() != null) {
            throw new ConfigException(key, file, "must not be set together with a user or token in broker");
        }
    }

    /** The rule of the error for a login that the server refused. */
    String refusal() {
        if (options.credentials().isPresent() || options.nkey().isPresent()) {
            return "the server refuses the user of " + (options.nkey().isPresent() ? NKEY : CREDENTIALS);
        }
        return "the server refuses this user and password";
    }

    void applyTo(Options.Builder builder) {
        if (options.credentials().isPresent()) {
            builder.authHandler(credentials(options.credentials().get()));
        } else if (options.nkey().isPresent()) {
            builder.authHandler(nkey(options.nkey().get()));
        }
        String secret = address.secret();
        String user = address.user();
        if (secret == null) {
            return;
        }
        if (user == null) {
            builder.token(secret.toCharArray());
        } else {
            builder.userInfo(user.toCharArray(), secret.toCharArray());
        }
    }

    private static AuthHandler credentials(Path file) {
        String text = read(CREDENTIALS, file);
        Matcher jwt = JWT.matcher(text);
        if (!jwt.find()) {
            throw new ConfigException(CREDENTIALS, file, "must be a credentials file with a JWT and a seed");
        }
        return Nats.staticCredentials(jwt.group().toCharArray(), seed(CREDENTIALS, file, text));
    }

    private static AuthHandler nkey(Path file) {
        return Nats.staticCredentials(null, seed(NKEY, file, read(NKEY, file)));
    }

    private static char[] seed(String key, Path file, String text) {
        Matcher seed = SEED.matcher(text);
        if (seed.find()) {
            char[] found = seed.group().toCharArray();
            try {
                NKey parsed = NKey.fromSeed(found.clone());
                if (parsed.getType() == NKey.Type.USER) {
                    return found;
                }
            } catch (IllegalArgumentException e) {
                // Its message may show the seed.
            }
        }
        throw new ConfigException(key, file, "must have the seed of a user, which begins with SU");
    }

    private static String read(String key, Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new ConfigException(key, file, "cannot be read");
        }
    }
}
