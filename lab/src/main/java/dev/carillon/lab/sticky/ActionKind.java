package dev.carillon.lab.sticky;

import dev.carillon.page.Page;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/** What an action does, besides counting in its tab. */
public enum ActionKind {
    /** Hashes 100 KiB. */
    CPU {
        @Override
        Runnable work(Page page) {
            byte[] bytes = new byte[1024];
            return () -> {
                MessageDigest digest = sha256();
                for (int i = 0; i < HASHES; i++) {
                    digest.update(bytes);
                }
                bytes[0] = digest.digest()[0];
            };
        }
    },
    /** Waits 5 ms, as for the answer of another service. */
    IO {
        @Override
        Runnable work(Page page) {
            return () -> {
                try {
                    Thread.sleep(WAIT_MILLIS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            };
        }
    },
    /** Writes a signal of the session, which all nodes share. */
    STORE {
        @Override
        Runnable work(Page page) {
            var stored = page.shared(page.session(), "stored", 0);
            return () -> stored.update(n -> n + 1);
        }
    };

    private static final int HASHES = 100;
    private static final long WAIT_MILLIS = 5;

    abstract Runnable work(Page page);

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
