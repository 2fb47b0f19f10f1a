package dev.carillon.cli.dev;

import dev.carillon.jte.TemplateFolder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All classes of one build of an application. Packages of the build come from it alone, also where the class path of the command has classes of the same names, so
 * that those of two builds never meet. Everything else comes from the class path of the command first: there is one node, with one set of its libraries.
 */
final class AppClassLoader extends URLClassLoader implements TemplateFolder {
    static {
        boolean _ = registerAsParallelCapable();
    }

    private final Path folder;
    private final Set<String> packages;
    private volatile @Nullable Path compiledTemplates;
    private final List<String> classPath;

    /**
     * Opens a build.
     *
     * @param classes folder of the compiled classes, in the folder of the build
     * @param resources folders of files that are used as they are
     * @param libraries of the application
     */
    AppClassLoader(Path classes, List<Path> resources, List<Path> libraries, ClassLoader parent) {
        super(urls(Stream.of(List.of(classes), resources, libraries)), parent);
        this.folder = Objects.requireNonNull(classes.getParent());
        this.packages = packages(classes);
        List<String> entries = new ArrayList<>(List.of(classes.toString()));
        libraries.forEach(path -> entries.add(path.toString()));
        entries.addAll(Arrays.asList(System.getProperty("java.class.path").split(File.pathSeparator, -1)));
        this.classPath = List.copyOf(entries);
    }

    private static URL[] urls(Stream<List<Path>> paths) {
        return paths.flatMap(List::stream).map(AppClassLoader::url).toArray(URL[]::new);
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> packages(Path classes) {
        try (Stream<Path> all = Files.walk(classes)) {
            return all.filter(path -> path.toString().endsWith(".class"))
                    .map(path -> classes.relativize(path).toString())
                    .map(name -> packageOf(
                            name.substring(0, name.length() - ".class".length()).replace(File.separatorChar, '.')))
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String packageOf(String className) {
        return className.substring(0, Math.max(0, className.lastIndexOf('.')));
    }

    /** Whether a class is one of the application. */
    boolean has(String name) {
        return packages.contains(packageOf(name));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!has(name)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }

    @Override
    public @Nullable URL getResource(String name) {
        URL own = findResource(name);
        return own == null ? super.getResource(name) : own;
    }

    @Override
    public @Nullable Path compiledTemplates() {
        return compiledTemplates;
    }

    /** Views are rendered with these templates from now on. */
    void compiledTemplates(Path folder) {
        compiledTemplates = folder;
    }

    @Override
    public Path temporary() throws IOException {
        return Files.createTempDirectory(folder, "compiled-");
    }

    @Override
    public List<String> classPath() {
        return classPath;
    }
}
