package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import dev.carillon.page.UploadedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Uploads: the files arrive with a progress bar, the server computes their checksums and forgets them. */
final class Files {
    private static final int KEPT = 20;

    private static final SignalType<List<Checked>> FILES = Rows.of(
            3,
            file -> List.of(file.name(), file.bytes(), file.sum()),
            fields -> new Checked(fields.get(0), Long.parseLong(fields.get(1)), fields.get(2)));

    private Files() {}

    record Checked(String name, long bytes, String sum) {}

    static void page(Page page) {
        page.title("Checksums");
        Upload upload = page.upload("files", UploadRule.oneFile().maxFiles(5));
        Signal<List<Checked>> files = page.shared(page.session(), "files", List.of(), FILES); // of this browser
        Action check = page.action("check", () -> {
            List<Checked> checked = upload.files().stream().map(Files::checked).toList();
            files.update(old ->
                    Stream.concat(checked.stream(), old.stream()).limit(KEPT).toList());
        });

        page.view(
                "choose",
                () -> "<label class=\"wide\">Up to five files of 4 MiB <input " + upload.field() + "></label>"
                        + check.uploadButton("Send"));
        page.view(
                "progress",
                () -> "<progress max=\"100\" aria-label=\"Sent\" value=\""
                        + upload.progress().get() + "\"></progress>");
        page.view(page.session(), "checked", () -> html(files.get()));
        page.layout(views -> "<main><h1>Checksums</h1>" + views.view("choose") + views.view("progress")
                + views.view("checked") + "<p>The files are removed when their SHA-256 is known.</p></main>");
    }

    private static Checked checked(UploadedFile file) {
        try (InputStream in = file.open()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long _ = new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
            return new Checked(file.name(), file.bytes(), HexFormat.of().formatHex(digest.digest()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String html(List<Checked> files) {
        return files.stream()
                .map(file -> "<li><b>" + Html.escape(file.name()) + "</b> <small>" + file.bytes()
                        + " bytes</small><code>" + file.sum() + "</code></li>")
                .collect(Collectors.joining("", "<ul class=\"files\">", "</ul>"));
    }
}
