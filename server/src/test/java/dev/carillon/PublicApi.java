package dev.carillon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The public API of a module as text: what the packages that it exports have. */
public final class PublicApi {
    private static final Path TEXT = Path.of("src/test/resources/public-api.txt");
    /** Of every record and enum. */
    private static final Set<String> IMPLIED = Set.of("equals", "hashCode", "toString", "values", "valueOf");

    private PublicApi() {}

    /** Compares the API with the text in the sources of the tests; with {@code -Dcarillon.public-api.write=true} it is written anew. */
    public static void requireReviewed(Class<?> ofModule) throws IOException, URISyntaxException {
        Path classes = Path.of(
                ofModule.getProtectionDomain().getCodeSource().getLocation().toURI());
        String api = api(classes);
        if (Boolean.getBoolean("carillon.public-api.write")) {
            Files.writeString(TEXT, api);
        }

        assertThat(api)
                .as("the public API has changed: if that is meant, run this test with -Dcarillon.public-api.write=true")
                .isEqualTo(Files.readString(TEXT));
    }

    private static String api(Path classes) throws IOException {
        StringBuilder api = new StringBuilder();
        for (String exported : exported(classes)) {
            api.append("package ").append(exported).append('\n');
            for (String name : types(classes.resolve(exported.replace('.', '/')))) {
                describe(load(exported + "." + name), api);
            }
        }
        return api.toString();
    }

    private static Set<String> exported(Path classes) throws IOException {
        Set<String> exported = new TreeSet<>();
        try (InputStream in = Files.newInputStream(classes.resolve("module-info.class"))) {
            ModuleDescriptor.read(in).exports().forEach(export -> exported.add(export.source()));
        }
        return exported;
    }

    private static Set<String> types(Path directory) {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
                    .forEach(file -> names.add(file.substring(0, file.length() - ".class".length())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, PublicApi.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new LinkageError(name, e);
        }
    }

    private static void describe(Class<?> type, StringBuilder api) {
        if (!isReachable(type)) {
            return;
        }
        api.append("  ").append(type.toGenericString()).append('\n');
        List<Member> members = new ArrayList<>();
        members.addAll(Arrays.asList(type.getDeclaredFields()));
        members.addAll(Arrays.asList(type.getDeclaredConstructors()));
        members.addAll(Arrays.asList(type.getDeclaredMethods()));
        members.stream()
                .filter(member -> isReachable(member.getModifiers()) && !member.isSynthetic())
                .filter(member -> !IMPLIED.contains(member.getName()))
                .map(PublicApi::text)
                .sorted()
                .forEach(text -> api.append("    ").append(text).append('\n'));
    }

    private static String text(Member member) {
        String text = member instanceof Field field ? field.toGenericString() : ((Executable) member).toGenericString();
        return ((AnnotatedElement) member).isAnnotationPresent(Deprecated.class) ? "deprecated " + text : text;
    }

    private static boolean isReachable(Class<?> type) {
        for (Class<?> outer = type; outer != null; outer = outer.getDeclaringClass()) {
            if (!isReachable(outer.getModifiers()) || outer.isAnonymousClass()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isReachable(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }
}
