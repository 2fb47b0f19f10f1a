package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The Helm chart, rendered by Helm, and its manifests as the types of the Kubernetes API read them. No cluster is needed. */
@Tag("process")
@Tag("helm")
@Tag("full")
class KubernetesChartIT {
    private static final Path SOURCES =
            Path.of("../kubernetes").toAbsolutePath().normalize();
    private static final Path CHART = SOURCES.resolve("carillon");
    private static final Path CHECK = Path.of("src/test/go/kubernetes").toAbsolutePath();
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private static String helm(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(System.getenv().getOrDefault("HELM", "helm")));
        command.addAll(List.of(arguments));
        return output(command);
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        ChildProcess.Ended ended =
                ChildProcess.of(command).directory(CHECK).onOutput(lines::add).run(LIMIT);
        assertThat(ended.status()).as(command + ": " + ended).isZero();
        return String.join("\n", lines) + "\n";
    }

    private static String render(String... more) throws IOException, InterruptedException {
        List<String> arguments =
                new ArrayList<>(List.of("template", "carillon", CHART.toString(), "--kube-version", "1.27"));
        arguments.addAll(List.of(more));
        return helm(arguments.toArray(String[]::new));
    }

    @Test
    void chart_has_no_mistakes_that_helm_finds() throws Exception {
        assertThat(helm("lint", "--strict", CHART.toString())).contains("0 chart(s) failed");
    }

    /** To write them again: {@code -Dcarillon.kubernetes.write=true}. */
    @Test
    void manifests_are_what_the_chart_renders() throws Exception {
        for (String template : List.of("settings", "nodes", "services", "disruption", "network", "ingress")) {
            String rendered = render("--show-only", "templates/" + template + ".yaml");
            Path manifest = SOURCES.resolve("manifests/" + template + ".yaml");
            if (Boolean.getBoolean("carillon.kubernetes.write")) {
                Files.writeString(manifest, rendered);
            }
            assertThat(rendered).isEqualTo(Files.readString(manifest));
        }
    }

    @Test
    void values_that_the_chart_does_not_know_are_refused() throws Exception {
        for (String wrong :
                List.of("replicas=0", "settings.node-id=n1", "drain.timeoutSecond=3", "image.pullPolicy=No")) {
            ChildProcess.Ended ended = ChildProcess.of(
                            System.getenv().getOrDefault("HELM", "helm"),
                            "template",
                            "carillon",
                            CHART.toString(),
                            "--kube-version",
                            "1.27",
                            "--set",
                            wrong)
                    .run(LIMIT);
            assertThat(ended.status()).as(wrong).isNotZero();
        }
    }

    @Test
    @Timeout(20 * 60)
    void types_of_the_kubernetes_api_read_every_manifest() throws Exception {
        check(render(), 7);
        check(
                render(
                        "--set",
                        "ingress.tlsSecretName=,image.pullSecrets={registry},podAnnotations.a=b,nodeSelector.zone=a,tolerations[0].key=x"),
                7);
        check(render("--set", "ingress.enabled=false,networkPolicy.enabled=false"), 5);
    }

    private static void check(String manifests, int count) throws Exception {
        Path file = Files.createTempFile("manifests", ".yaml");
        try {
            Files.writeString(file, manifests);
            assertThat(output(List.of("sh", "-c", "exec go run . <\"$1\"", "sh", file.toString())))
                    .isEqualTo(count + " manifests\n");
        } finally {
            Files.delete(file);
        }
    }
}
