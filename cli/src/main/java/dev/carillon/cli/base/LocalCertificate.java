package dev.carillon.cli.base;

import dev.carillon.base.Platform;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for the names and addresses of this machine, made by the JDK's keytool and signed by itself: browsers warn once. It exists as long
 * as the command runs, in a folder that only its user can read.
 *
 * @param certificate PEM
 * @param key PKCS#8 PEM
 */
public record LocalCertificate(Path folder, Path certificate, Path key) implements AutoCloseable {
    private static final String ALIAS = "carillon";
    private static final String PASSWORD = "CARILLON_STORE_PASSWORD";
    private static final String DAYS = "30";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int LINE = 64;
    /** More addresses than a machine for development has. */
    private static final int MAX_NAMES = 50;

    /** @throws CommandException when keytool is missing or fails */
    public static LocalCertificate make() {
        try {
            Path folder = Files.createTempDirectory("carillon-tls-");
            try {
                return make(folder);
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                delete(folder);
                throw e;
            }
        } catch (IOException | GeneralSecurityException e) {
            throw CommandException.failed("tls: a certificate cannot be made: " + e.getMessage());
        }
    }

    private static LocalCertificate make(Path folder) throws IOException, GeneralSecurityException {
        byte[] random = new byte[16];
        Platform.system().secureRandom().nextBytes(random);
        String password = HexFormat.of().formatHex(random);
        Path store = folder.resolve("store.p12");
        keytool(store, password);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, password.toCharArray());
        }
        Key key = keys.getKey(ALIAS, password.toCharArray());
        return new LocalCertificate(
                folder,
                pem(
                        folder.resolve("certificate.pem"),
                        "CERTIFICATE",
                        keys.getCertificate(ALIAS).getEncoded()),
                pem(folder.resolve("key.pem"), "PRIVATE KEY", key.getEncoded()));
    }

    /** A context that trusts this certificate only. */
    public SSLContext trusting() {
        try (InputStream in = Files.newInputStream(certificate)) {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    ALIAS, CertificateFactory.getInstance("X.509").generateCertificate(in));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw CommandException.failed("tls: a certificate cannot be read: " + e.getMessage());
        }
    }

    private static void keytool(Path store, String password) throws IOException {
        ChildProcess.Builder keytool = ChildProcess.of(
                        ChildProcess.jdk("keytool"),
                        "-genkeypair",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass:env",
                        PASSWORD,
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-validity",
                        DAYS,
                        "-dname",
                        "CN=Carillon on this machine",
                        "-ext",
                        "SAN=" + String.join(",", names()))
                .environment(variables -> variables.put(PASSWORD, password))
                .merged();
        try {
            ChildProcess.Ended ended = keytool.run(TIMEOUT);
            if (ended.status() != 0) {
                throw new IOException(
                        "keytool failed: " + ended.out().lines().findFirst().orElse("no output"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The names and addresses by which browsers on this machine and in its network reach it. */
    private static Set<String> names() throws IOException {
        Set<String> names = new LinkedHashSet<>(List.of("dns:localhost", "ip:127.0.0.1", "ip:::1"));
        NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLinkLocalAddress())
                .map(InetAddress::getHostAddress)
                .map(address -> "ip:" + address.replaceFirst("%.*", ""))
                .limit(MAX_NAMES)
                .forEach(names::add);
        String host = InetAddress.getLocalHost().getHostName();
        if (host.matches("[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?") && !host.matches("[0-9.]+")) {
            names.add("dns:" + host);
        }
        return names;
    }

    private static Path pem(Path file, String label, byte[] der) throws IOException {
        return Files.writeString(
                file,
                "-----BEGIN " + label + "-----\n"
                        + Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label
                        + "-----\n");
    }

    @Override
    public void close() {
        delete(folder);
    }

    private static void delete(Path folder) {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            // It is in the folder for temporary files, and has no use after this process.
        }
    }
}
