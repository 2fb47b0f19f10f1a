package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.page.UploadRule;
import dev.carillon.page.UploadedFile;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageUpload;
import dev.carillon.page.multipart.FileNames;
import dev.carillon.page.multipart.MultipartReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A form with files, as it arrives. The fields before the first file say which page it is for; then the files are received by the rules of that page. For the
 * thread of the request.
 */
final class UploadForm implements AutoCloseable {
    private static final int BUFFER = 16 * 1024;

    private final UploadFiles directory;
    private final UploadProgress body;
    private final MultipartReader parts;
    private final String contentType;
    private final Map<String, String> fields;
    private final Map<String, List<UploadedFile>> files = new LinkedHashMap<>();
    private final List<Path> written = new ArrayList<>();
    private int fieldBytes;
    private int count;
    /** The first file; null: none, or it has been received. */
    private MultipartReader.@Nullable Part pending;

    UploadForm(UploadFiles directory, UploadProgress body, String contentType) {
        this(directory, body, contentType, Map.of());
    }

    /** @param fields that have been read */
    UploadForm(UploadFiles directory, UploadProgress body, String contentType, Map<String, String> fields) {
        this.directory = directory;
        this.body = body;
        this.contentType = contentType;
        this.fields = new LinkedHashMap<>(fields);
        this.count = fields.size();
        fields.forEach((name, value) -> fieldBytes += Text.utf8Length(value) + name.length());
        this.parts = new MultipartReader(body, contentType);
    }

    /** Those that have been read. */
    Map<String, String> fields() {
        return fields;
    }

    Map<String, List<UploadedFile>> files() {
        return files;
    }

    /** Reads until the first file. */
    void readFields() throws IOException {
        MultipartReader.Part part = next();
        while (part != null && part.fileName() == null) {
            addField(part);
            part = next();
        }
        pending = part;
    }

    /**
     * What another node needs to read the rest of a form.
     *
     * @param total size of the whole body; negative: unknown
     * @param received number of bytes that have been read
     */
    record Rest(String contentType, long total, long received) {}

    Rest rest() {
        return new Rest(contentType, body.total(), body.received());
    }

    /** The form from its first file on, as a body of its own. Instead of {@link #receive}. */
    InputStream remaining() {
        return parts.remaining(pending);
    }

    /**
     * Receives the files.
     *
     * @param context whose page declares them
     * @throws CarillonException {@code too-large} or {@code invalid-request}
     */
    void receive(PageContext context) throws IOException {
        MultipartReader.Part part = pending;
        pending = null;
        while (part != null) {
            if (part.fileName() == null) {
                addField(part);
            } else {
                addFile(part, context);
            }
            part = next();
        }
        body.end();
    }

    private MultipartReader.@Nullable Part next() throws IOException {
        MultipartReader.Part part = parts.next();
        if (part != null && ++count > FormBody.MAX_FIELDS) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "a form may have at most " + FormBody.MAX_FIELDS + " fields and files");
        }
        return part;
    }

    private void addField(MultipartReader.Part part) throws IOException {
        byte[] value = part.content().readNBytes(FormBody.MAX_BYTES + 1);
        fieldBytes += value.length + part.name().length();
        if (fieldBytes > FormBody.MAX_BYTES) {
            throw FormBody.tooLarge();
        }
        if (fields.put(part.name(), new String(value, StandardCharsets.UTF_8)) != null) {
            throw refused(part, "must be given once");
        }
    }

    private void addFile(MultipartReader.Part part, PageContext context) throws IOException {
        PageUpload upload = context.parts().upload(part.name());
        if (upload == null) {
            throw refused(part, "the page declares no such input for files");
        }
        if (files.isEmpty()) {
            body.tell(upload.percent()::set);
        }
        InputStream content = part.content();
        byte[] first = content.readNBytes(FileSignatures.BYTES);
        if (first.length == 0 && String.valueOf(part.fileName()).isEmpty()) {
            // The user has chosen no file.
            return;
        }
        UploadRule rule = upload.rule();
        List<UploadedFile> received = files.computeIfAbsent(part.name(), name -> new ArrayList<>());
        if (received.size() == rule.maxFiles()) {
            throw refused(part, "must have at most " + rule.maxFiles() + " files");
        }
        if (!rule.types().isEmpty() && !isOneOf(part.mediaType(), rule.types())
                || !FileSignatures.fits(part.mediaType(), first)) {
            throw refused(
                    part,
                    rule.types().isEmpty()
                            ? "the file is not of its type"
                            : "must be of the type " + String.join(", ", rule.types()));
        }
        Path path = directory.create();
        written.add(path);
        long bytes = write(part, first, content, path, rule);
        received.add(new ReceivedFile(FileNames.safe(String.valueOf(part.fileName())), part.mediaType(), bytes, path));
    }

    private static long write(MultipartReader.Part part, byte[] first, InputStream content, Path path, UploadRule rule)
            throws IOException {
        byte[] buffer = Arrays.copyOf(first, BUFFER);
        long bytes = 0;
        try (OutputStream out = Files.newOutputStream(path)) {
            for (int count = first.length; count > 0; count = content.read(buffer, 0, BUFFER)) {
                bytes += count;
                if (bytes > rule.maxBytes()) {
                    throw new CarillonException(
                            ErrorCode.TOO_LARGE,
                            "file \"" + Text.printable(part.name(), 64) + "\": must have at most " + rule.maxBytes()
                                    + " bytes");
                }
                out.write(buffer, 0, count);
            }
        }
        return bytes;
    }

    private static boolean isOneOf(String mediaType, List<String> types) {
        return types.stream()
                .anyMatch(type -> type.equals(mediaType)
                        || type.endsWith("/*") && mediaType.startsWith(type.substring(0, type.length() - 1)));
    }

    private static CarillonException refused(MultipartReader.Part part, String rule) {
        return new CarillonException(
                ErrorCode.INVALID_REQUEST, "field \"" + Text.printable(part.name(), 64) + "\": " + rule);
    }

    @Override
    public void close() {
        written.forEach(UploadFiles::remove);
    }
}
