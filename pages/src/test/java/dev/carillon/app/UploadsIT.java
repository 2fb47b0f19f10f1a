package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import dev.carillon.page.UploadedFile;
import dev.carillon.testkit.Patience;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Forms with files, on two nodes. */
class UploadsIT {
    private static final String BOUNDARY = "----boundary-of-the-test";
    private static final int MAX_FILE = 2 * 1024 * 1024;
    private static final int MAX_REQUEST = 4 * 1024 * 1024;

    private final AtomicReference<UploadedFile> last = new AtomicReference<>();
    private final App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
            .page("/files", this::files)
            .page("/albums", page -> {
                page.component("summer", UploadsIT::album);
                page.component("winter", UploadsIT::album);
            });
    private final TestCluster cluster = new TestCluster(
            "memory://" + UUID.randomUUID(), 2, Map.of("upload-max-bytes", Integer.toString(MAX_REQUEST)), app);
    private final Node node = cluster.node(0);

    @TempDir
    private Path kept;

    private void files(Page page) {
        Upload file = page.upload("file", UploadRule.oneFile().maxFiles(2).maxBytes(MAX_FILE));
        Upload picture = page.upload("picture", UploadRule.oneFile().types("image/png", "image/svg+xml"));
        Signal<String> text = page.input("text", "");
        Signal<String> shown = page.signal("shown", "nothing");
        Action send = page.action("send", () -> {
            StringBuilder names = new StringBuilder(text.get());
            for (UploadedFile each : file.files()) {
                last.set(each);
                names.append(' ')
                        .append(each.name())
                        .append(' ')
                        .append(each.bytes())
                        .append(' ')
                        .append(crc(each));
            }
            picture.file().ifPresent(each -> names.append(" picture"));
            shown.set(names.toString());
        });
        page.action(
                "keep",
                () -> file.file().ifPresent(each -> {
                    try {
                        each.moveTo(kept.resolve(each.name()));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
        page.view("shown", shown::text);
        page.view("progress", () -> "<progress value=\"" + file.progress().get() + "\"></progress>");
        page.view(
                "controls",
                () -> "<input " + file.field() + "><input " + picture.field() + ">" + send.uploadButton("Send"));
    }

    private static void album(Page page) {
        Upload photo = page.upload("photo", UploadRule.oneFile());
        Signal<String> shown = page.signal("shown", "nothing");
        Action send = page.action("send", () -> photo.file().ifPresent(one -> shown.set(one.name())));
        page.view(
                "shown",
                () -> shown.text() + photo.progress().get() + "<input " + photo.field() + ">"
                        + send.uploadButton("Send"));
    }

    private static long crc(UploadedFile file) {
        CRC32 crc = new CRC32();
        try (InputStream in = file.open()) {
            crc.update(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return crc.getValue();
    }

    private static long crc(String content) {
        CRC32 crc = new CRC32();
        crc.update(content.getBytes(StandardCharsets.ISO_8859_1));
        return crc.getValue();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static String field(String name, String value) {
        return "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    }

    private static String file(String name, String fileName, String type, String content) {
        return "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + fileName
                + "\"\r\nContent-Type: " + type + "\r\n\r\n" + content + "\r\n";
    }

    private static String body(PageClient client, String... parts) {
        return field("_context", client.context()) + field("_page", "/files") + String.join("", parts) + "--" + BOUNDARY
                + "--\r\n";
    }

    private static HttpRequest.Builder request(Node at, PageClient client, String action) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.port() + "/_pages/action/" + action))
                .header("Cookie", client.cookie())
                .header("Origin", PageClient.origin(at))
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
    }

    private static HttpResponse<String> send(Node at, PageClient client, String action, String accept, String body) {
        return TestCluster.send(request(at, client, action)
                .header("Accept", accept)
                .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1))
                .build());
    }

    private static long temporaryFiles() {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(path -> path.getFileName().toString().startsWith("carillon-uploads-"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void action_reads_the_files_of_its_form_which_are_removed_afterwards() {
        String large = "line\r\n--" + BOUNDARY.substring(1) + "\r\n".repeat(400_000) + "\u0000\u00ff";
        try (PageClient client = PageClient.load(node, "/files").open()) {
            HttpResponse<String> answer = send(
                    node,
                    client,
                    "send",
                    PageClient.TURBO,
                    body(
                            client,
                            file("file", "../../etc/pass\u0001wd", "text/plain", large),
                            file("file", "C:\\\\temp\\\\.profile", "text/plain", ""),
                            file("picture", "", "application/octet-stream", ""),
                            field("text", "two")));

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            String expected = "two pass_wd " + large.length() + " " + crc(large) + " profile 0 0";
            await().until(() -> expected.equals(client.shown("shown")));
            assertThat(client.shown("progress")).contains("value=\"100\"");
            assertThatThrownBy(() -> Objects.requireNonNull(last.get()).open()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void file_that_an_action_moves_stays() throws IOException {
        PageClient client = PageClient.load(node, "/files");

        HttpResponse<String> answer = send(
                node, client, "keep", PageClient.TURBO, body(client, file("file", "note.txt", "text/plain", "kept")));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(kept.resolve("note.txt")).hasContent("kept");
    }

    @Test
    void client_address_that_sends_many_large_forms_leaves_room_for_others() throws IOException {
        PageClient client = PageClient.load(node, "/files");
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port());
                silent.add(socket);
                socket.getOutputStream()
                        .write(("POST /_pages/action/send HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; "
                                        + "boundary=x\r\nContent-Length: 2000000\r\n\r\n")
                                .getBytes(StandardCharsets.ISO_8859_1));
            }
            String large = body(client, file("file", "a.txt", "text/plain", "x".repeat(MAX_FILE)));
            await().until(() -> {
                HttpResponse<String> answer = send(node, client, "send", PageClient.TURBO, large);
                return answer.statusCode() == 429 && answer.body().contains("of this client address");
            });

            assertThat(send(
                                    node,
                                    client,
                                    "send",
                                    PageClient.TURBO,
                                    body(client, file("file", "a.txt", "text/plain", "abc")))
                            .statusCode())
                    .isEqualTo(200);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void files_work_without_javascript() {
        PageClient client = PageClient.load(node, "/files");
        assertThat(client.html())
                .contains("<input type=\"file\" form=\"carillon\" id=\"field-file\" name=\"file\" multiple>")
                .contains("accept=\"image/png,image/svg+xml\"")
                .contains("formenctype=\"multipart/form-data\"");

        HttpResponse<String> answer =
                send(node, client, "send", "text/html", body(client, file("file", "a.txt", "text/plain", "abc")));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(303);
        String page = answer.headers().firstValue("Location").orElseThrow();
        assertThat(PageClient.get(node, page, client.cookie()).body()).contains("a.txt 3 " + crc("abc"));
    }

    @Test
    void files_belong_to_the_component_whose_input_sends_them() {
        PageClient client = PageClient.load(node, "/albums");
        assertThat(client.html()).contains("name=\"summer.photo\"", "name=\"winter.photo\"");

        HttpResponse<String> answer = send(
                node,
                client,
                "winter.send",
                PageClient.TURBO,
                body(client, file("winter.photo", "snow.png", "text/plain", "abc")));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String page = PageClient.get(node, "/albums?context=" + client.context(), client.cookie())
                .body();
        assertThat(page).contains("snow.png100<", "nothing0<");
    }

    @Test
    void form_without_files_may_name_them() {
        PageClient client = PageClient.load(node, "/files");

        client.act("send", "file", "a.txt", "text", "only the name");

        assertThat(app.statistics().actions()).isEqualTo(1);
    }

    @Test
    void tab_sees_the_progress_while_the_files_arrive() {
        String content = "x".repeat(MAX_FILE);
        try (PageClient client = PageClient.load(node, "/files").open()) {
            byte[] all = body(client, file("file", "slow.bin", "application/octet-stream", content))
                    .getBytes(StandardCharsets.ISO_8859_1);
            CountDownLatch seen = new CountDownLatch(1);
            InputStream first = new ByteArrayInputStream(all, 0, all.length / 2);
            InputStream rest = new ByteArrayInputStream(all, all.length / 2, all.length - all.length / 2);
            InputStream slow =
                    new SequenceInputStream(Collections.enumeration(List.of(first, new Waiting(seen), rest)));
            Thread watching = Thread.ofVirtual().start(() -> {
                await().until(() -> progress(client) > 0);
                seen.countDown();
            });

            HttpResponse<String> answer = TestCluster.send(request(node, client, "send")
                    .header("Accept", PageClient.TURBO)
                    .POST(HttpRequest.BodyPublishers.fromPublisher(
                            HttpRequest.BodyPublishers.ofInputStream(() -> slow), all.length))
                    .build());

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(seen.getCount()).isZero();
            await().until(() -> progress(client) == 100);
            assertThat(watching.isAlive()).isFalse();
        }
    }

    private static int progress(PageClient client) {
        String shown = client.shown("progress");
        return shown == null ? 0 : Integer.parseInt(shown.replaceAll("\\D", ""));
    }

    /** Ends when the latch is open. */
    private static final class Waiting extends InputStream {
        private final CountDownLatch latch;

        Waiting(CountDownLatch latch) {
            this.latch = latch;
        }

        @Override
        public int read() {
            try {
                assertThat(latch.await(Patience.LIMIT.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            return read();
        }
    }

    private record Refusal(String name, int status, String message, List<String> parts) {
        Refusal(String name, int status, String message, String... parts) {
            this(name, status, message, List.of(parts));
        }
    }

    @TestFactory
    Stream<DynamicTest> form_is_refused() {
        return Stream.of(
                        new Refusal(
                                "with a file that is too large",
                                413,
                                "must have at most " + MAX_FILE,
                                file("file", "a", "text/plain", "x".repeat(MAX_FILE + 1))),
                        new Refusal(
                                "with files that are too large together",
                                413,
                                "more than " + MAX_REQUEST + " bytes",
                                file("file", "a", "text/plain", "x".repeat(MAX_FILE)),
                                file("file", "b", "text/plain", "x".repeat(MAX_FILE))),
                        new Refusal(
                                "with too many files",
                                400,
                                "at most 2 files",
                                file("file", "a", "text/plain", "a"),
                                file("file", "b", "text/plain", "b"),
                                file("file", "c", "text/plain", "c")),
                        new Refusal(
                                "with a file of another type",
                                400,
                                "must be of the type image/png",
                                file("picture", "a.gif", "image/gif", "GIF89a")),
                        new Refusal(
                                "with a page that is said to be a picture",
                                400,
                                "must be of the type image/png",
                                file("picture", "a.png", "image/png", "<script>alert(1)</script>")),
                        new Refusal(
                                "with an undeclared file",
                                400,
                                "declares no such input for files",
                                file("other", "a", "text/plain", "a")),
                        new Refusal("with an undeclared field", 400, "declares no such input", field("admin", "true")),
                        new Refusal("with a field that is too long", 413, "16384", field("text", "x".repeat(17_000))),
                        new Refusal("with a repeated field", 400, "given once", field("text", "a"), field("text", "b")),
                        new Refusal(
                                "with an incomplete part",
                                400,
                                "a part of the form has no name",
                                "--" + BOUNDARY + "\r\nContent-Type: text/plain\r\n\r\nx\r\n"))
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> refused(row)));
    }

    private void refused(Refusal row) {
        PageClient client = PageClient.load(node, "/files");

        HttpResponse<String> answer = send(
                node,
                client,
                "send",
                "application/json",
                body(client, row.parts().toArray(String[]::new)));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(row.status());
        assertThat(answer.body()).contains(row.message());
        assertThat(PageClient.get(node, "/files?context=" + client.context(), client.cookie())
                        .body())
                .contains("nothing");
    }

    @Test
    void client_that_leaves_in_the_middle_frees_what_its_form_took() throws IOException {
        PageClient client = PageClient.load(node, "/files");
        long before = temporaryFiles();
        for (int i = 0; i < 70; i++) {
            // More than may be in progress at a time.
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
                String head = "POST /_pages/action/send HTTP/1.1\r\nHost: 127.0.0.1:" + node.port() + "\r\nOrigin: "
                        + PageClient.origin(node) + "\r\nCookie: " + client.cookie()
                        + "\r\nContent-Type: multipart/form-data; boundary=" + BOUNDARY
                        + "\r\nContent-Length: 2000000\r\n\r\n";
                socket.getOutputStream()
                        .write((head
                                        + field("_context", client.context())
                                        + file("file", "a", "text/plain", "x".repeat(10_000)))
                                .getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
            }
        }

        await().until(() ->
                send(node, client, "send", PageClient.TURBO, body(client, file("file", "a.txt", "text/plain", "abc")))
                                .statusCode()
                        == 200);
        assertThat(temporaryFiles()).isLessThanOrEqualTo(before + 1);
    }
}
