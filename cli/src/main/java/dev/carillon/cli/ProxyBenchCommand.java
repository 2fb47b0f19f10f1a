package dev.carillon.cli;

import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.InstalledProxy;
import dev.carillon.cli.base.LocalCertificate;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.bench.ProxyBench;
import dev.carillon.proxy.files.Product;
import dev.carillon.proxy.files.Site;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench proxy}: measures the cost of proxies and of TLS. */
@Command(
        name = "proxy",
        description = {
            "Measures the cost of proxies and of TLS: connects clients to a node directly and through the proxy, in turn, and prints "
                    + "medians and ratios. With --proxy it measures proxies of other projects in the same run. Then it disconnects all clients and prints the "
                    + "resources that the embedded proxy still uses.",
            "Linux only. The figures depend on the machine; compare the ratios of one run."
        },
        sortOptions = false,
        footer = {"", "Example:", "  ./carillon bench proxy --connections 1000 --proxy haproxy,nginx --tls"})
final class ProxyBenchCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "5000",
            description =
                    "Number of event streams, 1 to 100000; the proxy needs two descriptors for each. Default: 5000.")
    private int connections;

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "50",
            description = "Number of events per round, 1 to 10000. Default: 50.")
    private int events;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "5",
            description = "Events per second, 1 to 1000. Default: 5.")
    private int rate;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Number of rounds, 1 to 100, after one for warm-up. Default: 3.")
    private int rounds;

    @Option(
            names = "--proxy",
            paramLabel = "NAME",
            split = ",",
            description = "haproxy, caddy, nginx or traefik: a proxy that is measured too, " + InstalledProxy.PROGRAM
                    + "; may be repeated.")
    private List<String> proxies = List.of();

    @Option(
            names = "--tls",
            description =
                    "Also measure TLS at the node, over HTTP/1.1 and HTTP/2, and the same at nginx if it is one of --proxy.")
    private boolean tls;

    ProxyBenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        ProxyBench.Plan plan = new ProxyBench.Plan(
                WholeNumber.checked("connections", connections, 1, 100_000),
                WholeNumber.checked("events", events, 1, 10_000),
                WholeNumber.checked("rate", rate, 1, 1_000),
                WholeNumber.checked("rounds", rounds, 1, 100));
        List<InstalledProxy> others = proxies.stream()
                .map(name -> new InstalledProxy(InstalledProxy.product(name), console.variables(), connections))
                .toList();
        if (!tls) {
            run(plan, others, Optional.empty());
            return ExitCode.OK;
        }
        try (LocalCertificate certificate = LocalCertificate.make()) {
            run(plan, others, Optional.of(secured(certificate)));
        }
        return ExitCode.OK;
    }

    private void run(ProxyBench.Plan plan, List<InstalledProxy> others, Optional<ProxyBench.Secured> secured)
            throws InterruptedException {
        try (ProxyBench bench =
                ProxyBench.start(console.commands(), plan, others, secured, console.out(), console.err())) {
            bench.run();
        }
    }

    private ProxyBench.Secured secured(LocalCertificate certificate) {
        Site.Tls files = new Site.Tls(
                certificate.certificate().toString(), certificate.key().toString());
        return new ProxyBench.Secured(
                certificate.certificate(),
                certificate.key(),
                certificate.trusting(),
                proxies.contains(Product.NGINX.id())
                        ? List.of(new InstalledProxy(Product.NGINX, console.variables(), connections, files))
                        : List.of());
    }
}
