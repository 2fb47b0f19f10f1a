package dev.carillon.cli.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The sources of a small application, in a folder. */
final class SourceFolder {
    private final Path root;

    private SourceFolder(Path root) {
        this.root = root;
    }

    /** A page with a count of the tab, a text of another class and a style sheet. */
    static SourceFolder shop(Path root) throws IOException {
        SourceFolder folder = new SourceFolder(Files.createDirectories(root));
        folder.save("Shop.java", """
                package shop;

                import dev.carillon.app.App;
                import dev.carillon.app.AppOptions;
                import dev.carillon.app.Carillon;
                import dev.carillon.jte.Templates;
                import dev.carillon.page.Page;
                import dev.carillon.page.Signal;
                import java.nio.file.Path;
                import java.util.Map;

                public final class Shop {
                    static final Templates TEMPLATES = Templates.precompiled(Shop.class);

                    public static App app() {
                        return Carillon.app(AppOptions.defaults())
                                .files("/static", Path.of("%s"))
                                .head(links -> "<link rel=\\"stylesheet\\" href=\\"" + links.asset("/static/shop.css") + "\\">")
                                .page("/shop", Shop::page);
                    }

                    static void page(Page page) {
                        page.title("Shop");
                        Signal<Integer> count = page.signal("count", 0);
                        Signal<String> password = page.input("password", "");
                        page.action("add", () -> count.update(n -> n + 1));
                        page.view("count", TEMPLATES.view("count.jte", () -> Map.of("count", count.get())));
                        page.view("greeting", () -> "<p>" + Greeting.TEXT + "</p>");
                        page.layout(views -> "<main>" + views.view("count") + views.view("greeting")
                                + "<input " + Page.field(password) + "></main>");
                    }
                }
                """.formatted(folder.root.resolve("public")));
        folder.greet("Hello");
        folder.save("jte/count.jte", "@param int count\n<output>${count}</output>\n");
        folder.save("public/shop.css", "p { color: rgb(1, 2, 3); }\n");
        return folder;
    }

    /**
     * Adds a page with Datastar at {@code /star}, which shows the same.
     *
     * @param scripts folder of {@code datastar.js}
     */
    void addDatastar(Path scripts) throws IOException {
        save("Star.java", """
                package shop;

                import dev.carillon.page.Action;
                import dev.carillon.page.Page;
                import dev.carillon.page.Signal;
                import java.util.Map;

                final class Star {
                    static void page(Page page) {
                        Signal<Integer> count = page.signal("count", 0);
                        Signal<String> note = page.input("note", "");
                        Action add = page.action("add", () -> count.update(n -> n + 1));
                        page.view("count", Shop.TEMPLATES.view("count.jte", () -> Map.of("count", count.get())));
                        page.view("greeting", () -> "<p>" + Greeting.TEXT + "</p>");
                        page.view("sent", () -> "<i>" + note.text() + "</i>");
                        page.layout(views -> "<main>" + views.all() + "<input " + Page.field(note) + ">"
                                + add.button("Add") + "</main>");
                    }
                }
                """);
        Path shop = root.resolve("Shop.java");
        save("Shop.java", Files.readString(shop).replace(".page(", """
                .files("/scripts", Path.of("%s"))
                .page("/star", dev.carillon.page.PageRenderer.datastar("/scripts/datastar.js"), Star::page)
                .page(""".formatted(scripts)));
    }

    Path root() {
        return root;
    }

    Project project() {
        return Project.of(root);
    }

    SourceFolder greet(String text) throws IOException {
        return save(
                "Greeting.java",
                "package shop;\n\nfinal class Greeting {\n    static final String TEXT = \"" + text + "\";\n}\n");
    }

    /** Saves as many editors do: another file is written, and takes the place of the old one. */
    SourceFolder save(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Path folder = file.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path draft = Files.writeString(file.resolveSibling(file.getFileName() + ".tmp"), text);
        Path _ = Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        return this;
    }
}
