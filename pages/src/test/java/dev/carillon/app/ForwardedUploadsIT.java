package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import dev.carillon.process.Relay;
import dev.carillon.testkit.Patience;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forms with files whose request reaches another node than their page. */
class ForwardedUploadsIT {
    private static final String BOUNDARY = "----boundary-of-the-test";
    private static final int MIB = 1024 * 1024;
    private static final int MAX_FILE = 24 * MIB;
    private static final int MAX_REQUEST = 32 * MIB;
    private static final String BROKER = "memory://" + UUID.randomUUID();
    private static final Map<String, String> SETTINGS = Map.of("upload-max-bytes", Integer.toString(MAX_REQUEST));

    private final App app =
            Carillon.app(AppOptions.defaults().actionsPerSecond(1_000)).page("/files", ForwardedUploadsIT::files);
    /** Through which other nodes reach the owner. */
    private final Relay relay = new Relay();

    private final Node owner = start("owner", Map.of("advertise", "127.0.0.1:" + relay.port()));
    private final Node other = start("other", Map.of());
    private final Set<Path> before = directories();

    ForwardedUploadsIT() {
        relay.target(owner.internalPort());
    }

    private static void files(Page page) {
        Upload file = page.upload("file", UploadRule.oneFile().maxBytes(MAX_FILE));
        Signal<String> text = page.input("text", "");
        Signal<String> shown = page.signal("shown", "nothing");
        Action send = page.action(
                "send",
                () -> file.file().ifPresent(one -> {
                    try {
                        shown.set(text.get() + " " + one.name() + " " + one.bytes() + " " + crc(one.open()));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
        page.view("shown", shown::text);
        page.view("progress", () -> "<progress value=\"" + file.progress().get() + "\"></progress>");
        page.view("controls", () -> "<input " + file.field() + ">" + send.uploadButton("Send"));
    }

    private Node start(String id, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(SETTINGS);
        all.putAll(settings);
        return Node.builder(TestCluster.config(id, BROKER, all)).extension(app).start();
    }

    private static long crc(InputStream content) {
        CRC32 crc = new CRC32();
        byte[] buffer = new byte[64 * 1024];
        try (content) {
            for (int count = content.read(buffer); count > 0; count = content.read(buffer)) {
                crc.update(buffer, 0, count);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return crc.getValue();
    }

    private static Set<Path> directories() {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(path -> path.getFileName().toString().startsWith("carillon-uploads-"))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Temporary files of this test. */
    private long temporaryFiles() {
        Set<Path> made = new HashSet<>(directories());
        made.removeAll(before);
        return made.stream()
                .mapToLong(directory -> {
                    try (Stream<Path> files = Files.list(directory)) {
                        return files.count();
                    } catch (IOException e) {
                        return 0;
                    }
                })
                .sum();
    }

    @AfterEach
    void close() {
        other.close();
        owner.close();
        relay.close();
    }

    /** Content of a file, which takes no memory. */
    private static final class Pattern extends InputStream {
        private final int length;
        private int position;

        Pattern(int length) {
            this.length = length;
        }

        @Override
        public int read() {
            return position == length ? -1 : position++ * 31 & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int size) {
            int count = Math.min(size, length - position);
            for (int i = 0; i < count; i++) {
                into[offset + i] = (byte) read();
            }
            return count == 0 ? -1 : count;
        }
    }

    /** Ends when the test goes on; until then nothing more arrives. */
    private static final class Hold extends InputStream {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(Patience.LIMIT.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        @Override
        public int read() {
            reached.countDown();
            await(released);
            return -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            return read();
        }
    }

    private HttpResponse<String> send(PageClient client, String field, int size, InputStream hold) {
        return TestCluster.send(request(client, client.cookie(), field, size, hold));
    }

    /**
     * A request, of unknown size if it is too large.
     *
     * @param hold between the halves of the file
     */
    private HttpRequest request(PageClient client, String cookie, String field, int size, InputStream hold) {
        byte[] head = ("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"_context\"\r\n\r\n"
                        + client.context()
                        + "\r\n--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"_page\"\r\n\r\n/files\r\n--"
                        + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + field
                        + "\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] tail = ("\r\n--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nafter\r\n--"
                        + BOUNDARY + "--\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        Pattern content = new Pattern(size);
        InputStream body = new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream(head),
                new Limited(content, size / 2),
                hold,
                content,
                new ByteArrayInputStream(tail))));
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + other.port() + "/_pages/action/send"))
                .header("Cookie", cookie)
                .header("Origin", PageClient.origin(other))
                .header("Accept", "application/json")
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(
                        size > MAX_REQUEST
                                ? HttpRequest.BodyPublishers.ofInputStream(() -> body)
                                : HttpRequest.BodyPublishers.fromPublisher(
                                        HttpRequest.BodyPublishers.ofInputStream(() -> body),
                                        head.length + size + tail.length))
                .build();
    }

    private static final class Limited extends InputStream {
        private final InputStream in;
        private int left;

        Limited(InputStream in, int limit) {
            this.in = in;
            this.left = limit;
        }

        @Override
        public int read() throws IOException {
            return left-- > 0 ? in.read() : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = left == 0 ? -1 : in.read(into, offset, Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }
    }

    private static String expected(int size) {
        return "after a.bin " + size + " " + crc(new Pattern(size));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15_000, 20_000, 900_000, 3 * MIB})
    void file_is_received_where_its_page_is(int size) {
        try (PageClient client = PageClient.load(owner, "/files").open()) {
            HttpResponse<String> answer = send(client, "file", size, InputStream.nullInputStream());

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
            await().until(() -> expected(size).equals(client.shown("shown")));
            assertThat(client.shown("progress")).contains("value=\"100\"");
            assertThat(temporaryFiles()).isZero();
        }
    }

    private static long usedBytes() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    @Test
    @Tag("own-jvm")
    void file_of_20_mib_takes_no_memory_on_either_node() {
        try (PageClient client = PageClient.load(owner, "/files").open()) {
            assertThat(send(client, "file", 2 * MIB, InputStream.nullInputStream())
                            .statusCode())
                    .isEqualTo(204);
            long used = usedBytes();
            Hold hold = new Hold();
            CompletableFuture<HttpResponse<String>> answer =
                    CompletableFuture.supplyAsync(() -> send(client, "file", 20 * MIB, hold));
            hold.await(hold.reached);

            // What is still under way in sockets arrives meanwhile, and takes memory only while it does.
            await().untilAsserted(() -> assertThat(usedBytes() - used).isLessThan(2 * MIB));
            hold.released.countDown();

            assertThat(answer.join().statusCode()).isEqualTo(204);
            await().until(() -> expected(20 * MIB).equals(client.shown("shown")));
        }
    }

    @Test
    void file_is_refused_by_the_rules_of_the_page() {
        PageClient client = PageClient.load(owner, "/files");

        HttpResponse<String> large = send(client, "file", MAX_FILE + 1, InputStream.nullInputStream());
        HttpResponse<String> undeclared = send(client, "other", 2 * MIB, InputStream.nullInputStream());

        assertThat(large.statusCode()).as(large.body()).isEqualTo(413);
        assertThat(large.body()).contains("must have at most " + MAX_FILE + " bytes");
        assertThat(undeclared.statusCode()).as(undeclared.body()).isEqualTo(400);
        assertThat(undeclared.body()).contains("declares no such input for files");
        assertThat(temporaryFiles()).isZero();
    }

    @Test
    void form_beyond_the_limit_of_the_node_is_refused() {
        PageClient client = PageClient.load(owner, "/files");

        HttpResponse<String> answer = send(client, "file", 33 * MIB, InputStream.nullInputStream());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(413);
        assertThat(answer.body()).contains("more than " + MAX_REQUEST + " bytes");
    }

    @Test
    void file_of_another_session_is_refused() {
        PageClient client = PageClient.load(owner, "/files");
        PageClient stranger = PageClient.load(owner, "/files");

        HttpResponse<String> answer =
                TestCluster.send(request(client, stranger.cookie(), "file", 2 * MIB, InputStream.nullInputStream()));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
        assertThat(answer.body()).contains("context-refused");
    }

    @Test
    void client_is_told_when_the_node_of_the_page_ends_meanwhile() {
        PageClient client = PageClient.load(owner, "/files");
        Hold hold = new Hold();
        CompletableFuture<HttpResponse<String>> answer =
                CompletableFuture.supplyAsync(() -> send(client, "file", 8 * MIB, hold));
        hold.await(hold.reached);
        await().until(() -> temporaryFiles() == 1);

        relay.cut();
        hold.released.countDown();

        assertThat(answer.join().statusCode()).as(answer.join().body()).isEqualTo(502);
        assertThat(answer.join().body())
                .contains("node-unreachable", "the files were not received")
                .doesNotContain(Integer.toString(relay.port()));
        await().until(() -> temporaryFiles() == 0);
    }

    @Test
    @Tag("full")
    void client_is_told_when_the_node_of_the_page_takes_nothing_any_more() {
        PageClient client = PageClient.load(owner, "/files");
        relay.blackHole();

        HttpResponse<String> answer = send(client, "file", 20 * MIB, InputStream.nullInputStream());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(502);
        relay.heal();
        await().until(() -> temporaryFiles() == 0);
    }

    @Test
    void files_of_a_client_that_leaves_are_removed() throws Exception {
        PageClient client = PageClient.load(owner, "/files");
        Hold hold = new Hold();
        CompletableFuture<HttpResponse<String>> answer;
        try (HttpClient http = HttpClient.newHttpClient()) {
            answer = http.sendAsync(
                    request(client, client.cookie(), "file", 8 * MIB, hold), HttpResponse.BodyHandlers.ofString());
            hold.await(hold.reached);
            await().until(() -> temporaryFiles() == 1);

            boolean _ = answer.cancel(true);
            hold.released.countDown();
            http.shutdownNow();
        }

        await().until(() -> temporaryFiles() == 0);
    }
}
