package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.proxy.files.Site;
import dev.carillon.testkit.TestCertificate;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract for a proxy of another project, with the files that we write for it. */
abstract class ProgramContract extends ProxyContract {
    private final ProxyProgram program;

    ProgramContract(ProxyProgram program) {
        this.program = program;
    }

    ProxyProgram program() {
        return program;
    }

    @Override
    String title() {
        return program.title();
    }

    @Override
    RunningProxy start(Site site) {
        return program.start(site);
    }

    /** Sites of which the proxy may refuse some. */
    static Map<String, Site> sites(Path dir) throws Exception {
        Site two = Site.of(List.of(URI.create("http://10.0.0.1:8080"), URI.create("http://[2001:db8::1]:8080")));
        TestCertificate made = TestCertificate.make(dir, "site", "RSA");
        Path certificate = Files.copy(made.certificate(), dir.resolve("site.crt"));
        Path key = Files.copy(made.key(), dir.resolve("site.key"));
        Site.Security tls = new Site.Tls(certificate.toString(), key.toString());
        return Map.of(
                "plain",
                two,
                "tls",
                two.withSecurity(tls).withListen(new Site.Listen("127.0.0.1", 8443)),
                "embedding",
                two.withSecurity(tls).withCookie(new Site.Cookie(false, true)),
                "domain",
                two.withSecurity(new Site.Domain("push.example.com")).withListen(new Site.Listen("", 443)),
                "only",
                two.withRoutes(
                        new Site.Routes(List.of("/events", "/.well-known/mercure"), Optional.empty(), List.of())),
                "application",
                two.withRoutes(new Site.Routes(
                        List.of("/events"), Optional.of(URI.create("http://127.0.0.1:3000")), List.of())),
                "static",
                two.withRoutes(new Site.Routes(
                        List.of(), Optional.empty(), List.of(new Site.StaticFiles("/assets", dir.toString())))));
    }

    @Test
    void program_accepts_the_files_for_every_kind_of_site() throws Exception {
        // Traefik checks files only when it starts, as it does in each case.
        if (program == ProxyProgram.TRAEFIK) {
            return;
        }
        int accepted = 0;
        for (Map.Entry<String, Site> site : sites(dir).entrySet()) {
            try {
                assertThat(program.check(site.getValue())).as(site.getKey()).isEmpty();
                accepted++;
            } catch (ProxyConfigException e) {
                // This proxy cannot serve such a site; the contract declares it.
            }
        }
        assertThat(accepted).isGreaterThanOrEqualTo(5);
    }
}
