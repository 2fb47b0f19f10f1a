import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Writes the licence and notice texts in the jars of a folder to a folder for each jar: {@code java Licences.java JARS OUT}. */
final class Licences {
    private static final Pattern TEXT = Pattern.compile("(META-INF/)?(LICENSE|NOTICE)[^/]*", Pattern.CASE_INSENSITIVE);

    private Licences() {}

    public static void main(String[] args) throws IOException {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(args[0]), "*.jar")) {
            for (Path jar : jars) {
                String name = jar.getFileName().toString().replaceFirst("\\.jar$", "");
                if (!name.startsWith("carillon-")) {
                    copy(jar, Path.of(args[1], name));
                }
            }
        }
    }

    private static void copy(Path jar, Path folder) throws IOException {
        try (ZipFile file = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : file.stream().toList()) {
                if (!entry.isDirectory() && TEXT.matcher(entry.getName()).matches()) {
                    Path text = folder.resolve(entry.getName());
                    Files.createDirectories(text.getParent());
                    Files.write(text, file.getInputStream(entry).readAllBytes());
                }
            }
        }
    }
}
