package dev.carillon.cli.dev;

import dev.carillon.cli.base.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files of an application: a Maven project, or a folder with sources.
 *
 * @param root folder, absolute
 * @param isMaven whether it has a {@code pom.xml}
 */
public record Project(Path root, boolean isMaven) {
    private static final Set<String> STATIC_TYPES = Set.of(
            "js",
            "mjs",
            "map",
            "html",
            "txt",
            "svg",
            "png",
            "jpg",
            "jpeg",
            "gif",
            "webp",
            "avif",
            "ico",
            "woff",
            "woff2",
            "webmanifest");

    /** What a changed file is a part of. */
    enum Kind {
        /** Settings of the node. */
        SETTINGS,
        /** Dependencies. */
        BUILD,
        CLASSES,
        TEMPLATES,
        STYLESHEET,
        STATIC_FILE,
        /** Nothing that runs. */
        OTHER
    }

    /** @throws CommandException when the folder has no Java sources */
    public static Project of(Path folder) {
        Path root = folder.toAbsolutePath().normalize();
        if (!Files.isDirectory(root)) {
            throw CommandException.misused("dev: " + folder + ": there is no such folder, and no example of this name");
        }
        Project project = new Project(root, Files.exists(root.resolve("pom.xml")));
        if (project.sources(IgnoredFiles.of(List.of())).isEmpty()) {
            throw CommandException.misused("dev: " + folder + ": has no Java sources"
                    + (project.isMaven ? " in src/main/java" : ", and no pom.xml"));
        }
        return project;
    }

    Path pom() {
        return root.resolve("pom.xml");
    }

    private Path sourceFolder() {
        return isMaven ? root.resolve("src/main/java") : root;
    }

    /** The Java sources; without the declaration of a module, as an application runs on the class path. */
    List<Path> sources(IgnoredFiles ignored) {
        Path folder = sourceFolder();
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> path.toString().endsWith(".java")
                            && !path.endsWith("module-info.java")
                            && !ignored.contains(root.relativize(path))
                            && Files.isRegularFile(path))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Folders whose files are on the class path as they are; sources, too, as applications may show them. */
    List<Path> resources() {
        return isMaven ? List.of(root.resolve("src/main/resources"), root.resolve("src/main/java")) : List.of(root);
    }

    /** The folder of JTE templates; empty: there is none. */
    Optional<Path> templates() {
        return Stream.of(root.resolve(isMaven ? "src/main/jte" : "jte"))
                .filter(Files::isDirectory)
                .findFirst();
    }

    /** What a file is a part of. */
    Kind kind(Path path) {
        if (isMaven && path.equals(pom())) {
            return Kind.BUILD;
        }
        Path folder = root.resolve(isMaven ? "src/main/jte" : "jte");
        if (path.startsWith(folder)) {
            return path.toString().endsWith(".jte") ? Kind.TEMPLATES : Kind.OTHER;
        }
        if (isMaven && path.startsWith(root.resolve("src")) && !path.startsWith(root.resolve("src/main"))) {
            return Kind.OTHER;
        }
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        String type = name.substring(name.lastIndexOf('.') + 1);
        if (type.equals("java")) {
            return path.startsWith(sourceFolder()) ? Kind.CLASSES : Kind.OTHER;
        }
        if (type.equals("css")) {
            return Kind.STYLESHEET;
        }
        if (STATIC_TYPES.contains(type)) {
            return Kind.STATIC_FILE;
        }
        // The application may read it when it starts.
        return !isMaven || path.startsWith(root.resolve("src/main/resources")) ? Kind.CLASSES : Kind.OTHER;
    }

    /** For messages. */
    String shown(Path path) {
        return path.startsWith(root) ? root.relativize(path).toString() : path.toString();
    }
}
