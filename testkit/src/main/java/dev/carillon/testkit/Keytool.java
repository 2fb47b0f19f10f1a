package dev.carillon.testkit;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The JDK's keytool. */
public final class Keytool {
    private Keytool() {}

    /**
     * Adds a key pair with a certificate, self-signed by default, to a PKCS#12 file.
     *
     * @param more additional options such as {@code -signer}
     */
    public static void makePair(
            Path store, String password, String algorithm, String alias, String name, List<String> more)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ChildProcess.jdk("keytool"),
                "-genkeypair",
                "-keyalg",
                algorithm,
                "-alias",
                alias,
                "-dname",
                name,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                password));
        command.addAll(more);
        ChildProcess.Ended keytool = ChildProcess.of(command).merged().run(Patience.LIMIT);
        if (keytool.status() != 0) {
            throw new AssertionError(keytool.out());
        }
    }
}
