package dev.carillon.cli.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A Maven project of a user, and the repository with the modules of Carillon that it needs, as {@code mvn install} fills it. */
final class ShopProject {
    static final String VERSION = "0.1.0-SNAPSHOT";
    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

    private final Path root;

    private ShopProject(Path root) {
        this.root = root;
    }

    /** The project of docs/dev.md, with a class, a template, a style sheet and a library of its own. */
    static ShopProject in(Path root) throws IOException {
        ShopProject project = new ShopProject(Files.createDirectories(root));
        String page = Files.readString(CHECKOUT.resolve("docs/dev.md"));
        int pom = page.indexOf("```xml\n") + "```xml\n".length();
        project.save("pom.xml", page.substring(pom, page.indexOf("```", pom)).replace("</dependencies>", """
                    <dependency>
                      <groupId>org.jsoup</groupId>
                      <artifactId>jsoup</artifactId>
                      <version>1.24.1</version>
                    </dependency>
                  </dependencies>"""));
        project.save("src/main/java/com/example/shop/Shop.java", """
                package com.example.shop;

                import dev.carillon.app.App;
                import dev.carillon.app.AppOptions;
                import dev.carillon.app.Carillon;
                import dev.carillon.jte.Templates;
                import dev.carillon.page.Page;
                import dev.carillon.page.Signal;
                import java.util.Map;
                import org.jsoup.Jsoup;

                public final class Shop {
                    private static final Templates TEMPLATES = Templates.precompiled(Shop.class);

                    public static App app() {
                        return Carillon.app(AppOptions.defaults())
                                .files("/static", Shop.class, "public")
                                .file("/one.css", Shop.class, "one.css")
                                .head(links -> "<link rel=\\"stylesheet\\" href=\\"" + links.asset("/static/shop.css") + "\\">")
                                .page("/shop", Shop::page);
                    }

                    private static void page(Page page) {
                        Signal<Integer> count = page.signal("count", 0);
                        page.action("add", () -> count.update(n -> n + 1));
                        page.view("cart", TEMPLATES.view("cart.jte", () -> Map.of("count", count.get())));
                        page.view("greeting", () -> "<p>" + Jsoup.parse("<b>" + Greeting.TEXT).text() + "</p>");
                    }
                }
                """);
        project.greet("Hello");
        project.save("src/main/java/module-info.java", "module com.example.shop { requires dev.carillon.pages; }\n");
        project.cart("<output>${count}</output>");
        project.style("rgb(1, 2, 3)");
        return project;
    }

    /**
     * Puts the modules into a repository, beside the libraries of the one of this user, which are linked. The wrapper of the project then has Maven use it.
     *
     * @param repository a new folder
     */
    void install(Path repository) throws IOException {
        Path user = Path.of(System.getProperty("user.home"), ".m2", "repository");
        Files.createDirectories(repository.resolve("dev"));
        link(user, repository);
        link(user.resolve("dev"), repository.resolve("dev"));
        save("mvnw", "#!/bin/sh\nexec mvn -Dmaven.repo.local='" + repository + "' \"$@\"\n");
        Files.setPosixFilePermissions(root.resolve("mvnw"), PosixFilePermissions.fromString("rwxr-xr-x"));
        copy(repository, "carillon-parent", List.of(CHECKOUT.resolve("pom.xml")));
        for (String module : List.of("edge", "server", "pages", "pages-jte")) {
            Path folder = CHECKOUT.resolve(module);
            copy(
                    repository,
                    "carillon-" + module,
                    List.of(
                            folder.resolve("pom.xml"),
                            folder.resolve("target/carillon-" + module + "-" + VERSION + ".jar")));
        }
    }

    private static void link(Path from, Path to) throws IOException {
        if (!Files.isDirectory(from)) {
            return;
        }
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                Path name = Objects.requireNonNull(entry.getFileName());
                if (!name.toString().equals("carillon") && !Files.exists(to.resolve(name))) {
                    Path _ = Files.createSymbolicLink(to.resolve(name), entry);
                }
            }
        }
    }

    private static void copy(Path repository, String artifact, List<Path> files) throws IOException {
        Path folder = Files.createDirectories(
                repository.resolve("dev/carillon").resolve(artifact).resolve(VERSION));
        for (Path file : files) {
            String ending = file.endsWith("pom.xml") ? ".pom" : ".jar";
            Path _ = Files.copy(file, folder.resolve(artifact + "-" + VERSION + ending));
        }
    }

    Path root() {
        return root;
    }

    void greet(String text) throws IOException {
        save(
                "src/main/java/com/example/shop/Greeting.java",
                "package com.example.shop;\n\nfinal class Greeting {\n    static final String TEXT = \"" + text
                        + "\";\n}\n");
    }

    void cart(String html) throws IOException {
        save("src/main/jte/cart.jte", "@param int count\n" + html + "\n");
    }

    void style(String color) throws IOException {
        save("src/main/resources/com/example/shop/public/shop.css", "p { color: " + color + "; }\n");
        save("src/main/resources/com/example/shop/one.css", "b { color: " + color + "; }\n");
    }

    void save(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.writeString(file, text);
    }
}
